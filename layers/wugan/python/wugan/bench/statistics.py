"""Statistics (统计): what became of the hits of a week, by item. A week is that of the hit, ISO 8601, in Beijing.

They are worked out anew from the cases each night, so that whoever runs them twice gets the same.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from statistics import median
from typing import Any, Protocol

from wugan.cases.model import Head, Outcome
from wugan.cases.ports import CaseStore
from wugan.clock import BEIJING, Clock
from wugan.items.port import ItemStore

WEEKS = 53  # that are worked out anew; what came of older hits has settled
FALSE_PUSHES = frozenset({(Outcome.BY_PERSON, "no_longer_qualifies"), (Outcome.REJECTED, "not_qualified")})


class Text(Protocol):
    """One text that is kept."""

    def read(self) -> str:
        """The text; empty when there is none yet."""

    def write(self, text: str) -> None:
        """Replace it."""


@dataclass(frozen=True)
class Week:
    """The hits of one item in one week, and what became of them by now."""

    item: str  # code
    week: str  # 2026-W48
    hits: int
    pushed: int  # a prompt was handed to a channel
    opened: int  # an identity check was begun
    accepted: int  # the intention was confirmed
    declined: int
    delivered: int
    false_pushes: int  # pushed, and ended because the item did not apply: FALSE_PUSHES
    days: float | None  # median from hit to delivered


@dataclass(frozen=True)
class Counted:
    """All weeks that are kept, oldest first, and when they were worked out."""

    at: datetime | None = None
    weeks: tuple[Week, ...] = ()
    days: Mapping[str, float] = field(default_factory=dict)  # median from hit to delivered of all these weeks, by item

    def as_text(self) -> str:
        """JSON."""
        return json.dumps(asdict(self) | {"at": self.at.isoformat() if self.at else None}, ensure_ascii=False)


def counted(text: str) -> Counted:
    """The reverse of `as_text`; of an empty text, nothing was counted yet."""
    if not text:
        return Counted()
    body: dict[str, Any] = json.loads(text)
    return Counted(datetime.fromisoformat(body["at"]), tuple(Week(**w) for w in body["weeks"]), body.get("days", {}))


def week_of(at: datetime) -> str:
    """The ISO week, which sorts as time does."""
    year, week, _ = at.astimezone(BEIJING).isocalendar()
    return f"{year}-W{week:02d}"


def weeks(heads: Iterable[Head]) -> list[Week]:
    """The rows of these cases, in order."""
    of: dict[tuple[str, str], list[Head]] = defaultdict(list)
    for head in heads:
        of[week_of(head.opened_at), head.item_code].append(head)
    return [summed(code, week, cases) for (week, code), cases in sorted(of.items())]


def summed(item: str, week: str, cases: Iterable[Head]) -> Week:
    """One row."""
    heads = list(cases)
    days = [days_to_delivery(h) for h in heads if h.delivered_at]
    return Week(
        item,
        week,
        hits=len(heads),
        pushed=sum(h.prompted_at is not None for h in heads),
        opened=sum(h.begun_at is not None for h in heads),
        accepted=sum(h.applied_at is not None for h in heads),
        declined=sum(h.outcome is Outcome.DECLINED for h in heads),
        delivered=sum(h.delivered_at is not None or h.outcome is Outcome.DELIVERED for h in heads),
        false_pushes=sum(h.prompted_at is not None and (h.outcome, h.reason) in FALSE_PUSHES for h in heads),
        days=round(median(days), 1) if days else None,
    )


def medians(heads: Iterable[Head]) -> dict[str, float]:
    """By item, the median days from hit to delivery of the cases that came so far."""
    of: dict[str, list[float]] = defaultdict(list)
    for head in heads:
        if head.delivered_at:
            of[head.item_code].append(days_to_delivery(head))
    return {code: round(median(days), 1) for code, days in sorted(of.items())}


def days_to_delivery(head: Head) -> float:
    """Days from the hit to the delivery."""
    assert head.delivered_at is not None
    return (head.delivered_at - head.opened_at) / timedelta(days=1)


@dataclass(frozen=True)
class Statistics:
    """Works the rows out and keeps them in one text, which is all that a page reads."""

    cases: CaseStore
    items: ItemStore
    kept: Text
    clock: Clock

    def run(self) -> Counted:
        """Count the last weeks anew; rows of older hits stay as they are."""
        now = self.clock.now()
        start = _monday(now) - timedelta(weeks=WEEKS - 1)
        heads = [head for code in sorted({r.code for r in self.items.releases()}) for head in self._since(code, start)]
        settled = [w for w in counted(self.kept.read()).weeks if w.week < week_of(start)]
        found = Counted(now, (*settled, *weeks(heads)), medians(heads))
        self.kept.write(found.as_text())
        return found

    def _since(self, code: str, start: datetime) -> Iterator[Head]:
        return takewhile(lambda head: head.opened_at >= start, self.cases.by_item(code))


def _monday(at: datetime) -> datetime:
    day = at.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())
