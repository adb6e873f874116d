"""What officials decide."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from wugan.approval.port import Decision, DecisionKind
from wugan.cases.desk import DeskCase
from wugan.cases.model import parse_effect_id
from wugan.errors import InvalidInput
from wugan.outreach.plan import bureau
from wugan.web import render, texts
from wugan.web.desk.case import case_page
from wugan.web.desk.room import Room
from wugan.web.edge import Answer

MOST_POINTS = 30


def decide(room: Room) -> Answer:
    """Approve, ask for corrections, or reject; told what to mend, with everything typed kept."""
    case_id = room.case_id
    try:
        decision, attempt = _decision(room, case_id)
        room.desk.decide(room.official, decision, attempt)
    except InvalidInput as error:
        return case_page(room, room.call.form, error)
    return room.to_case()


def review(room: Room) -> Answer:
    """The second official confirms a proposed decision, or sends it back with a note."""
    form = room.call.form
    try:
        if form.get("agrees") == "yes":
            room.desk.confirm(room.official, room.case_id, form.get("proposal", ""))
        else:
            room.desk.send_back(room.official, room.case_id, form.get("proposal", ""), form.get("sent_back", ""))
    except InvalidInput as error:
        return case_page(room, form, error)
    return room.to_case()


def extend(room: Room) -> Answer:
    """Ten more working days, with the reason."""
    try:
        room.desk.extend(room.official, room.case_id, room.call.form.get("extension", ""))
    except InvalidInput as error:
        return case_page(room, room.call.form, error)
    return room.to_case()


def assign(room: Room) -> Answer:
    """Take the case, pass it on, or put it back."""
    form = room.call.form
    try:
        room.desk.assign(room.official, room.case_id, form.get("before", ""), form.get("officer", ""))
    except InvalidInput as error:
        return case_page(room, form, error)
    return room.to_case()


def _decision(room: Room, case_id: str) -> tuple[Decision, int]:
    """The decision that the form tells. The same form sent twice is one decision."""
    form, official = room.call.form, room.official
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
        by=f"desk:{official.id}",
        points=tuple(points) if kind is DecisionKind.CORRECTION else (),
        reason_code=_reason_code(form) if kind is DecisionKind.REJECTED else "",
        reason=form.get("reason", "")[:500] if kind is DecisionKind.REJECTED else "",
        certificate=_certificate(room, case_id) if kind is DecisionKind.APPROVED else None,
    )
    return decision, attempt


def _reason_code(form: Mapping[str, str]) -> str:
    code = form.get("reason_code", "")
    if code not in texts.REASONS:
        raise InvalidInput("no reason that the law knows", field="reason_code")
    return code


def _certificate(room: Room, case_id: str) -> dict[str, Any]:
    """The new certificate's data, with its document."""
    form = room.call.form
    dates = [_date(form, "valid_from", True), _date(form, "valid_until", False)]
    if dates[0] and dates[1] and dates[1] <= dates[0]:
        raise InvalidInput("must be later than valid_from", field="certificate.valid_until")
    data = {"number": form.get("number", "")[:60], "valid_from": form["valid_from"], "valid_until": form.get("valid_until") or None}
    if not data["number"]:
        raise InvalidInput("the new certificate needs this", field="certificate.number")
    content = certificate_document(room.desk.case(room.official, case_id), data)
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


def received(room: Room) -> Answer:
    """The person fetched the new certificate at the counter."""
    room.desk.received(room.official, room.case_id)
    return room.to_case()
