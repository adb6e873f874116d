"""What is to be done by hand."""

from __future__ import annotations

from wugan.cases.model import Task
from wugan.errors import InvalidInput
from wugan.web.desk.queue import rows_of
from wugan.web.desk.room import Room
from wugan.web.edge import Answer, Redirect


def tasks(room: Room) -> Answer:
    """The call list, and what else is to be done by hand."""
    found = room.desk.tasks(room.official)
    rows = rows_of(room, [head for _, head in found])
    return room.page("desk/tasks.html", {"rows": list(zip([task for task, _ in found], rows, strict=True))})


def done(room: Room) -> Answer:
    """A task is done."""
    try:
        task = Task(room.call.form.get("task", ""))
    except ValueError:
        raise InvalidInput("one of the case's tasks", field="task") from None
    room.desk.done(room.official, room.case_id, task)
    return Redirect(room.path("tasks"))
