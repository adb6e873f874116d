"""Reading the bureaus' files as they come: every value as text, every row with its number, nothing judged yet."""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from duckdb import DuckDBPyConnection

from wugan.registry.feeds import Feed, FeedRefused, check_columns

ENCODINGS = ("utf-8-sig", "gb18030")
_READABLE = ("VARCHAR", "DATE", "TIMESTAMP", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UINTEGER", "UBIGINT")
_BLOCK = 1 << 20
_PARQUET = "(SELECT file_row_number + 1 AS row, * FROM read_parquet(?, file_row_number = true))"
_CSV = """read_csv(?, header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')"""


@dataclass(frozen=True)
class Loaded:
    """One file that was taken in: its rows are in the feed's raw table."""

    file: str
    sha256: str
    rows: int
    encoding: str  # parquet | utf-8-sig | gb18030
    unknown_columns: tuple[str, ...]
    misshapen: tuple[int, ...]  # numbers of the rows with too few or too many values; they are not in the table


def raw_table(feed: Feed) -> str:
    """The table that `load` fills."""
    return f"raw_{feed.name}"


def prepare(connection: DuckDBPyConnection, feed: Feed) -> None:
    """Make the feed's empty raw table: file, row (from 1, the header not counted), and the contract's columns as text."""
    columns = ", ".join(f'"{c}" VARCHAR' for c in feed.names)
    connection.execute(f"CREATE OR REPLACE TABLE {raw_table(feed)} (file VARCHAR, row BIGINT, {columns})")


def load(connection: DuckDBPyConnection, feed: Feed, path: Path) -> Loaded:
    """Append one file to the feed's raw table. Raises FeedRefused when the file as a whole does not fit the contract."""
    readers = {".parquet": _load_parquet, ".csv": _load_csv}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise FeedRefused(path.name, "neither Parquet nor CSV: deliver .parquet or .csv")
    return reader(connection, feed, path)


def sha256(path: Path) -> str:
    """The digest of a file's bytes, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _load_parquet(connection: DuckDBPyConnection, feed: Feed, path: Path) -> Loaded:
    try:
        described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    except duckdb.Error as e:
        raise FeedRefused(path.name, "not a readable Parquet file: write it again") from e
    unknown = check_columns(feed, path.name, (str(d[0]) for d in described))
    for name, kind in ((str(d[0]), str(d[1])) for d in described if d[0] in feed.names):
        if not kind.startswith(_READABLE) or "[" in kind:
            raise FeedRefused(path.name, f"column {name} is {kind}: deliver it as text or date", field=name)
    rows = _append(connection, feed, path.name, _PARQUET, path)
    return Loaded(path.name, sha256(path), rows, "parquet", unknown, ())


def _load_csv(connection: DuckDBPyConnection, feed: Feed, path: Path) -> Loaded:
    encoding = detect_encoding(path)
    with _regular_csv(feed, path, encoding) as (regular, unknown, misshapen):
        rows = _append(connection, feed, path.name, _CSV, regular)
    return Loaded(path.name, sha256(path), rows, encoding, unknown, tuple(misshapen))


def detect_encoding(path: Path) -> str:
    """The encoding in which the whole file reads: UTF-8 (with or without a mark) before GB18030. Raises FeedRefused for neither."""
    for encoding in ENCODINGS:
        if _reads_as(path, encoding):
            return encoding
    raise FeedRefused(path.name, "neither UTF-8 nor GB18030: save it in one of them")


def _reads_as(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def _regular_csv(feed: Feed, path: Path, encoding: str) -> Iterator[tuple[Path, tuple[str, ...], list[int]]]:
    """The file again in UTF-8, in the contract's column order, with row numbers, without misshapen rows."""
    with TemporaryDirectory() as folder, path.open(encoding=encoding, newline="") as source:
        rows = csv.reader(source, strict=True)
        try:
            header = [c.strip() for c in next(rows, [])]
            unknown = check_columns(feed, path.name, header)
            regular = Path(folder) / "regular.csv"
            misshapen = _rewrite(rows, regular, [header.index(c) for c in feed.names], feed, len(header))
        except csv.Error as e:
            detail = f"line {rows.line_num} is not CSV ({e}): quote values that hold commas, quotes or line ends"
            raise FeedRefused(path.name, detail) from e
        yield regular, unknown, misshapen


def _rewrite(rows: Iterator[list[str]], target: Path, order: list[int], feed: Feed, width: int) -> list[int]:
    misshapen = []
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["row", *feed.names])
        for number, row in enumerate(rows, start=1):
            if len(row) == width:
                writer.writerow([number, *(row[i] for i in order)])
            else:
                misshapen.append(number)
    return misshapen


def _append(connection: DuckDBPyConnection, feed: Feed, file: str, source: str, path: Path) -> int:
    columns = ", ".join(f'"{c}"::VARCHAR' for c in feed.names)
    sql = f"INSERT INTO {raw_table(feed)} SELECT ?, row::BIGINT, {columns} FROM {source}"
    done = connection.execute(sql, [file, str(path)]).fetchone()
    return int(done[0]) if done else 0
