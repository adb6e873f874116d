"""Whom a scan must look at again since the last one: whose records changed, and for whom a date passed.

Together they find what a full scan finds: a hit depends on a subject's own records, on its producers' registrations, and on the day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from duckdb import DuckDBPyConnection

from wugan.detection.expression import And, Compare, Expression, Feature, Literal, Not, OneOf, Or, literal
from wugan.detection.features import FEATURES
from wugan.detection.fullscan import Files, connected, parquet
from wugan.detection.rule import Rule
from wugan.registry.buckets import PRODUCER
from wugan.registry.feeds import BLACKLIST, BUSINESS, LICENCE, PROPERTY

_OWN = (BUSINESS.name, LICENCE.name, PROPERTY.name, BLACKLIST.name)
_SIDES = {"c": LICENCE.name, "b": BUSINESS.name}
_DAY = timedelta(days=1)
Window = tuple[str, str, date, date]  # feed, date column, first and last day


def codes(rules: Sequence[Rule], today: Files, before: Files, since: date, until: date) -> list[str]:
    """Credit codes to scan today (`until`), given the files of the last scan (`since`), sorted.

    Both must be cut into the same buckets, and `rules` must be those of the last scan too.
    """
    with connected() as connection:
        found = {*_changed(connection, today, before), *_passed(connection, windows(rules, since, until), today)}
    return sorted(found)


def _changed(connection: DuckDBPyConnection, today: Files, before: Files) -> Iterator[str]:
    """Subjects of which a row came, went or differs, and holders of certificates whose producer's did."""
    for feed in _OWN:
        yield from _column(connection, _difference(feed, today, before))
    producers = _difference(PRODUCER, today, before)
    licences = parquet(today[LICENCE.name])
    yield from _column(connection, f"SELECT DISTINCT credit_code FROM {licences} WHERE producer_code IN ({producers})")


def _difference(feed: str, today: Files, before: Files) -> str:
    new, old = parquet(today[feed]), parquet(before[feed])
    one_way, other_way = (f"(SELECT * FROM {a} EXCEPT SELECT * FROM {b})" for a, b in ((new, old), (old, new)))
    return f"SELECT DISTINCT credit_code FROM (FROM {one_way} UNION ALL FROM {other_way})"


def _passed(connection: DuckDBPyConnection, wanted: Sequence[Window], today: Files) -> Iterator[str]:
    for feed, column, first, last in wanted:
        between = f"{column} BETWEEN {literal(first)} AND {literal(last)}"
        yield from _column(connection, f"SELECT DISTINCT credit_code FROM {parquet(today[feed])} WHERE {between}")


def windows(rules: Sequence[Rule], since: date, until: date) -> list[Window]:
    """Within which days a date must lie for any rule to answer otherwise on `until` than on `since`; rather too wide than too narrow."""
    found: set[Window] = set()
    for condition in (c for r in rules for c in r.conditions):
        for name, number in _thresholds(condition.expression):
            found |= set(_window(name, number, since, until))
    return sorted(found)


def _window(name: str, number: int, since: date, until: date) -> Iterator[Window]:
    feature, days = FEATURES[name], timedelta(days=number)
    if name == "blacklisted":
        for column in ("since", "until"):
            yield BLACKLIST.name, column, since - _DAY, until + _DAY
    elif feature.day:
        side, _, column = feature.day.partition("_")
        first, last = (since + days, until + days) if feature.ahead else (since - days, until - days)
        yield _SIDES[side], column, first - _DAY, last + _DAY


def _thresholds(expression: Expression) -> Iterator[tuple[str, int]]:
    """Each feature that depends on the day, with the numbers it is compared with."""
    match expression:
        case Feature(name):
            yield name, 0
        case Compare(_, Feature(name), Literal(value)) | Compare(_, Literal(value), Feature(name)):
            yield name, _number(value)
        case OneOf(feature, values):
            yield from ((feature.name, _number(v)) for v in values)
        case Not(operand):
            yield from _thresholds(operand)
        case And(operands) | Or(operands):
            for operand in operands:
                yield from _thresholds(operand)
        case _:
            return


def _number(value: object) -> int:
    """A day count; other values depend on no day."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _column(connection: DuckDBPyConnection, sql: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(sql).fetchall()]
