"""The queue of a bureau, its filters, and the search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from wugan.cases.desk import MOST_COUNTED
from wugan.cases.model import Head, Stage
from wugan.cases.queue import NOBODY, Card, Listing
from wugan.errors import InvalidInput
from wugan.web import texts
from wugan.web.desk.room import Room
from wugan.web.edge import Answer

FILTERS = ("group", "item", "light", "officer")
MINE, FREE = "mine", "nobody"


def queue(room: Room) -> Answer:
    """The cases of a group, the most urgent first."""
    query = room.call.query
    chosen = {name: query.get(name, "") for name in FILTERS}
    listing = _listing(room, chosen)
    found = room.desk.queue(room.official, listing, query.get("page", ""))
    turned = bool(query.get("page"))
    data = {
        "rows": rows_of(room, found.cards),
        "officials": found.officials,
        "chosen": chosen,
        "items": room.desk.items(room.official),
        "next": _address(room, chosen, page=found.next) if found.next else None,
        "previous": _address(room, chosen, page=found.previous) if found.previous else None,
        "first": _address(room, chosen) if turned else None,
        "lights": [
            (light, _counted(count), _address(room, {"group": chosen["group"], "light": light})) for light, count in found.lights.items()
        ],
        "whole": listing.filters < 2,
        "now": room.desk.context.clock.now(),
        "runs": listing.stage is Stage.APPROVAL,
        "text": "",
        "wrong_text": "",
    }
    return room.page("desk/queue.html", data)


def search(room: Room) -> Answer:
    """The bureau's cases with a case number or credit code; sent as a form, so that neither stands in an address."""
    text = room.call.form.get("search", "")
    try:
        found, error = room.desk.search(room.official, text), None
    except InvalidInput as wrong:
        found, error = [], wrong
    data = {"rows": rows_of(room, found), "text": text[:60], "wrong_text": texts.field_error("search") if error else ""}
    return room.page("desk/found.html", data, error.status if error else 200)


def rows_of(room: Room, cases: Iterable[Card] | Iterable[Head]) -> list[dict[str, Any]]:
    """Cases with their items' names."""
    items = room.desk.context.items
    return [{"case": one, "item": items.get(one.item_code, one.item_version)} for one in cases]


def _listing(room: Room, chosen: Mapping[str, str]) -> Listing:
    """What the filters ask for; a word that is none of ours asks for nothing."""
    stage = next((s for s in texts.QUEUE_GROUPS if s == chosen["group"]), Stage.APPROVAL)
    light = chosen["light"] if chosen["light"] in texts.LIGHTS else ""
    officer = {MINE: room.official.id, FREE: NOBODY}.get(chosen["officer"])
    return Listing(room.official.jurisdiction, stage, chosen["item"][:60], light, officer)


def _address(room: Room, chosen: Mapping[str, str], page: str = "") -> str:
    told = {name: value for name, value in {**chosen, "page": page}.items() if value}
    return f"{room.path()}?{urlencode(told)}" if told else room.path()


def _counted(count: int) -> str:
    """More than are counted is told as such."""
    return f"{MOST_COUNTED - 1}+" if count >= MOST_COUNTED else str(count)
