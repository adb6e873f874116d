"""Registry intake: the bureaus' files in, clean Parquet in buckets by credit code out. Local files, DuckDB, nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

from wugan.errors import NotFound
from wugan.registry import changes as overlay
from wugan.registry import cleaning, files
from wugan.registry.buckets import BUCKET_SQL, HOLDER, HOLDER_COLUMNS, MANIFEST, PRODUCER, file_name
from wugan.registry.changes import Change
from wugan.registry.cleaning import Counts, IntakeWarning
from wugan.registry.feeds import BUSINESS, FEEDS, LICENCE, Feed, FeedRefused
from wugan.registry.files import Loaded

QUARANTINE = "quarantine.csv"
CHANGES = "!changes.csv"  # sorts before what the bureaus drop: of two rows of one version, theirs is kept
Progress = Callable[[str, int, int], None]  # what is being done, steps done, steps in all


@dataclass(frozen=True)
class Refusal:
    """A file that was not taken in, and how to mend it."""

    feed: str
    file: str
    field: str | None
    detail: str


@dataclass(frozen=True)
class Report:
    """What became of everything that was delivered."""

    as_of: date
    buckets: int
    subjects: int
    bucket_subjects: tuple[int, ...]
    counts: dict[str, Counts]
    files: dict[str, tuple[Loaded, ...]]
    changes: dict[str, int]  # rows that were told between the deliveries, by feed; they make no feed complete
    refused: tuple[Refusal, ...]
    warnings: tuple[IntakeWarning, ...]
    quarantined: dict[str, int]  # by feed.code.column

    @property
    def incomplete(self) -> tuple[str, ...]:
        """Feeds of which a file was refused, or none came: what they would have said is unknown."""
        refused = {r.feed for r in self.refused}
        return tuple(f for f in FEEDS if f in refused or not self.files.get(f))

    def as_json(self) -> dict[str, Any]:
        """The manifest's content: plain JSON, no personal data."""
        return asdict(self) | {"format": 1, "as_of": self.as_of.isoformat(), "incomplete": self.incomplete}


@dataclass
class _Delivery:
    """What was read so far."""

    files: dict[str, list[Loaded]] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    warnings: list[IntakeWarning] = field(default_factory=list)


def take_in(
    drops: Path, clean: Path, as_of: date, *, buckets: int = 16, changes: Iterable[Change] = (), progress: Progress | None = None
) -> Report:
    """Take in `drops/<feed>/*.parquet|csv`; write `clean/<feed>/<bucket>.parquet`, the manifest and the quarantine list.

    `changes` are cleaned together with the files, so that the newest version of a record counts wherever it came from.
    A file that does not fit the contract is refused and named in the report, and the others go on.
    Raises NotFound when nothing was delivered at all.
    """
    tell = progress or _silent
    with duckdb.connect() as connection:
        delivery = _read(connection, drops, tell)
        _read_changes(connection, changes, delivery)
        counts = {f.name: _clean(connection, f, delivery, buckets) for f in _told(FEEDS.values(), "clean", tell)}
        _copy_producers(connection, delivery)
        _list_holders(connection, buckets)
        _write_buckets(connection, clean, buckets, tell)
        report = _report(connection, as_of, buckets, counts, delivery)
        _write_quarantine(connection, clean / QUARANTINE)
    (clean / MANIFEST).write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=1), encoding="utf-8")
    return report


def _read(connection: DuckDBPyConnection, drops: Path, tell: Progress) -> _Delivery:
    delivery = _Delivery()
    found = sorted(p for p in drops.glob("*/*") if p.is_file() and not p.name.startswith("."))
    if not found:
        raise NotFound(f"no registry files under {drops}: put them in {', '.join(f'{f}/' for f in FEEDS)}", field="drops")
    for feed in FEEDS.values():
        files.prepare(connection, feed)
    for path in _told(found, "read", tell):
        _read_file(connection, path, delivery)
    for name in FEEDS.keys() - delivery.files.keys():
        delivery.warnings.append(IntakeWarning(name, "no_file", "没有收到可用的文件", 0))
    return delivery


def _read_file(connection: DuckDBPyConnection, path: Path, delivery: _Delivery) -> None:
    name = path.parent.name
    try:
        if name not in FEEDS:
            raise FeedRefused(path.name, f"{name!r} is no feed: there are {', '.join(FEEDS)}")
        loaded = files.load(connection, FEEDS[name], path)
    except FeedRefused as e:
        delivery.refused.append(Refusal(name, e.file, e.field, e.detail))
        return
    delivery.files.setdefault(name, []).append(loaded)
    if loaded.unknown_columns:
        text = f"{path.name} 有未约定的列，已忽略：{'、'.join(loaded.unknown_columns)}"
        delivery.warnings.append(IntakeWarning(name, "unknown_column", text, len(loaded.unknown_columns)))


def _read_changes(connection: DuckDBPyConnection, changes: Iterable[Change], delivery: _Delivery) -> None:
    with TemporaryDirectory() as folder:
        for name, path in overlay.write(changes, Path(folder), CHANGES).items():
            delivery.changes[name] = files.load(connection, FEEDS[name], path).rows


def _clean(connection: DuckDBPyConnection, feed: Feed, delivery: _Delivery, buckets: int) -> Counts:
    unread = {f.file: {"misshapen": f.misshapen, "too_long": f.too_long} for f in delivery.files.get(feed.name, ())}
    counts = cleaning.clean(connection, feed, buckets, unread)
    delivery.warnings += cleaning.warnings(connection, feed)
    return counts


def _copy_producers(connection: DuckDBPyConnection, delivery: _Delivery) -> None:
    """Put the business row of each producer beside the licences that name it."""
    licence, business = cleaning.clean_table(LICENCE), cleaning.clean_table(BUSINESS)
    connection.execute(f"""
        CREATE OR REPLACE TABLE clean_{PRODUCER} AS
        SELECT b.* EXCLUDE (bucket), l.bucket FROM {business} b
        JOIN (SELECT DISTINCT producer_code, bucket FROM {licence}) l ON b.credit_code = l.producer_code
        ORDER BY b.credit_code""")
    unknown = f"SELECT file, row FROM {licence} WHERE producer_code NOT IN (SELECT credit_code FROM {business})"
    warning = cleaning.warning(connection, LICENCE, "producer_unknown", "登记库中没有实际生产企业", unknown)
    delivery.warnings += [warning] if warning.count else []


def _list_holders(connection: DuckDBPyConnection, buckets: int) -> None:
    """Note in the bucket of each producer whose licences name it: when the producer changes, they are looked at."""
    bucket = BUCKET_SQL.format(code="producer_code", buckets=buckets)
    connection.execute(f"""
        CREATE OR REPLACE TABLE clean_{HOLDER} AS
        SELECT DISTINCT {", ".join(HOLDER_COLUMNS)}, {bucket} AS bucket
        FROM {cleaning.clean_table(LICENCE)} WHERE producer_code IS NOT NULL""")


def _write_buckets(connection: DuckDBPyConnection, clean: Path, buckets: int, tell: Progress) -> None:
    tables = {**{f.name: f.names for f in FEEDS.values()}, PRODUCER: BUSINESS.names, HOLDER: HOLDER_COLUMNS}
    for name, columns in _told(tables.items(), "write", tell):
        (clean / name).mkdir(parents=True, exist_ok=True)
        for bucket in range(buckets):
            rows = f"SELECT {', '.join(columns)} FROM clean_{name} WHERE bucket = {bucket} ORDER BY credit_code"
            connection.execute(f"COPY ({rows}) TO '{_quoted(clean / file_name(name, bucket))}' (FORMAT PARQUET, COMPRESSION ZSTD)")


def _write_quarantine(connection: DuckDBPyConnection, path: Path) -> None:
    connection.execute(f"COPY (SELECT * FROM ({_quarantine_sql()}) ORDER BY feed, file, row) TO '{_quoted(path)}' (FORMAT CSV, HEADER)")


def _report(connection: DuckDBPyConnection, as_of: date, buckets: int, counts: dict[str, Counts], delivery: _Delivery) -> Report:
    bucket = BUCKET_SQL.format(code="credit_code", buckets=buckets)
    codes = f"SELECT credit_code FROM {cleaning.clean_table(BUSINESS)} UNION SELECT credit_code FROM {cleaning.clean_table(LICENCE)}"
    held = dict(connection.execute(f"SELECT {bucket} AS bucket, count(*) FROM ({codes}) GROUP BY 1").fetchall())
    return Report(
        as_of=as_of,
        buckets=buckets,
        subjects=sum(held.values()),
        bucket_subjects=tuple(held.get(b, 0) for b in range(buckets)),
        counts=counts,
        files={name: tuple(loaded) for name, loaded in delivery.files.items()},
        changes=delivery.changes,
        refused=tuple(delivery.refused),
        warnings=tuple(delivery.warnings),
        quarantined=_reasons(connection),
    )


def _reasons(connection: DuckDBPyConnection) -> dict[str, int]:
    reason = """concat_ws('.', feed, code, nullif("column", ''))"""
    found = connection.execute(f"SELECT {reason}, count(*) FROM ({_quarantine_sql()}) GROUP BY 1 ORDER BY 1").fetchall()
    return {str(name): int(count) for name, count in found}


def _quarantine_sql() -> str:
    return " UNION ALL ".join(cleaning.quarantine_sql(f) for f in FEEDS.values())


def _told(steps: Any, what: str, tell: Progress) -> Any:
    known = list(steps)
    for done, step in enumerate(known):
        tell(what, done, len(known))
        yield step
    tell(what, len(known), len(known))


def _silent(what: str, done: int, total: int) -> None:  # noqa: ARG001
    return None


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
