"""Coverage: whether an item's personas show what its rule does.

Each item needs a hit; for each condition of its rule a near miss, which is a persona that does not hit, in which exactly that condition is
not met and all others are; and a dirty row. A condition that no record can miss alone, because other conditions ask for the same or
because it leaves nothing out (all three bureaus), needs no near miss; `Coverage.unmissable` names it.

A persona is dirty when a name, address or body that it writes is empty or in another form than `registry.normalise` gives it, when a
credit code is not in capitals or fails its check, an address names a superseded district, or data that a condition needs is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from math import prod

from wugan.detection.evaluate import evaluate
from wugan.detection.expression import And, Compare, Expression, Feature, Literal, Not, OneOf, Or, Type, Value, features_in, text
from wugan.detection.features import FEATURES, Definition
from wugan.detection.model import Verdict
from wugan.detection.personas import subject_of
from wugan.detection.predicate import compiled
from wugan.detection.row import Row
from wugan.detection.rule import Rule, RuleCondition, rule
from wugan.items.model import FilingTrigger, Item, Persona, RenewalTrigger
from wugan.items.problem import Problem
from wugan.items.said import Said, said
from wugan.registry import normalise
from wugan.registry.feeds import BUSINESS, LICENCE
from wugan.registry.model import Subject

MOST_ASSIGNMENTS = 20_000  # of values to the features of one condition; beyond, the condition counts as one that can be missed
_CODES = frozenset({"credit_code", "producer_code"})
_NAMES = frozenset({"name", "legal_representative", "person_in_charge", "producer_name", "registering_body", "issuing_body"})
_ADDRESSES = frozenset({"registered_address", "premises_address", "address"})
_FEEDS = {"c": LICENCE, "b": BUSINESS}
_HINTS = {
    "certificate_in_force": said("near_record", record="certificate: {status: void}"),
    "changed": said("near_changed"),
    "not_filed": said("near_record", record="certificate: {}"),
    "active": said("near_record", record="business: {status: cancelled}"),
    "not_blacklisted": said("near_record", record="blacklist: {}"),
    "owns_premises": said("near_property"),
    "same_place": said("near_place"),
    "same_road": said("near_road"),
    "same_premises": said("near_premises"),
}


@dataclass(frozen=True)
class Coverage:
    """What an item's personas show, by their names."""

    hits: tuple[str, ...]
    near_misses: Mapping[str, tuple[str, ...]]  # by condition, in the order of the rule; those that cannot be missed alone are left out
    unmissable: tuple[str, ...]  # conditions that no record can miss alone
    dirty: tuple[str, ...]


def check(item: Item) -> list[Problem]:
    """What is missing, each with what to add."""
    shown, place = cover(item), ("personas",)
    expressions = {c.name: c.expression for c in rule(item, "").conditions}
    found = [] if shown.hits else [Problem(place, said("none_hits"))]
    for name, personas in shown.near_misses.items():
        if not personas:
            found.append(Problem(place, _near_miss_wanted(item, name, expressions[name])))
    if not shown.dirty:
        found.append(Problem(place, said("none_dirty")))
    return found


def cover(item: Item) -> Coverage:
    """What the personas show. Raises RuleInvalid when the item's `when` is not in the rule language."""
    its_rule = rule(item, "persona")
    never = unmissable(its_rule)
    hits, dirty, near = [], [], defaultdict[str, list[str]](list)
    for persona in item.personas:
        verdicts = evaluate(item, "persona", subject_of(item, persona))
        if any(v.hit for v in verdicts):
            hits.append(persona.name)
        else:
            for name in set(_missed_alone(verdicts)):
                near[name].append(persona.name)
        if _is_dirty(persona, verdicts):
            dirty.append(persona.name)
    wanted = (c.name for c in its_rule.conditions if c.name not in never)
    return Coverage(tuple(hits), {name: tuple(near[name]) for name in wanted}, never, tuple(dirty))


def unmissable(its_rule: Rule) -> tuple[str, ...]:
    """Conditions that no record can miss alone, as far as truth values, choices, numbers and days tell; of texts nothing is concluded."""
    return tuple(c.name for c in its_rule.conditions if not _missable(c, its_rule))


def _missed_alone(verdicts: Sequence[Verdict]) -> Iterator[str]:
    for verdict in verdicts:
        missed = [c.name for c in verdict.conditions if not c.held]
        if len(missed) == 1:
            yield missed[0]


def _near_miss_wanted(item: Item, name: str, expression: Expression) -> Said:
    of_when = said("near_when", condition=text(expression)) if name.startswith("when.") else None
    return said("near_miss", name=name, example=of_when or _HINTS.get(name) or _hint(item, name))


def _hint(item: Item, name: str) -> Said:
    match item.trigger:
        case RenewalTrigger() if name == "expires_soon":
            return said("near_expiry", days=item.trigger.expires_within_days + 1)
        case FilingTrigger() if name == "newly_covered":
            return said("near_scope", days=item.trigger.within_days + 1)
        case FilingTrigger():
            return said("near_body")
        case _:
            return said("near_jurisdiction")


# --- dirt


def _is_dirty(persona: Persona, verdicts: Sequence[Verdict]) -> bool:
    written = (pair for record in persona.records.values() for pair in record.items())
    return any(c.held is None for v in verdicts for c in v.conditions) or any(_dirty(column, value) for column, value in written)


def _dirty(column: str, value: str | None) -> bool:
    if column in _CODES:
        return value is not None and (normalise.credit_code(value) != value or not normalise.code_passes_check(value))
    if column in _ADDRESSES:
        place = normalise.address(value)
        return place is None or normalise.name(value) != value or bool(place.district and place.district not in (value or ""))
    return column in _NAMES and (value is None or normalise.name(value) != value)


# --- what can be missed alone


def _missable(condition: RuleCondition, its_rule: Rule) -> bool:
    """Whether this condition can fail while those that read only its features hold; true when that cannot be decided."""
    names = sorted(set(features_in(condition.expression)))
    domains = [_domain(FEATURES[name], its_rule.conditions) for name in names]
    known = [d for d in domains if d is not None]
    if len(known) < len(domains) or prod(map(len, known)) > MOST_ASSIGNMENTS:
        return True
    others = [compiled(c.expression) for c in its_rule.conditions if c is not condition and set(features_in(c.expression)) <= set(names)]
    own = compiled(condition.expression)
    rows = (_row(dict(zip(names, values, strict=True))) for values in product(*known))
    return any(not own(row) and all(other(row) for other in others) for row in rows)


def _row(known: dict[str, Value | None]) -> Row:
    row = Row(Subject("", date.min, None), None, date.min, "")
    row.known.update(known)
    return row


def _domain(feature: Definition, conditions: Sequence[RuleCondition]) -> list[Value | None] | None:
    """Values that stand for all that a feature can have in these conditions; None when they cannot be told."""
    missing: list[Value | None] = [] if _always_there(feature) else [None]
    if feature.type is Type.BOOLEAN:
        return [True, False, *missing]
    if feature.choices:
        return [*feature.choices, *missing]
    some: Value = 0 if feature.type is Type.NUMBER else date.min
    compared = [some, *(c for condition in conditions for c in _compared(feature.name, condition.expression))]
    if feature.type is Type.TEXT or None in compared:
        return None
    return [*sorted({near for value in compared for near in _around(value)}, key=str), *missing]


def _always_there(feature: Definition) -> bool:
    """Whether the intake sets aside a row without it."""
    side, _, column = feature.sql.partition("_")
    return side in _FEEDS and any(c.name == column and c.required for c in _FEEDS[side].columns)


def _compared(name: str, expression: Expression) -> Iterator[Value | None]:
    """The values that a feature is compared with; None for another feature."""
    match expression:
        case Compare(_, Feature(left), Feature(right)) if name in (left, right):
            yield None
        case Compare(_, Feature(read), Literal(value)) | Compare(_, Literal(value), Feature(read)) if read == name:
            yield value
        case OneOf(feature, values) if feature.name == name:
            yield from values
        case Not(operand):
            yield from _compared(name, operand)
        case And(operands) | Or(operands):
            for operand in operands:
                yield from _compared(name, operand)


def _around(value: Value | None) -> Iterator[Value]:
    """A number or day with its neighbours: between two that are compared with, all behave alike."""
    match value:
        case int():
            yield from (value - 1, value, value + 1)
        case date():
            near = (value.toordinal() + step for step in (-1, 0, 1))
            yield from (date.fromordinal(n) for n in near if date.min.toordinal() <= n <= date.max.toordinal())
