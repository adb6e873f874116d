"""Pydantic's findings in plain English, for people who write items and not programs."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from wugan.items.model import Disagreement, Item
from wugan.items.problem import Place, Problem

_WORDS = {
    "missing": "is missing; add it",
    "extra_forbidden": "is not a field of an item{meant}; correct the name or remove it",
    "enum": "is not known here; choose {expected}",
    "literal_error": "is not known here; choose {expected}",
    "union_tag_not_found": "needs one of change, expires_within_days, newly_covers",
    "string_type": "must be text; put it in quotes",
    "string_too_short": "is too short; at least {min_length} characters",
    "string_too_long": "is too long; at most {max_length} characters",
    "string_pattern_mismatch": "has a character or a length that is not allowed; it must match {pattern}",
    "greater_than": "is too small; more than {gt}",
    "greater_than_equal": "is too small; at least {ge}",
    "less_than_equal": "is too large; at most {le}",
    "too_short": "needs at least {min_length} entry",
    "too_long": "may have at most {max_length} entries",
    "list_type": "must be a list: '- value' in a line each, or [a, b]",
    "dict_type": "must be fields and values: 'name: value' in a line each",
    "model_type": "must be fields and values: 'name: value' in a line each",
    "model_attributes_type": "must be fields and values: 'name: value' in a line each",
}
_BY_START = {
    "int_": "must be a whole number",
    "bool_": "must be true or false",
    "date_": "must be a date such as 2026-11-23",
}


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


def _words(finding: ErrorDetails, name: str) -> str:
    kind = finding["type"]
    if kind in _WORDS:
        return _WORDS[kind].format_map({**finding.get("ctx", {}), "meant": _meant(name)})
    by_start = next((text for start, text in _BY_START.items() if kind.startswith(start)), None)
    return by_start or finding["msg"].removeprefix("Value error, ")


def _place(loc: tuple[int | str, ...]) -> Place:
    """Pydantic's location without its own marks: `[key]`, and the name of the trigger's type."""
    keys = [key for key in loc if key != "[key]"]
    return tuple(key for i, key in enumerate(keys) if not (i == 1 and keys[0] == "trigger"))


def _meant(name: str) -> str:
    close = get_close_matches(name, _field_names(Item), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


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
