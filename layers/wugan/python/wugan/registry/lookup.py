"""Reading subjects back from the clean files: one by its credit code, or all of a bucket in order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wugan.registry import normalise
from wugan.registry.buckets import MANIFEST, PRODUCER, bucket_of, file_name
from wugan.registry.feeds import BLACKLIST, BUSINESS, CONTACT, FEEDS, LICENCE, PROPERTY
from wugan.registry.model import Blacklisting, Business, Certificate, Contact, Property, Subject

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Fetch = Callable[[str], Path]  # a clean file's name, relative to the clean folder, to where it lies here
Rows = dict[str, list[tuple[Any, ...]]]  # by feed

_COLUMNS = {**{f.name: f.names for f in FEEDS.values()}, PRODUCER: BUSINESS.names}
_BLOCK = 2_000


@dataclass(frozen=True)
class Manifest:
    """What a reader needs of the intake's manifest."""

    as_of: date
    buckets: int
    subjects: int
    bucket_subjects: tuple[int, ...]
    incomplete: tuple[str, ...]


class BucketReader:
    """Subjects from clean files that `fetch` brings here, wherever they are kept."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    @cached_property
    def manifest(self) -> Manifest:
        """The manifest of the intake."""
        content = json.loads(self._fetch(MANIFEST).read_text(encoding="utf-8"))
        return Manifest(
            as_of=date.fromisoformat(content["as_of"]),
            buckets=content["buckets"],
            subjects=content["subjects"],
            bucket_subjects=tuple(content["bucket_subjects"]),
            incomplete=tuple(content["incomplete"]),
        )

    def subject(self, credit_code: str) -> Subject:
        """All rows of one subject; a subject without rows is empty."""
        code = normalise.credit_code(credit_code) or ""
        bucket = bucket_of(code, self.manifest.buckets)
        with _connect() as connection:
            rows = {feed: _select(connection, self._path(feed, bucket), feed, code).fetchall() for feed in FEEDS}
            producers = self._producers(connection, bucket) if _producer_codes(rows) else {}
        return _subject(code, self.manifest.as_of, rows, producers)

    def subjects(self, bucket: int) -> Iterator[Subject]:
        """All subjects of a bucket that have a business row or a certificate, by credit code, one in memory at a time."""
        with _connect() as connection:
            producers = self._producers(connection, bucket)
            feeds = {feed: _Groups(connection, self._path(feed, bucket), feed) for feed in FEEDS}
            while (code := min((g.code for g in feeds.values() if g.code), default=None)) is not None:
                rows = {feed: g.take(code) for feed, g in feeds.items()}
                if rows[BUSINESS.name] or rows[LICENCE.name]:
                    yield _subject(code, self.manifest.as_of, rows, producers)

    def _path(self, feed: str, bucket: int) -> Path:
        return self._fetch(file_name(feed, bucket))

    def _producers(self, connection: DuckDBPyConnection, bucket: int) -> dict[str, Business]:
        rows = _select(connection, self._path(PRODUCER, bucket), PRODUCER).fetchall()
        return {b.credit_code: b for b in (Business(*r) for r in rows)}


def local(folder: Path) -> BucketReader:
    """A reader of clean files in a local folder."""
    return BucketReader(lambda name: folder / name)


def _connect() -> DuckDBPyConnection:
    import duckdb  # a tenth of a second that a function which looks nobody up need not pay at its cold start

    return duckdb.connect()


class _Groups:
    """The rows of one clean file, grouped by credit code in ascending order."""

    def __init__(self, connection: DuckDBPyConnection, path: Path, feed: str) -> None:
        place = _COLUMNS[feed].index("credit_code")
        rows = _stream(_select(connection.cursor(), path, feed))
        self._groups = groupby(rows, key=lambda r: str(r[place]))
        self._rows: Iterator[tuple[Any, ...]] = iter(())
        self.code: str | None = None  # of the group that is next
        self._advance()

    def take(self, code: str) -> list[tuple[Any, ...]]:
        """The rows of this code, if it is next; else none."""
        if code != self.code:
            return []
        rows = list(self._rows)
        self._advance()
        return rows

    def _advance(self) -> None:
        self.code, self._rows = next(self._groups, (None, iter(())))


def _stream(cursor: DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    with closing(cursor):
        while rows := cursor.fetchmany(_BLOCK):
            yield from rows


def _select(connection: DuckDBPyConnection, path: Path, feed: str, code: str | None = None) -> DuckDBPyConnection:
    where = "WHERE credit_code = ?" if code is not None else ""
    sql = f"SELECT {', '.join(_COLUMNS[feed])} FROM read_parquet(?) {where} ORDER BY credit_code"
    return connection.execute(sql, [str(path)] if code is None else [str(path), code])


def _producer_codes(rows: Rows) -> set[str]:
    place = LICENCE.names.index("producer_code")
    return {str(r[place]) for r in rows[LICENCE.name] if r[place]}


def _subject(code: str, as_of: date, rows: Rows, producers: dict[str, Business]) -> Subject:
    business = rows[BUSINESS.name]
    return Subject(
        credit_code=code,
        as_of=as_of,
        business=Business(*business[0]) if business else None,
        certificates=tuple(Certificate(*r) for r in rows[LICENCE.name]),
        properties=tuple(Property(*r) for r in rows[PROPERTY.name]),
        contacts=tuple(Contact(*r) for r in rows[CONTACT.name]),
        blacklistings=tuple(Blacklisting(*r) for r in rows[BLACKLIST.name]),
        producers={c: producers[c] for c in _producer_codes(rows) if c in producers},
    )
