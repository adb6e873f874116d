"""What gets lost on the way is made up for by the sweeper alone."""

from __future__ import annotations

import pytest

from tests.faults.mischief import Killed, Mischief
from tests.faults.scripts import SCRIPTS, quiet
from tests.faults.world import Script, World, check
from wugan.cases import renewal
from wugan.cases.decide import COURIER_LIMIT

STORIES = [name for name, script in SCRIPTS.items() if script.story]


@pytest.mark.parametrize("name", SCRIPTS)
def test_without_a_single_stream_record(name: str) -> None:
    """Answered and never woken: the sweeper resumes."""
    world = World(SCRIPTS[name], stream=False).play()
    check(world, quiet(name))


@pytest.mark.parametrize("name", ["delivered", "rejected, the old certificate goes back", "the delivery came back", *STORIES])
def test_without_a_single_push_of_the_courier(name: str) -> None:
    """The courier is asked once a day."""
    world = World(SCRIPTS[name], hints=False).play()
    check(world, quiet(name))
    assert "courier.query" in world.mischief.calls


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_sweeper_is_killed_too(when: str) -> None:
    """Nothing but the sweeper drives the case, and it dies at every call."""
    script = SCRIPTS["rejected, the old certificate goes back"]
    still = World(script, hints=False, stream=False).play()
    for at in range(1, len(still.mischief.calls) + 1):
        check(World(script, Mischief(at, when), hints=False, stream=False).play(), still)
    assert {"store.commit", "waits.sent", "executions.succeed", "courier.query"} <= set(still.mischief.calls)


def test_opened_and_never_started() -> None:
    """The function died between the case and its execution, and the batch was not repeated."""
    at = quiet("delivered").mischief.calls.index("executions.start") + 1
    world = World(SCRIPTS["delivered"], Mischief(at, "before"))
    with pytest.raises(Killed):
        world.opening.open(world.found)
    assert world.machine.status(world.case_id) == "MISSING"
    assert world.sweeper.sweep()["started"] == 0, "too early: the batch may still be at work"
    world.clock.move(minutes=16)
    assert world.sweeper.sweep()["started"] == 1
    world.play()
    assert world.head.outcome == "delivered"
    assert world.effects() == quiet("delivered").effects()


def test_execution_that_failed() -> None:
    """The case goes to an official and is closed: never silently lost."""
    world = World(SCRIPTS["delivered"])
    world.opening.open(world.found)
    world.machine.executions[world.case_id].status = "FAILED"
    world.clock.move(minutes=16)
    assert world.sweeper.sweep()["handed_over"] == 1
    head = world.head
    assert (head.stage, head.outcome, head.reason, head.tasks) == ("closed", "by_person", "execution_failed", ("handle",))
    assert world.sweeper.sweep()["handed_over"] == 0
    assert [e.type for e in world.events].count("handed_over") == 1


def test_one_case_that_fails_does_not_stop_the_others() -> None:
    """A lookup that breaks for a case is told by its class, and the sweep goes on."""
    world = World(SCRIPTS["never answered"])
    world.opening.open(world.found)
    world.machine.run()
    world.clock.move(days=30)
    world.items.versions.clear()
    swept = world.sweeper.sweep()
    assert set(swept["failed"]) == {"NotFound"}  # the wait that came due, and the message of which nothing was heard


def test_a_courier_who_stays_silent() -> None:
    """Asked once a day; after the limit an official looks for the parcel."""
    world = World(SCRIPTS["delivered"])
    world.opening.open(world.found)
    while world.head.stage != "pickup" or world.head.wait is None:
        if not (world.machine.run() or world.pump()):
            world.act()
    for _ in range(COURIER_LIMIT.days + 2):
        world.clock.move(days=1)
        world.sweeper.sweep()
    assert world.mischief.calls.count("courier.query") == COURIER_LIMIT.days
    assert world.mischief.calls.count("waits.reschedule") == COURIER_LIMIT.days - 1
    world.play()
    assert (world.head.outcome, world.head.reason, world.head.tasks) == ("by_person", "overdue_at_pickup", ("parcel", "handle"))


def _undecided(mischief: Mischief | None = None) -> World:
    """A renewal applied for a month before the certificate ended, and not decided."""
    world = World(Script(item=16), mischief or Mischief())
    world.opening.open(world.found)
    world.clock.move(days=44)
    while world.head.stage != "approval" or world.head.wait is None:
        if not (world.machine.run() or world.pump()):
            world.act()
    assert world.head.expires_on
    world.clock.at = renewal.ends_at(world.head.expires_on)
    return world


LAPSES = ("deemed_renewed", "expired_undecided")


def _lapses(world: World) -> list[str]:
    return [e.type for e in world.events if e.type in LAPSES]


def test_a_certificate_that_ends_undecided_is_noted_once_however_often_it_is_swept() -> None:
    world = _undecided()
    swept = [world.sweeper.sweep() for _ in range(6)]
    assert [s["deemed_renewed"] for s in swept] == [[world.case_id], [], [], [], [], []]
    assert not any(s["failed"] for s in swept)
    assert _lapses(world) == ["deemed_renewed"]
    world.play()
    assert world.head.outcome == "delivered"


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_sweeper_is_killed_while_it_notes_the_end(when: str) -> None:
    calls = len(_undecided().mischief.calls)
    whole = _undecided()
    whole.sweeper.sweep()
    for at in range(calls + 1, len(whole.mischief.calls) + 1):
        world = _undecided(Mischief(at, when))
        for _ in range(6):
            world.again(world.sweeper.sweep)
        assert _lapses(world) == ["deemed_renewed"]


@pytest.mark.parametrize("at", range(1, 8))
def test_two_sweepers_note_the_end_once(at: int) -> None:
    """The second runs whole within a call of the first."""
    world, twin = _undecided(), []
    world.mischief.at = len(world.mischief.calls) + at
    world.mischief.what = lambda: twin.append(world.sweeper.sweep())
    first = world.sweeper.sweep()
    assert _lapses(world) == ["deemed_renewed"]
    assert [i for s in (first, *twin) for i in s["deemed_renewed"]] == [world.case_id]
    assert world.head.light in ("yellow", "green")
