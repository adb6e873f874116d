"""A simulation: it is waited for, then read, then published from."""

from __future__ import annotations

from typing import Any

from wugan.errors import InvalidInput
from wugan.web.bench.room import Room
from wugan.web.edge import Answer, Page

REFRESH = 4  # seconds between looks while it runs


def simulation(room: Room) -> Answer:
    """What came out, beside the personas; while it runs the page asks again."""
    return page(room)


def page(room: Room, problems: Any = (), error: InvalidInput | None = None) -> Page:
    """The page, with what kept a publication back."""
    looked = room.bench.simulation(room.param("id"))
    checked = room.bench.check(looked.asked.text)
    seen = room.bench.sight_of(checked) if looked.result else None
    data = {"looked": looked, "sight": seen, "problems": problems, "wrong": error.field if error else "", "typed": room.form}
    waits = looked.result is None and not looked.failed
    return room.page("simulation", data, 409 if problems else error.status if error else 200, REFRESH if waits else None)
