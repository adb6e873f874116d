"""Changes between two deliveries: single rows that the registries tell at once, laid over the clean files until they are in them.

Pure. A change's row replaces the record with the same feed key when its version is newer, and is added where there is none.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from wugan.registry.feeds import BUSINESS, FEEDS, LICENCE, Feed, Type
from wugan.registry.rows import Row, version_rank

Typed = dict[str, list[tuple[Any, ...]]]  # rows of one subject by feed, as the row types in `model.py` take them


@dataclass(frozen=True)
class Change:
    """One record's row, judged and in the contract's form (`rows.judged`)."""

    feed: str
    row: Row

    @property
    def credit_code(self) -> str:
        """Whose row it is."""
        return self.row["credit_code"] or ""

    @property
    def record(self) -> str:
        """Names the record within its subject: the feed and its key, hashed, since a key may hold an identity number."""
        key = json.dumps([self.row[c] for c in FEEDS[self.feed].key], ensure_ascii=False)
        return f"{self.feed}#{hashlib.sha256(key.encode()).hexdigest()[:40]}"

    @property
    def rank(self) -> str:
        """Sorts as versions of a record do."""
        return version_rank(self.row["version"] or "")

    @property
    def producer(self) -> str | None:
        """The producer that a licence names."""
        return self.row["producer_code"] if self.feed == LICENCE.name else None


@dataclass(frozen=True)
class Refused:
    """A row of a batch that was not taken in. `reason` is for people; nothing of the row's values is in it."""

    index: int  # in the batch, from 0
    feed: str  # empty when there is no such feed
    field: str
    code: str  # missing_value | bad_date | bad_value | missing_column | not_text | bad_text | too_long | unknown_feed | misshapen
    reason: str


def laid_over(rows: Typed, changes: Iterable[Change]) -> Typed:
    """The rows of one subject with its changes: newer ones replace, unknown ones are added; the order of the rest stays."""
    records = {name: {_key(FEEDS[name], row): row for row in found} for name, found in rows.items()}
    for change in changes:
        feed = FEEDS[change.feed]
        new = _typed(feed, change.row)
        old = records.setdefault(feed.name, {}).get(_key(feed, new))
        if old is None or change.rank > _rank(feed, old):
            records[feed.name][_key(feed, new)] = new
    return {name: list(found.values()) for name, found in records.items()}


def producer_codes(rows: Typed) -> set[str]:
    """The producers that a subject's licences name."""
    place = LICENCE.names.index("producer_code")
    return {str(row[place]) for row in rows[LICENCE.name] if row[place]}


def producer_over(row: tuple[Any, ...] | None, changes: Iterable[Change]) -> tuple[Any, ...] | None:
    """A producer's business row with its changes; None when nobody knows it."""
    found = laid_over({BUSINESS.name: [row] if row else []}, (c for c in changes if c.feed == BUSINESS.name))[BUSINESS.name]
    return found[0] if found else None


def write(changes: Iterable[Change], folder: Path, file: str) -> dict[str, Path]:
    """Write changes as files of their feeds, `folder/<feed>/<file>`; returns those that were written, by feed."""
    paths: dict[str, Path] = {}
    writers: dict[str, Any] = {}
    with ExitStack() as opened:
        for change in changes:
            names = FEEDS[change.feed].names
            if change.feed not in paths:
                path = paths[change.feed] = folder / change.feed / file
                path.parent.mkdir(parents=True, exist_ok=True)
                writer = writers[change.feed] = csv.writer(opened.enter_context(path.open("w", encoding="utf-8", newline="")))
                writer.writerow(names)
            writers[change.feed].writerow([change.row[c] or "" for c in names])
    return paths


def _typed(feed: Feed, row: Row) -> tuple[Any, ...]:
    return tuple(date.fromisoformat(v) if v and c.type is Type.DATE else v for c, v in ((c, row[c.name]) for c in feed.columns))


def _key(feed: Feed, row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(row[feed.names.index(c)] for c in feed.key)


def _rank(feed: Feed, row: tuple[Any, ...]) -> str:
    return version_rank(str(row[feed.names.index("version")]))
