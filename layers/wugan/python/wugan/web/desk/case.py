"""One case, whole, with everything that an official may do to it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from wugan.approval.port import Application
from wugan.cases import deadlines, decide
from wugan.cases.decide import CARRIED, Settlement
from wugan.cases.desk import DeskCase
from wugan.cases.model import Event, Head, Stage, Task, effect_id
from wugan.errors import InvalidInput, NotFound, WuganError
from wugan.outreach.plan import bureau
from wugan.signin.official import Role
from wugan.web import texts
from wugan.web.application import application
from wugan.web.custody import custody_rows
from wugan.web.desk.room import Room
from wugan.web.edge import Answer, File, Page
from wugan.workdays import is_workday


@dataclass(frozen=True)
class Entry:
    """A line of the trace: when, who, what, and what more there is to tell."""

    at: datetime
    who: str
    what: str
    more: str


@dataclass(frozen=True)
class Parcel:
    """A parcel of the case: what it carries, its number, and what the courier told last."""

    kind: str
    waybill: str
    told: str
    at: datetime


def case(room: Room) -> Answer:
    """One case."""
    return case_page(room, {}, None)


def case_page(room: Room, typed: Mapping[str, str], error: InvalidInput | None) -> Page:
    """The page, with what was typed and what to mend; who sees it, and may, is noted for auditors."""
    shown = room.desk.case(room.official, room.case_id)
    room.note_viewed("/desk/cases/{case_id}")
    head, now = shown.head, room.desk.context.clock.now()
    waits = head.stage is Stage.APPROVAL and head.wait is not None
    data = {
        "case": shown,
        "now": now,
        "runs": waits and not head.decided,
        "bureau": bureau(shown.item, head.jurisdiction),
        "labels": {f.name: f.label for f in shown.item.form},
        "application_id": effect_id(head.case_id, "approval", head.attempts.get("approval", 0)),
        "nonce": typed.get("nonce") or room.desk.context.random.hex(8),
        "decides": room.acts and waits and not head.proposal,
        "reviews": room.acts and waits and shown.proposal is not None and head.proposed_by != room.official.id,
        "extends": room.acts and waits and _may_extend(shown, now),
        "extended_to": deadlines.add_span(head.promised_by, decide.LEGAL_EXTENSION) if waits and head.promised_by else None,
        "hands_out": room.acts and head.stage is Stage.DELIVERY and head.delivery_way == "pick_up" and head.wait is not None,
        "colleagues": [o for o in shown.officials if Role.APPROVER in o.roles and o.id not in (head.officer, room.official.id)],
        "trace": [_entry(shown, event) for event in shown.events],
        "parcels": _parcels(shown.events),
        "custody": custody_rows(shown.events),
        "printable": [stage for stage in CARRIED if _has_waybill(shown.events, stage)],
        "in_question": decide.in_question(head),
        "settlements": [what for what in Settlement if room.acts and _settles(room, head, what)],
        "next_day": _next_workday(now.date()).isoformat(),
        "values": _first_values(room, shown) | dict(typed),
        "wrong": error.field if error else None,
        "wrong_text": texts.field_error(error.field if error else None),
        "kind": typed.get("kind", ""),
    }
    return room.page("desk/case.html", data, error.status if error else 200)


def _may_extend(shown: DeskCase, now: datetime) -> bool:
    head = shown.head
    return not head.extended and not head.granted and head.promised_by is not None and now < head.promised_by


def _settles(room: Room, head: Head, what: Settlement) -> bool:
    """Whether the case takes this of the parcel in question."""
    stage, context = decide.in_question(head), room.desk.context
    try:
        return stage is not None and bool(decide.settled(head, stage, what, room.official.id, context.clock.now(), context.random))
    except WuganError:
        return False


def _has_waybill(events: list[Event], stage: Stage) -> bool:
    """Whether the stage's newest parcel has a number."""
    newest = next((e for e in reversed(events) if e.type == f"{stage}_ordered"), None)
    return newest is not None and bool(newest.facts["waybill"])


def _entry(shown: DeskCase, event: Event) -> Entry:
    """An event with the official's name, and what its facts add for officials."""
    facts = event.facts
    by = str(facts.get("by", "")).removeprefix("desk:")
    who = texts.ACTORS[event.actor] + (f" {shown.name(by)}" if by else "")
    more = ""
    if event.type == "assigned":
        more = shown.name(str(facts["to"])) if facts["to"] else "退回待领"
    elif event.type == "called":
        more = texts.CALLS[decide.CallOutcome(facts["outcome"])]
    elif event.type == "task_done":
        more = texts.TASKS[Task(facts["task"])]
    elif "waybill" in facts:
        more = f"运单 {facts['waybill']}"
    return Entry(event.at, who, texts.EVENTS[event.type], more)


def _parcels(events: list[Event]) -> list[Parcel]:
    """Every parcel in the order in which they were ordered, with the last that was told of it."""
    told = {str(e.facts["waybill"]): e for e in events if "waybill" in e.facts}
    return [Parcel(_carries(e.type), waybill, texts.EVENTS[e.type], e.at) for waybill, e in told.items()]


def _carries(type: str) -> str:
    """What the parcel of an event carries; events of parcels begin with their stage."""
    return next((words for stage, words in texts.PARCELS.items() if type.startswith(stage)), "包裹")


def _next_workday(day: date) -> date:
    day += timedelta(days=1)
    return day if is_workday(day) else _next_workday(day)


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
    room.note_viewed("/desk/cases/{case_id}/subject")
    return room.page("desk/subject.html", {"profile": shown, "case_id": case_id})


def submitted(room: Room) -> Answer:
    """The application as it was submitted, as a PDF: made anew, and shown only if it has the hash that was kept. Raises NotFound."""
    shown = room.desk.case(room.official, room.case_id)
    if not shown.application:
        raise NotFound("nothing was submitted yet", field="application")
    content = application(shown.item, Application.of(shown.application))
    if hashlib.sha256(content).hexdigest() not in [kept["sha256"] for kept in shown.application["documents"]]:
        raise NotFound("the document as it was submitted cannot be made any more", field="application")
    room.note_viewed("/desk/cases/{case_id}/application")
    return File(content, "application/pdf", f"{shown.application['id']}.pdf")
