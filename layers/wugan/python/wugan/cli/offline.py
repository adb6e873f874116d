"""What commands work on without a stack: feeds as the bureaus deliver them, and item files."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from wugan.clock import BEIJING, SystemClock
from wugan.items import catalogue
from wugan.items.model import Item
from wugan.items.version import version
from wugan.registry import lookup
from wugan.registry.lookup import BucketReader

REGISTRY_CACHE = Path(".local/cache/registry")
Registry = Annotated[Path | None, typer.Option(help="Offline: this folder of feeds, <feed>/<file>.", exists=True, file_okay=False)]
ItemFiles = Annotated[Path, typer.Option("--items", help="Offline: the item files.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Offline: the day of the records; today unless told.")]


def reader(registry: Path, day: datetime | None) -> BucketReader:
    """Subjects of a folder of feeds, which is taken in once. Raises NotFound when nothing is there."""
    from wugan.registry.snapshot import taken_in  # with DuckDB's import, for the commands that need it

    return lookup.local(taken_in(registry, REGISTRY_CACHE, day_of(day)))


def day_of(day: datetime | None) -> date:
    """The day that was asked for, else today in Beijing."""
    return day.date() if day else SystemClock().now().astimezone(BEIJING).date()


def current(path: Path) -> list[tuple[str, Item]]:
    """The items of a file or folder with their versions, by number. What is wrong with the others is told on stderr."""
    found = catalogue.load([path])
    for problem in found.problems:
        typer.echo(str(problem), err=True)
    return [(version(item), item) for item in found.items]
