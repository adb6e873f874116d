"""Items, their versions, and one version whole."""

from __future__ import annotations

from wugan.web.bench.room import Room
from wugan.web.edge import Answer, File


def items(room: Room) -> Answer:
    """The catalogue."""
    return room.page("items", {"listed": room.bench.listed()})


def item(room: Room) -> Answer:
    """One item: what is current, what is coming, everything that was released."""
    return room.page("item", {"listed": room.bench.item(room.param("code"))})


def version(room: Room) -> Answer:
    """One version: what it says and what it does."""
    code, name = room.param("code"), room.version("digest")
    return room.page("version", {"sight": room.bench.sight(code, name), "name": name, "listed": room.bench.item(code)})


def file(room: Room) -> Answer:
    """One version as a file."""
    code = room.param("code")
    return File(room.bench.text(code, room.version("digest")).encode(), "application/yaml; charset=utf-8", f"{code}.yaml")
