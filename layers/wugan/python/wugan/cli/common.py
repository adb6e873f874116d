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
    except OSError as error:
        typer.echo(plain(f"wugan: {error.filename or 'file'}: {error.strerror or type(error).__name__}"), err=True)
        raise typer.Exit(1) from error
    except WuganError as error:
        typer.echo("wugan: " + "\n".join(map(plain, str(error).split("\n"))), err=True)
        raise typer.Exit(1) from error


def plain(text: str) -> str:
    """A foreign text on one line of a terminal: what cannot be seen is spelled out, so that it moves no cursor and forges no line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def print_json(value: Any) -> None:
    """A value for programs."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
