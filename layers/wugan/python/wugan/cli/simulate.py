"""`wugan items simulate`: whom items would hit, before they are published. Reads registries, opens nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from wugan.cli import offline, snapshots
from wugan.cli.common import AsJson, print_json, refusing
from wugan.cli.scan import print_lines
from wugan.detection import simulate as simulation
from wugan.detection.rule import Rule, rule
from wugan.detection.simulate import DayOfReplay, Replay, Sample, Simulation, Snapshot
from wugan.errors import InvalidInput, NotFound
from wugan.items import catalogue
from wugan.items.catalogue import Entry
from wugan.items.model import Item, Jurisdiction
from wugan.items.problem import ItemInvalid, Problem
from wugan.items.version import version
from wugan.registry.intake import Progress as Tell

CURRENT = "current"
_KINDS = {"hit": "hit", "newly": "newly hit", "no_longer": "no longer hit"}


def simulate(
    paths: Annotated[list[Path], typer.Argument(exists=True, metavar="FILE…", help="Item files, or folders of them.")],
    registry: Annotated[
        Path | None, typer.Option(help="A folder of feeds as the bureaus deliver them; else the stack's.", exists=True, file_okay=False)
    ] = None,
    against: Annotated[str, typer.Option(help="Compare with another version: an item file, a published version, or 'current'.")] = "",
    replay: Annotated[str, typer.Option(help="Each day from one to another: FROM..TO. With --registry: its folders YYYY-MM-DD.")] = "",
    day: offline.Day = None,
    all_items: Annotated[bool, typer.Option("--all", help="Every item in the folder of FILE.")] = False,
    samples: Annotated[int, typer.Option(help="Explain so many hits of each item.", min=0, max=100)] = 0,
    as_json: AsJson = False,
) -> None:
    """Tell whom items would hit now, beside another version, or on past days. Exit code 1 when an item or the registries are wrong."""
    console = Console(stderr=True, quiet=as_json)
    with refusing():
        if against and replay:
            raise InvalidInput("cannot be combined with --replay: simulate them one after the other", field="against")
        entries, problems = _entries(paths, all_items)
        rules = [rule(e.item, version(e.item)) for e in entries]
        others = _others(entries, against) if against else []
        if replay:
            body = _replay(rules, _days(registry, snapshots.span(replay), console), as_json)
        else:
            shot = _one(registry, day, console)
            with console.status("simulating"):
                results = simulation.simulate(rules, shot, against=others, samples=samples)
            body = _now(results, shot, as_json)
    if as_json:
        print_json(body | {"problems": [{"file": p.file, "line": p.line, "field": p.field, "message": p.message} for p in problems]})
    for problem in problems:
        typer.echo(str(problem), err=True)
    if problems:
        raise typer.Exit(1)


@contextmanager
def bars(console: Console) -> Iterator[Tell]:
    """A bar for each step of an intake."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:

        def tell(what: str, done: int, total: int) -> None:
            tasks[what] = tasks[what] if what in tasks else shown.add_task(what, total=total)
            shown.update(tasks[what], completed=done, total=total)

        yield tell


def _entries(paths: Sequence[Path], all_items: bool) -> tuple[list[Entry], list[Problem]]:
    """The items whose rules can be run, and what is wrong with the others."""
    from wugan.detection import dialect  # sqlglot takes a quarter of a second to come

    folders = dict.fromkeys(p if p.is_dir() else p.parent for p in paths)
    found = catalogue.load(folders if all_items else paths)
    wrong = {e.item.code: e.located(dialect.check(e.item)) for e in found.entries}
    problems = [*found.problems, *(p for told in wrong.values() for p in told)]
    return [e for e in found.entries if not wrong[e.item.code]], problems


def _others(entries: Sequence[Entry], against: str) -> list[Rule]:
    """The rules to compare with, by the codes of the items."""
    codes, file = {e.item.code for e in entries}, Path(against)
    found = _read(file) if file.exists() else _published([e.item for e in entries], against)
    others = [rule(item, version(item)) for item in found if item.code in codes]
    if not others:
        raise NotFound(f"{against!r} has none of these items: {', '.join(sorted(codes)) or 'none'}", field="against")
    return others


def _read(file: Path) -> Sequence[Item]:
    read = catalogue.load([file])
    if read.problems:
        raise ItemInvalid(read.problems)
    return read.items


def _published(items: Sequence[Item], against: str) -> Iterator[Item]:
    from wugan import bootstrap  # the store's settings are needed for published versions only

    store = bootstrap.item_store()
    if against == CURRENT:
        yield from (item for _, item in store.current(bootstrap.clock().now()))
    else:
        if len(items) != 1:
            raise InvalidInput("a version is of one item: name one file, or compare with 'current'", field="against")
        yield store.get(items[0].code, against)


def _one(registry: Path | None, day: datetime | None, console: Console) -> Snapshot:
    if registry:
        with bars(console) as tell:
            return snapshots.of_folder(registry, offline.day_of(day), tell)
    from wugan import bootstrap

    with console.status("fetching the registries"):
        shot = snapshots.current(bootstrap.registry_files())
    if shot is None:
        raise NotFound("the stack has taken in no registries yet: scan first, or name files with --registry DIR", field="registry")
    return shot


def _days(registry: Path | None, span: tuple[date, date], console: Console) -> Iterator[Snapshot]:
    if registry:
        with bars(console) as tell:
            yield from snapshots.days_of_folder(registry, *span, tell)
        return
    from wugan import bootstrap

    with console.status("fetching the registries"):
        yield from snapshots.days_kept(bootstrap.registry_files(), *span)


def _now(results: Sequence[Simulation], shot: Snapshot, as_json: bool) -> dict[str, Any]:
    if not as_json:
        print_lines([snapshots.told(shot)])
        Console().print(_table(results))
        for result in results:
            print_lines(line for sample in result.samples for line in _explained(result.code, sample))
    return {"registry": _registry(shot), "items": [r.as_json() for r in results]}


def _replay(rules: Sequence[Rule], shots: Iterable[Snapshot], as_json: bool) -> dict[str, Any]:
    replay, days, registries = Replay(rules), [], []
    for shot in shots:
        registries.append(shot)
        days.append(replay.day(shot))
    cases = {r.item.code: len(replay.cases[r.item.code]) for r in rules}
    if not as_json:
        print_lines(map(snapshots.told, registries))
        Console().print(_days_table(days))
        Console().print(_cases_table(cases))
    told = [d.as_json() for results in days for d in results]
    return {"registries": [_registry(s) for s in registries], "days": told, "cases": cases}


def _registry(shot: Snapshot) -> dict[str, Any]:
    kept = ("subjects", "quarantined", "refused", "incomplete")
    return {"name": shot.name, "as_of": shot.as_of.isoformat(), **{key: shot.intake[key] for key in kept}}


def _table(results: Sequence[Simulation]) -> Table:
    compared = any(r.against for r in results)
    table = _plain("item", "hits", *Jurisdiction, *(("before", "newly", "no longer") if compared else ()))
    for r in results:
        areas = [str(r.by_jurisdiction.get(j, 0)) for j in Jurisdiction]
        other = [str(n) for n in (r.against.hits, r.against.newly, r.against.no_longer)] if r.against else ["-"] * 3
        table.add_row(r.code, str(r.hits), *areas, *(other if compared else ()))
    return table


def _days_table(days: Sequence[Sequence[DayOfReplay]]) -> Table:
    columns = ("hits", "newly", "no_longer", "opened")
    table = _plain("day", *(c.replace("_", " ") for c in columns))
    for results in days:
        sums = Counter[str]()
        for r in results:
            sums.update({c: getattr(r, c) for c in columns})
        table.add_row(*dict.fromkeys(r.day.isoformat() for r in results), *(str(sums[c]) for c in columns))
    return table


def _cases_table(cases: dict[str, int]) -> Table:
    table = _plain("item", "cases in all")
    for code, count in cases.items():
        table.add_row(code, str(count))
    return table


def _plain(first: str, *others: str) -> Table:
    table = Table(first, box=box.SIMPLE_HEAD, pad_edge=False)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _explained(code: str, sample: Sample) -> Iterator[str]:
    yield f"{code} {sample.subject} {sample.certificate_no or ''} {sample.jurisdiction}: {_KINDS[sample.kind]}"
    yield from (f"    {c.field}: {c.old} → {c.new}" for c in sample.changes)
    yield from (f"    {reason}" for reason in sample.conditions)
