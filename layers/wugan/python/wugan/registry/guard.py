"""Whether a delivery may be trusted: registries that are stale, empty or much smaller than last time open no cases."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from wugan.errors import InvalidInput
from wugan.registry.feeds import BUSINESS, LICENCE

NEEDED = frozenset({BUSINESS.name, LICENCE.name})  # without these nobody has anything to change
EVERY_FEED = "every feed"
Rows = Mapping[str, int]  # clean rows by feed
Delivered = Mapping[str, Mapping[str, datetime]]  # when each file was delivered, by feed and file


class Unfit(StrEnum):
    """Why a delivery is not trusted; an operator who knows better names these in `wugan scan --accept`."""

    SHRINK = "shrink"
    STALE = "stale"
    EMPTY = "empty"


@dataclass(frozen=True)
class Limits:
    """How much smaller, and how much older, a feed may be."""

    shrink_percent: float = 10  # than at the last good run, and than at the largest of the last days
    stale_days: float = 3
    remember_days: float = 7  # for so long many small losses count together


@dataclass(frozen=True)
class Finding:
    """One feed that is not trusted: the numbers, and what to do."""

    code: Unfit
    feed: str
    detail: str


@dataclass(frozen=True)
class Trusted:
    """The rows of a good run; without feeds whose smaller number an operator accepted later."""

    at: datetime
    rows: Rows


def judge(
    rows: Rows, before: Rows | None, delivered: Delivered, now: datetime, limits: Limits, trusted: Iterable[Trusted] = ()
) -> tuple[Finding, ...]:
    """What is wrong with a delivery, by feed. `before` are the last good run's rows: None at the first run, empty when they are lost.

    `trusted` are the good runs that are remembered.
    """
    most = _largest(trusted)
    known = before or {}
    found: list[Finding] = []
    if before is not None and not before:
        found.append(_lost())
    for feed, count in rows.items():
        found += _size(feed, count, known.get(feed, 0), most.get(feed, 0), limits)
        found += _age(feed, delivered.get(feed, {}), now, limits)
    return tuple(found)


def remembered(trusted: Iterable[Trusted], now: datetime, limits: Limits) -> tuple[Trusted, ...]:
    """The good runs of the last days."""
    return tuple(t for t in trusted if now - t.at <= timedelta(days=limits.remember_days))


def forgetting(trusted: Iterable[Trusted], feeds: Collection[str]) -> tuple[Trusted, ...]:
    """The good runs without the feeds of which an operator accepted that they are smaller now."""
    return tuple(Trusted(t.at, {feed: count for feed, count in t.rows.items() if feed not in feeds}) for t in trusted)


def accepting(words: Iterable[str]) -> frozenset[Unfit]:
    """What an operator accepts. Raises InvalidInput naming what there is."""
    chosen = {w.strip() for w in words} - {""}
    if unknown := chosen - set(Unfit):
        raise InvalidInput(f"{', '.join(sorted(unknown))}: there are {', '.join(Unfit)}", field="accept")
    return frozenset(Unfit(w) for w in chosen)


def _largest(trusted: Iterable[Trusted]) -> dict[str, int]:
    most: dict[str, int] = {}
    for run in trusted:
        most |= {feed: max(count, most.get(feed, 0)) for feed, count in run.rows.items()}
    return most


def _size(feed: str, count: int, before: int, most: int, limits: Limits) -> Iterator[Finding]:
    if not count and (before or feed in NEEDED):
        yield Finding(Unfit.EMPTY, feed, f"no usable row, {before} at the last good run: {_deliver(feed, Unfit.EMPTY)}")
    elif _shrunk(count, before, limits):
        yield _shrink(feed, count, before, "at the last good run", limits)
    elif _shrunk(count, most, limits):
        yield _shrink(feed, count, most, f"at a good run of the last {limits.remember_days:g} days", limits)


def _shrunk(count: int, before: int, limits: Limits) -> bool:
    return 100 * (before - count) > limits.shrink_percent * before


def _shrink(feed: str, count: int, before: int, when: str, limits: Limits) -> Finding:
    lost = 100 * (before - count) / before
    detail = f"{count} rows, {before} {when}: {lost:.1f} % fewer, the limit is {limits.shrink_percent:g} %"
    return Finding(Unfit.SHRINK, feed, f"{detail}: {_deliver(feed, Unfit.SHRINK)}")


def _age(feed: str, files: Mapping[str, datetime], now: datetime, limits: Limits) -> Iterator[Finding]:
    old = {file: at for file, at in files.items() if now - at > timedelta(days=limits.stale_days)}
    if old:
        oldest = min(old, key=lambda file: old[file])
        days = (now - old[oldest]) / timedelta(days=1)
        detail = f"{len(old)} of {len(files)} files are older than {limits.stale_days:g} days, {oldest} is {days:.1f} days old"
        yield Finding(Unfit.STALE, feed, f"{detail}: {_deliver(feed, Unfit.STALE)}")


def _lost() -> Finding:
    return Finding(Unfit.SHRINK, EVERY_FEED, f"the last good run's counts are gone: compare by hand, then {_accept(Unfit.SHRINK)}")


def _deliver(feed: str, code: Unfit) -> str:
    return f"deliver {feed}/ whole and fresh, or, if this is right, {_accept(code)}"


def _accept(code: Unfit) -> str:
    return f"`wugan scan --accept {code}`"
