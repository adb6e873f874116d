"""A row that comes alone is judged as the same row in a file would be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest
from duckdb import DuckDBPyConnection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wugan.registry import cleaning, files
from wugan.registry.feeds import FEEDS, Feed, Type
from wugan.registry.rows import Problem, Row, judged, version_rank

ODD = [
    "",
    "-",
    "--",
    "/",
    "\\",
    "无",
    "暂无",
    "null",
    "None",
    "n/a",
    "长期",
    "永久",
    " ",
    "　",
    "\t无\n",
    "Ｎ／Ａ",
    "ı",
    "\x0b",
    "\xa0",
    "\u200b",
    "\ufeff无\u00ad",
    "\ufe0f\x7f",
]
DAYS = [
    "2026-11-23", "2026-1-2", "2026/11/23", "20261123", "2026112", "202611", "2026年11月3日", "2026-11-23 10:00:00", "2026-11-23  1:2:3",
    "2026-11-23 24:00:00", "2026-02-30", "1899-12-31", "1900-01-01", "9999-12-31", "infinity", "-infinity", "epoch", "26-1-2",
    "2026-011-02", "２０２６-01-02", "2026-11-23\x0b", "长期有效", "2026-11-231:2:3", "2026-11-23\t1:2:3", "2026-11-23 1:2:3 ",
    "2026.11.23", "2026.1.2", "2026.011.2", "2026-11-23T10:00:00", "2026-11-23t10:00:00", "2026-11-23T 1:2:3", "2026-11-23 T1:2:3",
    "\ufeff2026-11-23\u200b", "2026\u200b-11-23", "2026-11-23T1:2:3",
]  # fmt: skip
VERSIONS = ["1", "2", "10", "007", "7", "7.5", "7.10", "v2", "1e3", "0x1F", "-3", "", "2026-11-23 10:00:00", "9" * 20, "9" * 21, "1.5"]
CODES = [
    "91370203MA0000001G",
    "９１３７０２０３ma0000001g",
    " 9137 0203MA0000001G ",
    "91370203\u200bMA0000001G\ufeff",
    "\u00ad9137\x7f0203MA0000001\ufe0fG",
    "x",
    "无",
]
DIGITS = st.text("0123456789-/:.T 年月日\t\u200b", max_size=12)
# Letters whose capital is two letters (ß) are left out: no code has them, and the engines write them differently.
LETTERS = st.characters(codec="utf-8", exclude_characters="\0").filter(lambda c: len(c.upper()) == 1)
TEXT = st.one_of(st.text(LETTERS, max_size=6), st.sampled_from([*ODD, *CODES]))
UNHURRIED = settings(
    max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def values(feed: Feed) -> st.SearchStrategy[dict[str, str | None]]:
    """Rows of a feed, mostly good ones, with oddities in any column."""
    columns = {}
    for column in feed.columns:
        usual = st.sampled_from({Type.DATE: DAYS, Type.CODE: CODES, Type.TEXT: column.choices or ("甲", "乙 ")}[column.type])
        odd = DIGITS if column.type is Type.DATE else TEXT
        columns[column.name] = st.one_of(usual, usual, usual, odd, st.sampled_from(ODD), st.none())
    return st.fixed_dictionaries({**columns, "version": st.sampled_from(VERSIONS)})


@pytest.fixture(scope="module")
def connection() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as made:
        yield made


def by_sql(connection: DuckDBPyConnection, feed: Feed, rows: list[dict[str, str | None]]) -> list[Row | tuple[str, str]]:
    """What the cleaning of files makes of the rows."""
    files.prepare(connection, feed)
    marks = ", ".join("?" * (len(feed.columns) + 2))
    given_rows = [["a.csv", n, *(row[c] for c in feed.names)] for n, row in enumerate(rows)]
    connection.executemany(f"INSERT INTO {files.raw_table(feed)} VALUES ({marks})", given_rows)
    cleaning.clean(connection, feed, 4, {})
    columns = ", ".join(f'"{c}"' for c in feed.names)
    found = connection.execute(f"SELECT problem, {columns} FROM {cleaning.judged_table(feed)} ORDER BY row").fetchall()
    return [tuple(r[0].split(":")) if r[0] else dict(zip(feed.names, map(_text, r[1:]), strict=True)) for r in found]


def _text(value: str | date | None) -> str | None:
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize("name", FEEDS)
@UNHURRIED
@given(data=st.data())
def test_python_and_sql_judge_alike(connection: DuckDBPyConnection, name: str, data: st.DataObject) -> None:
    feed = FEEDS[name]
    rows = data.draw(st.lists(values(feed), min_size=1, max_size=8))
    ours = [(j.code, j.column) if isinstance(j := judged(feed, row), Problem) else dict(j) for row in rows]
    assert ours == by_sql(connection, feed, rows)


@UNHURRIED
@given(versions=st.lists(st.one_of(st.sampled_from(VERSIONS), st.text("0123456789.-ev", min_size=1, max_size=22)), min_size=1, max_size=6))
def test_the_newest_version_is_the_same(connection: DuckDBPyConnection, versions: list[str]) -> None:
    feed = FEEDS["property"]
    rows: list[dict[str, str | None]] = [{"credit_code": "X", "address": "甲", "certificate_no": "1", "version": v} for v in versions]
    kept = [str(row["version"]) for row in (judged(feed, r) for r in rows) if not isinstance(row, Problem)]
    by_sql(connection, feed, rows)
    newest = connection.execute(f"SELECT version FROM {cleaning.clean_table(feed)}").fetchall()
    assert [r[0] for r in newest] == ([max(kept, key=version_rank)] if kept else [])


def test_a_problem_tells_nothing_of_the_row() -> None:
    row = {"credit_code": "91370203MA0000001G", "name": "张三的机密名称", "entity_type": "马戏团"}
    assert judged(FEEDS["business"], row) == Problem("bad_value", "entity_type", "主体类型不在允许的取值范围内")
