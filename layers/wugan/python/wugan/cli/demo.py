"""`wugan demo`: the main job on this machine, from a registry row to a delivered certificate."""

from __future__ import annotations

import json
import signal
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from wugan.cli import case
from wugan.cli.common import AsJson, print_json, refusing

if TYPE_CHECKING:
    from infra.demo.run import Links

FILES = {
    "summary.json": "the whole",
    "example.txt": "one case as `wugan case show` tells it",
    "traces.jsonl": "every case's trace",
    "ledger": "the public log as files: `wugan audit verify .local/demo/ledger`",
    "proof.json": "the proof of one case: `wugan audit verify .local/demo/proof.json --vkey .local/demo/ledger/log.vkey`",
}
OUTCOMES = ("delivered", "declined", "expired", "withdrawn", "rejected", "unreachable", "by_person", "returned_for_correction", "open")


def demo(
    subjects: Annotated[int, typer.Option(help="How many subjects the invented city has.", min=500)] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same city.")] = 1,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running until Ctrl-C and print the links.")] = False,
    as_json: AsJson = False,
) -> None:
    """Deploy to this machine, publish the 20 items, scan an invented city, play everybody, and count what came of it."""
    from infra.demo.run import FOLDER, Demo
    from infra.demo.tally import shortcomings

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    console = Console(stderr=True, quiet=as_json)
    columns = (SpinnerColumn(), TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with refusing(), Progress(*columns, console=console, disable=as_json) as progress:
        steps = _Steps(progress)
        run = Demo(subjects, seed, keep, tell=steps.begin, bar=steps.move)
        counted = run.run(lambda case_id: case.write(case_id, FOLDER / "example.txt"), lambda links: _hold(progress.console, links))
        steps.finish()
    summary = json.loads((FOLDER / "summary.json").read_text(encoding="utf-8"))
    if as_json:
        print_json(summary)
    else:
        show(summary)
        for name, what in FILES.items():
            console.print(f"{what}: {FOLDER / name}", soft_wrap=True)
    for line in run.astray:
        console.print(f"[yellow]astray[/]: {line}")
    missing = shortcomings(counted)
    for line in missing:
        typer.echo(f"wugan: the demonstration fell short: {line}", err=True)
    if missing:
        raise typer.Exit(1)


def show(summary: dict[str, Any]) -> None:
    """The table at the end: for each item hits, opened and outcomes; the time of each phase."""
    console = Console()
    if not console.is_terminal:
        console.width = 140  # a file has no edge
    shown = [o for o in OUTCOMES if o != "open" or summary["outcomes"].get("open")]
    columns = (Column(_heading(name), justify="right") for name in ("hits", "opened", *shown))
    table = Table(Column("item", no_wrap=True), *columns, title=f"{summary['subjects']} subjects", box=SIMPLE_HEAD, padding=(0, 0, 0, 1))
    for code, counts in summary["items"].items():
        table.add_row(code, *(str(counts.get(k) or "·") for k in ("hits", "opened", *shown)))
    table.add_section()
    totals = {"hits": summary["hits"], "opened": summary["opened"], **summary["outcomes"]}
    table.add_row("all", *(str(totals.get(k) or "·") for k in ("hits", "opened", *shown)), style="bold")
    console.print(table)
    console.print("seconds: " + ", ".join(f"{phase} {seconds}" for phase, seconds in summary["seconds"].items()))
    console.print(_vendors(summary["vendors"]))
    twice = ", ".join(f"{kind} {count}" for kind, count in summary["twice"].items())
    console.print(f"lost {summary['lost']}, duplicates {summary['duplicates']} (counted at the phones, couriers and departments: {twice})")
    ledger = summary["ledger"]
    agrees = "agrees with the tables" if not ledger["findings"] else f"{ledger['findings']} differences from the tables"
    console.print(f"ledger: {ledger['entries']} entries for {ledger['events']} events, {agrees}")


def _vendors(usage: dict[str, dict[str, int]]) -> Table:
    """What was used of each vendor, and the weather there."""
    names = ("messages", "parcels", "faces", "applications", "requests", "faults", "told", "repeated", "reordered", "lost")
    table = Table(Column("vendor", no_wrap=True), *(Column(name, justify="right") for name in names), box=SIMPLE_HEAD, padding=(0, 0, 0, 1))
    for vendor, counts in usage.items():
        table.add_row(vendor, *(str(counts.get(name) or "·") for name in names))
    return table


def _heading(name: str) -> str:
    """A column's heading that leaves room for the item."""
    return {"returned_for_correction": "corrected"}.get(name, name.replace("_", " "))


class _Steps:
    """One line for each phase, with a bar where the number of steps is known."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: Any = None
        self._tenth = 0

    def begin(self, name: str) -> None:
        """The phase before is done; this one begins."""
        self.finish()
        self._task = self._progress.add_task(name, total=None)
        self._say(name)

    def move(self, done: int, of: int) -> None:
        """So many of so many steps are done."""
        self._progress.update(self._task, completed=done, total=of)
        tenth = 10 * done // of
        if tenth > self._tenth:
            self._tenth = tenth
            self._say(f"  {done} of {of}")

    def finish(self) -> None:
        """The running phase is done."""
        if self._task is not None:
            task = next(t for t in self._progress.tasks if t.id == self._task)
            self._progress.update(self._task, total=task.total or 1, completed=task.total or 1)

    def _say(self, line: str) -> None:
        """Where bars cannot move, say it in lines."""
        if not self._progress.console.is_terminal:
            self._progress.console.print(line)


def _hold(console: Console, links: Links) -> None:
    """Say where to look, and wait for Ctrl-C."""
    console.print(f"\nphones, with every message, parcel and link: {links.phones}", soft_wrap=True)
    console.print(f"to check a message without its link: {links.public}/verify", soft_wrap=True)
    console.print(f"the public ledger, and the page that checks proofs: {links.public}/ledger", soft_wrap=True)
    console.print(f"desk: {links.public}/desk/sign-in, with the code of a bureau:", soft_wrap=True)
    for jurisdiction, code in links.desk.items():
        console.print(f"  {jurisdiction}: {code}", soft_wrap=True)
    console.print("`wugan case list` and `wugan case show ID` work now in another terminal; Ctrl-C stops everything")
    try:
        signal.pause()
    except KeyboardInterrupt:
        console.print("stopping")
