"""A new version: written or uploaded, checked, and given to the simulation."""

from __future__ import annotations

from typing import Any

from wugan.web.bench.room import Room
from wugan.web.edge import Answer, Page


def draft(room: Room) -> Answer:
    """An empty page, or the current version of an item to begin with."""
    code = room.query.get("code", "")
    listed = room.bench.item(code) if code else None
    text = room.bench.text(code, listed.version) if listed else ""
    return _page(room, text)


def check(room: Room) -> Answer:
    """Everything that is wrong, told at once with everything typed kept; what is right is simulated."""
    form = room.form
    text = form.get("file") or form.get("text", "")
    checked = room.bench.check(text)
    if checked.problems or checked.entry is None:
        return _page(room, text, status=422, problems=checked.problems)
    return room.to("simulations", room.bench.simulate(checked, text, room.by))


def _page(room: Room, text: str, *, status: int = 200, problems: Any = ()) -> Page:
    return room.page("draft", {"text": text, "problems": problems}, status)
