"""Rules compiled to Python closures, for one subject at a time."""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, assert_never

from wugan.detection.expression import (
    And,
    Compare,
    Expression,
    Feature,
    Literal,
    Match,
    Matches,
    Missing,
    Not,
    OneOf,
    Operator,
    Or,
    Value,
)
from wugan.detection.features import FEATURES
from wugan.detection.model import HitKey
from wugan.detection.row import Row
from wugan.detection.rule import Rule
from wugan.registry.model import Subject

Test = Callable[[Row], bool | None]
Read = Callable[[Row], Any]

_OPERATORS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUAL: operator.eq,
    Operator.UNEQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.GREATER: operator.gt,
    Operator.AT_LEAST: operator.ge,
}


@dataclass(frozen=True)
class Judge:
    """A rule that is ready to run."""

    rule: Rule
    tests: tuple[Test, ...]  # one for each condition
    where: Read  # the jurisdiction

    def rows(self, subject: Subject, sensed_on: date) -> Iterator[Row]:
        """What the rule looks at: each certificate of its type, or the registration once for a filing."""
        rule = self.rule
        if rule.filing:
            yield Row(subject, None, sensed_on, rule.certificate_type, rule.phrase)
        else:
            wanted = rule.certificate_type
            yield from (Row(subject, c, sensed_on, wanted) for c in subject.certificates if c.type == wanted)

    def holds(self, row: Row) -> bool:
        """Whether every condition is true."""
        for test in self.tests:  # noqa: SIM110 - a generator takes as long to start as a test
            if not test(row):
                return False
        return True


def judge(rule: Rule) -> Judge:
    """Compile a rule."""
    return Judge(rule, tuple(compiled(c.expression) for c in rule.conditions), _reading(rule.where))


class RuleBook:
    """All rules at once: for each certificate only those of its type are looked at, and what they share is worked out once."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.judges = tuple(judge(r) for r in rules)
        self._by_type: dict[str, list[Judge]] = defaultdict(list)
        for one in self.judges:
            if not one.rule.filing:
                self._by_type[one.rule.certificate_type].append(one)
        self._filings = [one for one in self.judges if one.rule.filing]

    def keys(self, subject: Subject) -> list[HitKey]:
        """The hits of one subject."""
        return [_key(one, row) for one, row in self.held(subject)]

    def held(self, subject: Subject) -> Iterator[tuple[Judge, Row]]:
        """Rules that hit, each with what it looked at."""
        for certificate in subject.certificates:
            if judges := self._by_type.get(certificate.type):
                row = Row(subject, certificate, subject.as_of, certificate.type)
                for one in judges:
                    if one.holds(row):
                        yield one, row
        for one in self._filings if subject.business else ():
            for row in one.rows(subject, subject.as_of):
                if one.holds(row):
                    yield one, row


def _key(one: Judge, row: Row) -> HitKey:
    certificate_no = row.certificate.certificate_no if row.certificate else None
    return HitKey(one.rule.item.code, row.subject.credit_code, certificate_no, str(one.where(row)))


def compiled(expression: Expression) -> Test:
    """A closure with the expression's meaning in three values."""
    match expression:
        case Feature(name):
            return _reading(name)
        case Literal(value):
            return lambda _: bool(value)
        case Compare(how, left, right):
            return _compare(_OPERATORS[how], left, right)
        case OneOf(feature, values):
            return _one_of(_reading(feature.name), frozenset(values))
        case Missing(feature):
            read = _reading(feature.name)
            return lambda row: read(row) is None
        case Matches(how, feature, text):
            return _matches(_reading(feature.name), how, text)
        case Not(operand):
            return _not(compiled(operand))
        case And(operands):
            return _and(tuple(map(compiled, operands)))
        case Or(operands):
            return _or(tuple(map(compiled, operands)))
        case _:
            assert_never(expression)


def _reading(name: str) -> Read:
    """The feature's value for a row, worked out once."""
    work_out = FEATURES[name].python

    def read(row: Row) -> Value | None:
        known = row.known
        if name in known:
            return known[name]
        value = known[name] = work_out(row)
        return value

    return read


def _value(operand: Feature | Literal) -> Read:
    if isinstance(operand, Feature):
        return _reading(operand.name)
    value = operand.value
    return lambda _: value


def _compare(holds: Callable[[Any, Any], bool], left: Feature | Literal, right: Feature | Literal) -> Test:
    one = _value(left)
    if isinstance(right, Literal):
        told = right.value

        def against(row: Row) -> bool | None:
            a = one(row)
            return None if a is None else holds(a, told)

        return against

    other = _value(right)

    def test(row: Row) -> bool | None:
        a, b = one(row), other(row)
        return None if a is None or b is None else holds(a, b)

    return test


def _one_of(read: Read, values: frozenset[Value]) -> Test:
    def test(row: Row) -> bool | None:
        value = read(row)
        return None if value is None else value in values

    return test


def _matches(read: Read, how: Match, text: str) -> Test:
    def test(row: Row) -> bool | None:
        value = read(row)
        if value is None:
            return None
        return text in value if how is Match.CONTAINS else bool(value.startswith(text))

    return test


def _not(operand: Test) -> Test:
    def test(row: Row) -> bool | None:
        held = operand(row)
        return None if held is None else not held

    return test


def _and(operands: Sequence[Test]) -> Test:
    def test(row: Row) -> bool | None:
        answer: bool | None = True
        for operand in operands:
            held = operand(row)
            if held is False:
                return False
            if held is None:
                answer = None
        return answer

    return test


def _or(operands: Sequence[Test]) -> Test:
    def test(row: Row) -> bool | None:
        answer: bool | None = False
        for operand in operands:
            held = operand(row)
            if held:
                return True
            if held is None:
                answer = None
        return answer

    return test
