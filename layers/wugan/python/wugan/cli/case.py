"""`wugan case`: look up what happened, in order, and withdraw on a person's word."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.tree import Tree

from wugan.cases import codec, decide
from wugan.cases.model import Event, Head, broken_link
from wugan.cli.common import AsJson, print_json, refusing
from wugan.errors import NotFound
from wugan.items.model import SubjectField
from wugan.web import texts

app = typer.Typer(no_args_is_help=True, help="Cases (办件): list, show the whole trace, withdraw.")
CaseId = Annotated[str, typer.Argument(help="The id of the case.", metavar="ID")]


@app.command("list")
def list_cases(
    item: Annotated[str, typer.Option(help="Only this item's code.")] = "",
    subject: Annotated[str, typer.Option(help="Only this subject's credit code.")] = "",
    outcome: Annotated[str, typer.Option(help="Only cases that ended so; `open` for those that run.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show cases, the newest first."""
    from wugan import bootstrap

    with refusing():
        store = bootstrap.case_store()
        codes = [item] if item else [i.code for _, i in bootstrap.item_store().current(bootstrap.clock().now())]
        heads = store.by_subject(subject) if subject else (h for code in codes for h in store.by_item(code))
        found = list(islice((h for h in heads if _wanted(h, outcome)), limit))
    if as_json:
        print_json([codec.head_to_json(h) for h in found])
        return
    table = Table(*(Column(name, no_wrap=True) for name in ("case", "item", "subject", "bureau")), "stage", "outcome", "opened")
    for h in found:
        ended = texts.OUTCOMES[h.outcome] if h.outcome else ""
        table.add_row(h.case_id, h.item_code, h.subject, h.jurisdiction, texts.STAGES[h.stage], ended, f"{h.opened_at:%Y-%m-%d %H:%M}")
    Console().print(table)


def _wanted(head: Head, outcome: str) -> bool:
    ended = head.outcome.value if head.outcome and head.ended else "open"
    return not outcome or outcome == ended


@app.command()
def show(case_id: CaseId, as_json: AsJson = False) -> None:
    """The full trace in order: why it was opened, each prompt, identity, intention, what was confirmed, waybills, decision, delivery."""
    with refusing():
        told = _read(case_id)
    if as_json:
        trace = [codec.event_to_json(e) for e in told.events]
        print_json({"case": codec.head_to_json(told.head), "changes": told.changes, "events": trace, "trace_holds": told.broken is None})
    else:
        Console().print(_trace(told))


def write(case_id: str, path: Path) -> None:
    """What `show` prints, into a file."""
    with path.open("w", encoding="utf-8") as file:
        Console(file=file, width=140).print(_trace(_read(case_id)))


@dataclass(frozen=True)
class _Told:
    """A case with its trace; `changes` is None when the personal data was erased, `broken` the first event that does not hold."""

    head: Head
    events: list[Event]
    changes: list[dict[str, Any]] | None
    broken: int | None


def _read(case_id: str) -> _Told:
    from wugan import bootstrap

    store = bootstrap.case_store()
    head, events = store.head(case_id), store.events(case_id)
    try:
        changes = store.sealed(case_id, "changes")
    except NotFound:
        changes = None
    return _Told(head, events, changes, broken_link(events))


def _trace(told: _Told) -> Tree:
    """The trace as a tree; the changed values come from the sealed data, which may have been erased."""
    head, broken = told.head, told.broken
    ended = texts.OUTCOMES[head.outcome] if head.outcome else "办理中"
    tree = Tree(f"[bold]{head.case_id}[/]  {head.item_code} {head.item_version}  {head.subject}  {head.jurisdiction}  {ended}")
    for event in told.events:
        what = f"[bold]{texts.EVENTS[event.type]}[/] ({event.type})"
        node = tree.add(f"{event.seq:>2}  {event.at:%Y-%m-%d %H:%M}  {texts.ACTORS[event.actor]}  {what}")
        for line in _changes(told.changes) if event.type == "opened" else ():
            node.add(line)
        for name, value in event.facts.items():
            for line in _facts(name, value):
                node.add(line)
    tree.add("trace holds: every commitment and the chain were checked" if broken is None else f"[red]trace broken at event {broken}[/]")
    return tree


def _changes(changes: list[dict[str, Any]] | None) -> list[str]:
    if changes is None:
        return ["the changed values were erased with the case's personal data"]
    return [f"{texts.FIELDS[SubjectField(c['field'])]}: {c['old'] or '—'} → {c['new'] or '—'}" for c in changes]


def _facts(name: str, value: Any) -> list[str]:
    """One line for a plain fact, one for each condition or record; nothing for what is empty."""
    if value in (None, "", [], {}):
        return []
    if name == "conditions":
        return [f"{'✓' if c['held'] else '✗'} {c['reason']} ({c['name']})" for c in value]
    return [f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}"]


@app.command()
def withdraw(case_id: CaseId, as_json: AsJson = False) -> None:
    """Withdraw a case for a person who asked for it at the counter or by telephone; possible until the decision."""
    from wugan import bootstrap

    with refusing():
        context = bootstrap.context()
        now = context.clock.now()
        head = context.apply(case_id, lambda h: decide.withdrawn(h, now, context.random))
    print_json({"case_id": head.case_id, "withdrawn": True}) if as_json else typer.echo(f"withdrawn: {head.case_id}")
