"""Reading subjects back from the clean files: one by its credit code, or all of a bucket in order."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wugan.registry import normalise
from wugan.registry.buckets import HOLDER, HOLDER_COLUMNS, MANIFEST, PRODUCER, bucket_of, file_name
from wugan.registry.changes import Change, Typed, laid_over, producer_codes, producer_over
from wugan.registry.feeds import BLACKLIST, BUSINESS, CONTACT, FEEDS, LICENCE, PROPERTY
from wugan.registry.model import Blacklisting, Business, Certificate, Contact, Property, Subject

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Fetch = Callable[[str], Path]  # a clean file's name, relative to the clean folder, to where it lies here
ChangesOf = Callable[[str], Iterable[Change]]  # by credit code

_COLUMNS = {**{f.name: f.names for f in FEEDS.values()}, PRODUCER: BUSINESS.names, HOLDER: HOLDER_COLUMNS}
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

    def subject(self, credit_code: str, changes: ChangesOf = lambda _: ()) -> Subject:
        """All rows of one subject, with the changes told since laid over them; a subject without rows is empty."""
        code = normalise.credit_code(credit_code) or ""
        bucket = bucket_of(code, self.manifest.buckets)
        with _connect() as connection:
            clean = {feed: _select(connection, self._path(feed, bucket), feed, code).fetchall() for feed in FEEDS}
            rows = laid_over(clean, changes(code))
            producers = self._named(connection, bucket, producer_codes(rows), changes)
        return _subject(code, self.manifest.as_of, rows, producers)

    def holders(self, producer_code: str) -> set[str]:
        """The credit codes of those whose licences name this producer."""
        code = normalise.credit_code(producer_code) or ""
        path = self._path(HOLDER, bucket_of(code, self.manifest.buckets))
        with _connect() as connection:
            found = connection.execute("SELECT credit_code FROM read_parquet(?) WHERE producer_code = ?", [str(path), code]).fetchall()
        return {str(row[0]) for row in found}

    def subjects(self, bucket: int, only: Iterable[str] | None = None) -> Iterator[Subject]:
        """All subjects of a bucket that have a business row or a certificate, by credit code, one in memory at a time.

        `only` restricts them to these credit codes.
        """
        codes = None if only is None else sorted(set(only))
        with _connect() as connection:
            producers = _by_code(self._producers(connection, bucket))
            feeds = {feed: _Groups(connection, self._path(feed, bucket), feed, codes) for feed in FEEDS}
            while (code := min((g.code for g in feeds.values() if g.code), default=None)) is not None:
                rows = {feed: g.take(code) for feed, g in feeds.items()}
                if rows[BUSINESS.name] or rows[LICENCE.name]:
                    yield _subject(code, self.manifest.as_of, rows, producers)

    def subjects_of(self, codes: Iterable[str]) -> Iterator[Subject]:
        """The subjects of these credit codes, bucket by bucket."""
        wanted: dict[int, list[str]] = defaultdict(list)
        for code in codes:
            wanted[bucket_of(code, self.manifest.buckets)].append(code)
        for bucket, some in sorted(wanted.items()):
            yield from self.subjects(bucket, only=some)

    def files(self, feeds: Iterable[str], buckets: Sequence[int]) -> dict[str, list[Path]]:
        """The clean files of these buckets by feed, for whoever reads them as a whole."""
        return {feed: [self._path(feed, bucket) for bucket in buckets] for feed in feeds}

    def _path(self, feed: str, bucket: int) -> Path:
        return self._fetch(file_name(feed, bucket))

    def _producers(self, connection: DuckDBPyConnection, bucket: int) -> list[tuple[Any, ...]]:
        return _select(connection, self._path(PRODUCER, bucket), PRODUCER).fetchall()

    def _named(self, connection: DuckDBPyConnection, bucket: int, codes: set[str], changes: ChangesOf) -> dict[str, Business]:
        """The producers of these codes; one that only a change names is looked for among all businesses."""
        known = {str(row[0]): row for row in self._producers(connection, bucket)} if codes else {}
        rows = [producer_over(known.get(code) or self._business(connection, code), changes(code)) for code in sorted(codes)]
        return _by_code(row for row in rows if row)

    def _business(self, connection: DuckDBPyConnection, code: str) -> tuple[Any, ...] | None:
        path = self._path(BUSINESS.name, bucket_of(code, self.manifest.buckets))
        row: tuple[Any, ...] | None = _select(connection, path, BUSINESS.name, code).fetchone()
        return row


def local(folder: Path) -> BucketReader:
    """A reader of clean files in a local folder."""
    return BucketReader(lambda name: folder / name)


def _connect() -> DuckDBPyConnection:
    import duckdb  # a tenth of a second that a function which looks nobody up need not pay at its cold start

    return duckdb.connect()


class _Groups:
    """The rows of one clean file, grouped by credit code in ascending order."""

    def __init__(self, connection: DuckDBPyConnection, path: Path, feed: str, codes: Sequence[str] | None) -> None:
        place = _COLUMNS[feed].index("credit_code")
        rows = _stream(_select(connection.cursor(), path, feed, codes))
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


def _select(connection: DuckDBPyConnection, path: Path, feed: str, codes: str | Sequence[str] | None = None) -> DuckDBPyConnection:
    wanted = "= ?" if isinstance(codes, str) else "IN (SELECT unnest(?::VARCHAR[]))"
    where = "" if codes is None else f"WHERE credit_code {wanted}"
    sql = f"SELECT {', '.join(_COLUMNS[feed])} FROM read_parquet(?) {where} ORDER BY credit_code"
    return connection.execute(sql, [str(path)] if codes is None else [str(path), codes])


def _by_code(rows: Iterable[tuple[Any, ...]]) -> dict[str, Business]:
    return {b.credit_code: b for b in (Business(*row) for row in rows)}


def _subject(code: str, as_of: date, rows: Typed, producers: dict[str, Business]) -> Subject:
    business = rows[BUSINESS.name]
    return Subject(
        credit_code=code,
        as_of=as_of,
        business=Business(*business[0]) if business else None,
        certificates=tuple(Certificate(*r) for r in rows[LICENCE.name]),
        properties=tuple(Property(*r) for r in rows[PROPERTY.name]),
        contacts=tuple(Contact(*r) for r in rows[CONTACT.name]),
        blacklistings=tuple(Blacklisting(*r) for r in rows[BLACKLIST.name]),
        producers={c: producers[c] for c in producer_codes(rows) if c in producers},
    )
