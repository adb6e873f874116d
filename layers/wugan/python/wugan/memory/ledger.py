"""The ledger's rows and objects in memory."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from wugan.errors import NotFound
from wugan.ledger.port import Published
from wugan.ledger.problem import CheckpointMoved, HeadMoved
from wugan.ledger.sequence import Batch, EventId, Head, Pending, decode_batch, encode_batch


@dataclass
class MemoryLedgerRows:
    """Outbox, head, batches and places in dictionaries."""

    outbox: dict[EventId, Pending] = field(default_factory=dict)
    newest: Head = field(default_factory=Head)
    batches: dict[int, bytes] = field(default_factory=dict)
    placed: dict[EventId, int] = field(default_factory=dict)

    def add(self, leaf: Pending) -> None:
        """What an event's transaction does; the same again changes nothing."""
        self.outbox.setdefault(leaf.id, leaf)

    def head(self) -> Head:
        return self.newest

    def pending(self, limit: int, without: Container[EventId] = ()) -> list[Pending]:
        return list(islice((leaf for leaf in self.outbox.values() if leaf.id not in without), limit))

    def places(self, ids: Iterable[EventId]) -> dict[EventId, int]:
        return {i: self.placed[i] for i in ids if i in self.placed}

    def batch(self, number: int) -> Batch:
        try:
            return decode_batch(self.batches[number])
        except KeyError:
            raise NotFound("no such batch", field="number") from None

    def commit(self, batch: Batch, after: Head) -> None:
        if batch.number in self.batches or self.newest.number != batch.number - 1 or self.newest.edge != batch.before:
            raise HeadMoved("another sequencer was first")
        self.batches[batch.number] = encode_batch(batch)
        self.newest = after

    def record(self, places: Mapping[EventId, int]) -> None:
        self.placed.update(places)

    def drop(self, ids: Iterable[EventId]) -> None:
        for i in ids:
            self.outbox.pop(i, None)


@dataclass
class MemoryLedgerObjects:
    """Tiles, bundles and the checkpoint in a dictionary."""

    files: dict[str, bytes] = field(default_factory=dict)
    published: Published | None = None

    def read(self, path: str) -> bytes:
        try:
            return self.files[path]
        except KeyError:
            raise NotFound("no such file of the log", field=path) from None

    def write(self, path: str, data: bytes) -> bool:
        fresh = path not in self.files
        self.files.setdefault(path, data)
        return fresh

    def checkpoint(self) -> Published | None:
        return self.published

    def swap(self, signed: bytes, tag: str | None) -> None:
        if tag != (self.published.tag if self.published else None):
            raise CheckpointMoved("another sequencer swapped the checkpoint")
        self.published = Published(signed, str(int(tag or 0) + 1))
