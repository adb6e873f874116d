"""Pydantic's findings in plain words, for people who write items and not programs."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from wugan.items.model import Disagreement, Item
from wugan.items.problem import Place, Problem
from wugan.items.said import WORDS, Said, said

_BY_START = ("int_", "bool_", "date_")  # kinds that have their words in common


def problems(error: ValidationError) -> list[Problem]:
    """All findings, each at its place, in the order of the model."""
    return [problem for finding in error.errors(include_url=False) for problem in _told(finding)]


def _told(finding: ErrorDetails) -> Iterator[Problem]:
    place = _place(finding["loc"])
    if finding["type"] == "default_factory_not_called":
        return  # a default that depends on a field whose own problem is told
    raised = finding.get("ctx", {}).get("error")
    if isinstance(raised, Disagreement):
        yield from (Problem((*place, *where), what) for where, what in raised.points)
    else:
        yield Problem(place, _words(finding, str(place[-1]) if place else ""))


def _words(finding: ErrorDetails, name: str) -> Said:
    kind, context = finding["type"], finding.get("ctx", {})
    raised = context.get("error")
    if isinstance(raised, ValueError) and raised.args and isinstance(raised.args[0], Said):
        return raised.args[0]
    known = kind if kind in WORDS else next((start for start in _BY_START if kind.startswith(start)), None)
    return said(known, **{**context, "meant": _meant(name)}) if known else said("other", told=finding["msg"].removeprefix("Value error, "))


def _place(loc: tuple[int | str, ...]) -> Place:
    """Pydantic's location without its own marks: `[key]`, and the name of the trigger's type."""
    keys = [key for key in loc if key != "[key]"]
    return tuple(key for i, key in enumerate(keys) if not (i == 1 and keys[0] == "trigger"))


def _meant(name: str) -> Said:
    close = get_close_matches(name, _field_names(Item), n=1)
    return said("meant", name=close[0]) if close else said("nothing")


def _field_names(model: type[BaseModel]) -> set[str]:
    """The fields of a model and of all models within it."""
    names = set(model.model_fields)
    for field in model.model_fields.values():
        for inner in _models_in(field.annotation):
            names |= _field_names(inner)
    return names


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
