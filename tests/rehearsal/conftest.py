"""The deployed system, and a case that went through all of it."""

from __future__ import annotations

import pytest

from infra.demo.cast import Part, Role
from tests.rehearsal.town import Play, Town
from wugan.items.model import Item, ReturnWay


@pytest.fixture(scope="session")
def town(city: Town) -> Town:
    return city


def courier_fetches(item: Item) -> bool:
    """Whether the courier fetches the old certificate."""
    return ReturnWay.COURIER in item.return_ways


@pytest.fixture(scope="session")
def delivered(town: Town) -> Play:
    """A case that went through all eight steps, with one correction."""
    play = town.take(courier_fetches)
    town.sandbox.add_rule(match=play.case_id, department="correction")
    return play.run(Role(Part.ACCEPT), "delivered")
