"""One row judged by the feed contract, in Python: what `cleaning` does to a file's rows in SQL, for a row that comes alone.

Values are text, as in the files. A test holds the two together on random rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from wugan.registry import normalise
from wugan.registry.feeds import Column, Feed, Type

WITHOUT_END = ("长期", "永久", "长期有效")
REASONS = {
    "missing_value": "{}为空",
    "bad_date": "{}不是可用的日期",
    "bad_value": "{}不在允许的取值范围内",
    "misshapen": "列数与表头不一致",
    "too_long": "整行过长",
}
VERSION_NUMBER = "[0-9]{1,20}([.][0-9]{1,18})?"  # a version that counts as a number; every number comes before every text
FIRST_YEAR, LAST_YEAR = 1900, 9999

Row = Mapping[str, str | None]  # by column; a date as YYYY-MM-DD, None where nothing is said

_WHOLE, _FRACTION = 20, 18
_EMPTY = {
    Type.TEXT: normalise.STANDS_FOR_EMPTY,
    Type.CODE: normalise.STANDS_FOR_EMPTY,
    Type.DATE: normalise.STANDS_FOR_EMPTY | {*WITHOUT_END},
}
_SPACE = " 　" + normalise.INVISIBLE  # what RE2 calls a space is among the control characters
_NO_SPACE = str.maketrans("", "", _SPACE)
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF5B)}
_DAY = re.compile(
    r"(?a:(\d{4})-(\d{1,2}+)-(\d{1,2}+)(?:(?:\s+|T)([01]?\d|2[0-3]):([0-5]?\d):([0-5]?\d))?"
    r"|(\d{4})\.(\d{1,2}+)\.(\d{1,2}+)"
    r"|(\d{4})/(\d{1,2}+)/(\d{1,2}+)|(\d{4})(\d{1,2}+)(\d{1,2}+)|(\d{4})年(\d{1,2}+)月(\d{1,2}+)日)[ \t-\r]*"
)


@dataclass(frozen=True)
class Problem:
    """Why a row is not taken in; `reason` is for people and repeats nothing of the row."""

    code: str  # missing_value | bad_date | bad_value
    column: str
    reason: str


def judged(feed: Feed, given: Mapping[str, str | None]) -> Row | Problem:
    """The row in the contract's form, or the first thing that is wrong with it. A column that is not there counts as empty."""
    row: dict[str, str | None] = {}
    problem: Problem | None = None
    for column in feed.columns:
        said = _said(column, given.get(column.name))
        row[column.name] = _day(said) if said and column.type is Type.DATE else said
        problem = problem or _problem(column, said, row[column.name])
    return problem or row


def version_rank(version: str) -> str:
    """A text that sorts as versions do: texts first, then numbers, equal numbers as text."""
    if not re.fullmatch(VERSION_NUMBER, version):
        return f"0{version}"
    whole, _, fraction = version.partition(".")
    return f"1{whole.zfill(_WHOLE)}{fraction.ljust(_FRACTION, '0')}{version}"


def _said(column: Column, value: str | None) -> str | None:
    trimmed = (value or "").strip(_SPACE)
    if trimmed.upper() in _EMPTY[column.type]:
        return None
    return _code(trimmed) if column.type is Type.CODE else trimmed


def _code(value: str) -> str:
    """In half-width capitals, one character for one, as the database does it."""
    half = value.translate(_NO_SPACE).translate(_HALF_WIDTH)
    return "".join(capital if len(capital := c.upper()) == 1 else c for c in half)


def _day(value: str) -> str | None:
    match = _DAY.fullmatch(value)
    if not match:
        return None
    groups = match.groups()
    year, month, day = next(groups[i : i + 3] for i in (0, 6, 9, 12, 15) if groups[i])
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found.isoformat() if FIRST_YEAR <= found.year <= LAST_YEAR else None


def _problem(column: Column, said: str | None, value: str | None) -> Problem | None:
    if said is None:
        return _because("missing_value", column) if column.required else None
    if value is None:
        return _because("bad_date", column)
    return _because("bad_value", column) if column.choices and value not in column.choices else None


def _because(code: str, column: Column) -> Problem:
    return Problem(code, column.name, REASONS[code].format(column.title))
