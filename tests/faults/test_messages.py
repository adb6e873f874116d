"""Messages from outside come repeated and in any order: nothing is lost, nothing happens twice."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.mischief import Mischief
from tests.faults.scripts import SCRIPTS, quiet
from tests.faults.world import Message, World, check
from wugan.cases.opening import Fate
from wugan.errors import Conflict, NotYet

JOURNEYS = [
    "delivered",
    "corrected",
    "rejected, the old certificate goes back",
    "the courier did not find the person",
    "first channel undelivered",
    "left in a locker",
    "somebody else signed",
    "the new certificate is lost",
    "it came home and is sent elsewhere",
    "the old certificate is lost after collection",
]
ORDERS = st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=60)  # which message next, and whether it stays to come again


class Post:
    """Messages under way. `order` says which comes next and whether it comes again; afterwards each comes in turn."""

    def __init__(self, order: list[tuple[int, bool]]) -> None:
        self.order, self.under_way, self.repeats = list(order), list[Message](), 0

    def take(self, world: World, message: Message) -> None:
        self.under_way.append(message)
        while self.under_way and self.order:
            number, stays = self.order.pop()
            if number % 3 == 0:
                break  # the post rests; the case goes on meanwhile
            self._hand_over(world, number % len(self.under_way), stays)
        if not self.order:
            self.rest(world)

    def rest(self, world: World) -> None:
        """All that is under way arrives; what is too early comes again."""
        for _ in range(len(self.under_way)):
            self._hand_over(world, 0, False)

    def _hand_over(self, world: World, place: int, stays: bool) -> None:
        message = self.under_way[place]
        self.repeats += stays
        try:
            world.receive(message)
        except NotYet:
            return
        if not stays:
            self.under_way.remove(message)


@pytest.mark.parametrize("name", JOURNEYS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(order=ORDERS)
def test_in_any_order_and_more_than_once(name: str, order: list[tuple[int, bool]]) -> None:
    """Receipts, courier pushes, identity hints and decisions; the stream wakes again for every wait, and the scan comes again."""
    post = Post(order)
    world = World(SCRIPTS[name], deliver=post.take)
    act = world.act

    def acting() -> None:
        version = world.head.version
        act()
        if world.head.version == version:
            post.rest(world)  # nobody else moves: what is under way must arrive
        for wait_id in list(world.waits.records):
            world.resumer.resume(wait_id)
        assert world.opening.open(world.found) is Fate.ALREADY_OPEN

    world.act = acting  # type: ignore[method-assign]
    world.play()
    post.rest(world)
    assert world.head.outcome == quiet(name).head.outcome
    assert world.effects() == quiet(name).effects()
    twice = {event: n for event, n in world.trace().items() if n > quiet(name).trace()[event]}
    assert not twice


@pytest.mark.parametrize("name", SCRIPTS)
def test_everything_again_after_the_end(name: str) -> None:
    """Every message of a case, once more from the beginning, changes nothing."""
    told: list[Message] = []

    def keep(world: World, message: Message) -> None:
        told.append(message)
        world.receive(message)

    world = World(SCRIPTS[name], deliver=keep).play()
    before, events = world.head, len(world.events)
    for message in told:
        world.receive(message)
    for wait_id in list(world.waits.records):
        assert not world.resumer.resume(wait_id)
    assert world.sweeper.sweep()["failed"] == []
    assert world.opening.open(world.found) is Fate.ALREADY_OPEN
    assert (world.head, len(world.events)) == (before, events)
    check(world, quiet(name))


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_batch_opened_twice_at_the_same_time(when: str) -> None:
    """Wherever the second opening comes in between, there is one case, one execution, one prompt."""
    calls = World(SCRIPTS["delivered"])
    calls.opening.open(calls.found)
    for at in range(1, len(calls.mischief.calls) + 1):
        world = World(SCRIPTS["delivered"], Mischief(at, when))
        fates: list[Fate] = []

        def second(world: World = world, fates: list[Fate] = fates) -> None:
            fates.append(world.opening.open(world.found))

        world.mischief.what = second
        fates.append(world.opening.open(world.found))
        assert Counter(fates) == {Fate.OPENED: 1, Fate.ALREADY_OPEN: 1}
        world.play()
        check(world, quiet("delivered"))


def test_a_person_who_presses_twice() -> None:
    """The second press is told that it is over; the case goes on once."""
    world = World(SCRIPTS["delivered"])
    world.opening.open(world.found)
    while world.head.stage != "intention":
        if not (world.machine.run() or world.pump()):
            world.act()
    world.applicant.intend(world.link, world.session)
    with pytest.raises(Conflict):
        world.applicant.intend(world.link, world.session)
    world.play()
    check(world, quiet("delivered"))


def test_a_person_who_begins_two_checks_and_finishes_the_first() -> None:
    """Two tabs: whichever check passes, the case goes on."""
    world = World(SCRIPTS["delivered"])
    world.opening.open(world.found)
    world.machine.run()
    _, first = world.applicant.start_face(world.link)
    reference = world.head.check.partition(":")[2]
    world.applicant.start_face(world.link)
    world.identity.finish_face(reference, passed=True)
    world.session = world.applicant.finish_face(world.link, first) or ""
    assert world.session
    assert world.head.stage == "intention"
    world.play()
    check(world, quiet("delivered"))
