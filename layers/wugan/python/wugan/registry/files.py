"""Reading the bureaus' files as they come: every value as text, every row with its number, nothing judged yet."""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from duckdb import DuckDBPyConnection

from wugan.registry.feeds import Feed, FeedRefused, Type, check_columns

ENCODINGS = ("utf-8-sig", "gb18030")
_READABLE = ("VARCHAR", "DATE", "TIMESTAMP", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UINTEGER", "UBIGINT")
_BLOCK = 1 << 20
MOST_IN_A_ROW = 131_072  # characters; at most four bytes each, so that a line stays below what DuckDB is told to expect
_MOST_IN_A_FIELD = 1 << 24  # beyond, a quote was left open
_CSV = """read_csv(?, header = true, all_varchar = true, delim = ',', quote = '"', escape = '"', max_line_size = 2000000)"""
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_NUMBER = "file_row_number"  # what DuckDB calls the column that it adds


@dataclass(frozen=True)
class Loaded:
    """One file that was taken in: its rows are in the feed's raw table."""

    file: str
    sha256: str
    rows: int
    encoding: str  # parquet | utf-8-sig | gb18030
    unknown_columns: tuple[str, ...]
    misshapen: tuple[int, ...] = ()  # numbers of the rows with too few or too many values; they are not in the table
    too_long: tuple[int, ...] = ()  # and of those that are too long


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
    kinds = {str(d[0]): str(d[1]) for d in described}
    unknown = check_columns(feed, path.name, kinds)
    for name, kind in kinds.items():
        if name in feed.names and (not kind.startswith(_READABLE) or "[" in kind):
            raise FeedRefused(path.name, f"column {name} is {kind}: deliver it as text or date", field=name)
    values = [_day(c.name, kinds[c.name]) if c.type is Type.DATE else f'"{c.name}"' for c in feed.columns]
    # A file may have a column of the name that DuckDB gives to the rows' numbers.
    own = _NUMBER in map(str.lower, kinds)
    number, source = ("row_number() OVER ()", "read_parquet(?)") if own else (f"{_NUMBER} + 1", f"read_parquet(?, {_NUMBER} = true)")
    rows = _append(connection, feed, path, path.name, number, values, source)
    return Loaded(path.name, sha256(path), rows, "parquet", unknown)


def _day(column: str, kind: str) -> str:
    """A date column; of a point in time its day, in Beijing where it tells its zone."""
    if kind.startswith("TIMESTAMP WITH TIME ZONE"):
        return f"""("{column}" AT TIME ZONE 'Asia/Shanghai')::DATE"""
    return f'"{column}"::DATE' if kind.startswith("TIMESTAMP") else f'"{column}"'


def _load_csv(connection: DuckDBPyConnection, feed: Feed, path: Path) -> Loaded:
    encoding = detect_encoding(path)
    with _regular_csv(feed, path, encoding) as regular:
        rows = _append(connection, feed, regular.path, path.name, "row", [f'"{c}"' for c in feed.names], _CSV)
    return Loaded(path.name, sha256(path), rows, encoding, regular.unknown, tuple(regular.misshapen), tuple(regular.too_long))


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


@dataclass
class _Regular:
    """A CSV file in UTF-8, in the contract's column order, with row numbers; and the rows that are not in it."""

    path: Path
    unknown: tuple[str, ...]
    misshapen: list[int] = field(default_factory=list)
    too_long: list[int] = field(default_factory=list)


@contextmanager
def _regular_csv(feed: Feed, path: Path, encoding: str) -> Iterator[_Regular]:
    """The file again, as it can be read at once."""
    with TemporaryDirectory() as folder, _long_fields(), path.open(encoding=encoding, newline="") as source:
        rows = csv.reader(source, strict=True)
        try:
            header = [c.strip() for c in next(rows, [])]
            named = _named(header)
            _check_separator(feed, path.name, header)
            regular = _Regular(Path(folder) / "regular.csv", check_columns(feed, path.name, named))
            _rewrite(rows, regular, [named.index(c) for c in feed.names], feed, range(len(named), len(header) + 1))
        except csv.Error as e:
            detail = f"line {rows.line_num} is not CSV ({e}): quote values that hold commas, quotes or line ends"
            raise FeedRefused(path.name, detail) from e
        yield regular


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let Python read fields that are longer than a row may be, so that only their rows are set aside."""
    usual = csv.field_size_limit(_MOST_IN_A_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(usual)


def _named(header: list[str]) -> list[str]:
    """Without the nameless columns at the end that spreadsheets leave."""
    return header[: max((n for n, name in enumerate(header, start=1) if name), default=0)]


def _check_separator(feed: Feed, file: str, header: list[str]) -> None:
    for separator, what in _SEPARATORS.items():
        if len(header) == 1 and set(feed.names) & {c.strip() for c in header[0].split(separator)}:
            raise FeedRefused(file, f"its columns are separated by {what}: save it with commas")


def _rewrite(rows: Iterator[list[str]], regular: _Regular, order: list[int], feed: Feed, widths: range) -> None:
    with regular.path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["row", *feed.names])
        for number, row in enumerate(rows, start=1):
            if not row:  # an empty line
                continue
            if len(row) not in widths:
                regular.misshapen.append(number)
            elif sum(map(len, row)) > MOST_IN_A_ROW:
                regular.too_long.append(number)
            else:
                writer.writerow([number, *(row[i] for i in order)])


def _append(connection: DuckDBPyConnection, feed: Feed, path: Path, name: str, number: str, values: Iterable[str], source: str) -> int:
    """Append the rows that lie at the path; `name` is what the bureau calls the file."""
    columns = ", ".join(f"{v}::VARCHAR" for v in values)
    sql = f"INSERT INTO {raw_table(feed)} SELECT ?, ({number})::BIGINT, {columns} FROM {source}"
    try:
        done = connection.execute(sql, [name, str(path)]).fetchone()
    except duckdb.Error:  # its message may repeat a row
        raise FeedRefused(name, "its rows cannot be read: write it again") from None
    return int(done[0]) if done else 0
