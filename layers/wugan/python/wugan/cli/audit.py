"""`wugan audit`: proofs of cases, the log as files, and the comparison of the log with the tables."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from wugan.cases.audit import Reader
from wugan.cli.common import AsJson, plain, print_json, refusing
from wugan.errors import InvalidInput
from wugan.ledger import casefile, note
from wugan.ledger.casefile import VerifiedCase
from wugan.ledger.checkpoint import Cosigned
from wugan.ledger.export import read_file
from wugan.ledger.monitor import Finding
from wugan.ledger.note import Verifier
from wugan.ledger.verify import VerifiedLog, verify_directory
from wugan.ledger.watch import Seen, Watch, Watched

app = typer.Typer(no_args_is_help=True, help="The ledger (存证): prove a case, verify a proof, export the log, watch it.")
CATCH_UP = 60.0  # seconds in which an event must have come into the log
MOST_PROOF = 100_000_000  # bytes of a proof: some ten thousand events
MOST_KEY = 1_000
MOST_STATE = 2_000_000
ONLY_WITNESSED = "that others, who ask other witnesses, see the same log"
FOUND = 3  # exit code of a monitor that found something; 1 is a round that could not be made
BEHIND = 4  # exit code of one that found nothing in what it compared, and did not compare all that is new

Key = Annotated[str, typer.Option("--vkey", help="The log's public key as known from elsewhere: the text or a file with it.")]


@app.command()
def proof(
    case_id: Annotated[str, typer.Argument(help="The id of the case.", metavar="CASE")],
    out: Annotated[Path | None, typer.Option(help="The file to write; without it the bundle is printed.")] = None,
    reader: Annotated[Reader, typer.Option("--for", help="Who is to see it: decides which bodies and salts are in it.")] = Reader.AUDITOR,
) -> None:
    """The proof of a case: events, salts, proofs, checkpoint and key in one file that `wugan audit verify` checks offline."""
    from wugan import bootstrap

    with refusing():
        bundle = bootstrap.audit().proof(case_id, reader)
        if out:
            out.write_text(bundle.text, encoding="utf-8")
    if out is None:
        typer.echo(bundle.text)
        return
    waiting = f", {bundle.waiting} not in the log yet" if bundle.waiting else ""
    typer.echo(f"proved: {bundle.events} events, {bundle.told} with their body{waiting}; log of {bundle.size} entries: {out}")


@app.command()
def verify(
    bundle: Annotated[Path, typer.Argument(help="A proof of a case, or a folder with an exported log.", exists=True)],
    vkey: Key = "",
    older: Annotated[list[Path] | None, typer.Option(help="For a log: a checkpoint as seen before; may be repeated.", exists=True)] = None,
    witness: Annotated[
        list[str] | None, typer.Option(help="The key of a witness that must have cosigned: text or file; may be repeated.")
    ] = None,
    quorum: Annotated[int | None, typer.Option(help="How many of these witnesses must have cosigned; all when not given.")] = None,
) -> None:
    """Check a proof or an exported log offline, with nothing but this file and the key. Exit code 0: holds, 1: does not hold."""
    with refusing():
        known, witnesses = _key(vkey), _witnesses(witness or ())
        needed = _quorum(quorum, len(witnesses))
        if bundle.is_dir():
            seen = [read_file(path, note.MOST_BYTES, "older") for path in older or ()]
            _tell_log(verify_directory(bundle, known, seen, witnesses, needed), bool(older))
            return
        if older:
            raise InvalidInput(
                "a proof of a case cannot be compared with an older checkpoint: export the log, and check that", field="older"
            )
        text = _utf8(read_file(bundle, MOST_PROOF, "file"), "file")
        _tell_case(casefile.verify(text, known or note.verifier_of(casefile.key_of(text)), witnesses, needed), known is not None)


def _key(vkey: str) -> Verifier | None:
    """The key of the option, which may be a file's name."""
    if not vkey:
        return None
    is_file = len(vkey) < 200 and Path(vkey).exists()
    return note.verifier_of((_utf8(read_file(Path(vkey), MOST_KEY, "vkey"), "vkey") if is_file else vkey).strip())


def _witnesses(vkeys: Sequence[str]) -> list[Verifier]:
    found = list(dict.fromkeys(key for key in map(_key, vkeys) if key))
    for key in found:
        if key.kind != note.COSIGNATURE:
            raise InvalidInput(f"{key.name} is not the key of a witness", field="witness")
    return found


def _quorum(quorum: int | None, witnesses: int) -> int:
    """How many must have cosigned: all that are named, unless it is said."""
    if quorum is not None and not 1 <= quorum <= witnesses:
        raise InvalidInput(f"it is from 1 to the number of witnesses that are named, {witnesses}", field="quorum")
    return witnesses if quorum is None else quorum


def _utf8(data: bytes, field: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InvalidInput("this is no text in UTF-8", field=field) from None


def _tell_case(found: VerifiedCase, known: bool) -> None:
    named = f"case {found.case_id}" if found.case_id else "a case"
    typer.echo(f"holds: {named}, {len(found.events)} events, {found.told} with their body")
    for event, index in zip(found.events, found.indexes, strict=True):
        body = plain(event.canonical.decode()) if event.canonical else "(body erased, or not for this reader)"
        typer.echo(f"  {event.seq:>3}  entry {index}  {body}")
    places = len(found.events) - found.told
    _tell(
        proved=[
            f"these {len(found.events)} events stand in the log of {plain(found.checkpoint.origin)} at size {found.checkpoint.size}",
            "in this order, with none left out between them",
            *([f"{found.told} of them with this very text"] if found.told else []),
            *_witnessed(found.cosigned),
        ],
        unproved=[
            *([] if found.case_id else ["which case these entries belong to: no event of it is told"]),
            *([f"what {places} of them say: erased, or not for this reader"] if places else []),
            "that no event came after the last one here (the monitor compares the log with the tables)",
            ONLY_WITNESSED if found.cosigned else "that the log is the only one (compare checkpoints, or name witnesses: --witness)",
            "that what was recorded is true",
        ],
        known=known,
    )


def _tell_log(found: VerifiedLog, older: bool) -> None:
    typer.echo(f"holds: log of {plain(found.checkpoint.origin)}, {found.checkpoint.size} entries")
    _tell(
        proved=[
            "every entry, tile and bundle is what the signed checkpoint stands for",
            *(["it only adds to the older checkpoints"] if older else []),
            *_witnessed(found.cosigned),
        ],
        unproved=[
            *([ONLY_WITNESSED] if found.cosigned else []),
            *([] if older else ["that it was never rewritten and signed again (give a checkpoint as seen before: --older)"]),
            "what the entries say (they are commitments; see the proofs of cases)",
        ],
        known=found.key_given,
    )


def _witnessed(cosigned: Sequence[Cosigned]) -> list[str]:
    who = ", ".join(plain(c.name) for c in cosigned)
    return [f"{len(cosigned)} witnesses cosigned at {', '.join(_moment(c.at) for c in cosigned)}: {who}"] if cosigned else []


def _moment(seconds: int) -> str:
    """As the witness says."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return f"second {seconds}"


def _tell(proved: Sequence[str], unproved: Sequence[str], known: bool) -> None:
    key = [] if known else ["whose log it is: the key came with the file, a forger would have replaced both (give --vkey)"]
    for line in proved:
        typer.echo(f"proved: {line}")
    for line in [*key, *unproved]:
        typer.echo(f"not proved: {line}")


@app.command()
def export(directory: Annotated[Path, typer.Argument(metavar="DIR", help="The folder; what is there already is kept.")]) -> None:
    """The log as files in the tlog-tiles layout, with its key as `log.vkey`: for anybody's tools."""
    with refusing():
        typer.echo(export_to(directory))


def export_to(directory: Path) -> str:
    """Export with a bar; the line that says what came of it."""
    from wugan import bootstrap
    from wugan.ledger.export import export as write

    if directory.exists() and not directory.is_dir():
        raise InvalidInput("this is no folder", field=directory.name)
    columns = (TextColumn("export"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("export")
        found = write(
            bootstrap.ledger_objects(), bootstrap.ledger_verifier(), directory, lambda n, of: progress.update(task, completed=n, total=of)
        )
    return f"exported: {found.size} entries of {found.origin}: {directory}"


@app.command()
def monitor(
    state: Annotated[Path | None, typer.Option(help="Keeps where it left off, and the last good checkpoint as evidence.")] = None,
    share: Annotated[int, typer.Option(min=1, help="Compare what is new and one part of so many of the rest; 1 compares all.")] = 1,
    wait: Annotated[float, typer.Option(min=0, help="Seconds that an event may take into the log.")] = CATCH_UP,
    as_json: AsJson = False,
) -> None:
    """Follow the log from where it was left off, check checkpoint and files, compare with the tables.

    Exit code 3: something was found; 4: there is more that is new, call again.
    """
    from wugan import bootstrap

    with refusing():
        seen = Seen.from_json(_utf8(read_file(state, MOST_STATE, "state"), "state")) if state and state.exists() else Seen()
        rows, objects, table = bootstrap.ledger_rows(), bootstrap.ledger_objects(), bootstrap.event_table()
        watched = Watch(rows, objects, table, bootstrap.ledger_verifier(), lambda: time.sleep(wait)).run(seen, share)
        if state:
            part = state.with_name(f"{state.name}.part")
            part.write_text(watched.seen.to_json(), encoding="utf-8")
            part.replace(state)
    if as_json:
        print_json(told(watched))
    else:
        _show(watched)
    if watched.findings or watched.behind:
        raise typer.Exit(FOUND if watched.findings else BEHIND)


def told(watched: Watched) -> dict[str, object]:
    """A round as JSON."""
    found = [{k: v for k, v in asdict(f).items() if v is not None} for f in watched.findings]
    counts = {"size": watched.size, "entries": watched.entries, "events": watched.events, "behind": watched.behind}
    return {**counts, "holds": not watched.findings and not watched.behind, "findings": found}


def _show(watched: Watched) -> None:
    for finding in watched.findings:
        typer.echo(f"found: {_line(finding)}")
    typer.echo(f"log of {watched.size} entries: {watched.entries} compared with the tables, {watched.events} events compared with the log")
    if watched.behind:
        typer.echo(f"{watched.behind} new entries are left for the next round")
    if watched.findings:
        typer.echo(f"{len(watched.findings)} findings")
    else:
        typer.echo("not finished: nothing was found so far" if watched.behind else "holds: log and tables agree")


def _line(finding: Finding) -> str:
    event = f" case {plain(finding.case_id)} event {finding.seq}" if finding.case_id else ""
    return f"{finding.kind}{event}" + (f" entry {finding.index}" if finding.index is not None else "") + (f" {finding.path or ''}".rstrip())


@app.command()
def key() -> None:
    """The log's public key, to be said wherever people can compare it."""
    from wugan import bootstrap

    with refusing():
        typer.echo(bootstrap.ledger_verifier().vkey)


@app.command("backfill")
def fill(as_json: AsJson = False) -> None:
    """Give every event that has no place in the log a row in the outbox, where it has none. May be interrupted and repeated."""
    from wugan import bootstrap
    from wugan.ledger.backfill import backfill

    with refusing():
        done = backfill(bootstrap.event_table(), bootstrap.ledger_rows())
    if as_json:
        print_json(asdict(done))
        return
    typer.echo(f"{done.events} events, of which {done.added} are not in the log yet and wait in the outbox")
