"""`changes` and `sense` killed before and after every call, with events that come twice and in any order: one case for each hit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.mischief import Killed, Mischief, Watched
from tests.support import people
from wugan import signing
from wugan.cases.context import Context
from wugan.cases.opening import Opening
from wugan.cases.sense import Sense
from wugan.clock import BEIJING, FixedClock
from wugan.links import Keyring
from wugan.memory.changes import MemoryChangeStore
from wugan.memory.stores import MemoryCaseStore, MemoryExecutions, MemoryItemStore, MemoryWaitStore, SeededRandom
from wugan.registry.change_intake import ChangeIntake, Taken
from wugan.registry.changes import laid_over
from wugan.registry.feeds import FEEDS
from wugan.registry.model import Business, Certificate, Contact, Subject

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=BEIJING)
SECRET, PATH = "a secret of the tests", "/registry/changes"
HOLDER = "91370203MA0000001G"
ITEM = people.items()[1]
GUARDED = {
    "changes": ("put", "refuse", "of", "holders"),
    "bus": ("tell_one",),
    "store": ("create", "opted_out"),
    "executions": ("start",),
}


@dataclass
class Queue:
    """The bus with its queue: one event at a time, so that a death may come between two."""

    waiting: list[dict[str, str]] = field(default_factory=list)

    def tell_one(self, event: dict[str, str]) -> None:
        self.waiting.append(event)


@dataclass
class Bus:
    """The port over a watched queue."""

    queue: Any

    def tell(self, credit_codes: Any, batch: str, producer: str = "") -> None:
        for code in credit_codes:
            self.queue.tell_one({"credit_code": code, "batch": batch, "producer": producer})


@dataclass
class Registries:
    """Clean rows of two subjects, with the changes laid over them."""

    changes: Any

    def subject(self, credit_code: str) -> Subject:
        clean: dict[str, list[tuple[Any, ...]]] = {feed: [] for feed in FEEDS}
        if credit_code in (people.CODE, HOLDER):
            clean["licence"] = [tuple(asdict(people.certificate(ITEM, credit_code=credit_code, producer_code=people.CODE)).values())]
            clean["contact"] = [tuple(asdict(people.contact(credit_code=credit_code)).values())]
            before = people.business(credit_code=credit_code, name=people.certificate(ITEM).name, version="1")
            clean["business"] = [tuple(asdict(before).values())]
        rows = laid_over(clean, self.changes.of(credit_code))
        return Subject(
            credit_code,
            people.TODAY,
            next((Business(*r) for r in rows["business"]), None),
            tuple(Certificate(*r) for r in rows["licence"]),
            (),
            tuple(Contact(*r) for r in rows["contact"]),
        )

    def holders(self, producer_code: str) -> set[str]:
        clean = {HOLDER, people.CODE} if producer_code == people.CODE else set()
        return clean | set(self.changes.holders(producer_code))

    def incomplete(self) -> tuple[str, ...]:
        return ()


class World:
    """A registry that tells a change, the way in, the queue, `sense`, the cases."""

    def __init__(self, mischief: Mischief | None = None) -> None:
        self.mischief = mischief or Mischief()
        self.clock = FixedClock(NOW)
        self.changes, self.queue, self.store = MemoryChangeStore(), Queue(), MemoryCaseStore(MemoryWaitStore())
        self.executions, items = MemoryExecutions(), MemoryItemStore()
        items.publish(ITEM, NOW)
        changes: Any = Watched("changes", self.changes, self.mischief, GUARDED["changes"])
        bus = Bus(Watched("bus", self.queue, self.mischief, GUARDED["bus"]))
        store: Any = Watched("store", self.store, self.mischief, GUARDED["store"])
        executions: Any = Watched("executions", self.executions, self.mischief, GUARDED["executions"])
        registries = Registries(changes)
        context = Context(store, items, registries, Keyring(lambda: SECRET), self.clock, SeededRandom(), lambda: "https://wugan.example")
        self.intake = ChangeIntake(changes, bus, lambda: SECRET, self.clock, timedelta(days=14))
        self.sense = Sense(registries, items, Opening(context, executions), bus, self.clock)

    def tell(self, *batches: dict[str, Any]) -> list[Taken]:
        """The registry sends each batch until it is answered."""
        return [answer for batch in batches for answer in self._until_answered(batch)]

    def _until_answered(self, batch: dict[str, Any]) -> Iterator[Taken]:
        body, now = json.dumps(batch).encode(), str(int(self.clock.wall().timestamp()))
        headers = {signing.TIME_HEADER: now, signing.SIGNATURE_HEADER: signing.sign(SECRET, now, PATH, body)}
        with suppress(Killed):
            yield self.intake.take(headers, PATH, body)
            return
        yield self.intake.take(headers, PATH, body)

    def run(self) -> World:
        """The queue gives every message until it is done: one whose receiver died comes again."""
        while self.queue.waiting:
            event = self.queue.waiting.pop(0)
            try:
                failed = self.sense.sense({"m": json.dumps({"detail": event})}).failed
            except Killed:
                failed = {"m": "Killed"}
            if failed:
                self.queue.waiting.append(event)
        return self

    def cases(self) -> set[tuple[str, str]]:
        return {(h.subject, h.item_code) for h in self.store.heads.values()}


def change(code: str, version: int, name: str = "青岛试新建设有限公司") -> dict[str, Any]:
    row = asdict(people.business(credit_code=code, name=name, version=str(version)))
    return {"feed": "business", "row": {k: v.isoformat() if isinstance(v, date) else v for k, v in row.items()}}


BATCHES = (
    {"batch_id": "b-1", "changes": [change(people.CODE, 2), {"feed": "business", "row": {}}, change(HOLDER, 2)]},
    {"batch_id": "b-2", "changes": [change(HOLDER, 3)]},
)
EXPECTED = {(people.CODE, ITEM.code), (HOLDER, ITEM.code)}


def quiet() -> World:
    world = World()
    world.tell(*BATCHES)
    return world.run()


def test_the_story_opens_what_it_should_and_calls_everything_guarded() -> None:
    world = quiet()
    assert world.cases() == EXPECTED
    assert set(world.executions.started) == set(world.store.heads)
    assert set(world.mischief.calls) == {f"{port}.{method}" for port, methods in GUARDED.items() for method in methods}


def test_nothing_is_told_before_it_is_kept() -> None:
    world = World()
    world.tell(BATCHES[0])
    assert world.mischief.calls == ["changes.refuse", "changes.put", "changes.put", "bus.tell_one", "bus.tell_one"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_every_call(when: str) -> None:
    """Whoever got no answer sends again, whatever was not done comes again: the same cases, once each, and the same rows."""
    still = quiet()
    for at in range(1, len(still.mischief.calls) + 1):
        world = World(Mischief(at, when))
        answers = world.tell(*BATCHES)
        world.run()
        assert world.cases() == EXPECTED, world.mischief.calls[at - 1]
        assert world.changes.records == still.changes.records
        assert world.changes.noted == still.changes.noted
        assert [len(a.rejected) for a in answers] == [1, 0]
        unstarted = set(world.store.heads) - set(world.executions.started)
        assert not unstarted or world.mischief.calls[at - 1] in ("store.create", "executions.start")  # left to the sweeper


ORDERS = st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=20)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(order=ORDERS, batches=st.permutations(BATCHES * 2))
def test_in_any_order_and_more_than_once(order: list[tuple[int, bool]], batches: list[dict[str, Any]]) -> None:
    """Batches repeated and out of order; events taken in any order, some again and again."""
    world = World()
    for batch in batches:
        world.tell(batch)
        for place, stays in order:
            if not world.queue.waiting:
                break
            event = world.queue.waiting.pop(place % len(world.queue.waiting))
            assert not world.sense.sense({"m": json.dumps({"detail": event})}).failed
            if stays:
                world.queue.waiting.append(event)
    world.run()
    assert world.cases() == EXPECTED
    assert max(Counter(h.subject for h in world.store.heads.values()).values()) == 1
    assert world.changes.records == quiet().changes.records
