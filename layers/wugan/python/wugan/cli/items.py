"""`wugan items`: check, simulate, publish and list the item catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from wugan.bench.simulation import outcome
from wugan.cli import offline, simulate, snapshots
from wugan.cli.scan import print_lines
from wugan.detection import coverage
from wugan.detection import simulate as simulation
from wugan.detection.rule import rule
from wugan.errors import WuganError
from wugan.items import catalogue, publishing
from wugan.items.model import Item
from wugan.items.problem import Problem
from wugan.items.publishing import Draft, Gate, Simulated
from wugan.items.schema import schema as schema_text
from wugan.items.version import version

app = typer.Typer(no_args_is_help=True, help="Check, simulate, publish and list the items (事项) of the catalogue.")

Paths = Annotated[list[Path], typer.Argument(exists=True, metavar="PATH…", help="Item files, or folders of them.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


app.command("simulate")(simulate.simulate)


@app.command()
def validate(paths: Paths, as_json: AsJson = False) -> None:
    """Check items, run their personas and tell what they leave unshown. Every problem is told with file, line and field; exit code 1."""
    from wugan.detection import checks  # sqlglot takes a quarter of a second to come

    found = catalogue.load(paths)
    failing = {e.item.code: e.located(checks.check(e.item)) for e in found.entries}
    problems = [*found.problems, *(problem for told in failing.values() for problem in told)]
    good = [(version(item), item) for item in found.items if not failing[item.code]]
    covered = {item.code: asdict(coverage.cover(item)) for _, item in good} if as_json else {}
    _report("Valid items", good, problems, as_json, coverage=covered)


@app.command()
def publish(
    paths: Paths,
    registry: Annotated[
        Path | None, typer.Option(help="Simulate on this folder of feeds; else on the stack's.", exists=True, file_okay=False)
    ] = None,
    bound: Annotated[
        float,
        typer.Option(help=f"Refuse when more than so many per cent of the hits move (and more than {publishing.LEAST_MOVED}).", min=0),
    ] = publishing.USUAL_PERCENT,
    day: offline.Day = None,
    accept: Annotated[bool, typer.Option("--accept", help="Publish although the hits move further.")] = False,
    as_json: AsJson = False,
) -> None:
    """Publish the items that pass their checks and the simulation; the others are kept back and told. Exit code 1 when one was."""
    from wugan import bootstrap  # the store's settings are needed by the commands that use it only
    from wugan.detection import checks

    found = catalogue.load(paths)
    console = Console(stderr=True, quiet=as_json)
    with _refusing():
        gate = Gate(lambda drafts: _simulated(drafts, registry, offline.day_of(day), console), bound, accept)
        results = publishing.publish(found.entries, bootstrap.item_store(), bootstrap.clock().now(), checks.check, gate)
    problems = [*found.problems, *(problem for result in results for problem in result.problems)]
    simulated = {r.item.code: r.simulated.as_json() for r in results if r.simulated}
    if not as_json:
        print_lines(f"{r.item.code}: {r.simulated.numbers}" for r in results if r.simulated)
    if unseen := [r.item.code for r in results if r.version and not r.unchanged and not r.simulated]:
        typer.echo(f"not simulated, for no registry has been taken in yet: {', '.join(unseen)}", err=True)
    _report("Published items", [(r.version, r.item) for r in results if r.version], problems, as_json, simulated=simulated)


@app.command("list")
def list_items(as_json: AsJson = False) -> None:
    """Show the published items and their current versions."""
    from wugan import bootstrap

    with _refusing():
        store = bootstrap.item_store()
        current = store.current(bootstrap.clock().now())
        notes = {item.code: note for name, item in current if as_json and (note := store.note(item.code, name))}
    _report("Current items", current, [], as_json, simulated=notes)


def _simulated(drafts: Sequence[Draft], registry: Path | None, day: date, console: Console) -> dict[str, Simulated]:
    """What the drafts come to beside the versions they take the place of; nothing when no registry was taken in yet."""
    from wugan import bootstrap

    with simulate.bars(console) as tell:
        shot = snapshots.of_folder(registry, day, tell) if registry else snapshots.current(bootstrap.registry_files())
    if shot is None:
        return {}
    against = [rule(item, name) for name, item in (d.before for d in drafts if d.before)]
    with console.status("simulating"):
        results = simulation.simulate([rule(d.item, d.version) for d in drafts], shot, against=against)
    return {r.code: outcome(r, shot) for r in results}


@app.command()
def schema() -> None:
    """Print the JSON Schema that editors check item files with."""
    typer.echo(schema_text(), nl=False)


def _report(title: str, items: list[tuple[str, Item]], problems: list[Problem], as_json: bool, **more: Any) -> None:
    """Items on stdout, problems one per line on stderr; with --json both as one document on stdout, and what more there is."""
    if as_json:
        body = {"items": [_row(v, item) for v, item in items], "problems": [_problem(p) for p in problems], **more}
        typer.echo(json.dumps(body, ensure_ascii=False, indent=2))
    else:
        if items:
            Console().print(_table(title, items))
        for problem in problems:
            typer.echo(str(problem), err=True)
    if problems:
        raise typer.Exit(1)


def _table(title: str, items: Iterable[tuple[str, Item]]) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left")
    table.add_column("No.", justify="right")
    table.add_column("Name", overflow="fold")
    table.add_column("Code", no_wrap=True)
    table.add_column("Version", no_wrap=True)
    for name, item in items:
        table.add_row(str(item.number), item.name, item.code, name)
    return table


def _row(name: str, item: Item) -> dict[str, Any]:
    return {
        "code": item.code,
        "number": item.number,
        "name": item.name,
        "kind": item.kind,
        "jurisdictions": {**item.jurisdictions},
        "personas": len(item.personas),
        "version": name,
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"file": problem.file, "line": problem.line, "field": problem.field, "message": problem.message}


@contextmanager
def _refusing() -> Iterator[None]:
    """An expected error becomes one line on stderr and exit code 1."""
    try:
        yield
    except WuganError as error:
        typer.echo(f"wugan items: {error}", err=True)
        raise typer.Exit(1) from error
