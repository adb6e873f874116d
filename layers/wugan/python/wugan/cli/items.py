"""`wugan items`: check, publish and list the item catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from wugan.detection import personas
from wugan.errors import WuganError
from wugan.items import catalogue, publishing
from wugan.items.model import Item
from wugan.items.problem import Problem
from wugan.items.schema import schema as schema_text
from wugan.items.version import version

app = typer.Typer(no_args_is_help=True, help="Check, publish and list the items (事项) of the catalogue.")

Paths = Annotated[list[Path], typer.Argument(exists=True, metavar="PATH…", help="Item files, or folders of them.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@app.command()
def validate(paths: Paths, as_json: AsJson = False) -> None:
    """Check items and run their personas. Every problem is told with file, line and field; exit code 1 when there is one."""
    found = catalogue.load(paths)
    failing = {e.item.code: e.located(publishing.check(e.item, personas.run)) for e in found.entries}
    problems = [*found.problems, *(problem for told in failing.values() for problem in told)]
    good = [(version(item), item) for item in found.items if not failing[item.code]]
    _report("Valid items", good, problems, as_json)


@app.command()
def publish(paths: Paths, as_json: AsJson = False) -> None:
    """Publish the items whose personas hold; the others are kept back and told. Exit code 1 when one was."""
    from wugan import bootstrap  # the store's settings are needed by the commands that use it only

    found = catalogue.load(paths)
    with _refusing():
        results = publishing.publish(found.entries, bootstrap.item_store(), bootstrap.clock().now(), personas.run)
    problems = [*found.problems, *(problem for result in results for problem in result.problems)]
    _report("Published items", [(r.version, r.item) for r in results if r.version], problems, as_json)


@app.command("list")
def list_items(as_json: AsJson = False) -> None:
    """Show the published items and their current versions."""
    from wugan import bootstrap

    with _refusing():
        current = bootstrap.item_store().current()
    _report("Current items", current, [], as_json)


@app.command()
def schema() -> None:
    """Print the JSON Schema that editors check item files with."""
    typer.echo(schema_text(), nl=False)


def _report(title: str, items: list[tuple[str, Item]], problems: list[Problem], as_json: bool) -> None:
    """Items on stdout, problems one per line on stderr; with --json both as one document on stdout."""
    if as_json:
        body = {"items": [_row(v, item) for v, item in items], "problems": [_problem(p) for p in problems]}
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
