"""Compares the log with the tables and with what was seen before, and names every difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from wugan.errors import InvalidInput
from wugan.ledger import leaf as leaves
from wugan.ledger.checkpoint import Checkpoint
from wugan.ledger.leaf import CHAIN_START, Leaf
from wugan.ledger.merkle import Edge, leaf_hashes
from wugan.ledger.sequence import EventId

MOST_TRACED = 100  # lone leaves whose event is looked for through the chains of all others; beyond that something larger is wrong


class Kind(StrEnum):
    """What is wrong."""

    EVENT_WITHOUT_LEAF = "event_without_leaf"  # in the table, not in the log
    LEAF_WITHOUT_EVENT = "leaf_without_event"  # in the log, not in the table
    EDITED_EVENT = "edited_event"  # the table says something else than the log
    WITHHELD_EVENT = "withheld_event"  # the newest events of a case are in the log, but not in the table
    DUPLICATE_LEAF = "duplicate_leaf"
    FOREIGN_LEAF = "foreign_leaf"  # no entry of this system
    FORKED_CHECKPOINT = "forked_checkpoint"  # two histories under one key
    ROLLED_BACK_CHECKPOINT = "rolled_back_checkpoint"
    UNSIGNED_CHECKPOINT = "unsigned_checkpoint"  # not signed by the log's key, or no checkpoint at all
    EDITED_FILE = "edited_file"  # a tile or bundle is not what the checkpoint stands for
    MISSING_FILE = "missing_file"
    LEDGER_TABLE_BROKEN = "ledger_table_broken"  # the batches and places do not say of every entry whose it is


@dataclass(frozen=True)
class Finding:
    """One difference. `index` is the entry in the log, `path` a file of it; the event is named as far as it is known."""

    kind: Kind
    case_id: str | None = None
    seq: int | None = None
    index: int | None = None
    path: str | None = None


@dataclass(frozen=True)
class TableEvent:
    """An event as the table has it now."""

    case_id: str
    seq: int
    leaf: Leaf
    canonical: bytes
    salt: bytes | None  # None: erased, so that only the chain can be checked
    fresh: bool = False  # so new that it need not be in the log yet

    @property
    def id(self) -> EventId:
        return self.case_id, self.seq


class EventTable(Protocol):
    """The events as the tables have them, read consistently."""

    def some(self, ids: Iterable[EventId]) -> dict[EventId, TableEvent]:
        """Of these events those that are there."""

    def newest(self, case_id: str) -> TableEvent | None:
        """The last event of a case."""

    def page(self, after: str, limit: int) -> tuple[list[TableEvent], str]:
        """About `limit` events, those of a case together and in order, and where the next page starts. Empty text: the first, no more."""


def follow(seen: Edge, entries: Sequence[bytes], found: Checkpoint) -> tuple[Edge, list[Finding]]:
    """The tree after the entries that `found` has beyond `seen`, and what is wrong with the checkpoint.

    `seen` is the tree as last followed; keep the returned one for the next time (it stays as it was when something is wrong).
    """
    if found.size < seen.size:
        return seen, [Finding(Kind.ROLLED_BACK_CHECKPOINT, index=found.size)]
    if len(entries) != found.size - seen.size:
        raise InvalidInput(f"{found.size - seen.size} entries are new, not {len(entries)}", field="entries")
    grown = seen.extend(leaf_hashes(entries))
    if grown.root() != found.root:
        return seen, [Finding(Kind.FORKED_CHECKPOINT, index=seen.size)]
    return grown, []


def compare(entries: Sequence[bytes], events: Iterable[TableEvent], places: Mapping[EventId, int] | None = None) -> list[Finding]:
    """Every difference between the log and the table. `places`, where known, help to name the event of a lone leaf."""
    table = {event.id: event for event in events}
    logged, findings = _read(entries)
    in_table = {event.leaf for event in table.values()}
    lone = {index: entry for entry, index in logged.items() if entry not in in_table}
    owners = _owners(lone, [e for e in table.values() if e.leaf in logged], places or {})
    last = _last_seqs(table)
    for index in lone:
        findings.append(_lone_leaf(index, owners.get(index), table, last))
    edited = {(f.case_id, f.seq) for f in findings if f.kind is Kind.EDITED_EVENT}
    findings += [f for f in _table_findings(table, logged) if (f.case_id, f.seq) not in edited]
    return findings


def _read(entries: Sequence[bytes]) -> tuple[dict[Leaf, int], list[Finding]]:
    """Leaf → index, and the entries that are none or stand there twice."""
    logged: dict[Leaf, int] = {}
    findings = []
    for index, entry in enumerate(entries):
        try:
            found = leaves.parse(entry)
        except InvalidInput:
            findings.append(Finding(Kind.FOREIGN_LEAF, index=index))
            continue
        if found in logged:
            findings.append(Finding(Kind.DUPLICATE_LEAF, index=index))
        logged.setdefault(found, index)
    return logged, findings


def _owners(lone: Mapping[int, Leaf], known: Iterable[TableEvent], places: Mapping[EventId, int]) -> dict[int, EventId]:
    """Index → event of the leaves without one: the chain tells which event a leaf follows; else the recorded place tells."""
    recorded = {index: event_id for event_id, index in places.items()}
    chains = {event.leaf.chain: event.id for event in known} if len(lone) <= MOST_TRACED else {}
    owners: dict[int, EventId] = {}
    for index in sorted(lone):
        found = lone[index]
        owner = next((i for chain, i in chains.items() if leaves.chained(chain, found.commitment) == found.chain), None)
        if owner:
            owners[index] = (owner[0], owner[1] + 1)
        elif index in recorded:
            owners[index] = recorded[index]
        if index in owners:
            chains[found.chain] = owners[index]
    return owners


def _lone_leaf(index: int, owner: EventId | None, table: Mapping[EventId, TableEvent], last: Mapping[str, int]) -> Finding:
    if owner is None:
        return Finding(Kind.LEAF_WITHOUT_EVENT, index=index)
    if owner in table:
        return Finding(Kind.EDITED_EVENT, *owner, index)
    newest = owner[1] > last.get(owner[0], owner[1])
    return Finding(Kind.WITHHELD_EVENT if newest else Kind.LEAF_WITHOUT_EVENT, *owner, index)


def _table_findings(table: Mapping[EventId, TableEvent], logged: Mapping[Leaf, int]) -> Iterator[Finding]:
    for event in sorted(table.values(), key=lambda e: e.id):
        before = table.get((event.case_id, event.seq - 1))
        previous = before.leaf.chain if before else CHAIN_START if event.seq == 1 else None
        body_holds = event.salt is None or leaves.commitment(event.salt, event.canonical) == event.leaf.commitment
        chain_holds = previous is None or leaves.chained(previous, event.leaf.commitment) == event.leaf.chain
        index = logged.get(event.leaf)
        if not body_holds or not chain_holds:
            yield Finding(Kind.EDITED_EVENT, *event.id, index)
        elif index is None and not event.fresh:
            yield Finding(Kind.EVENT_WITHOUT_LEAF, *event.id)


def _last_seqs(table: Iterable[EventId]) -> dict[str, int]:
    last: Counter[str] = Counter()
    for case_id, seq in table:
        last[case_id] = max(last[case_id], seq)
    return last
