"""`wugan subject`: everything that is known of one subject (画像)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from wugan.cases import profile
from wugan.cases.profile import Held, PastCase, Profile
from wugan.cli import offline
from wugan.cli.common import AsJson, print_json, refusing
from wugan.web import texts

app = typer.Typer(no_args_is_help=True, help="Subjects (主体) as the registries and the cases know them.")


@app.callback()
def _group() -> None:
    """Keeps `show` a subcommand while it is the only one."""


@app.command()
def show(
    code: Annotated[str, typer.Argument(help="The subject's credit code.")],
    registry: offline.Registry = None,
    items: offline.ItemFiles = Path("items"),
    day: offline.Day = None,
    as_json: AsJson = False,
) -> None:
    """What it holds, what will end, what no longer matches, its cases, and how it is reached. Offline no cases are known."""
    with refusing():
        found = _offline(code, registry, items, day) if registry else _on_stack(code)
    if as_json:
        print_json(asdict(found) | {"cases_known": registry is None})
    else:
        typer.echo("\n".join(_lines(found, cases_known=registry is None)))


def _offline(code: str, registry: Path, items: Path, day: datetime | None) -> Profile:
    credit_code = profile.known_form(code)
    reader = offline.reader(registry, day)
    subject = reader.subject(credit_code)
    profile.require_known(subject)
    return profile.profile(subject, offline.current(items), (), (), reader.manifest.as_of)


def _on_stack(code: str) -> Profile:
    from wugan import bootstrap

    return profile.read(bootstrap.context(), code)


def _lines(found: Profile, *, cases_known: bool) -> Iterator[str]:
    yield f"{found.subject} {found.registration.name or '—'} as of {found.as_of}: {found.registration.reason}"
    for listing in found.listings:
        yield f"blacklist: {listing.since} to {listing.until or '—'}: {listing.reason}"
    yield f"certificates: {len(found.certificates)}"
    for held in found.certificates:
        yield from _certificate(held)
    yield f"cases: {len(found.cases)}" if cases_known else "cases: not looked up offline"
    yield from (f"  {_case(case)}" for case in found.cases)
    yield f"contacts: {found.contacts}"
    yield from (f"  {reach.channel}: {reach.reason}" for reach in found.channels)
    yield from (f"  out of reach: {told.item_name} ({told.item}): {told.reason}" for told in found.out_of_reach)
    yield from (f"  opted out: {told.item_name} ({told.item}): {told.reason}" for told in found.opted_out)


def _certificate(held: Held) -> Iterator[str]:
    until = f", until {held.valid_until}" if held.valid_until else ""
    yield f"  {held.certificate_no} {held.title} ({held.type}), {held.jurisdiction}{until}: {held.reason}"
    for renewal in held.renewals:
        yield f"    renewal: {renewal.item_name} ({renewal.item}) from {renewal.prompts_from}: {renewal.reason}"
    for mismatch in held.mismatches:
        yield f"    at risk: {mismatch.reason}"


def _case(case: PastCase) -> str:
    where = texts.OUTCOMES[case.outcome] if case.outcome else texts.STAGES[case.stage]
    ended = f", ended {case.updated_at:%Y-%m-%d}" if case.ended else ""
    return f"{case.case_id} {case.item_name} ({case.item}), {case.jurisdiction}: {where}, opened {case.opened_at:%Y-%m-%d}{ended}"
