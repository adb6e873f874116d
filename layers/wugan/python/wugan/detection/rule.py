"""One item's rule: its trigger, its requirements and its `when`, all as conditions in the rule language."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import assert_never

from wugan.detection import features
from wugan.detection.expression import And, Compare, Expression, Feature, Literal, Not, OneOf, Operator, Or, parts, text
from wugan.detection.invalid import RuleInvalid
from wugan.items.model import ChangeTrigger, FilingTrigger, Item, RenewalTrigger, Requirement, SubjectField


@dataclass(frozen=True)
class RuleCondition:
    """One condition: it must be true; false and unknown keep the item from hitting."""

    name: str
    expression: Expression


@dataclass(frozen=True)
class Rule:
    """What decides whether an item hits, in one published version."""

    item: Item
    version: str
    conditions: tuple[RuleCondition, ...]

    @property
    def certificate_type(self) -> str:
        return self.item.certificates.type

    @property
    def filing(self) -> bool:
        """Whether the rule looks at the registration alone."""
        return isinstance(self.item.trigger, FilingTrigger)

    @property
    def where(self) -> str:
        """The feature that tells whose case it is."""
        return "registered_jurisdiction" if self.filing else "jurisdiction"

    @property
    def phrase(self) -> str:
        """What the business scope must cover, for a filing."""
        return self.item.trigger.newly_covers if isinstance(self.item.trigger, FilingTrigger) else ""

    @property
    def hash(self) -> str:
        """What the rule decides by, as 16 hex digits: two versions of an item with the same hash hit the same subjects."""
        facts = [self.certificate_type, self.phrase, *([c.name, text(c.expression)] for c in self.conditions)]
        return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()[:16]


def rule(item: Item, version: str) -> Rule:
    """The item's rule. Raises RuleInvalid when its `when` is not in the rule language."""
    return Rule(item, version, tuple(_conditions(item)))


def readable(items: Iterable[tuple[str, Item]]) -> tuple[list[Rule], list[str]]:
    """The rules of (version, item), and the codes of items whose rule cannot be read: one must not keep the others from being used."""
    rules, unreadable = [], []
    for version, item in items:
        try:
            rules.append(rule(item, version))
        except RuleInvalid:
            unreadable.append(item.code)
    return rules, unreadable


def _conditions(item: Item) -> Iterator[RuleCondition]:
    yield from _trigger(item)
    where = "registered_jurisdiction" if isinstance(item.trigger, FilingTrigger) else "jurisdiction"
    yield RuleCondition("jurisdiction", OneOf(Feature(where), tuple(j.value for j in item.jurisdictions)))
    for requirement in item.requires:
        yield RuleCondition(requirement.value, _requirement(requirement, item))
    if item.when:
        for number, part in enumerate(parts(_when(item)), start=1):
            yield RuleCondition(f"when.{number}", part)


def _trigger(item: Item) -> Iterator[RuleCondition]:
    trigger = item.trigger
    match trigger:
        case ChangeTrigger():
            yield RuleCondition("certificate_in_force", Feature("certificate_in_force"))
            yield RuleCondition("changed", _any(*(Feature(features.changed(f)) for f in trigger.change)))
        case RenewalTrigger():
            yield RuleCondition("certificate_in_force", Feature("certificate_in_force"))
            yield RuleCondition("expires_soon", _between("days_to_expiry", trigger.expires_within_days))
        case FilingTrigger():
            recent = _between("days_since_scope_change", trigger.within_days)
            yield RuleCondition("newly_covered", And((*recent.operands, Feature("scope_covers_phrase"))))
            yield RuleCondition("not_filed", Not(Feature("filed")))
        case _:
            assert_never(trigger)


def _requirement(requirement: Requirement, item: Item) -> Expression:
    match requirement:
        case Requirement.ACTIVE:
            return Compare(Operator.EQUAL, Feature("business_status"), Literal("active"))
        case Requirement.NOT_BLACKLISTED:
            return Not(Feature("blacklisted"))
        case Requirement.OWNS_PREMISES:
            return Feature("owns_premises")
        case Requirement.SAME_PLACE:
            return _unmoved(item, features.moved, *features.ADDRESSES)
        case Requirement.SAME_ROAD:
            return _unmoved(item, features.off_road, *features.ADDRESSES)
        case Requirement.SAME_PREMISES:
            return _unmoved(item, features.moved, SubjectField.PREMISES_ADDRESS)
        case _:
            assert_never(requirement)


def _unmoved(item: Item, left: Callable[[SubjectField], str], *addresses: SubjectField) -> Expression:
    stays = tuple(Not(Feature(left(f))) for f in item.changing if f in addresses)
    return _all(*stays) if stays else Literal(True)


def _when(item: Item) -> Expression:
    from wugan.detection.dialect import parse  # a parser that only items with a `when` pay for at a cold start

    return parse(item.when or "", filing=isinstance(item.trigger, FilingTrigger))


def _between(days: str, most: int) -> And:
    left = Feature(days)
    return And((Compare(Operator.AT_LEAST, left, Literal(0)), Compare(Operator.AT_MOST, left, Literal(most))))


def _any(*operands: Expression) -> Expression:
    return operands[0] if len(operands) == 1 else Or(operands)


def _all(*operands: Expression) -> Expression:
    return operands[0] if len(operands) == 1 else And(operands)
