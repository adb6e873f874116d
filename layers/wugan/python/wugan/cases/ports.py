"""What the case services need from outside; `wugan.aws` and `wugan.memory` provide it, one contract test holds both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from wugan.cases.model import Change, Event, Head, Task, WaitRecord
from wugan.cases.queue import Cards, Listing, Place
from wugan.registry.model import Subject
from wugan.signin.official import Official


class CaseStore(Protocol):
    """Heads, events, sealed sections, locks. Every write is one transaction."""

    def create(self, change: Change) -> None:
        """Write a new case with its lock. Raises AlreadyOpen when this hit already has one."""

    def commit(self, change: Change) -> None:
        """Write one change. Raises StaleHead when the head is not at `change.head.version - 1`, Duplicate for a seen message."""

    def head(self, case_id: str) -> Head:
        """The head, read consistently. Raises NotFound."""

    def events(self, case_id: str) -> list[Event]:
        """All events in order."""

    def sealed(self, case_id: str, section: str) -> Any | None:
        """The decrypted newest value of a sealed section; None when never sealed or erased."""

    def unsealed(self, case_id: str) -> dict[str, Any]:
        """The decrypted newest value of every section, in one read; empty when erased."""

    def erase(self, case_id: str) -> None:
        """Destroy the case's data key, sealed sections and salts; head, events and chain stay."""

    def opted_out(self, subject: str, item_code: str) -> bool:
        """Whether the subject never wants prompts for this item."""

    def opted_out_of(self, subject: str) -> set[str]:
        """The codes of all items that the subject never wants prompts for."""

    def by_item(self, item_code: str) -> Iterator[Head]:
        """Heads of an item, newest first."""

    def by_subject(self, subject: str) -> Iterator[Head]:
        """Heads of a subject, newest first."""

    def queue(self, listing: Listing, limit: int, start: Place | None = None, *, backwards: bool = False) -> Cards:
        """One page of a bureau's cases by promised date, in one bounded query. Backwards it reads, and gives, the latest first."""

    def queued(self, listing: Listing, most: int) -> int:
        """How many are listed, counted up to `most`; with one filter at the most."""

    def tasks(self, jurisdiction: str, task: Task) -> Iterator[Head]:
        """Cases in which an official of the bureau has this to do, the longest asked for first; what was put off, by its day."""

    def task_page(self, jurisdiction: str, task: Task, limit: int, after: str | None = None) -> tuple[list[Head], str | None]:
        """One page of these, and where the next page starts."""

    def working_before(self, at: datetime) -> Iterator[Head]:
        """Cases that wait for nobody since before `at`."""


class WaitStore(Protocol):
    """Where token and answer meet."""

    def get(self, wait_id: str) -> WaitRecord:
        """Read consistently. Raises NotFound."""

    def store_token(self, wait_id: str, task_token: str) -> None:
        """What the state machine's updateItem does; here for the contract test."""

    def sent(self, wait_id: str, at: datetime) -> None:
        """The answer reached the state machine; the token is dropped."""

    def reschedule(self, wait_id: str, due_at: datetime) -> None:
        """Look at an open wait again later."""

    def drop(self, wait_id: str) -> None:
        """Nobody waits here any more: it comes due no more."""

    def due_before(self, at: datetime) -> Iterator[WaitRecord]:
        """Unanswered waits whose time has come."""

    def pending_before(self, at: datetime) -> Iterator[WaitRecord]:
        """Waits answered before `at` whose answer was not sent."""


@dataclass(frozen=True)
class Claim:
    """A request under its idempotency key. Holds no personal data; the answer is sealed by who made it."""

    tag: str  # another one with every write
    fingerprint: str  # of the body
    seq: int  # of the case's last event before the first try
    until: datetime  # nobody else takes the request up before; wall time, as `expires_at`
    expires_at: datetime
    answer: bytes | None = None


class RequestStore(Protocol):
    """Requests under their idempotency keys."""

    def get(self, id: str) -> Claim | None:
        """Read consistently."""

    def swap(self, id: str, old: Claim | None, new: Claim) -> bool:
        """Write `new` if `old` is still there (by its tag; None: nothing is). False when it is not."""


class Executions(Protocol):
    """The state machine."""

    def start(self, case_id: str, flags: Mapping[str, Any]) -> bool:
        """Start the case's execution under its own name; False when it was started before."""

    def succeed(self, task_token: str, output: Mapping[str, Any]) -> bool:
        """Resume a wait; False when nobody waits under this token any more."""

    def fail(self, task_token: str, error: str, cause: str) -> bool:
        """Resume a wait with an error; False when nobody waits under this token any more."""

    def status(self, case_id: str) -> str:
        """RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED, or MISSING."""


class SubjectLookup(Protocol):
    """One subject in today's registries."""

    def subject(self, credit_code: str) -> Subject:
        """All rows of one subject; a subject without rows is empty. Raises VendorUnavailable when the registry is down."""


class Roster(Protocol):
    """The officials of a bureau, as they signed in: to whom a case can be given."""

    def arrived(self, official: Official) -> None:
        """Somebody signed in; a later name and later roles take the place of the earlier."""

    def of(self, jurisdiction: str) -> list[Official]:
        """All of a bureau, by name."""


class Random(Protocol):
    """Randomness, injected."""

    def hex(self, size: int) -> str:
        """`size` random bytes as hex."""
