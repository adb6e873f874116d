"""What the sequencer needs from outside: rows (DynamoDB) and objects (S3). Every call may be repeated."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from wugan.ledger.sequence import Batch, EventId, Head, Pending


class LedgerRows(Protocol):
    """The outbox, the head, the batches and the places. All reads are consistent."""

    def head(self) -> Head:
        """How far the log was sequenced; `Head()` before the first batch."""

    def pending(self, limit: int, without: Container[EventId] = ()) -> list[Pending]:
        """Up to `limit` rows of the outbox that are not `without`, and fewer only when there are no more; of each case the lowest seqs."""

    def places(self, ids: Iterable[EventId]) -> dict[EventId, int]:
        """Of these events those that are in the log, with their index."""

    def batch(self, number: int) -> Batch:
        """A batch that was committed. Raises NotFound."""

    def commit(self, batch: Batch, after: Head) -> None:
        """In one transaction: store the batch if its number is free, and move the head to `after` if it is still at the batch before.

        The log's one linearisation point. Raises HeadMoved; after any other failure it may have happened or not.
        """

    def record(self, places: Mapping[EventId, int]) -> None:
        """Write down where events are. May stop half-way; the same again changes nothing."""

    def drop(self, ids: Iterable[EventId]) -> None:
        """Take these rows out of the outbox. May stop half-way; rows that are gone are no error."""


@dataclass(frozen=True)
class Published:
    """The checkpoint that readers see, and the store's tag of this version."""

    signed: bytes
    tag: str


class LedgerObjects(Protocol):
    """The files that readers fetch: tiles and bundles, immutable, and the checkpoint."""

    def read(self, path: str) -> bytes:
        """A tile or bundle. Raises NotFound."""

    def write(self, path: str, data: bytes) -> bool:
        """Store a tile or bundle unless there is one (If-None-Match). Whether it was stored."""

    def checkpoint(self) -> Published | None:
        """The newest checkpoint."""

    def swap(self, signed: bytes, tag: str | None) -> None:
        """Replace the checkpoint if it is still the version `tag`, or if there is still none (If-Match). Raises CheckpointMoved."""
