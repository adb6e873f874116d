"""`wugan`: the command line of operations, item managers and developers."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from wugan.cli import audit, case, demo, desk, explain, items, scan, sense, subject, vendors, world

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Wugan (无感): approvals that the government starts itself.")
app.add_typer(items.app, name="items")
app.add_typer(world.app, name="world")
app.add_typer(case.app, name="case")
app.add_typer(desk.app, name="desk")
app.add_typer(audit.app, name="audit")
app.add_typer(sense.app, name="sense")
app.add_typer(vendors.app, name="vendors")
app.command("scan")(scan.scan)
app.command("demo")(demo.demo)
app.add_typer(subject.app, name="subject")
app.command("explain")(explain.explain)

KEPT = Path(".local/demo/environment.json")  # written by `wugan demo --keep`


@app.callback()
def connect(
    stack: Annotated[str, typer.Option(envvar="WUGAN_STACK", help="The CloudFormation stack to speak to.")] = "",
) -> None:
    """Where the stores are: a stack's outputs, the environment as it is, or a demonstration that was kept."""
    if stack:
        from wugan.aws.outputs import settings_from, stack_outputs
        from wugan.errors import WuganError

        try:
            os.environ.update(settings_from(stack_outputs(stack)))
        except WuganError as error:
            print(f"wugan: {error}", file=sys.stderr)
            raise typer.Exit(1) from error
    elif "WUGAN_CASES_TABLE" not in os.environ and KEPT.exists():
        os.environ.update(json.loads(KEPT.read_text(encoding="utf-8")))


if __name__ == "__main__":
    app()
