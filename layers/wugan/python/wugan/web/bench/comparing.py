"""Two versions beside each other."""

from __future__ import annotations

from wugan.web.bench.room import Room
from wugan.web.edge import Answer


def compare(room: Room) -> Answer:
    """Rules, fields, and what the publishing simulation told of the hits."""
    code, before, after = room.param("code"), room.version("before"), room.version("after")
    compared = room.bench.compared(code, before, after)
    return room.page("compare", {"code": code, "before": before, "after": after, "compared": compared})


def simulate(room: Room) -> Answer:
    """Have the second simulated beside the first in the registries of today."""
    found = room.bench.simulate_beside(room.param("code"), room.version("before"), room.version("after"), room.by)
    return room.to("simulations", found)
