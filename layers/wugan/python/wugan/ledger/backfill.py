"""Fills the outbox from the tables: for events from before the ledger, and after an outbox was lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from wugan.ledger.monitor import EventTable
from wugan.ledger.port import LedgerRows
from wugan.ledger.sequence import Pending

PAGE = 1000  # events


class Outbox(LedgerRows, Protocol):
    """Rows of the ledger that can be added to."""

    def add(self, leaf: Pending) -> None:
        """Put a leaf into the outbox; the same again changes nothing."""


@dataclass(frozen=True)
class Backfilled:
    """How many events were looked at, and how many had no place in the log."""

    events: int
    added: int


def backfill(table: EventTable, rows: Outbox) -> Backfilled:
    """Add a row for every event that has no place in the log yet.

    Rows that are there already stay as they are, and an event that gets its place meanwhile does not get a second one.
    """
    events, added, after = 0, 0, ""
    while True:
        page, after = table.page(after, PAGE)
        leaves = [Pending(e.case_id, e.seq, e.leaf.entry()) for e in page]
        placed = rows.places(leaf.id for leaf in leaves)
        missing = [leaf for leaf in leaves if leaf.id not in placed]
        for leaf in missing:
            rows.add(leaf)
        events, added = events + len(leaves), added + len(missing)
        if not after:
            return Backfilled(events, added)
