"""One message over one of several vendors: health, choice, and never twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from wugan.clock import FixedClock, SystemClock
from wugan.errors import VendorRefused, VendorUnavailable
from wugan.items.model import Channel
from wugan.outreach import failover
from wugan.outreach.carrier import NotSent, Trace
from wugan.outreach.failover import Failover, choose, ill, verdict, weights
from wugan.outreach.port import Message
from wugan.outreach.receipts import Receipt, Status
from wugan.outreach.sendlog import Attempt, MemorySendLog, State

NOW = SystemClock().wall().replace(year=2026, month=11, day=24, hour=4, minute=0, second=0, microsecond=0)
MESSAGE = Message("case-push-1", Channel.SMS, "19900000001", "…", None)


@dataclass
class Vendor:
    """A vendor that does as it is told, and knows what it sent."""

    name: str
    does: list[str] = field(default_factory=list)  # send | not | refuse | break_before | break_after
    sent: list[str] = field(default_factory=list)
    repeat_safe: timedelta = timedelta(0)
    tells: bool = True
    account: str = ""

    def submit(self, message: Message) -> str:
        does = self.does.pop(0) if self.does else "send"
        if does == "not":
            raise NotSent("busy")
        if does == "refuse":
            raise VendorRefused("blacklisted")
        if does == "break_before":
            raise VendorUnavailable("no answer")
        if not (self.repeat_safe and message.id in self.sent):
            self.sent.append(message.id)
        if does == "break_after":
            raise VendorUnavailable("no answer")
        return f"{self.name}-1"

    def trace(self, message: Message, since: object) -> Trace | None:  # noqa: ARG002
        if not self.tells:
            raise VendorUnavailable("cannot tell")
        return Trace(f"{self.name}-1", Status.DELIVERED) if message.id in self.sent else None


class Office:
    def __init__(self, *vendors: Vendor, spare: float = 0.0) -> None:
        self.vendors, self.log, self.clock = vendors, MemorySendLog(), FixedClock(NOW)
        weights = [(v, 1.0 if n == 0 else spare) for n, v in enumerate(vendors)]
        self.messenger = Failover(weights, self.log, self.clock, Random(7))

    def states(self) -> list[tuple[str, State]]:
        return [(a.carrier, a.state) for a in self.log.attempts(MESSAGE.id)]

    def sent(self) -> list[list[str]]:
        return [v.sent for v in self.vendors]


def test_a_repeat_of_what_was_sent_sends_nothing() -> None:
    office = Office(Vendor("a"), Vendor("b"))
    assert [office.messenger.send(MESSAGE) for _ in range(3)] == ["a-1"] * 3
    assert office.sent() == [[MESSAGE.id], []]


def test_the_other_vendor_is_asked_at_once_when_the_first_did_nothing() -> None:
    office = Office(Vendor("a", ["not"]), Vendor("b"))
    assert office.messenger.send(MESSAGE) == "b-1"
    assert office.states() == [("a", State.NOT_SENT), ("b", State.SENT)]


def test_when_no_vendor_takes_it_the_next_call_tries_again() -> None:
    office = Office(Vendor("a", ["not"]), Vendor("b", ["not"]))
    with pytest.raises(VendorUnavailable) as failure:
        office.messenger.send(MESSAGE)
    assert type(failure.value) is VendorUnavailable  # the state machine retries by the class's name
    assert office.messenger.send(MESSAGE) == "a-1"


def test_a_refusal_is_remembered_and_not_tried_elsewhere() -> None:
    office = Office(Vendor("a", ["refuse"]), Vendor("b"))
    for _ in range(2):
        with pytest.raises(VendorRefused, match="blacklisted"):
            office.messenger.send(MESSAGE)
    assert office.sent() == [[], []]


def test_after_a_timeout_nobody_else_is_asked_until_it_is_known_what_happened() -> None:
    office = Office(Vendor("a", ["break_before"]), Vendor("b"))
    for _ in range(3):
        with pytest.raises(VendorUnavailable):
            office.messenger.send(MESSAGE)
    office.clock.move(minutes=4, seconds=59)
    with pytest.raises(VendorUnavailable):
        office.messenger.send(MESSAGE)
    assert office.sent() == [[], []]
    office.clock.move(seconds=1)
    office.vendors[0].does = ["not"]
    assert office.messenger.send(MESSAGE) == "b-1"
    assert office.states() == [("a", State.NOT_SENT), ("a", State.NOT_SENT), ("b", State.SENT)]


def test_a_timeout_after_the_vendor_acted_is_found_out() -> None:
    office = Office(Vendor("a", ["break_after"]), Vendor("b"))
    with pytest.raises(VendorUnavailable):
        office.messenger.send(MESSAGE)
    assert office.messenger.send(MESSAGE) == "a-1"
    assert office.sent() == [[MESSAGE.id], []]


@pytest.mark.parametrize("broke", ["break_before", "break_after"])
def test_a_vendor_that_cannot_tell_is_taken_to_have_sent_after_a_while(broke: str) -> None:
    office = Office(Vendor("a", [broke], tells=False), Vendor("b"))
    with pytest.raises(VendorUnavailable):
        office.messenger.send(MESSAGE)
    office.clock.move(minutes=14, seconds=59)
    with pytest.raises(VendorUnavailable):
        office.messenger.send(MESSAGE)
    office.clock.move(seconds=1)
    assert [office.messenger.send(MESSAGE), office.messenger.send(MESSAGE)] == ["unconfirmed:a"] * 2
    assert office.vendors[1].sent == []


def test_a_vendor_that_drops_repeats_is_simply_asked_again() -> None:
    office = Office(Vendor("a", ["break_after", "not", "send"], repeat_safe=timedelta(minutes=8), tells=False))
    for _ in range(2):  # a repeat that did nothing says nothing about the first time
        with pytest.raises(VendorUnavailable):
            office.messenger.send(MESSAGE)
    assert office.states() == [("a", State.BEGUN)]
    assert office.messenger.send(MESSAGE) == "a-1"
    assert office.sent() == [[MESSAGE.id]]


def test_a_repeat_after_the_vendors_window_is_not_sent_again() -> None:
    office = Office(Vendor("a", ["break_after"], repeat_safe=timedelta(minutes=8), tells=False))
    with pytest.raises(VendorUnavailable):
        office.messenger.send(MESSAGE)
    office.clock.move(minutes=8)
    with pytest.raises(VendorUnavailable):
        office.messenger.send(MESSAGE)
    office.clock.move(minutes=7)
    assert office.messenger.send(MESSAGE) == "unconfirmed:a"
    assert office.sent() == [[MESSAGE.id]]


def test_a_twin_that_was_faster_keeps_this_call_from_sending() -> None:
    office = Office(Vendor("a"))

    class Racing(MemorySendLog):
        reads = 0

        def attempts(self, message_id: str) -> Sequence[Attempt]:
            self.reads += 1
            return () if self.reads == 1 else super().attempts(message_id)

    racing = Racing(tries={MESSAGE.id: [Attempt(MESSAGE.id, 0, "a", NOW)]})
    with pytest.raises(VendorUnavailable, match="twin"):
        Failover([(office.vendors[0], 1.0)], racing, office.clock, Random(1)).send(MESSAGE)
    assert office.vendors[0].sent == []


def test_a_vendor_that_was_taken_away_cannot_tell() -> None:
    office = Office(Vendor("a", ["break_after"]))
    with pytest.raises(VendorUnavailable):
        office.messenger.send(MESSAGE)
    other = Failover([(Vendor("b"), 1.0)], office.log, office.clock, Random(1))
    with pytest.raises(VendorUnavailable):
        other.send(MESSAGE)
    office.clock.move(minutes=15)
    assert other.send(MESSAGE) == "unconfirmed:a"


def test_polling_gives_the_receipt_that_was_lost() -> None:
    office = Office(Vendor("a"))
    assert office.messenger.poll(MESSAGE) is None
    office.messenger.send(MESSAGE)
    assert office.messenger.poll(MESSAGE) == Receipt("a:a-1:delivered", MESSAGE.id, Status.DELIVERED)
    assert office.log.message_of("a", "a-1") == MESSAGE.id
    assert office.log.message_of("b", "a-1") is None


def test_the_first_receipt_counts_and_strangers_change_nothing() -> None:
    office = Office(Vendor("a", ["not"]), Vendor("b"))
    office.messenger.send(MESSAGE)
    office.log.heard(MESSAGE.id, Status.DELIVERED, NOW)
    office.log.heard(MESSAGE.id, Status.UNDELIVERED, NOW)
    office.log.heard("other", Status.DELIVERED, NOW)
    assert [(a.carrier, a.heard) for a in office.log.recent(NOW)] == [("a", None), ("b", Status.DELIVERED)]
    assert office.log.recent(NOW + timedelta(seconds=1)) == []


# --- health


def tries(carrier: str, good: int, bad: int, ago: timedelta = timedelta(minutes=10)) -> list[Attempt]:
    at = NOW - ago
    sound = Attempt("m", 0, carrier, at, State.SENT, "r", Status.DELIVERED, at + timedelta(seconds=5))
    slow = Attempt("m", 0, carrier, at, State.SENT, "r", Status.DELIVERED, at + timedelta(minutes=5, seconds=1))
    return [sound] * good + [slow] * bad


@pytest.mark.parametrize(
    ("good", "bad", "sick"), [(17, 3, True), (18, 3, False), (86, 14, False), (85, 15, True), (0, 9, False), (0, 10, True)]
)
def test_a_vendor_is_ill_from_15_percent_on(good: int, bad: int, sick: bool) -> None:
    assert ill(tries("a", good, bad), NOW) is sick


def test_what_is_older_than_the_window_does_not_count() -> None:
    assert not ill(tries("a", 0, 20, timedelta(minutes=16)), NOW)


@pytest.mark.parametrize(
    ("attempt", "against"),
    [
        (Attempt("m", 0, "a", NOW - timedelta(minutes=5)), None),  # too early to say
        (Attempt("m", 0, "a", NOW - timedelta(minutes=6)), True),  # still unknown
        (Attempt("m", 0, "a", NOW - timedelta(minutes=6), State.SENT, "r"), True),  # no receipt
        (Attempt("m", 0, "a", NOW, State.SENT, "r"), None),
        (Attempt("m", 0, "a", NOW, State.NOT_SENT), True),
        (Attempt("m", 0, "a", NOW, State.UNCONFIRMED), True),
        (Attempt("m", 0, "a", NOW - timedelta(minutes=9), State.REFUSED), None),  # the number's fault
        (Attempt("m", 0, "a", NOW - timedelta(minutes=9), State.SENT, "r", Status.UNDELIVERED, NOW), None),
        (Attempt("m", 0, "a", NOW - timedelta(minutes=9), State.SENT, "r", Status.DELIVERED, NOW), True),
        (Attempt("m", 0, "a", NOW - timedelta(minutes=9), State.SENT, "r", Status.DELIVERED, NOW - timedelta(minutes=8)), False),
    ],
)
def test_what_speaks_against_a_vendor(attempt: Attempt, against: bool | None) -> None:
    assert verdict(attempt, NOW) is against


def test_an_ill_vendor_gets_a_tenth_and_keeps_being_tried() -> None:
    found = weights({"a": 60, "b": 40}, tries("a", 0, 20) + tries("b", 20, 0), NOW)
    assert found == {"a": 6.0, "b": 40}
    picks = [choose(found, Random(seed)) for seed in range(2000)]
    assert 0.10 < picks.count("a") / len(picks) < 0.16


def test_what_another_bureaus_account_goes_through_is_its_own() -> None:
    """The same vendor, ill for one bureau, keeps its weight for another."""

    def chosen(account: str) -> int:
        office = Office(Vendor("a", account=account), Vendor("b", account=account), spare=1.0)
        for number, attempt in enumerate(tries("a", 0, 20)):
            office.log.begin(replace(attempt, message_id=f"m{number}", number=0, state=State.NOT_SENT, account="blocked"))
        for number in range(60):
            office.messenger.send(replace(MESSAGE, id=f"case-push-{number}"))
        return len(office.vendors[0].sent)

    assert chosen("blocked") < 15 < 20 < chosen("well")


def test_when_all_are_ill_nothing_changes() -> None:
    assert weights({"a": 60, "b": 40}, tries("a", 0, 20) + tries("b", 0, 20), NOW) == {"a": 60, "b": 40}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 20), st.integers(0, 20)), max_size=6))
def test_every_vendor_keeps_some_weight_and_never_more_than_at_rest(rows: list[tuple[str, int, int]]) -> None:
    resting = {"a": 5.0, "b": 3.0, "c": 2.0}
    found = weights(resting, [a for name, good, bad in rows for a in tries(name, good, bad)], NOW)
    assert all(0 < found[name] <= resting[name] for name in resting)


class NeverTwice(RuleBasedStateMachine):
    """Whatever breaks off, whenever it is repeated, and whoever can tell: no message goes out twice."""

    def __init__(self) -> None:
        super().__init__()
        self.office = Office(Vendor("a"), Vendor("b", tells=False), Vendor("c", repeat_safe=timedelta(minutes=8)), spare=1.0)

    @rule(does=st.lists(st.sampled_from(["send", "not", "refuse", "break_before", "break_after"]), max_size=3), minutes=st.integers(0, 20))
    def call(self, does: list[str], minutes: int) -> None:
        self.office.clock.move(minutes=minutes)
        for vendor in self.office.vendors:
            vendor.does = list(does)
        try:
            reference = self.office.messenger.send(MESSAGE)
        except (VendorUnavailable, VendorRefused):
            return
        assert reference == self.office.messenger.send(MESSAGE)

    @invariant()
    def once(self) -> None:
        assert sum(len(v.sent) for v in self.office.vendors) <= 1


TestNeverTwice = NeverTwice.TestCase


def test_the_patience_is_longer_than_the_vendors_own_memory() -> None:
    assert timedelta(minutes=8) < failover.PATIENCE
