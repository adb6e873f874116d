"""`wugan scan`: run the scan state machine now and tell what it found."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from wugan.cli.common import AsJson, print_json, refusing
from wugan.errors import WuganError

POLL_SECONDS = 0.5


class ScanFailed(WuganError):
    """The state machine of the scan ended otherwise than well."""

    code = "scan_failed"


def scan(
    registry: Annotated[Path | None, typer.Option(help="Upload this folder of feeds first.", exists=True, file_okay=False)] = None,
    run: Annotated[str, typer.Option(help="The run's name; the same name again is the same run.")] = "",
    as_json: AsJson = False,
) -> None:
    """Scan the registries: who is hit by which item, whose case was opened, which rows and files were not taken in."""
    with refusing():
        report = scan_now(run or f"manual-{int(time.time())}", registry, Console(stderr=True, quiet=as_json))
    print_json(report) if as_json else show(report)


def scan_now(run: str, registry: Path | None, console: Console) -> dict[str, Any]:
    """Upload the feeds, run the scan, wait for its end. Returns the report. Raises ScanFailed."""
    from wugan import bootstrap

    files, runs = bootstrap.registry_files(), bootstrap.scan_runs()
    with console.status("scanning") as status:
        if registry:
            status.update("uploading the feeds")
            files.deliver(registry)
        status.update(f"scanning: run {run}")
        runs.start(run, {})
        while (state := runs.status(run)) == "RUNNING":
            time.sleep(POLL_SECONDS)
    if state != "SUCCEEDED":
        raise ScanFailed(f"run {run} ended {state}: see the log of the scan state machine", field="run")
    report: dict[str, Any] = files.get(run, "report.json")
    return report


def show(report: dict[str, Any]) -> None:
    """The report for people."""
    console = Console()
    table = Table("item", "hits", "opened", "already open", "opted out", title=f"run {report['run']}: {report['subjects']} subjects")
    for code, counts in report["items"].items():
        table.add_row(code, *(str(counts.get(k, 0)) for k in ("hits", "opened", "already_open", "opted_out")))
    console.print(table)
    for reason, count in report["quarantined"].items():
        console.print(f"quarantined: {count} × {reason}")
    for refusal in report["refused"]:
        console.print(f"[red]refused file[/]: {refusal['feed']}/{refusal['file']}: {refusal['field'] or ''} {refusal['detail']}")
    for code, feeds in report["held"].items():
        console.print(f"[red]held back[/]: {code}: until {', '.join(feeds)} comes whole")
    if report["failed_chunks"] or report["unopened"]:
        console.print(f"[red]left for the next scan[/]: {report['failed_chunks']} chunks, {report['unopened']} hits")
