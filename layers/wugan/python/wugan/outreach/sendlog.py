"""The log of sends (发送记录): what was tried over whom, so that no message goes out twice and health is seen.

In DynamoDB (`wugan.aws.vendor_store`): one item for each try, partition key the message, sort key `number`; `begin` is a put on the
condition that the item does not exist, `settle` and `heard` are updates of it. One index by shard and `at` serves `recent` (newest first,
at most 500), another by carrier and reference serves `message_of`. Items expire after 30 days. No address and no text is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import Protocol

from wugan.errors import Conflict
from wugan.outreach.receipts import Status


class State(StrEnum):
    """What is known of a try."""

    BEGUN = "begun"  # whether it went out is not known
    SENT = "sent"
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"  # counted as sent, though the vendor never said so


@dataclass(frozen=True)
class Attempt:
    """One try of one message over one carrier. Wall time."""

    message_id: str
    number: int
    carrier: str
    at: datetime
    state: State = State.BEGUN
    reference: str = ""  # the vendor's; of a refusal its reason
    heard: Status | None = None
    heard_at: datetime | None = None
    account: str = ""  # at the carrier: health is one account's


class SendLog(Protocol):
    """Where tries are kept."""

    def attempts(self, message_id: str) -> Sequence[Attempt]:
        """All tries of a message, in their order. Read consistently."""

    def begin(self, attempt: Attempt) -> None:
        """Note a try before it is made. Raises Conflict when this number was begun already."""

    def settle(self, attempt: Attempt, state: State, reference: str = "") -> None:
        """Note what came of it."""

    def heard(self, message_id: str, status: Status, at: datetime) -> None:
        """Note the first receipt for the last try; later ones and unknown messages change nothing."""

    def message_of(self, carrier: str, reference: str) -> str | None:
        """Whose reference this is."""

    def recent(self, since: datetime) -> Sequence[Attempt]:
        """The tries since then, over all carriers."""


@dataclass
class MemorySendLog:
    """The log in a dictionary."""

    tries: dict[str, list[Attempt]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def attempts(self, message_id: str) -> Sequence[Attempt]:
        return tuple(self.tries.get(message_id, ()))

    def begin(self, attempt: Attempt) -> None:
        with self._lock:
            if attempt.number != len(self.attempts(attempt.message_id)):
                raise Conflict("this try was begun already")
            self.tries.setdefault(attempt.message_id, []).append(attempt)

    def settle(self, attempt: Attempt, state: State, reference: str = "") -> None:
        tries = self.tries[attempt.message_id]
        tries[attempt.number] = replace(tries[attempt.number], state=state, reference=reference)

    def heard(self, message_id: str, status: Status, at: datetime) -> None:
        tries = self.tries.get(message_id, [])
        if tries and tries[-1].heard is None:
            tries[-1] = replace(tries[-1], heard=status, heard_at=at)

    def message_of(self, carrier: str, reference: str) -> str | None:
        every = (a for tries in self.tries.values() for a in tries)
        return next((a.message_id for a in every if (a.carrier, a.reference, a.state) == (carrier, reference, State.SENT)), None)

    def recent(self, since: datetime) -> Sequence[Attempt]:
        return [a for tries in self.tries.values() for a in tries if a.at >= since]
