"""Proving who one is (step 3): by face at a vendor's, by code, or not at all; and what happens when it fails."""

from __future__ import annotations

from collections.abc import Callable

from wugan.cases.applicant import FACE_CONSENT
from wugan.cases.decide import no_check_before
from wugan.cases.model import Stage
from wugan.errors import Forbidden, InvalidInput, LinkExpired, LinkInvalid
from wugan.web.applicant.visit import CHECK_COOKIE, SESSION_COOKIE, Visit
from wugan.web.edge import Answer, Page, Redirect


def identity(visit: Visit) -> Answer:
    """The ways to prove who one is; straight on for those who did."""
    case = visit.opened()
    if case is not None and case.head.asked_for is not Stage.IDENTITY:
        return visit.to(visit.next_page(case.head, case.powers))
    return _identity_page(visit, "again" if visit.session else "")


def _identity_page(visit: Visit, notice: str, status: int = 200) -> Page:
    shown = visit.look()
    chosen = _who(visit)
    data = {
        "shown": shown, "notice": notice, "locked": no_check_before(shown.head, visit.now), "sent": _code_sent(visit),
        "consent_text": FACE_CONSENT, "who": shown.head.contact if chosen is None else chosen,
    }  # fmt: skip
    return visit.page("identity.html", data, status=status, leaves=True)


def _who(visit: Visit) -> int | None:
    told = visit.call.form.get("who", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 4 else None


def identity_start(visit: Visit) -> Answer:
    """Begin a check in the way that the person chose."""
    visit.form_of_link()
    form = visit.call.form
    try:
        if form.get("method") == "code":
            token = visit.applicant.start_code(visit.link, _who(visit))
            return visit.to("identity", "code", cookies=(visit.cookie(CHECK_COOKIE, token),))
        if form.get("consent") != "1":
            return _identity_page(visit, "consent", 400)
        url, token = visit.applicant.start_face(visit.link, _who(visit))
    except (Forbidden, InvalidInput) as error:
        if isinstance(error, LinkInvalid | LinkExpired):
            raise
        return _identity_page(visit, {"method": "no_mobile", "who": "who"}.get(error.field or "", "failed"), error.status)
    return Redirect(url, (visit.cookie(CHECK_COOKIE, token),))


def identity_return(visit: Visit) -> Answer:
    """Back from the vendor: one button, because a GET changes nothing."""
    return visit.page("return.html", {"notice": "", "shown": visit.look()})


def identity_finish(visit: Visit) -> Answer:
    """Take the result of the face check."""
    visit.form_of_link()
    return _finish(visit, lambda pending: visit.applicant.finish_face(visit.link, pending))


def _code_sent(visit: Visit) -> bool:
    """Whether this browser has a code to type: who comes back from reading the message finds the page again."""
    return visit.applicant.awaits_code(visit.link, visit.call.cookies.get(CHECK_COOKIE, ""))


def identity_code_page(visit: Visit) -> Answer:
    """Where the code is typed; without one under way, the ways to prove who one is."""
    if not _code_sent(visit):
        return visit.to("identity")
    return visit.page("code.html", {"notice": "", "shown": visit.look()})


def identity_code(visit: Visit) -> Answer:
    """Take the code and the identity number."""
    visit.form_of_link()
    form = visit.call.form
    code, number = form.get("code", ""), form.get("id_number", "")
    return _finish(visit, lambda pending: visit.applicant.finish_code(visit.link, pending, code[:12], number[:30]))


def _finish(visit: Visit, finish: Callable[[str], str | None]) -> Answer:
    """Go on with a session, wait for the result, or offer the other ways."""
    shown = visit.look()
    try:
        session = finish(visit.call.cookies.get(CHECK_COOKIE, ""))
    except (LinkInvalid, LinkExpired):
        return _identity_page(visit, "check_lost", 403)
    except Forbidden:
        return _failed(visit)
    except InvalidInput as error:
        if error.field != "id_number":
            raise
        return visit.page("code.html", {"notice": "number", "shown": shown}, status=400)
    if session is None:
        return visit.page("return.html", {"notice": "pending", "shown": shown})
    case = visit.applicant.opened(visit.link, session)
    cookies = (visit.cookie(SESSION_COOKIE, session), visit.cookie(CHECK_COOKIE, ""))
    return visit.to(visit.next_page(case.head, case.powers), cookies=cookies)


def _failed(visit: Visit) -> Page:
    """A code may be typed again until the case is locked; a face check is over."""
    shown = visit.look()
    if _code_sent(visit):
        return visit.page("code.html", {"notice": "failed", "shown": shown}, status=403)
    return _identity_page(visit, "failed", 403)
