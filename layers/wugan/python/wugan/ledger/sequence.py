"""What the sequencer decides, without doing it: which pending leaves come next, what is written for them, what is signed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from wugan.errors import InvalidInput
from wugan.ledger.checkpoint import Checkpoint
from wugan.ledger.merkle import Edge, Hash, leaf_hashes
from wugan.ledger.problem import Forked
from wugan.ledger.text import b64, sha256_of, unb64
from wugan.ledger.tiles import MOST_ENTRY, ReadObject, TileReader, growth

EventId = tuple[str, int]
"""(case id, seq): what names an event, and so a leaf."""


@dataclass(frozen=True)
class Pending:
    """A row of the outbox: an event that is not in the log yet."""

    case_id: str
    seq: int  # from 1
    entry: bytes

    @property
    def id(self) -> EventId:
        return self.case_id, self.seq

    @property
    def before(self) -> EventId:
        """The event that must be in the log first; seq 0 stands for none."""
        return self.case_id, self.seq - 1


@dataclass(frozen=True)
class Head:
    """How far the log was sequenced: the one thing that sequencers race for."""

    number: int = 0  # of the last batch
    edge: Edge = field(default_factory=Edge)

    @property
    def size(self) -> int:
        """Entries in the log."""
        return self.edge.size


@dataclass(frozen=True)
class Batch:
    """Entries that were given their places together. With the tiles of the tree before it, all else follows from it."""

    number: int  # from 1
    before: Edge
    leaves: tuple[Pending, ...]

    @cached_property
    def grown(self) -> tuple[Edge, list[list[Hash]]]:
        """The tree with these leaves, and its new hashes by level."""
        return self.before.grow(leaf_hashes(leaf.entry for leaf in self.leaves))

    @property
    def after(self) -> Edge:
        """The tree with these leaves."""
        return self.grown[0]

    def places(self) -> dict[EventId, int]:
        """Where each event is in the log."""
        return {leaf.id: self.before.size + i for i, leaf in enumerate(self.leaves)}


@dataclass(frozen=True)
class Plan:
    """The next batch, and what it leaves out."""

    batch: Batch | None
    after: Head
    logged: tuple[EventId, ...] = ()  # pending though in the log already: to be dropped
    held: tuple[EventId, ...] = ()  # the event before them is not in the log yet


def asked_places(pending: Sequence[Pending]) -> list[EventId]:
    """The events whose places `plan` needs to know."""
    return list(dict.fromkeys(i for leaf in pending for i in (leaf.id, leaf.before) if i[1] > 0))


def plan(head: Head, pending: Sequence[Pending], placed: Mapping[EventId, int]) -> Plan:
    """Give the pending leaves their places: each event once, the events of a case in their order.

    `placed` are those of `asked_places` that are in the log.
    """
    chosen: dict[EventId, Pending] = {}
    logged: list[EventId] = []
    held: list[EventId] = []
    for leaf in sorted(pending, key=lambda p: p.seq):
        if leaf.id in placed:
            logged.append(leaf.id)
        elif leaf.seq == 1 or leaf.before in placed or leaf.before in chosen:
            chosen.setdefault(leaf.id, _checked(leaf))
        else:
            held.append(leaf.id)
    if not chosen:
        return Plan(None, head, tuple(logged), tuple(held))
    batch = Batch(head.number + 1, head.edge, tuple(chosen.values()))
    return Plan(batch, Head(batch.number, batch.after), tuple(logged), tuple(held))


def objects(batch: Batch, read: ReadObject) -> dict[str, bytes]:
    """Path → content of the bundles and tiles of a batch; `read` knows those of the tree before it."""
    return growth(TileReader(read, batch.before.size), [leaf.entry for leaf in batch.leaves], batch.grown[1])


def checkpoint_of(origin: str, edge: Edge) -> Checkpoint:
    """The checkpoint to sign for a tree."""
    return Checkpoint(origin, edge.size, edge.root())


def unfinished(published: Checkpoint | None, head: Head) -> bool:
    """Whether the last batch still has to be written and published. `published` was read before `head`.

    Raises Forked when both cannot be true, as after one of them was restored from a backup: nothing may be signed then.
    """
    size = published.size if published else 0
    if size > head.size or (published and size == head.size and published.root != head.edge.root()):
        raise Forked("the published checkpoint is not of the log in the table", field="checkpoint")
    return size < head.size


def follows(published: Checkpoint | None, batch: Batch) -> bool:
    """Whether the batch comes next after the published tree; False when it was published already. `published` was read after the batch.

    Raises Forked when neither: nothing may be signed then.
    """
    size, root = (published.size, published.root) if published else (0, Edge().root())
    if size >= batch.before.size + len(batch.leaves):
        return False
    if size != batch.before.size or root != batch.before.root():
        raise Forked("the last batch does not begin where the published checkpoint ends", field="checkpoint")
    return True


def encode_edge(edge: Edge) -> str:
    """An edge as JSON, for a store."""
    return json.dumps({"size": edge.size, "hashes": [b64(h) for h in edge.hashes]}, separators=(",", ":"))


def decode_edge(text: str) -> Edge:
    """The edge of `encode_edge`."""
    body = json.loads(text)
    return Edge(body["size"], tuple(sha256_of(h, "edge") for h in body["hashes"]))


def encode_batch(batch: Batch) -> bytes:
    """A batch as JSON, for a store: about 130 bytes for each leaf."""
    leaves = [[leaf.case_id, leaf.seq, b64(leaf.entry)] for leaf in batch.leaves]
    body = {"number": batch.number, "before": encode_edge(batch.before), "leaves": leaves}
    return json.dumps(body, separators=(",", ":")).encode()


def decode_batch(data: bytes) -> Batch:
    """The batch of `encode_batch`. Raises InvalidInput."""
    try:
        body = json.loads(data)
        leaves = tuple(Pending(str(case_id), int(seq), unb64(entry, "entry")) for case_id, seq, entry in body["leaves"])
        return Batch(int(body["number"]), decode_edge(body["before"]), leaves)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InvalidInput("this is no batch", field="batch") from None


def _checked(leaf: Pending) -> Pending:
    if not 0 < len(leaf.entry) <= MOST_ENTRY:
        raise InvalidInput(f"an entry has 1 to {MOST_ENTRY} bytes", field="entry")
    return leaf
