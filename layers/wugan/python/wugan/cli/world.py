"""`wugan world`: make the invented registries for demonstrations and tests."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from infra.world import Summary
from infra.world import make as make_world
from infra.world.make import DAY
from wugan.cli.common import refusing

app = typer.Typer(help="The registry world: invented registries with real registries' dirt.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `make` a subcommand while it is the only one."""


@app.command()
def make(
    subjects: Annotated[int, typer.Option(help="How many subjects the city has.", min=1)] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same world.")] = 1,
    out: Annotated[Path, typer.Option(help="Where the feeds and truth.json go.", file_okay=False)] = Path(".local/world"),
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day of the changes.")] = datetime(DAY.year, DAY.month, DAY.day),
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Write business, licence, property, contact and blacklist registries, and the record of what must be found in them."""
    with refusing(), _bars(quiet=as_json) as bars:
        summary = make_world(out, subjects, seed, day.date(), _Steps(bars).tell)
    if as_json:
        typer.echo(json.dumps(summary.as_json(), ensure_ascii=False))
    else:
        _show(summary)


def _bars(*, quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), disable=quiet)


class _Steps:
    """One bar for each thing that is being done."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def tell(self, what: str, done: int, total: int) -> None:
        """Move the bar of `what`."""
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total)
        self._bars.update(self._tasks[what], completed=done, total=total)


def _show(summary: Summary) -> None:
    table = Table("feed", "rows", title=f"{summary.directory}: {summary.subjects} subjects on {summary.day}, seed {summary.seed}")
    for feed, rows in summary.rows.items():
        table.add_row(feed, str(rows))
    console = Console()
    console.print(table)
    console.print(f"{summary.hits} hits of {len(summary.items)} items must be found; {summary.unreachable} subjects cannot be reached.")
