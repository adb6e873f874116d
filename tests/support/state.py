"""Everything that a town in memory keeps: to be brought back, and to be compared."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tests.browser.town import Town

_CASES = ("heads", "trail", "sections", "seen", "optouts", "asked_at")


def _places(town: Town) -> list[tuple[Any, str]]:
    """Stores and vendors, by where they keep things."""
    store = town.store
    return [
        *((store, name) for name in _CASES), (store.waits, "records"), (store.waits, "answered_at"), (town.requests, "claims"),
        (town.items, "versions"), (town.identity, "faces"), (town.identity, "codes"), (town.identity, "_wrong"),
        (town.courier, "orders"), (town.courier, "parcels"), (town.changes, "__dict__"), (town.items, "recorded"),
        (town.people, "records"), (town.people, "persons"), (town.roster, "officials"), (town.signed_out, "sessions"),
        (town.workshop.runs, "states"),
    ]  # fmt: skip


def state(town: Town) -> list[Any]:
    """A copy of all of it."""
    return [_copied(getattr(thing, name)) for thing, name in _places(town)]


def _copied(value: Any) -> Any:
    """Heads, events and claims never change themselves; what holds them does."""
    return {k: copy.copy(v) for k, v in value.items()} if isinstance(value, dict) else copy.copy(value)


def restoring(town: Town) -> Callable[[], None]:
    """What brings all of it back to how it is now."""
    kept = state(town)

    def restore() -> None:
        for (thing, name), value in zip(_places(town), kept, strict=True):
            held, fresh = getattr(thing, name), _copied(value)
            held.clear()
            held.update(fresh)

    return restore
