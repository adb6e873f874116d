"""`wugan desk`: let officials into a rehearsal; production signs in by OpenID Connect."""

from __future__ import annotations

from typing import Annotated

import typer

from wugan.cases.desk import Official
from wugan.cli.common import AsJson, print_json, refusing
from wugan.items.model import Jurisdiction
from wugan.signin.official import Role

app = typer.Typer(no_args_is_help=True, help="The desk of the approving departments.")


@app.callback()
def _group() -> None:
    """Keeps `invite` a subcommand while it is the only one."""


@app.command()
def invite(
    name: Annotated[str, typer.Argument(help="The official's name, as the trace will tell it.")],
    jurisdiction: Annotated[Jurisdiction, typer.Argument(help="The bureau.")],
    role: Annotated[list[Role] | None, typer.Option(help="What the official may do, approver by default; may be given again.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print a sign-in code for an official, good for eight hours; it is pasted at /desk/sign-in."""
    from wugan import bootstrap

    with refusing():
        code = bootstrap.desk().invite(Official(name, jurisdiction.value, roles=frozenset(role or [Role.APPROVER])))
        page = f"{bootstrap.public_url()}/desk/sign-in"
    print_json({"code": code, "page": page}) if as_json else typer.echo(f"{page}\n{code}")
