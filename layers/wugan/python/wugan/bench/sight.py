"""One version of an item as its manager looks at it: the rule in words, and the personas, run now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wugan.detection import coverage, personas
from wugan.detection.coverage import Coverage
from wugan.detection.expression import text
from wugan.detection.personas import PersonaResult
from wugan.detection.rule import Rule, rule
from wugan.detection.words import words
from wugan.items.model import Item


@dataclass(frozen=True)
class Said:
    """One condition of a rule, as people and as the engines say it."""

    name: str
    words: str
    canonical: str


@dataclass(frozen=True)
class Sight:
    """An item with what its rule says and what its personas show."""

    item: Item
    rule: Rule
    conditions: tuple[Said, ...]
    personas: tuple[PersonaResult, ...]
    coverage: Coverage


def sight(item: Item, version: str) -> Sight:
    """Look at a version. Raises RuleInvalid when its `when` is not in the rule language."""
    its_rule = rule(item, version)
    return Sight(item, its_rule, tuple(said(its_rule)), tuple(personas.run(item)), coverage.cover(item))


def said(its_rule: Rule) -> list[Said]:
    """The conditions of a rule, in its order."""
    return [Said(c.name, words(c.expression), text(c.expression)) for c in its_rule.conditions]


@dataclass(frozen=True)
class Difference:
    """A field that two versions do not have alike; None where one has none."""

    field: str
    before: str | None
    after: str | None


def differences(before: Item, after: Item) -> list[Difference]:
    """Field by field, in the order of the item."""
    old, new = (_fields(i.model_dump(mode="json")) for i in (before, after))
    return [Difference(f, old.get(f), new.get(f)) for f in dict.fromkeys([*old, *new]) if old.get(f) != new.get(f)]


def rules_beside(before: Rule, after: Rule) -> list[tuple[str, Said | None, Said | None]]:
    """The conditions of two rules by their name."""
    old, new = ({s.name: s for s in said(r)} for r in (before, after))
    return [(name, old.get(name), new.get(name)) for name in dict.fromkeys([*old, *new])]


def _fields(value: Any, at: str = "") -> dict[str, str | None]:
    """Every plain value by its place; parts of a list are known by their name, so that one more does not move the others."""
    match value:
        case Mapping():
            return {place: v for key, part in value.items() for place, v in _fields(part, f"{at}.{key}" if at else str(key)).items()}
        case [{"name": _}, *_]:
            return {place: v for part in value for place, v in _fields(part, f"{at}[{part['name']}]").items()}
        case list():
            return {at: "、".join(map(str, value)) or None}
        case bool():
            return {at: "true" if value else "false"}
        case _:
            return {at: None if value is None else str(value)}
