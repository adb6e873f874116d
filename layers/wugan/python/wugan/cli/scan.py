"""`wugan scan`: run the scan state machine now and tell what it found."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from wugan.cases.held import RULE
from wugan.cli.common import AsJson, print_json, refusing
from wugan.errors import NotFound, WuganError
from wugan.registry import guard
from wugan.registry.port import RegistryFiles

POLL_SECONDS = 0.5


class ScanFailed(WuganError):
    """The state machine of the scan ended otherwise than well."""

    code = "scan_failed"


class ScanStopped(ScanFailed):
    """The delivery is not trusted; `report` has the findings."""

    code = "scan_stopped"

    def __init__(self, report: dict[str, Any]) -> None:
        super().__init__("; ".join(_finding(f) for f in report["findings"]), field="registry")
        self.report = report


def scan(
    registry: Annotated[Path | None, typer.Option(help="Upload this folder of feeds first.", exists=True, file_okay=False)] = None,
    run: Annotated[str, typer.Option(help="The run's name; the same name again is the same run.")] = "",
    mode: Annotated[
        str, typer.Option(help="full: everybody; delta: whose records changed or dates passed since the last good run.")
    ] = "full",
    accept: Annotated[str, typer.Option(help="Go on although the delivery is: shrink, stale, empty (several with commas).")] = "",
    as_json: AsJson = False,
) -> None:
    """Scan the registries: who is hit by which item, whose case was opened, which rows and files were not taken in."""
    with refusing():
        try:
            report = scan_now(run or f"manual-{int(time.time())}", registry, Console(stderr=True, quiet=as_json), accept.split(","), mode)
        except ScanStopped as stopped:
            report = stopped.report
    print_json(report) if as_json else show(report)
    if report["status"] == "stopped":
        raise typer.Exit(1)


def scan_now(run: str, registry: Path | None, console: Console, accept: Iterable[str] = (), mode: str = "full") -> dict[str, Any]:
    """Upload the feeds, run the scan, wait for its end. Returns the report. Raises ScanStopped, ScanFailed; InvalidInput for `accept`."""
    from wugan import bootstrap

    accepted = sorted(guard.accepting(accept))
    files, runs = bootstrap.registry_files(), bootstrap.scan_runs()
    with console.status("scanning") as status:
        if registry:
            status.update("uploading the feeds")
            files.deliver(registry)
        status.update(f"scanning: run {run}")
        runs.start(run, {"accept": accepted, "mode": mode})
        while (state := runs.status(run)) == "RUNNING":
            time.sleep(POLL_SECONDS)
    report = _report(files, run)
    if report and report["status"] == "stopped":
        raise ScanStopped(report)
    if state != "SUCCEEDED" or not report:
        raise ScanFailed(f"run {run} ended {state}: see the log of the scan state machine", field="run")
    return report


def show(report: dict[str, Any]) -> None:
    """The report for people."""
    console = Console()
    if report["status"] == "stopped":
        print_lines(f"stopped: {_finding(f)}" for f in report["findings"])
    else:
        console.print(_table(report))
    print_lines(f"accepted: {_finding(f)}" for f in report["accepted"])
    for reason, count in report["quarantined"].items():
        console.print(f"quarantined: {count} × {reason}")
    for refusal in report["refused"]:
        console.print(f"[red]refused file[/]: {refusal['feed']}/{refusal['file']}: {refusal['field'] or ''} {refusal['detail']}")
    for code, feeds in report["held"].items():
        why = "its rule cannot be read; publish it again" if feeds == [RULE] else f"until {', '.join(feeds)} comes whole"
        console.print(f"[red]held back[/]: {code}: {why}")
    if report["unreachable"]:
        console.print(f"[red]unreachable[/]: {report['unreachable']} cases whose contacts no channel reaches; they go to the call list")
    if report["disagreements"]:
        console.print(f"[red]engines disagree[/]: {report['disagreements']} subjects; do not trust the hits before it is known why")
    if report["failed_chunks"] or report["unopened"]:
        console.print(f"[red]left for the next scan[/]: {report['failed_chunks']} chunks, {report['unopened']} hits")


def print_lines(lines: Iterable[str]) -> None:
    """Each on one line however narrow the terminal is, so that a search finds it whole."""
    for line in lines:
        typer.echo(line)


def _table(report: dict[str, Any]) -> Table:
    columns = ("hits", "opened", "already_open", "opted_out", "unreachable")
    heads = [c.replace("_", " ") for c in columns]
    rows = sum(report["rows"].values())
    table = Table("item", *heads, title=f"run {report['run']} ({report['mode']}): {rows} rows, {report['subjects']} subjects")
    for code, jurisdictions in report["items"].items():
        table.add_row(code, *(str(sum(counts.get(c, 0) for counts in jurisdictions.values())) for c in columns))
    return table


def _finding(finding: dict[str, str]) -> str:
    return f"{finding['code']}: {finding['feed']}: {finding['detail']}"


def _report(files: RegistryFiles, run: str) -> dict[str, Any] | None:
    try:
        report: dict[str, Any] = files.get(run, "report.json")
    except NotFound:
        return None
    return report
