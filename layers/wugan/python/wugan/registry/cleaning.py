"""From raw rows to clean ones, in DuckDB: what is bad is set aside with its reason, what is odd is kept with a warning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from wugan.registry import normalise
from wugan.registry.buckets import BUCKET_SQL
from wugan.registry.feeds import Column, Feed, Type
from wugan.registry.files import raw_table
from wugan.registry.rows import FIRST_YEAR, LAST_YEAR, REASONS, VERSION_NUMBER, WITHOUT_END

DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日", "%Y.%m.%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")
_SAMPLE = 5
_VERSION_NUMBER = f"CASE WHEN regexp_full_match(version, '{VERSION_NUMBER}') THEN version::DECIMAL(38, 18) END"
_SPACE = rf"[\s　{normalise.INVISIBLE_CLASS}]"  # and what nobody sees
_FULL_WIDTH = "".join(chr(c) for c in range(0xFF10, 0xFF5B))
_HALF_WIDTH = "".join(chr(c - 0xFEE0) for c in range(0xFF10, 0xFF5B))


@dataclass(frozen=True)
class Place:
    """Where a row stands in what was delivered; the row itself is not repeated, since it may be personal."""

    file: str
    row: int


@dataclass(frozen=True)
class IntakeWarning:
    """Something odd about rows that were kept: how many, and where the first stand."""

    feed: str
    code: str  # code_check | code_form | superseded | unknown_column | producer_unknown | no_file
    text: str
    count: int
    sample: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Counts:
    """What became of the rows of one feed. `rows_in` = `rows` + `duplicates` + `superseded` + `quarantined`."""

    rows_in: int
    rows: int
    duplicates: int
    superseded: int
    quarantined: int


def judged_table(feed: Feed) -> str:
    """All rows, typed, each with its problem or NULL."""
    return f"judged_{feed.name}"


def clean_table(feed: Feed) -> str:
    """The rows that stay, typed, with file, row and bucket."""
    return f"clean_{feed.name}"


def clean(connection: DuckDBPyConnection, feed: Feed, buckets: int, unread: Mapping[str, Mapping[str, Sequence[int]]]) -> Counts:
    """Make the feed's judged and clean tables from its raw table. `unread` are rows that are not in it, by file and reason."""
    _judge(connection, feed)
    for file, reasons in unread.items():
        for reason, rows in reasons.items():
            _set_aside(connection, feed, file, reason, rows)
    _keep_newest(connection, feed, buckets)
    return _count(connection, feed)


def warnings(connection: DuckDBPyConnection, feed: Feed) -> list[IntakeWarning]:
    """What is odd about the rows of a cleaned feed."""
    older = f"SELECT file, row FROM ranked_{feed.name} WHERE place > 1"
    found = [
        warning(connection, feed, "code_form", "信用代码有小写、全角或空格，已统一为大写半角", _code_form_sql(feed)),
        warning(connection, feed, "code_check", "信用代码校验位不符（GB 32100），已保留", _code_check_sql(connection, feed)),
        warning(connection, feed, "superseded", "同一记录有多个版本，已保留最新版本", older),
    ]
    return [w for w in found if w.count]


def warning(connection: DuckDBPyConnection, feed: Feed, code: str, text: str, sql: str) -> IntakeWarning:
    """A warning about the rows whose file and row `sql` selects."""
    (count,) = _one(connection, f"SELECT count(*) FROM ({sql})")
    sample = connection.execute(f"SELECT file, row FROM ({sql}) ORDER BY file, row LIMIT {_SAMPLE}").fetchall()
    return IntakeWarning(feed.name, code, text, count, tuple(Place(str(f), int(r)) for f, r in sample))


def quarantine_sql(feed: Feed) -> str:
    """Feed, file, row, code, column, reason of every row set aside; nothing of the row's own values."""
    titles = " ".join(f"WHEN '{c.name}' THEN '{c.title}'" for c in feed.columns)
    reasons = " ".join(f"WHEN '{code}' THEN '{text}'" for code, text in REASONS.items())
    return f"""
        SELECT '{feed.name}' AS feed, file, row, split_part(problem, ':', 1) AS code, split_part(problem, ':', 2) AS "column",
            replace(CASE split_part(problem, ':', 1) {reasons} END, '{{}}', CASE split_part(problem, ':', 2) {titles} ELSE '' END) AS reason
        FROM {judged_table(feed)} WHERE problem IS NOT NULL"""


def _judge(connection: DuckDBPyConnection, feed: Feed) -> None:
    """Three layers, so that each value is worked out once: what it says, what that is as a date, what is wrong with it."""
    trimmed = ", ".join(f"{_trimmed(c)} AS {_quoted(c)}" for c in feed.columns)
    said = ", ".join(f"{_said(c)} AS {_quoted(c)}" for c in feed.columns)
    days = ", ".join(f"{_day(c)} AS {_day_name(c)}" for c in feed.columns if c.type is Type.DATE) or "NULL"
    values = ", ".join(f"{_day_name(c) if c.type is Type.DATE else _quoted(c)} AS {_quoted(c)}" for c in feed.columns)
    tests = " ".join(t for c in feed.columns for t in _tests(c))
    connection.execute(f"""
        CREATE OR REPLACE TABLE {judged_table(feed)} AS
        WITH trimmed AS (SELECT file, row, {trimmed} FROM {raw_table(feed)}),
            said AS (SELECT file, row, {said} FROM trimmed),
            dated AS (SELECT *, {days} FROM said)
        SELECT file, row, {values}, CASE {tests} END AS problem FROM dated""")


def _trimmed(column: Column) -> str:
    return f"regexp_replace({_quoted(column)}, '^{_SPACE}+|{_SPACE}+$', '', 'g')"


def _said(column: Column) -> str:
    name = _quoted(column)
    empty = ", ".join(f"'{v}'" for v in (*sorted(normalise.STANDS_FOR_EMPTY), *(WITHOUT_END if column.type is Type.DATE else ())))
    return f"CASE WHEN upper({name}) NOT IN ({empty}) THEN {code_sql(name) if column.type is Type.CODE else name} END"


def code_sql(value: str) -> str:
    """A credit code without spaces and invisible characters, in half-width capitals."""
    return f"upper(translate(regexp_replace({value}, '{_SPACE}', '', 'g'), '{_FULL_WIDTH}', '{_HALF_WIDTH}'))"


def _day(column: Column) -> str:
    return f"try_strptime({_quoted(column)}, {list(DATE_FORMATS)})::DATE"


def _day_name(column: Column) -> str:
    return f'"{column.name} as a day"'


def _quoted(column: Column) -> str:
    return f'"{column.name}"'


def _tests(column: Column) -> list[str]:
    name = _quoted(column)
    tests = [f"WHEN {name} IS NULL THEN 'missing_value:{column.name}'"] if column.required else []
    if column.type is Type.DATE:
        digit = f"{name} >= '0' AND {name} < ':'"  # DuckDB reads `infinity` and `epoch` as days of 1900
        possible = f"coalesce(year({_day_name(column)}) BETWEEN {FIRST_YEAR} AND {LAST_YEAR} AND {digit}, false)"
        tests.append(f"WHEN {name} IS NOT NULL AND NOT {possible} THEN 'bad_date:{column.name}'")
    if column.choices:
        allowed = ", ".join(f"'{c}'" for c in column.choices)
        tests.append(f"WHEN {name} NOT IN ({allowed}) THEN 'bad_value:{column.name}'")
    return tests


def _set_aside(connection: DuckDBPyConnection, feed: Feed, file: str, reason: str, rows: Sequence[int]) -> None:
    sql = f"INSERT INTO {judged_table(feed)} (file, row, problem) SELECT ?, unnest(?::BIGINT[]), ? || ':'"
    connection.execute(sql, [file, list(rows), reason])


def _keep_newest(connection: DuckDBPyConnection, feed: Feed, buckets: int) -> None:
    columns, key = _list(feed.names), _list(feed.key)
    bucket = BUCKET_SQL.format(code="credit_code", buckets=buckets)
    connection.execute(f"""
        CREATE OR REPLACE TABLE ranked_{feed.name} AS
        SELECT *, row_number() OVER (
            PARTITION BY {key} ORDER BY {_VERSION_NUMBER} DESC NULLS LAST, version DESC, file DESC, row DESC) AS place
        FROM (SELECT * EXCLUDE (problem) FROM {judged_table(feed)} WHERE problem IS NULL
            QUALIFY row_number() OVER (PARTITION BY {columns} ORDER BY file, row) = 1)""")
    connection.execute(f"""
        CREATE OR REPLACE TABLE {clean_table(feed)} AS
        SELECT * EXCLUDE (place), {bucket} AS bucket FROM ranked_{feed.name} WHERE place = 1 ORDER BY credit_code, {key}""")


def _count(connection: DuckDBPyConnection, feed: Feed) -> Counts:
    rows_in, bad = _one(connection, f"SELECT count(*), count(problem) FROM {judged_table(feed)}")
    distinct, rows = _one(connection, f"SELECT count(*), count(*) FILTER (place = 1) FROM ranked_{feed.name}")
    return Counts(rows_in, rows, rows_in - bad - distinct, distinct - rows, bad)


def _code_form_sql(feed: Feed) -> str:
    return f"SELECT file, row FROM {raw_table(feed)} WHERE credit_code <> {code_sql('credit_code')}"


def _code_check_sql(connection: DuckDBPyConnection, feed: Feed) -> str:
    codes = [str(r[0]) for r in connection.execute(f"SELECT DISTINCT credit_code FROM {clean_table(feed)}").fetchall()]
    failing = ", ".join("'" + c.replace("'", "''") + "'" for c in codes if not normalise.code_passes_check(c))
    return f"SELECT file, row FROM {clean_table(feed)} WHERE credit_code IN ({failing or 'NULL'})"


def _one(connection: DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    row = connection.execute(sql).fetchone()
    return tuple(int(v) for v in row or ())


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{n}"' for n in names)
