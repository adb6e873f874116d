"""The person's rights: why, what is kept of me, how I am told, who acts for me (PIPL art. 15, 17, 24, 29, 44)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from wugan.cases import decide
from wugan.cases.applicant import FACE_CONSENT, Opened
from wugan.cases.model import Power
from wugan.cases.preferences import Wishes
from wugan.clock import BEIJING
from wugan.errors import InvalidInput
from wugan.web.applicant.progress import withdrawable
from wugan.web.applicant.visit import Visit
from wugan.web.edge import Answer

USUAL = timedelta(days=30)  # of a delegation


def why(visit: Visit, case: Opened) -> Answer:
    """Why this person was prompted: the rule's conditions as they were judged, and what that means."""
    opened = next(e for e in case.events if e.type == "opened")
    return visit.page("why.html", {"case": case, "facts": opened.facts, "opened": opened, "chooses": _chooses(visit)})


def privacy(visit: Visit, case: Opened) -> Answer:
    """What data, why, from where, for how long; and taking consent back."""
    data = {"case": case, "withdrawable": withdrawable(case.head), "consent_text": FACE_CONSENT, "chooses": _chooses(visit)}
    return visit.page("privacy.html", data)


def face_withdrawn(visit: Visit) -> Answer:
    """No face check any more."""
    visit.applicant.rights.withdraw_face_consent(visit.link, visit.session)
    return visit.to("privacy")


def stopped(visit: Visit) -> Answer:
    """What the archive does not need is erased."""
    visit.applicant.rights.stop_processing(visit.link, visit.session)
    return visit.to("privacy")


def _chooses(visit: Visit) -> bool:
    return visit.applicant.preferences is not None


def preferences(visit: Visit, case: Opened) -> Answer:
    """Over which channels, and whether by habits."""
    wishes = visit.applicant.rights.wishes(visit.link, visit.session)
    if wishes is None:
        return visit.to("privacy")
    return visit.page("preferences.html", {"case": case, "wishes": wishes, "saved": visit.call.query.get("saved") == "1"})


def preferences_given(visit: Visit) -> Answer:
    """Keep them."""
    case = visit.opened()
    if case is None:
        return visit.to("identity")
    form = visit.call.form
    out = frozenset(c for c in case.item.channels if form.get(f"channel.{c.value}") != "1")
    wishes = Wishes(out, form.get("profiled") == "1")
    try:
        visit.applicant.rights.wish(visit.link, visit.session, wishes)
    except InvalidInput as error:
        return visit.faulty("preferences.html", {"case": case, "wishes": wishes, "saved": False}, error)
    return visit.to("preferences?saved=1")


def agents(visit: Visit, case: Opened) -> Answer:
    """Whom the person entrusted, and entrusting somebody."""
    return visit.page("agents.html", _agents(visit, case, {}))


def agent_given(visit: Visit) -> Answer:
    """Entrust somebody."""
    form = visit.call.form
    powers = [p for p in Power if form.get(f"power.{p.value}") == "1"]
    try:
        visit.applicant.rights.delegate(visit.link, visit.session, form, powers, _day(form.get("until", "")))
    except InvalidInput as error:
        case = visit.opened()
        return visit.faulty("agents.html", _agents(visit, case, dict(form)), error) if case else visit.to("identity")
    return visit.to("agents")


def agent_revoked(visit: Visit) -> Answer:
    """Take a delegation back."""
    visit.applicant.rights.revoke(visit.link, visit.session, visit.call.form.get("agent", ""))
    return visit.to("agents")


def _day(text: str) -> datetime:
    """The day, in Beijing; one that is long past when it is none, which is told at its field."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date(2000, 1, 1)
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING)


def _agents(visit: Visit, case: Opened, typed: dict[str, str]) -> dict[str, object]:
    today = visit.applicant.context.clock.now().astimezone(BEIJING).date()
    usual = {"until": (today + USUAL).isoformat(), "power.declare": "1"} if not typed else {}
    return {
        "case": case, "agents": visit.applicant.rights.agents(visit.link, visit.session), "values": usual | typed, "powers": list(Power),
        "base": f"{visit.applicant.context.public_url()}/c/", "first": today.isoformat(),
        "last": (today + decide.LONGEST - timedelta(days=1)).isoformat(), "most": decide.MOST_AGENTS,
    }  # fmt: skip
