"""The queue of a bureau."""

from __future__ import annotations

from typing import Any

from wugan.cases.model import Head
from wugan.web.desk.room import Room
from wugan.web.edge import Answer


def queue(room: Room) -> Answer:
    """The cases to decide, the most urgent first."""
    heads, after = room.desk.queue(room.official, room.call.query.get("after"))
    return room.page("desk/queue.html", {"rows": rows_of(room, heads), "after": after})


def rows_of(room: Room, heads: list[Head]) -> list[dict[str, Any]]:
    return [{"head": head, "item": room.desk.context.item(head)} for head in heads]
