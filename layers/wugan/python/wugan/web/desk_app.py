"""The officials' pages (审批工作台): the queue, one case, the decision, what is left to do by hand."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from chalice.app import Chalice

from wugan.approval.port import Decision, DecisionKind
from wugan.cases.desk import Desk, DeskCase, Official
from wugan.cases.model import Head, Stage, Task, effect_id, parse_effect_id
from wugan.errors import Forbidden, InvalidInput, LinkExpired, LinkInvalid
from wugan.links import DESK_SESSION
from wugan.outreach.plan import bureau
from wugan.web import render, texts
from wugan.web.edge import Answer, Call, Cookie, Edge, Page, Redirect, View, csrf

SESSION_COOKIE = "wugan_desk"
SIGN_IN = "desk-sign-in"  # what the sign-in form's token is bound to, as there is no session yet
MOST_POINTS = 30


def create(service: Callable[[], Desk]) -> Chalice:
    """The Chalice app; `service` is asked when the first request comes."""
    app = Chalice("desk", configure_logs=False)
    edge = Edge(app, lambda: service().context.public_url(), "desk/problem.html")
    for method, path, view in ROUTES:
        edge.route(method, path, _serving(service, view))
    return app


DeskView = Callable[["Sitting"], Answer]


def _serving(service: Callable[[], Desk], view: DeskView) -> View:
    return lambda call: view(Sitting(service(), call))


class Sitting:
    """One request at the desk."""

    def __init__(self, desk: Desk, call: Call) -> None:
        self.desk, self.call = desk, call
        self.session = call.cookies.get(SESSION_COOKIE, "")
        self.keys = desk.context.keys

    @property
    def official(self) -> Official:
        """Who sits there. Raises LinkInvalid, LinkExpired."""
        return self.desk.official(self.session)

    def path(self, *parts: str) -> str:
        """The path of a page of the desk."""
        return self.call.site.path("desk", *parts)

    def cookie(self, session: str) -> Cookie:
        """The session, for the desk's pages only."""
        return Cookie(SESSION_COOKIE, session, self.path(), int(DESK_SESSION.total_seconds()) if session else 0)

    def page(self, template: str, data: Mapping[str, Any], **more: Any) -> Page:
        """A page of the desk, with the token that its forms carry."""
        return Page(template, {"csrf": csrf(self.keys, self.session), "official": self.official, **data}, **more)


def _signed_in(view: DeskView) -> DeskView:
    """A page for officials; others sign in first. A form needs the session's token."""

    def answer(sitting: Sitting) -> Answer:
        try:
            _ = sitting.official
        except (LinkInvalid, LinkExpired):
            return Redirect(sitting.path("sign-in"))
        if not sitting.call.reads:
            sitting.call.check(sitting.keys, sitting.session)
        return view(sitting)

    return answer


def sign_in(sitting: Sitting) -> Answer:
    """Ask for the token; it is pasted, for an address is kept in histories and logs."""
    return _sign_in_page(sitting, "")


def _sign_in_page(sitting: Sitting, notice: str, status: int = 200) -> Page:
    return Page("desk/sign_in.html", {"csrf": csrf(sitting.keys, SIGN_IN), "official": None, "notice": notice}, status)


def sign_in_given(sitting: Sitting) -> Answer:
    """A session for a token."""
    sitting.call.check(sitting.keys, SIGN_IN)
    try:
        session = sitting.desk.sign_in(sitting.call.form.get("token", ""))
    except Forbidden as error:
        return _sign_in_page(sitting, "expired" if isinstance(error, LinkExpired) else "invalid", 403)
    return Redirect(sitting.path(), (sitting.cookie(session),))


def sign_out(sitting: Sitting) -> Answer:
    """End the session in this browser."""
    return Redirect(sitting.path("sign-in"), (sitting.cookie(""),))


def queue(sitting: Sitting) -> Answer:
    """The cases to decide, the most urgent first."""
    heads, after = sitting.desk.queue(sitting.official, sitting.call.query.get("after"))
    return sitting.page("desk/queue.html", {"rows": _rows(sitting, heads), "after": after})


def _rows(sitting: Sitting, heads: list[Head]) -> list[dict[str, Any]]:
    return [{"head": head, "item": sitting.desk.context.item(head)} for head in heads]


def case(sitting: Sitting) -> Answer:
    """One case, whole."""
    return _case_page(sitting, {}, None)


def _case_page(sitting: Sitting, typed: Mapping[str, str], error: InvalidInput | None) -> Page:
    shown = sitting.desk.case(sitting.official, sitting.call.params["case_id"])
    head = shown.head
    data = {
        "case": shown,
        "bureau": bureau(shown.item, head.jurisdiction),
        "labels": {f.name: f.label for f in shown.item.form},
        "application_id": effect_id(head.case_id, "approval", head.attempts.get("approval", 0)),
        "nonce": typed.get("nonce") or sitting.desk.context.random.hex(8),
        "decides": head.stage is Stage.APPROVAL and head.wait is not None,
        "hands_out": head.stage is Stage.DELIVERY and head.delivery_way == "pick_up" and head.wait is not None,
        "values": _first_values(sitting, shown) | dict(typed),
        "wrong": error.field if error else None,
        "wrong_text": texts.field_error(error.field if error else None),
        "kind": typed.get("kind", ""),
    }
    return sitting.page("desk/case.html", data, status=error.status if error else 200)


def _first_values(sitting: Sitting, shown: DeskCase) -> dict[str, str]:
    """What the approval form holds at first: a changed certificate keeps its number, a renewed one starts today."""
    today = sitting.desk.context.clock.now().date()
    years = shown.item.certificates.valid_years
    until = _years_later(today, years).isoformat() if years else shown.head.expires_on or ""
    return {"number": shown.head.certificate_no or "", "valid_from": today.isoformat(), "valid_until": until}


def _years_later(day: date, years: int) -> date:
    """The last day of a period of whole years; one from 29 February ends on 28 February."""
    if (day.month, day.day) == (2, 29):
        return date(day.year + years, 2, 28)
    return day.replace(year=day.year + years) - timedelta(days=1)


def subject(sitting: Sitting) -> Answer:
    """The profile of a case's subject; reached by the case, so that no credit code stands in an address."""
    case_id = sitting.call.params["case_id"]
    shown = sitting.desk.subject(sitting.official, case_id)
    return sitting.page("desk/subject.html", {"profile": shown, "case_id": case_id})


def decide(sitting: Sitting) -> Answer:
    """Approve, ask for corrections, or reject; told what to mend, with everything typed kept."""
    case_id = sitting.call.params["case_id"]
    try:
        decision, attempt = _decision(sitting, case_id)
        sitting.desk.decide(sitting.official, decision, attempt)
    except InvalidInput as error:
        return _case_page(sitting, sitting.call.form, error)
    return Redirect(sitting.path("cases", case_id))


def _decision(sitting: Sitting, case_id: str) -> tuple[Decision, int]:
    """The decision that the form tells. The same form sent twice is one decision."""
    form, official = sitting.call.form, sitting.official
    application_id = form.get("application_id", "")
    of_case, kind_of_id, attempt = parse_effect_id(application_id)
    if (of_case, kind_of_id) != (case_id, "approval"):
        raise InvalidInput("this application belongs to another case", field="application_id")
    try:
        kind = DecisionKind(form.get("kind", ""))
    except ValueError:
        raise InvalidInput("approved, correction or rejected", field="kind") from None
    key = f"{application_id}|{kind}|{form.get('nonce', '')}"
    points = [line.strip() for line in form.get("points", "").splitlines() if line.strip()][:MOST_POINTS]
    decision = Decision(
        id=hashlib.sha256(key.encode()).hexdigest()[:32],
        application_id=application_id,
        kind=kind,
        by=f"desk:{official.name}",
        points=tuple(points) if kind is DecisionKind.CORRECTION else (),
        reason_code=_reason_code(form) if kind is DecisionKind.REJECTED else "",
        reason=form.get("reason", "")[:500] if kind is DecisionKind.REJECTED else "",
        certificate=_certificate(sitting, case_id) if kind is DecisionKind.APPROVED else None,
    )
    return decision, attempt


def _reason_code(form: Mapping[str, str]) -> str:
    code = form.get("reason_code", "")
    if code not in texts.REASONS:
        raise InvalidInput("no reason that the law knows", field="reason_code")
    return code


def _certificate(sitting: Sitting, case_id: str) -> dict[str, Any]:
    """The new certificate's data, with its document."""
    form = sitting.call.form
    dates = [_date(form, "valid_from", True), _date(form, "valid_until", False)]
    if dates[0] and dates[1] and dates[1] <= dates[0]:
        raise InvalidInput("must be later than valid_from", field="certificate.valid_until")
    data = {"number": form.get("number", "")[:60], "valid_from": form["valid_from"], "valid_until": form.get("valid_until") or None}
    if not data["number"]:
        raise InvalidInput("the new certificate needs this", field="certificate.number")
    content = certificate_document(sitting.desk.case(sitting.official, case_id), data)
    return data | {"file_base64": base64.b64encode(content).decode(), "file_sha256": hashlib.sha256(content).hexdigest()}


def _date(form: Mapping[str, str], name: str, required: bool) -> date | None:
    text = form.get(name, "")
    if not text and not required:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("a date such as 2026-11-23", field=f"certificate.{name}") from None


def certificate_document(shown: DeskCase, data: Mapping[str, Any]) -> bytes:
    """The electronic certificate as a document that stands by itself: HTML, the same input gives the same bytes."""
    form: Mapping[str, Any] = shown.application["form"] if shown.application else {}
    fields = [(f.label, form.get(f.name, {}).get("value")) for f in shown.item.form]
    page = {"item": shown.item, "head": shown.head, "bureau": bureau(shown.item, shown.head.jurisdiction), "data": data, "fields": fields}
    return render.page("certificate.html", page).encode()


def received(sitting: Sitting) -> Answer:
    """The person fetched the new certificate at the counter."""
    case_id = sitting.call.params["case_id"]
    sitting.desk.received(sitting.official, case_id)
    return Redirect(sitting.path("cases", case_id))


def tasks(sitting: Sitting) -> Answer:
    """The call list, and what else is to be done by hand."""
    found = sitting.desk.tasks(sitting.official)
    rows = _rows(sitting, [head for _, head in found])
    return sitting.page("desk/tasks.html", {"rows": list(zip([task for task, _ in found], rows, strict=True))})


def done(sitting: Sitting) -> Answer:
    """A task is done."""
    try:
        task = Task(sitting.call.form.get("task", ""))
    except ValueError:
        raise InvalidInput("one of the case's tasks", field="task") from None
    sitting.desk.done(sitting.official, sitting.call.params["case_id"], task)
    return Redirect(sitting.path("tasks"))


ROUTES: tuple[tuple[str, str, DeskView], ...] = (
    ("GET", "/desk/sign-in", sign_in),
    ("POST", "/desk/sign-in", sign_in_given),
    ("POST", "/desk/sign-out", _signed_in(sign_out)),
    ("GET", "/desk", _signed_in(queue)),
    ("GET", "/desk/cases/{case_id}", _signed_in(case)),
    ("GET", "/desk/cases/{case_id}/subject", _signed_in(subject)),
    ("POST", "/desk/cases/{case_id}/decide", _signed_in(decide)),
    ("POST", "/desk/cases/{case_id}/received", _signed_in(received)),
    ("GET", "/desk/tasks", _signed_in(tasks)),
    ("POST", "/desk/tasks/{case_id}/done", _signed_in(done)),
)
