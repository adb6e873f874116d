"""Every stage handler, every taking of an answer, every resume: killed before and after every call of a port, and run again."""

from __future__ import annotations

from contextlib import suppress

import pytest

from tests.faults.mischief import Mischief
from tests.faults.scripts import SCRIPTS, quiet
from tests.faults.world import GUARDED, World, check
from wugan.errors import Conflict, InvalidInput
from wugan.memory.vendors import MemoryMessenger
from wugan.outreach.port import Message

OUTCOMES = {
    "delivered": "delivered", "corrected": "delivered", "rejected, the old certificate goes back": "rejected",
    "withdrawn at the declaration": "withdrawn", "withdrawn while the courier comes": "withdrawn",
    "withdrawn while it is decided": "withdrawn", "declined": "declined", "never answered": "expired",
    "first channel undelivered": "delivered", "the courier did not find the person": "delivered",
    "the delivery came back": "delivered", "electronic": "delivered", "found at night": "delivered",
    "declined at night, before the prompt": "declined", "withdrawn at night, before the prompt": "withdrawn",
    "at the hour that the behaviour model likes": "delivered",
    "left in a locker": "delivered", "somebody else signed": "delivered",
    "the new certificate is lost": "delivered", "it came home and is fetched": "delivered",
    "it came home and is sent elsewhere": "delivered", "the old certificate is lost": "delivered",
    "the old certificate is lost after collection": "delivered", "the old certificate goes back to the person": "delivered",
    "the old certificate is lost on its way back": "rejected",
}  # fmt: skip


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_end_as_they_say(name: str) -> None:
    world = quiet(name)
    assert world.head.outcome == OUTCOMES[name]
    assert world.machine.status(world.case_id) == "SUCCEEDED"
    assert world.machine.killed == 0


def test_scripts_call_everything_that_is_guarded() -> None:
    """A call that no script makes would never be killed."""
    called = {call for name in SCRIPTS for call in quiet(name).mischief.calls}
    sweeping = {"waits.reschedule", "waits.drop"}  # `test_sweeper.py`
    assert called | sweeping == {f"{port}.{method}" for port, methods in GUARDED.items() for method in methods}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_killed_at_every_call(name: str, when: str) -> None:
    """Whoever asked asks again; the case ends the same, and the vendors received every side effect once."""
    for at in range(1, len(quiet(name).mischief.calls) + 1):
        world = World(SCRIPTS[name], Mischief(at, when))
        world.play()
        check(world, quiet(name))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_run_twice_at_the_same_time(name: str, when: str) -> None:
    """In the midst of a handler a twin of it runs from beginning to end, as when a slow function is invoked once more."""
    for at in range(1, len(quiet(name).mischief.calls) + 1):
        world = World(SCRIPTS[name], Mischief(at, when))

        def twin(world: World = world) -> None:
            assert world.action
            try:
                world.action()
            except Conflict:
                return

        world.mischief.what = twin
        world.play()
        check(world, quiet(name))


class Forgetful(MemoryMessenger):
    """A channel that does not know an id again, as one to which we gave none."""

    def send(self, message: Message) -> str:
        reference = super().send(message)
        if self.asked[message.id] > 1:
            self.messages[f"{message.id}~{self.asked[message.id]}"] = message
        return reference


def test_the_invariant_sees_a_double_side_effect() -> None:
    """With a vendor that takes a repeat for something new, a crash after sending is noticed; otherwise these tests prove nothing."""
    at = quiet("delivered").mischief.calls.index("messenger.send") + 1
    world = World(SCRIPTS["delivered"], Mischief(at, "after"), Forgetful(), deliver=_unless_unknown).play()
    with pytest.raises(AssertionError, match="push-1~2"):
        check(world, quiet("delivered"))


def _unless_unknown(world: World, message: tuple[str, dict[str, str]]) -> None:
    """The receipt of the message that went out twice names an id that we never gave."""
    with suppress(InvalidInput):
        world.receive(message)
