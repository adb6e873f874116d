"""What the commands share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from wugan.errors import WuganError

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@contextmanager
def refusing() -> Iterator[None]:
    """A domain error, or a file that cannot be read or written, is one line on stderr and exit code 1."""
    try:
        yield
    except WuganError as error:
        typer.echo(f"wugan: {error}", err=True)
        raise typer.Exit(1) from error
    except OSError as error:
        typer.echo(f"wugan: {': '.join(str(part) for part in (error.filename, error.strerror or error) if part)}", err=True)
        raise typer.Exit(1) from error


def print_json(value: Any) -> None:
    """A value for programs."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
