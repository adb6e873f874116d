"""`wugan explain`: why an item hits a subject, or why not and what would have to differ."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from wugan.cases import profile
from wugan.cases.held import missing_feeds
from wugan.cases.model import Head
from wugan.cli import offline
from wugan.cli.common import AsJson, print_json, refusing
from wugan.detection import rule
from wugan.detection.evaluate import evaluate
from wugan.detection.model import Hit, Verdict
from wugan.errors import NotFound
from wugan.items.model import Item, SubjectField
from wugan.registry.model import Subject
from wugan.web import texts

_MARKS = {True: "✓", False: "✗", None: "?"}


@dataclass(frozen=True)
class Asked:
    """An item in a version, and a subject as the registries have it; `held_back` are feeds without which the item opens nothing."""

    item: Item
    version: str
    subject: Subject
    held_back: tuple[str, ...]


def explain(
    item: Annotated[str, typer.Argument(help="The item's code.")],
    code: Annotated[str, typer.Argument(help="The subject's credit code.")],
    version: Annotated[str, typer.Option(help="This version of the item; the current one unless told.")] = "",
    registry: offline.Registry = None,
    items: offline.ItemFiles = Path("items"),
    day: offline.Day = None,
    show_persons: Annotated[bool, typer.Option("--show-persons", help="Show the names of natural persons whole.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tell why an item hits a subject, or why not: the conditions that failed, and what would have to differ."""
    with refusing():
        if registry:
            asked = _offline(item, code, version, registry, items, day)
            answer = explanation(asked, persons=show_persons)
        else:
            answer = _on_stack(item, code, version, show_persons)
    print_json(answer) if as_json else typer.echo("\n".join(_told(answer)))


def explanation(asked: Asked, *, persons: bool = False) -> dict[str, Any]:
    """The verdicts on a subject as plain JSON, without what the case store knows."""
    item, subject = asked.item, asked.subject
    verdicts = evaluate(item, asked.version, subject)
    return {
        "item": item.code,
        "item_name": item.name,
        "version": asked.version,
        "rule": rule.rule(item, asked.version).hash,
        "subject": subject.credit_code,
        "as_of": subject.as_of.isoformat(),
        "held_back": list(asked.held_back),
        "without": "" if verdicts else _without(item, subject),
        "verdicts": [told(v, persons=persons) for v in verdicts],
    }


def told(verdict: Verdict, *, persons: bool = False) -> dict[str, Any]:
    """A verdict as plain JSON: conditions that did not hold come first. Names of natural persons are masked unless asked for."""
    failed_first = sorted(verdict.conditions, key=lambda c: bool(c.held))
    conditions = [{"name": c.name, "held": c.held, "reason": c.reason, "needed": c.needed} for c in failed_first]
    return {"certificate_no": verdict.certificate_no, "hit": verdict.hit is not None, "conditions": conditions} | (
        _hit(verdict.hit, persons) if verdict.hit else {}
    )


def lines(verdict: dict[str, Any]) -> Iterator[str]:
    """What `told` gives, for people."""
    where = f", {verdict['jurisdiction']}" if verdict["hit"] else ""
    yield f"{verdict['certificate_no'] or 'registration'}: {'hit' if verdict['hit'] else 'no hit'}{where}"
    if verdict.get("due"):
        yield f"  ends on {verdict['due']}"
    for change in verdict.get("changes", ()):
        yield f"  {texts.FIELDS[SubjectField(change['field'])]}: {change['old'] or '—'} → {change['new'] or '—'}"
    for c in verdict["conditions"]:
        yield f"  {_MARKS[c['held']]} {c['reason']} ({c['name']})" + (f": {c['needed']}" if c["needed"] else "")
    if verdict["hit"]:
        yield f"  records: {', '.join(verdict['records'])}"
        yield f"  case: {_case_line(verdict['case'])}"


def _hit(hit: Hit, persons: bool) -> dict[str, Any]:
    return {
        "jurisdiction": hit.jurisdiction,
        "changes": [asdict(c if persons else c.masked()) for c in hit.changes],
        "due": hit.due.isoformat() if hit.due else None,
        "records": list(hit.records),
        "case": {"case_id": hit.case_id, "state": "not_looked_up"},
    }


def _without(item: Item, subject: Subject) -> str:
    held = ", ".join(sorted({c.type for c in subject.certificates})) or "no certificate"
    return f"holds no {item.certificates.title} ({item.certificates.type}), and the item looks at nothing else; it holds {held}"


# --- where it is looked up


def _offline(item: str, code: str, version: str, registry: Path, items: Path, day: datetime | None) -> Asked:

    credit_code = profile.known_form(code)
    found_version, found = chosen(item, version, offline.current(items))
    reader = offline.reader(registry, day)
    subject = reader.subject(credit_code)
    profile.require_known(subject)
    return Asked(found, found_version, subject, tuple(missing_feeds(rule.rule(found, found_version), reader.manifest.incomplete)))


def chosen(code: str, version: str, items: Sequence[tuple[str, Item]]) -> tuple[str, Item]:
    """The item of this code. Raises NotFound, with the nearest code, or when it is there in another version only."""
    for found, item in items:
        if item.code == code:
            if version not in ("", found):
                raise NotFound(f"only version {found} is here", field="version")
            return found, item
    near = difflib.get_close_matches(code, [item.code for _, item in items], n=1)
    raise NotFound(f"there is no item {code!r}" + (f": did you mean {near[0]}?" if near else ""), field="item")


def _on_stack(item: str, code: str, version: str, persons: bool) -> dict[str, Any]:
    from wugan import bootstrap

    store, registries = bootstrap.case_store(), bootstrap.lookup()
    pair = (
        (version, bootstrap.item_store().get(item, version))
        if version
        else chosen(item, "", bootstrap.item_store().current(bootstrap.clock().now()))
    )
    subject = registries.subject(profile.known_form(code))
    profile.require_known(subject)
    subject = replace(subject, as_of=max(subject.as_of, bootstrap.clock().now().date()))
    answer = explanation(
        Asked(pair[1], pair[0], subject, tuple(missing_feeds(rule.rule(pair[1], pair[0]), registries.incomplete()))), persons=persons
    )
    opted_out = store.opted_out(subject.credit_code, item)
    for verdict in (v for v in answer["verdicts"] if v["hit"]):
        verdict["case"] = _case(verdict["case"]["case_id"], _head(store, verdict["case"]["case_id"]), opted_out)
    return answer


def _head(store: Any, case_id: str) -> Head | None:
    try:
        head: Head = store.head(case_id)
    except NotFound:
        return None
    return head


def _case(case_id: str, head: Head | None, opted_out: bool) -> dict[str, Any]:
    if head is None:
        return {"case_id": case_id, "state": "opted_out" if opted_out else "none"}
    return {
        "case_id": case_id,
        "state": "ended" if head.ended else "running",
        "stage": head.stage.value,
        "outcome": head.outcome.value if head.outcome else None,
        "opened_at": head.opened_at.isoformat(),
        "item_version": head.item_version,
    }


# --- for people


def _told(answer: dict[str, Any]) -> Iterator[str]:
    yield f"{answer['item_name']} ({answer['item']}) {answer['version']}, rule {answer['rule']}"
    yield f"{answer['subject']} as of {answer['as_of']}"
    if answer["without"]:
        yield answer["without"]
    for verdict in answer["verdicts"]:
        yield from lines(verdict)
    if answer["held_back"]:
        yield f"held back: nothing is opened for this item until {', '.join(answer['held_back'])} comes whole"


def _case_line(case: dict[str, Any]) -> str:
    said = {
        "not_looked_up": "not looked up offline",
        "none": "not opened yet",
        "opted_out": "will not be opened: the subject wants no prompts for this item",
    }
    if case["state"] in said:
        return f"{case['case_id']}, {said[case['state']]}"
    return f"{case['case_id']}, {case['state']}: {case['outcome'] or case['stage']}, opened {case['opened_at'][:16]}"
