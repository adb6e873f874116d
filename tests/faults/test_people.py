"""Several cases of one person: whatever dies or happens at the same time, each prompt is in one message, and no message goes out twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.faults.mischief import Killed, Mischief, Watched
from tests.faults.world import MORNING, NIGHT, SECRET
from tests.support import people
from wugan.cases import decide
from wugan.cases.context import Context
from wugan.cases.counting import Counting
from wugan.cases.messages import Messages
from wugan.cases.model import Change, Head, Stage
from wugan.cases.opening import Opening
from wugan.cases.stages import Outreach
from wugan.clock import FixedClock
from wugan.errors import Conflict, VendorUnavailable
from wugan.links import Keyring
from wugan.memory.people import MemoryPeopleStore
from wugan.memory.stores import MemoryCaseStore, MemoryExecutions, MemoryItemStore, MemoryLookup, MemoryWaitStore, SeededRandom
from wugan.memory.vendors import MemoryMessenger
from wugan.outreach.schedule import Rules


@dataclass
class Pair:
    """Two cases of one person, and the stage that prompts."""

    at: datetime
    mischief: Mischief = field(default_factory=Mischief)
    modelled: bool = False

    def __post_init__(self) -> None:
        self.clock, self.messenger, self.people = FixedClock(self.at), MemoryMessenger(), MemoryPeopleStore()
        self.store, self.items = MemoryCaseStore(MemoryWaitStore()), MemoryItemStore()
        lookup = MemoryLookup(self.clock.now().date())
        ports = {"store": ("commit", "head", "sealed"), "messenger": ("send",), "people": ("get", "put")}
        watched: dict[str, Any] = {name: Watched(name, getattr(self, name), self.mischief, calls) for name, calls in ports.items()}
        keys = Keyring(lambda: SECRET)
        self.context = Context(watched["store"], self.items, lookup, keys, self.clock, SeededRandom(), lambda: "https://wugan.example")
        messages = Messages(self.context, watched["people"], lambda _: watched["messenger"], lambda _: Rules(), self.modelled)
        self.outreach, self.counting = Outreach(self.context, messages), Counting(self.context, watched["people"])
        self.cases = []
        for number in (1, 2):
            item = people.items()[number]
            self.items.publish(item, self.clock.now())
            found = people.found(item)
            Opening(self.context, MemoryExecutions()).open(found)
            self.cases.append(found.hit.case_id)

    def push(self, case_id: str) -> None:
        """As the state machine does: again after a crash."""
        for _ in range(5):
            try:
                self.outreach.push(case_id)
            except (Killed, Conflict, VendorUnavailable):
                continue
            return
        raise AssertionError("it never gets through")

    def come_due(self) -> None:
        """The next moment that a case waits for."""
        waiting = [h for h in self.store.heads.values() if h.stage is Stage.PUSH and h.wait]
        dues = {h.case_id: self.store.waits.get(str(h.wait)).due_at for h in waiting}
        self.clock.at = max(self.clock.at, min(d for d in dues.values() if d))
        for head in waiting:
            if (due := dues[head.case_id]) and due <= self.clock.at:
                self._due(head)

    def _due(self, head: Head) -> None:
        item = self.context.item(head)
        change = decide.came_due(head, item, self.clock.now(), self.context.random)
        assert change
        self.store.commit(change)

    def go_on(self) -> Pair:
        """Until both were prompted."""
        for _ in range(20):
            for case_id in self.cases:
                if self.head(case_id).stage is Stage.PUSH and self.head(case_id).wait is None:
                    self.push(case_id)
            if all(self.head(c).stage is Stage.IDENTITY for c in self.cases):
                return self
            self.come_due()
        raise AssertionError("somebody was never prompted")

    def head(self, case_id: str) -> Head:
        return self.store.heads[case_id]

    def pushed(self) -> list[dict[str, Any]]:
        """What each case says of its prompt."""
        found = [[e for e in self.store.events(c) if e.type == "pushed"] for c in self.cases]
        assert [len(events) for events in found] == [1, 1]
        return [dict(events[0].facts) for events in found]

    def check(self) -> None:
        """Each prompt is in one message, each message went out once, and the caps held."""
        facts, (record,) = self.pushed(), self.people.records.values()
        parts = [(p.case_id, p.attempt) for m in record.messages for p in m.parts]
        assert sorted(parts) == sorted((c, 1) for c in self.cases)
        assert set(self.messenger.messages) == {f["message"] for f in facts} == {m.id for m in record.messages}
        assert {f["reference"] for f in facts} == {m.reference for m in record.messages}
        assert not record.waiting
        times = sorted(m.at for m in record.messages)
        assert all(b - a >= timedelta(days=1) for a, b in pairwise(times))


def at_eight(mischief: Mischief | None = None, *, modelled: bool = False) -> Pair:
    """Both were found at night, and the morning has come."""
    pair = Pair(NIGHT, modelled=modelled)
    for case_id in pair.cases:
        pair.push(case_id)
    assert not pair.messenger.messages
    pair.come_due()
    if mischief:
        pair.mischief.calls, pair.mischief.at, pair.mischief.when, pair.mischief.what = [], mischief.at, mischief.when, mischief.what
    return pair


def calls(make: Callable[[], Pair]) -> int:
    """How many calls of ports there are from here on."""
    pair = make()
    pair.mischief.calls.clear()
    pair.go_on()
    return len(pair.mischief.calls)


def test_two_cases_at_the_same_moment_are_one_message() -> None:
    pair = at_eight().go_on()
    pair.check()
    (message,) = pair.messenger.messages.values()
    assert all(people.items()[n].name in message.text for n in (1, 2))
    assert {f["message"] for f in pair.pushed()} == {message.id}


@pytest.mark.parametrize("when", ["before", "after"])
def test_one_message_whatever_is_killed(when: str) -> None:
    for at in range(1, calls(at_eight) + 1):
        pair = at_eight(Mischief(at, when)).go_on()
        pair.check()
        assert len(pair.messenger.messages) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_one_message_when_both_push_at_the_same_instant(when: str) -> None:
    for at in range(1, calls(at_eight) + 1):
        pair = at_eight(Mischief(at, when))
        pair.mischief.what = lambda p=pair: p.push(p.cases[1])
        pair.go_on().check()
        assert len(pair.messenger.messages) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("modelled", [False, True])
def test_found_one_in_the_midst_of_the_other(when: str, *, modelled: bool) -> None:
    """By day they are one message, or the second one waits for the cap."""

    def make() -> Pair:
        return Pair(MORNING, modelled=modelled)

    for at in range(1, calls(make) + 1):
        pair = make()
        pair.mischief.calls, pair.mischief.at, pair.mischief.when = [], at, when
        pair.mischief.what = lambda p=pair: p.push(p.cases[1])
        pair.go_on().check()


def test_a_case_that_was_withdrawn_meanwhile_is_not_in_the_message() -> None:
    pair = at_eight()
    first, second = pair.cases
    change: Change = decide.withdrawn(pair.head(second), pair.clock.now(), pair.context.random)
    pair.store.commit(change)
    pair.push(first)
    (message,) = pair.messenger.messages.values()
    assert people.items()[2].name not in message.text
    assert pair.head(second).withdrawing


def test_the_model_counts_each_message_once_whatever_is_killed() -> None:
    def counted(mischief: Mischief | None = None) -> Pair:
        pair = at_eight(modelled=True).go_on()
        pair.clock.move(days=4)
        if mischief:
            pair.mischief.calls, pair.mischief.at, pair.mischief.when = [], mischief.at, mischief.when
        for _ in range(3):
            try:
                for key in pair.people.due_before(pair.clock.now()):
                    pair.counting.count(key)
            except Killed:
                continue
        return pair

    quiet = counted()
    sent = {arm: tally.sent for counts in quiet.people.groups.values() for arm, tally in counts.items()}
    assert len(sent) == len(quiet.messenger.messages) == 1
    for when in ("before", "after"):
        for at in range(1, 6):
            assert counted(Mischief(at, when)).people.groups == quiet.people.groups
