"""Registry snapshots for the command line: a folder of the bureaus' files, taken in once and kept, or the stack's clean files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from wugan.cli.offline import REGISTRY_CACHE
from wugan.detection.simulate import Snapshot, snapshot
from wugan.errors import InvalidInput, NotFound
from wugan.registry.intake import Progress
from wugan.registry.lookup import BucketReader
from wugan.registry.port import RegistryFiles
from wugan.registry.snapshot import taken_in


def of_folder(folder: Path, day: date, progress: Progress | None = None) -> Snapshot:
    """The files in `folder/<feed>/`, taken in as of a day; the same files are taken in once. Raises NotFound when there is no file."""
    kept = taken_in(folder, REGISTRY_CACHE, day, progress)
    return snapshot(folder.name, lambda name: kept / name)


def days_of_folder(folder: Path, first: date, last: date, progress: Progress | None = None) -> Iterator[Snapshot]:
    """The day folders `folder/YYYY-MM-DD/<feed>/` from one day to another, in order. Raises NotFound when there is none."""
    found = sorted((day, path) for path in folder.iterdir() if path.is_dir() and (day := _day(path.name)) and first <= day <= last)
    if not found:
        raise NotFound(f"no folder {first}, …, {last} is in {folder}: put each day's files in YYYY-MM-DD/<feed>/", field="replay")
    yield from (of_folder(path, day, progress) for day, path in found)


def current(kept: RegistryFiles) -> Snapshot | None:
    """The clean files that lookups read now; None before the first scan."""
    run = kept.published()
    return snapshot(run, kept.clean(run)) if run else None


def days_kept(kept: RegistryFiles, first: date, last: date) -> Iterator[Snapshot]:
    """The last kept run of each day, in order. Raises NotFound when there is none."""
    runs = {BucketReader(kept.clean(run)).manifest.as_of: run for run in kept.kept()}
    found = [runs[day] for day in sorted(runs) if first <= day <= last]
    if not found:
        raise NotFound(f"no run of {first}, …, {last} is kept: there are {', '.join(map(str, sorted(runs))) or 'none'}", field="replay")
    yield from (snapshot(run, kept.clean(run)) for run in found)


def span(text: str) -> tuple[date, date]:
    """`FROM..TO`. Raises InvalidInput."""
    first, dots, last = (_day(part) if part != ".." else part for part in text.partition(".."))
    if not (isinstance(first, date) and isinstance(last, date) and dots and first <= last):
        raise InvalidInput(f"{text!r} is not FROM..TO, such as 2026-11-01..2026-11-23", field="replay")
    return first, last


def told(shot: Snapshot) -> str:
    """In one line what was not taken in, and what is missing."""
    seen = shot.intake
    parts = [f"{shot.name}: {shot.as_of}, {seen['subjects']} subjects"]
    if seen["quarantined"]:
        parts.append(f"{sum(seen['quarantined'].values())} rows quarantined")
    parts += [f"refused {r['feed']}/{r['file']} ({r['detail']})" for r in seen["refused"]]
    if seen["incomplete"]:
        parts.append(f"incomplete: {', '.join(seen['incomplete'])}")
    return "; ".join(parts)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
