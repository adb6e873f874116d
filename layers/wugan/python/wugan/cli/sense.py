"""`wugan sense`: what was told between the deliveries and could not be taken in."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from wugan.cli.common import AsJson, print_json, refusing

app = typer.Typer(no_args_is_help=True, help="Changes that the registries tell between their deliveries.")
MOST = 10_000


@app.command()
def replay(
    most: Annotated[int, typer.Option(min=1, help="Stop after so many.")] = MOST,
    as_json: AsJson = False,
) -> None:
    """Put events that `sense` gave up on back into its queue. May be interrupted and repeated."""
    from wugan import bootstrap

    with refusing():
        moved = bootstrap.sense_failures().move_to(bootstrap.sense_queue(), most)
    print_json({"replayed": moved}) if as_json else typer.echo(f"replayed: {moved}")


@app.command()
def refused(batch: Annotated[str, typer.Argument(help="The sender's batch_id.")], as_json: AsJson = False) -> None:
    """Which rows of a batch were refused, and why."""
    from wugan import bootstrap

    with refusing():
        found = bootstrap.change_store().refused(batch)
    if as_json:
        print_json({"batch": batch, "refused": [asdict(r) for r in found]})
        return
    table = Table("row", "feed", "field", "code", "reason", title=f"batch {batch}: {len(found)} rows refused")
    for r in found:
        table.add_row(str(r.index), r.feed, r.field, r.code, r.reason)
    Console().print(table)
