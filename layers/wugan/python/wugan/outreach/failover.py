"""One message over one of several vendors, at most once (故障切换).

Weights are GOV.UK Notify's: a vendor of which at least 15 % of the recent messages are slow or failing gets less, unless all are ill.
What another bureau's account at the same vendor goes through says nothing about this one.
A message goes to another vendor only when the first is known not to have acted. Where that cannot be found out, it counts as sent:
nobody is messaged twice, and the reminder ladder reaches whom it did not reach.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from wugan.clock import Clock
from wugan.errors import Conflict, VendorRefused, VendorUnavailable
from wugan.outreach.carrier import Carrier, NotSent
from wugan.outreach.port import Message
from wugan.outreach.receipts import Receipt, Status, receipt
from wugan.outreach.sendlog import Attempt, SendLog, State

WINDOW = timedelta(minutes=15)
SLOW = timedelta(minutes=5)
ILL = 0.15
FEWEST = 10  # below this many judged messages a share says nothing
LESS = 0.1  # of its resting weight: enough to notice that a vendor is well again
SURE = timedelta(minutes=5)  # after this long, what a vendor does not know it never took
PATIENCE = timedelta(minutes=15)  # after this long, a vendor that cannot tell is taken to have sent


def verdict(attempt: Attempt, now: datetime) -> bool | None:
    """Whether a try speaks against its vendor; None: too early to say. An unreachable person speaks against nobody."""
    if attempt.state is State.REFUSED:
        return None
    if attempt.state in (State.NOT_SENT, State.UNCONFIRMED):
        return True
    if attempt.heard_at is not None:
        return attempt.heard_at - attempt.at > SLOW if attempt.heard is Status.DELIVERED else None
    return True if now - attempt.at > SLOW else None


def ill(attempts: Sequence[Attempt], now: datetime) -> bool:
    """Whether at least 15 % of one vendor's recent tries are slow or failing."""
    verdicts = [found for a in attempts if now - a.at <= WINDOW and (found := verdict(a, now)) is not None]
    return len(verdicts) >= FEWEST and sum(verdicts) >= ILL * len(verdicts)


def weights(resting: Mapping[str, float], recent: Sequence[Attempt], now: datetime) -> dict[str, float]:
    """Each vendor's weight now. When all are ill there is nobody to turn to, and the resting weights stay."""
    sick = {name for name in resting if ill([a for a in recent if a.carrier == name], now)}
    if sick == set(resting):
        sick = set()
    return {name: weight * LESS if name in sick else weight for name, weight in resting.items()}


def choose(found: Mapping[str, float], random: Random) -> str:
    """A vendor by weight; one of weight 0 only when there is no other."""
    names = sorted(found)
    return random.choices(names, [found[name] for name in names] if any(found.values()) else None)[0]


@dataclass(frozen=True)
class Failover:
    """The message port (`wugan.outreach.port.Messenger`) over carriers with their resting weights; one carrier will do.

    `pace`: how many times faster than in earnest doubts are settled; above 1 in rehearsals only, whose days pass in seconds.
    """

    carriers: Sequence[tuple[Carrier, float]]
    log: SendLog
    clock: Clock
    random: Random
    pace: float = 1

    def send(self, message: Message) -> str:
        """Send once, whatever is repeated or breaks off."""
        attempts = self.log.attempts(message.id)
        last = attempts[-1] if attempts else None
        if last is None or last.state is State.NOT_SENT:
            return self._first(message, len(attempts))
        if last.state is State.REFUSED:
            raise VendorRefused(last.reference)
        return last.reference if last.state is not State.BEGUN else self._again(message, last)

    def poll(self, message: Message) -> Receipt | None:
        """Ask what became of a message of which nothing was heard. Raises VendorUnavailable when its vendor cannot tell."""
        attempts = self.log.attempts(message.id)
        if not attempts or attempts[-1].state not in (State.SENT, State.UNCONFIRMED):
            return None
        carrier = self._carrier(attempts[-1].carrier)
        trace = carrier.trace(message, attempts[-1].at) if carrier else None
        if trace is None or trace.status is None:
            return None
        return receipt(attempts[-1].carrier, trace.reference, message.id, trace.status, trace.reason)

    def _first(self, message: Message, number: int) -> str:
        """Try the vendors one after the other, while each is known not to have acted."""
        now = self.clock.wall()
        accounts = {c.name: c.account for c, _ in self.carriers}
        recent = [a for a in self.log.recent(now - WINDOW) if accounts.get(a.carrier) == a.account]
        left = weights({c.name: weight for c, weight in self.carriers}, recent, now)
        while left:
            name = choose(left, self.random)
            del left[name]
            attempt = Attempt(message.id, number, name, self.clock.wall(), account=accounts[name])
            try:
                self.log.begin(attempt)
            except Conflict:
                raise VendorUnavailable("a twin of this call is sending it") from None
            try:
                return self._submit(message, attempt, self._carrier(name))
            except NotSent:
                number += 1
        raise VendorUnavailable("no vendor takes messages now")

    def _submit(self, message: Message, attempt: Attempt, carrier: Carrier | None, *, repeated: bool = False) -> str:
        if carrier is None:
            raise VendorUnavailable("its vendor is not configured any more")
        try:
            reference = carrier.submit(message)
        except NotSent as error:
            if repeated:  # this says nothing about the first time, which stays unknown
                raise VendorUnavailable(error.detail) from None
            self.log.settle(attempt, State.NOT_SENT)
            raise
        except VendorRefused as refused:
            self.log.settle(attempt, State.REFUSED, refused.detail)
            raise
        self.log.settle(attempt, State.SENT, reference)
        return reference

    def _again(self, message: Message, last: Attempt) -> str:
        """A try broke off: repeat where the vendor drops repeats, else find out what came of it."""
        carrier, age = self._carrier(last.carrier), self.clock.wall() - last.at
        if carrier is not None and age < carrier.repeat_safe:
            return self._submit(message, last, carrier, repeated=True)
        try:
            trace = self._trace(carrier, message, last)
        except VendorUnavailable:
            return self._unconfirmed(last, age)
        if trace is not None:
            self.log.settle(last, State.SENT, trace)
            return trace
        if age < SURE / self.pace:
            raise VendorUnavailable("whether it went out is not known yet")
        self.log.settle(last, State.NOT_SENT)
        return self._first(message, last.number + 1)

    def _trace(self, carrier: Carrier | None, message: Message, last: Attempt) -> str | None:
        if carrier is None:
            raise VendorUnavailable("its vendor is not configured any more")
        trace = carrier.trace(message, last.at)
        return trace.reference if trace else None

    def _unconfirmed(self, last: Attempt, age: timedelta) -> str:
        if age < PATIENCE / self.pace:
            raise VendorUnavailable("whether it went out is not known yet")
        self.log.settle(last, State.UNCONFIRMED, f"unconfirmed:{last.carrier}")
        return f"unconfirmed:{last.carrier}"

    def _carrier(self, name: str) -> Carrier | None:
        return next((carrier for carrier, _ in self.carriers if carrier.name == name), None)
