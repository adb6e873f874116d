"""One subject evaluated at once: what hits is opened, what is held stays closed, holders are told, failures come again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.support import people
from wugan.cases.context import Context
from wugan.cases.opening import Opening
from wugan.cases.sense import Sense
from wugan.clock import BEIJING, FixedClock
from wugan.detection.evaluate import hits
from wugan.items.model import Item, Kind, Requirement
from wugan.links import Keyring
from wugan.memory.changes import MemoryBus, MemoryRegistries
from wugan.memory.stores import MemoryCaseStore, MemoryExecutions, MemoryItemStore, MemoryWaitStore, SeededRandom
from wugan.registry.model import Subject

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=BEIJING)
HOLDER = "91370203MA0000001G"


class Town:
    """Sensing with everything in memory."""

    def __init__(self, *items: Item) -> None:
        self.clock = FixedClock(NOW)
        self.registries, self.bus, self.store = MemoryRegistries(people.TODAY), MemoryBus(), MemoryCaseStore(MemoryWaitStore())
        self.items, self.executions = MemoryItemStore(), MemoryExecutions()
        for item in items:
            self.items.publish(item, NOW)
        self.registries.subjects[people.CODE] = people.subject(people.items()[1])
        keys = Keyring(lambda: "a secret of the tests")
        context = Context(self.store, self.items, self.registries, keys, self.clock, SeededRandom(), lambda: "https://wugan.example")
        self.sense = Sense(self.registries, self.items, Opening(context, self.executions), self.bus, self.clock)


@pytest.fixture
def town() -> Town:
    return Town(*people.items().values())


def event(code: str = people.CODE, **more: str) -> str:
    return json.dumps({"detail": {"credit_code": code, "batch": "b-1", **more}})


def test_a_hit_is_opened_and_started_once(town: Town) -> None:
    case_id = people.found(people.items()[1]).hit.case_id
    assert town.sense.sense({"m-1": event()}).fates["opened"] == len(town.store.heads) >= 1
    assert case_id in town.store.heads
    assert set(town.executions.started) == set(town.store.heads)
    again = town.sense.sense({"m-1": event(), "m-2": event()})
    assert set(again.fates) == {"already_open"}
    assert not again.failed


def test_somebody_whom_nothing_hits(town: Town) -> None:
    sensed = town.sense.sense({"m-1": event("nobody")})
    assert not sensed.fates
    assert not sensed.failed


def test_holders_are_told_once_and_no_further(town: Town) -> None:
    town.registries.named[people.CODE] = {HOLDER, people.CODE}
    town.registries.named[HOLDER] = {"another"}
    town.sense.sense({"m-1": event()})
    assert town.bus.told == [(HOLDER, "b-1", people.CODE)]
    town.sense.sense({"m-2": event(HOLDER, producer=people.CODE)})
    assert len(town.bus.told) == 1


@pytest.mark.parametrize(
    ("missing", "held"),
    [
        ("contact", lambda _: True),
        ("blacklist", lambda item: Requirement.NOT_BLACKLISTED in item.requires),
        ("licence", lambda item: item.kind is Kind.FILING),
        ("property", lambda _: False),
    ],
)
def test_items_held_by_the_scan_are_held_here(town: Town, missing: str, held: object) -> None:
    assert callable(held)
    town.registries.missing = (missing,)
    current = {one.rule.item.number for one in town.sense._book().judges}
    assert current == {number for number, item in people.items().items() if not held(item)}


@pytest.mark.parametrize(
    "bad", ["{", "[]", "7", "{}", '{"detail": 7}', '{"detail": {"credit_code": 7}}', '{"detail": {"credit_code": " "}}']
)
def test_an_event_without_a_subject_fails_alone(town: Town, bad: str) -> None:
    sensed = town.sense.sense({"m-1": bad, "m-2": event()})
    assert sensed.failed == {"m-1": "InvalidInput"}
    assert sensed.fates["opened"] >= 1


def test_one_case_that_cannot_be_opened_keeps_no_other_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    first = people.items()[1]
    town = Town(first, first.model_copy(update={"code": "another", "number": 2}))
    create, failing = town.store.create, [True]

    def once(change: object) -> None:
        if failing.pop() if failing else False:
            raise RuntimeError("secret words")
        create(change)  # type: ignore[arg-type]

    monkeypatch.setattr(town.store, "create", once)
    sensed = town.sense.sense({"m-1": event()})
    assert sensed.failed == {"m-1": "RuntimeError"}
    assert sensed.fates == {"opened": 1}
    assert town.sense.sense({"m-1": event()}).fates == {"opened": 1, "already_open": 1}


def test_a_registry_that_is_down_brings_the_event_again(town: Town) -> None:
    town.registries.down = True
    assert town.sense.sense({"m-1": event()}).failed == {"m-1": "VendorUnavailable"}


def test_the_day_is_today_even_before_the_nightly_scan(town: Town) -> None:
    """A renewal that comes due today is opened today, on yesterday's files."""
    ends = people.TODAY + timedelta(days=10)

    def due(item: Item) -> Subject:
        certificate = people.certificate(item, name=people.business().name, valid_until=ends)
        return replace(people.subject(item), certificates=(certificate,))

    item = next(i for i in people.items().values() if i.kind is Kind.RENEWAL and hits(i, "v", due(i)))
    yesterday = replace(due(item), as_of=people.TODAY - timedelta(days=200))
    assert not hits(item, "v", yesterday)
    town.registries.subjects[people.CODE] = yesterday
    town.sense.sense({"m-1": event()})
    assert item.code in {h.item_code for h in town.store.heads.values()}
