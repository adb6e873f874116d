"""The figures of the statistics, for the page, its charts and the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wugan.bench.statistics import Week

COLUMNS: tuple[tuple[str, str], ...] = (
    ("hits", "命中"),
    ("pushed", "推送"),
    ("opened", "开始认证"),
    ("accepted", "同意办理"),
    ("declined", "不办理"),
    ("delivered", "办结送达"),
    ("false_pushes", "误推"),
)


@dataclass(frozen=True)
class Line:
    """One line of a table: what it is of, its counts in the order of COLUMNS, and the median days where they are of one week."""

    of: str
    counts: tuple[int, ...]
    days: float | None = None

    def count(self, column: str) -> int:
        """One count."""
        return self.counts[[name for name, _ in COLUMNS].index(column)]

    @property
    def false_rate(self) -> str:
        """Per cent of the pushes, with one digit."""
        pushed = self.count("pushed")
        return f"{100 * self.count('false_pushes') / pushed:.1f}%" if pushed else "—"


def line(week: Week, of: str) -> Line:
    """One row."""
    return Line(of, tuple(getattr(week, name) for name, _ in COLUMNS), week.days)


def lines(weeks: list[Week], key: Callable[[Week], str], days: Mapping[str, float] | None = None) -> list[Line]:
    """The sums of the rows that have the same key, in the order in which keys come first. Medians are not summed: `days` tells them."""
    groups: dict[str, list[Week]] = {}
    for week in weeks:
        groups.setdefault(key(week), []).append(week)
    return [
        Line(of, tuple(sum(getattr(w, name) for w in group) for name, _ in COLUMNS), (days or {}).get(of)) for of, group in groups.items()
    ]
