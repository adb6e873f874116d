"""What a rule makes of rows that did not come: which feeds must be whole for it, lest it hits somebody wrongly.

Without a row a feature is unknown, or it is told all the same: who is on no list is not blacklisted. Each condition is worked out for
both, before and after a row is gone, in all values that its features can have: an over-approximation, as features count as independent.
"""

from __future__ import annotations

from datetime import date
from functools import cache, reduce
from itertools import product
from typing import assert_never

from wugan.detection.expression import And, Compare, Expression, Feature, Literal, Matches, Missing, Not, OneOf, Or, features_in
from wugan.detection.features import FEATURES, PARTS
from wugan.detection.row import Row
from wugan.detection.rule import Rule
from wugan.registry.feeds import BLACKLIST, LICENCE, PROPERTY
from wugan.registry.model import Blacklisting, Business, Certificate, Property, Subject

Truth = bool | None
Pairs = frozenset[tuple[Truth, Truth]]  # before and after
_VALUES: tuple[Truth, ...] = (True, False, None)
_TOLD = (True, False)
_DAY, _CODE, _PLACE = date(2026, 1, 1), "91370203MA0000001G", "青岛市市北区示例路1号"
_NAMES = ("示例", "示例", _PLACE, _PLACE)  # the representative's, the person's in charge, both addresses
_BUSINESS = Business(_CODE, "示例", "enterprise", *_NAMES, "示例", _DAY, _DAY, "青岛市行政审批服务局", "active", "1")
_PRINTED = Certificate("1", "示例", _CODE, "示例", *_NAMES, _CODE, "示例", _DAY, _DAY, "青岛市行政审批服务局", "QD", "valid", "1")


def feeds_needed(rule: Rule) -> frozenset[str]:
    """The feeds of which a missing row could make this rule hit. One missing elsewhere only hides a hit, which the next scan finds."""
    whole = And(tuple(c.expression for c in rule.conditions))
    return frozenset(feed for part, feed in PARTS.items() if any(after and not before for before, after in _pairs(whole, part)))


def _pairs(expression: Expression, part: str) -> Pairs:
    """What the expression can be before and after the rows of one part are gone."""
    match expression:
        case Literal(value):
            return frozenset({(bool(value), bool(value))})
        case Feature(name):
            return _become(_VALUES, _as_truth(_without(name, part))) if _reads(name, part) else _kept(_VALUES)
        case Missing(Feature(name)):
            return _become(_TOLD, _without(name, part) is None) if _reads(name, part) else _kept(_TOLD)
        case Compare() | OneOf() | Matches():
            reading = [name for name in features_in(expression) if _reads(name, part)]
            if not reading:
                return _kept(_VALUES)
            unknown = any(_without(name, part) is None for name in reading)
            return _become(_VALUES, None) if unknown else frozenset(product(_VALUES, _VALUES))
        case Not(operand):
            return frozenset((_not(before), _not(after)) for before, after in _pairs(operand, part))
        case And(operands):
            return reduce(lambda a, b: _joined(a, b, False), (_pairs(o, part) for o in operands))
        case Or(operands):
            return reduce(lambda a, b: _joined(a, b, True), (_pairs(o, part) for o in operands))
        case _:
            assert_never(expression)


def _become(before: tuple[Truth, ...], after: Truth) -> Pairs:
    return frozenset((value, after) for value in before)


def _kept(values: tuple[Truth, ...]) -> Pairs:
    return frozenset((value, value) for value in values)


def _not(value: Truth) -> Truth:
    return None if value is None else not value


def _as_truth(value: object) -> Truth:
    return None if value is None else bool(value)


def _joined(one: Pairs, other: Pairs, decisive: bool) -> Pairs:
    """AND, which False decides, or OR, which True decides, of all that each side can be."""

    def join(a: Truth, b: Truth) -> Truth:
        return decisive if decisive in (a, b) else None if None in (a, b) else not decisive

    return frozenset((join(a, c), join(b, d)) for (a, b), (c, d) in product(one, other))


def _reads(name: str, part: str) -> bool:
    return part in FEATURES[name].parts


@cache
def _without(name: str, part: str) -> object:
    """What a feature is for a subject of whom everything is known but for the rows of one part; the certificate looked at is there."""
    gone = PARTS[part]
    whole = Subject(
        _CODE,
        _DAY,
        None if part == "b" else _BUSINESS,
        () if gone == LICENCE.name else (_PRINTED,),
        () if gone == PROPERTY.name else (Property(_CODE, _PLACE, "1", "1"),),
        blacklistings=() if gone == BLACKLIST.name else (Blacklisting(_CODE, "示例", _DAY, None, "1"),),
        producers={} if part == "p" else {_CODE: _BUSINESS},
    )
    return FEATURES[name].python(Row(whole, _PRINTED, _DAY, _PRINTED.type, "示例"))
