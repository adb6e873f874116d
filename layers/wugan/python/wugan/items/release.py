"""Releases (发布记录): what was published, scheduled and retired, when and by whom. Which version is current follows from them alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

Note = Mapping[str, Any]  # what was simulated when a version was published: counts and the registries' run, nothing personal


class Act(StrEnum):
    """What was done."""

    PUBLISH = "publish"
    RETIRE = "retire"  # no new hits; open cases go on under their version
    CANCEL = "cancel"  # of a publication that had not started


@dataclass(frozen=True)
class Release:
    """One thing that was done to an item. Nothing of it ever changes, so that the releases are the record of who did what."""

    code: str
    number: int  # from 1, in the order in which they were made
    act: Act
    version: str  # what is published, retired or not to come
    at: datetime  # when it was said
    starts: datetime  # from when it holds
    by: str = ""
    simulation: str = ""  # the id of what was looked at before
    note: Note | None = None
    cancels: int = 0  # the number of the release that is not to come


def standing(releases: Iterable[Release], at: datetime) -> dict[str, Release]:
    """The publication that holds at a time, by item code; retired items and those that have not started are left out."""
    by_item: dict[str, list[Release]] = defaultdict(list)
    for release in releases:
        by_item[release.code].append(release)
    found = {code: _standing(of_item, at) for code, of_item in by_item.items()}
    return {code: release for code, release in found.items() if release}


def coming(releases: Sequence[Release], at: datetime) -> list[Release]:
    """The publications of one item that have not started, in the order in which they will."""
    return sorted((r for r in _valid(releases, at) if r.starts > at), key=_order)


def retired(releases: Sequence[Release], at: datetime) -> bool:
    """Whether one item was retired, and not published again."""
    return any(r.act is Act.RETIRE and r.starts <= at for r in releases) and _standing(releases, at) is None


def _standing(releases: Sequence[Release], at: datetime) -> Release | None:
    return max((r for r in _valid(releases, at) if r.starts <= at), key=_order, default=None)


def _valid(releases: Sequence[Release], at: datetime) -> list[Release]:
    """Publications that were neither cancelled in time nor made before the last retirement."""
    ended = max((r.number for r in releases if r.act is Act.RETIRE and r.starts <= at), default=0)
    cancels = [r for r in releases if r.act is Act.CANCEL]
    made = (r for r in releases if r.act is Act.PUBLISH and r.number > ended)
    return [r for r in made if not any(c.cancels == r.number and c.at < r.starts for c in cancels)]


def _order(release: Release) -> tuple[datetime, int]:
    return release.starts, release.number
