"""What is to be done by hand: a list for each kind; the work itself is on the case's page, where the telephone number is."""

from __future__ import annotations

from datetime import date

from wugan.cases.decide import CallOutcome
from wugan.cases.model import Task
from wugan.errors import InvalidInput
from wugan.web.desk.case import case_page
from wugan.web.desk.queue import rows_of
from wugan.web.desk.room import Room
from wugan.web.edge import Answer


def tasks(room: Room) -> Answer:
    """One kind's list, the longest asked for first."""
    kind = next((t for t in Task if t == room.call.query.get("task")), Task.CALL)
    page = room.desk.tasks(room.official, kind, room.call.query.get("page", ""))
    now = room.desk.context.clock.now()
    return room.page("desk/tasks.html", {"kind": kind, "rows": rows_of(room, page.heads), "next": page.next, "now": now})


def called(room: Room) -> Answer:
    """What came of a call."""
    try:
        room.desk.called(room.official, room.case_id, _outcome(room), _again(room))
    except InvalidInput as error:
        return case_page(room, room.call.form, error)
    return room.to_case()


def done(room: Room) -> Answer:
    """A task is done."""
    form = room.call.form
    try:
        task = next((t for t in Task if t == form.get("task")), None)
        if task is None:
            raise InvalidInput("one of the case's tasks", field="task")
        room.desk.done(room.official, room.case_id, task, form.get("note", ""))
    except InvalidInput as error:
        return case_page(room, form, error)
    return room.to_case()


def _outcome(room: Room) -> CallOutcome:
    try:
        return CallOutcome(room.call.form.get("outcome", ""))
    except ValueError:
        raise InvalidInput("one of the outcomes of a call", field="outcome") from None


def _again(room: Room) -> date | None:
    text = room.call.form.get("again", "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput("a date such as 2026-11-23", field="again") from None
