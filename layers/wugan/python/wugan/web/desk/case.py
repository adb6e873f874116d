"""One case, whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from wugan.cases.desk import DeskCase
from wugan.cases.model import Stage, effect_id
from wugan.errors import InvalidInput
from wugan.outreach.plan import bureau
from wugan.web import texts
from wugan.web.desk.room import Room
from wugan.web.edge import Answer, Page


def case(room: Room) -> Answer:
    """One case, whole."""
    return case_page(room, {}, None)


def case_page(room: Room, typed: Mapping[str, str], error: InvalidInput | None) -> Page:
    shown = room.desk.case(room.official, room.case_id)
    head = shown.head
    data = {
        "case": shown,
        "bureau": bureau(shown.item, head.jurisdiction),
        "labels": {f.name: f.label for f in shown.item.form},
        "application_id": effect_id(head.case_id, "approval", head.attempts.get("approval", 0)),
        "nonce": typed.get("nonce") or room.desk.context.random.hex(8),
        "decides": head.stage is Stage.APPROVAL and head.wait is not None,
        "hands_out": head.stage is Stage.DELIVERY and head.delivery_way == "pick_up" and head.wait is not None,
        "values": _first_values(room, shown) | dict(typed),
        "wrong": error.field if error else None,
        "wrong_text": texts.field_error(error.field if error else None),
        "kind": typed.get("kind", ""),
    }
    return room.page("desk/case.html", data, status=error.status if error else 200)


def _first_values(room: Room, shown: DeskCase) -> dict[str, str]:
    """What the approval form holds at first: a changed certificate keeps its number, a renewed one starts today."""
    today = room.desk.context.clock.now().date()
    years = shown.item.certificates.valid_years
    until = _years_later(today, years).isoformat() if years else shown.head.expires_on or ""
    return {"number": shown.head.certificate_no or "", "valid_from": today.isoformat(), "valid_until": until}


def _years_later(day: date, years: int) -> date:
    """The last day of a period of whole years; one from 29 February ends on 28 February."""
    if (day.month, day.day) == (2, 29):
        return date(day.year + years, 2, 28)
    return day.replace(year=day.year + years) - timedelta(days=1)


def subject(room: Room) -> Answer:
    """The profile of a case's subject; reached by the case, so that no credit code stands in an address."""
    case_id = room.case_id
    shown = room.desk.subject(room.official, case_id)
    return room.page("desk/subject.html", {"profile": shown, "case_id": case_id})
