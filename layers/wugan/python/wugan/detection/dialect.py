"""Reading the rule language of docs/rules.md: author text → sqlglot's pieces and tree → an allow-list walk → our expression.

What is not on the lists of `tokens` and of `_Walk` is refused. Nothing that an author wrote goes further than this module, except as the
value of a literal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from itertools import islice
from typing import Any, ClassVar, TypeVar

from sqlglot import exp
from sqlglot.errors import ParseError
from sqlglot.parser import Parser
from sqlglot.tokenizer_core import Token, TokenType

from wugan.detection import expression as rule
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
    Type,
    Value,
)
from wugan.detection.features import FEATURES, Definition
from wugan.detection.invalid import RuleInvalid as RuleInvalid
from wugan.detection.invalid import RuleProblem as RuleProblem
from wugan.detection.invalid import at
from wugan.detection.tokens import FUNCTIONS, MAX_NESTING, MAX_PROBLEMS, MAX_TEXT, is_name, refuse, split
from wugan.items.model import Item, Kind
from wugan.items.problem import Problem
from wugan.items.said import Said, said
from wugan.registry import normalise
from wugan.registry.normalise import SUPERSEDED

MAX_NODES = 100
MAX_VALUES = 100
FIRST_YEAR = 1900

T = TypeVar("T")

_OFFERED = {name: d for name, d in FEATURES.items() if d.offered}
_OPERATORS: dict[type[exp.Expr], Operator] = {
    exp.EQ: Operator.EQUAL,
    exp.NEQ: Operator.UNEQUAL,
    exp.LT: Operator.LESS,
    exp.LTE: Operator.AT_MOST,
    exp.GT: Operator.GREATER,
    exp.GTE: Operator.AT_LEAST,
}
_TURNED = {
    Operator.LESS: Operator.GREATER,
    Operator.AT_MOST: Operator.AT_LEAST,
    Operator.GREATER: Operator.LESS,
    Operator.AT_LEAST: Operator.AT_MOST,
}
_ORDERED = frozenset({Type.NUMBER, Type.DATE})
_A = {Type.TEXT: "rule_a_text", Type.NUMBER: "rule_a_number", Type.DATE: "rule_a_date", Type.BOOLEAN: "rule_a_boolean"}
_SAMPLE = {Type.TEXT: "'text'", Type.NUMBER: "60", Type.DATE: "DATE '2026-11-23'", Type.BOOLEAN: said("rule_sample_boolean")}
_USE = {**{how.value: f"{how}(feature, 'text')" for how in Match}, "date": _SAMPLE[Type.DATE]}
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class _Parser(Parser):
    FUNCTIONS: ClassVar[dict[str, Callable[..., exp.Expr]]] = {}  # each call stays a name and its arguments,
    FUNCTION_PARSERS: ClassVar[dict[str, Callable[..., Any]]] = {}
    NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Callable[..., Any]]] = {}  # and each word a name: none begins a command
    PRIMARY_PARSERS: ClassVar = {  # sqlglot does not tell the place of these
        **Parser.PRIMARY_PARSERS,
        TokenType.NULL: lambda self, token: self.expression(exp.Null(), token),
        TokenType.TRUE: lambda self, token: self.expression(exp.Boolean(this=True), token),
        TokenType.FALSE: lambda self, token: self.expression(exp.Boolean(this=False), token),
    }


def parse(text: str, *, filing: bool = False) -> Expression:
    """The expression that a rule says. `filing`: features of a certificate are refused. Raises RuleInvalid."""
    expression = _read(text, filing)
    if (nodes := _count(expression)) > MAX_NODES:
        raise RuleInvalid(text, [at(text, 0, said("rule_parts", parts=nodes, most=MAX_NODES))])
    try:
        split(rule.text(expression))  # what is kept must be readable again
    except RuleInvalid as invalid:
        problems = [at(text, 0, said("rule_in_full", told=problem.message)) for problem in invalid.problems]
        raise RuleInvalid(text, problems) from None
    return expression


def check(item: Item) -> list[Problem]:
    """What is wrong with the further condition of an item."""
    if item.when is None:
        return []
    try:
        parse(item.when, filing=item.kind is Kind.FILING)
    except RuleInvalid as invalid:
        return [Problem(("when",), _told(problem), offset=problem.offset) for problem in invalid.problems]
    return []


def _told(problem: RuleProblem) -> Said:
    return said("rule", line=problem.line, column=problem.column, told=problem.message)


def _read(text: str, filing: bool) -> Expression:
    pieces = split(text)
    unknown = list(islice(_unknown(text, pieces, filing), MAX_PROBLEMS))
    try:
        (tree,) = _Parser(error_message_context=len(text)).parse_into(exp.Condition, pieces, text)
        expression = _Walk(text).condition(tree)
    except ParseError as error:
        raise RuleInvalid(text, [*unknown, _misplaced(text, error)]) from None
    except RuleInvalid as invalid:
        raise RuleInvalid(text, [*unknown, *invalid.problems]) from None
    except RecursionError:  # an odd mix of BETWEEN and NOT, which `split` counts as flat
        raise RuleInvalid(text, [at(text, 0, said("rule_deep", most=MAX_NESTING))]) from None
    refuse(text, unknown)
    return expression


def _unknown(text: str, pieces: list[Token], filing: bool) -> Iterator[RuleProblem]:
    """Names that are no features, or not of this item. Told even when the rest cannot be read."""
    for piece in pieces:
        name = text[piece.start : piece.end + 1]
        definition = _OFFERED.get(name.lower())
        if not is_name(name):
            continue
        if definition is None:
            yield at(text, piece.start, _no_feature(name))
        elif filing and definition.needs_certificate:
            yield at(text, piece.start, said("rule_filing", feature=definition.name))


def _no_feature(name: str) -> Said:
    return said("rule_no_feature", name=name, nearest=_nearest(name.lower(), _OFFERED))


def _nearest(name: str, known: Iterable[str]) -> Said:
    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return said("rule_nearest", name=near[0]) if near else said("rule_listed")


def _misplaced(text: str, error: ParseError) -> RuleProblem:
    found = error.errors[0]
    offset, sign = len(found["start_context"]), found["highlight"]
    if "Unexpected" in found["description"]:
        return at(text, offset, said("rule_joined", sign=sign))
    if "Expecting" in found["description"]:
        return at(text, offset, said("rule_comma", sign=sign))
    return at(text, offset, said("rule_missing", sign=sign))


def _count(expression: Expression) -> int:
    match expression:
        case Not(operand):
            return 1 + _count(operand)
        case And(operands) | Or(operands):
            return 1 + sum(map(_count, operands))
        case Compare():
            return 3
        case OneOf() | Missing() | Matches():
            return 2
        case _:
            return 1


@dataclass(frozen=True)
class _Walk:
    """Goes down a tree of sqlglot's. Each method raises RuleInvalid; what stands side by side is told together."""

    text: str

    def condition(self, node: Any) -> Expression:
        """Something that holds or does not."""
        if type(node) in _OPERATORS:
            return self._compare(node)
        read, parts = self._SHAPES.get(type(node), (None, frozenset()))
        if read is None or {key for key, value in node.args.items() if value} - parts:
            raise self._wrong(node, said("rule_condition"))
        return read(self, node)

    def _paren(self, node: exp.Paren) -> Expression:
        return self.condition(node.this)

    def _not(self, node: exp.Not) -> Expression:
        return Not(self.condition(node.this))

    def _joined(self, node: exp.And | exp.Or) -> Expression:
        """A chain of ANDs or of ORs, flat."""
        kind = And if isinstance(node, exp.And) else Or
        operands: list[Expression] = []
        for operand in self._each(self.condition, _chain(node)):
            operands += operand.operands if isinstance(operand, kind) else [operand]
        return kind(tuple(operands))

    def _truth(self, node: exp.Boolean) -> Expression:
        return Literal(bool(node.this))

    def _alone(self, node: exp.Column) -> Expression:
        feature = self._feature(node)
        if feature.type is not Type.BOOLEAN:
            sample = f"{feature.name} = {_SAMPLE[feature.type]}"
            raise self._wrong(node, said("rule_alone", this=_is(feature), sample=sample))
        return Feature(feature.name)

    def _compare(self, node: Any) -> Compare:
        """A comparison, the feature on the left."""
        operator, left, right = _OPERATORS[type(node)], node.this, node.expression
        if not isinstance(left, exp.Column) and isinstance(right, exp.Column):
            operator, left, right = _TURNED.get(operator, operator), right, left
        return self._compared(operator, left, right)

    def _compared(self, operator: Operator, left: Any, right: Any) -> Compare:
        feature = self._feature(left)
        if operator not in (Operator.EQUAL, Operator.UNEQUAL) and feature.type not in _ORDERED:
            raise self._wrong(left, said("rule_no_order", this=_is(feature)))
        if isinstance(right, exp.Column):
            return Compare(operator, Feature(feature.name), self._other(feature, right))
        return Compare(operator, Feature(feature.name), Literal(self._value(feature, right)))

    def _other(self, feature: Definition, node: exp.Column) -> Feature:
        """The feature that another one is compared with."""
        other = self._feature(node)
        if other.type is not feature.type:
            raise self._wrong(node, said("rule_unlike", this=_is(other), other=_is(feature)))
        if feature.type is Type.NUMBER and (feature.day or other.day):
            raise self._wrong(node, said("rule_days", feature=feature.name))
        return Feature(other.name)

    def _between(self, node: exp.Between) -> Expression:
        low = self._compared(Operator.AT_LEAST, node.this, node.args["low"])
        return And((low, self._compared(Operator.AT_MOST, node.this, node.args["high"])))

    def _one_of(self, node: exp.In) -> Expression:
        feature = self._feature(node.this)
        if node.args.get("field") or not 1 <= len(node.expressions) <= MAX_VALUES:
            raise self._wrong(node, said("rule_in", most=MAX_VALUES))
        return OneOf(Feature(feature.name), tuple(self._each(lambda value: self._value(feature, value), node.expressions)))

    def _missing(self, node: exp.Is) -> Expression:
        if not isinstance(node.expression, exp.Null):
            raise self._wrong(node, said("rule_is"))
        return Missing(Feature(self._feature(node.this).name))

    def _matches(self, node: exp.Anonymous) -> Expression:
        name, given = str(node.this).lower(), node.expressions
        if name not in FUNCTIONS:
            raise self._wrong(node, said("rule_no_function", name=name, nearest=_nearest(name, FUNCTIONS)))
        if len(given) != 2:
            raise self._wrong(node, said("rule_write", right=_USE[name]))
        feature = self._feature(given[0])
        if feature.type is not Type.TEXT:
            raise self._wrong(given[0], said("rule_no_text", this=_is(feature), name=name))
        if feature.choices:
            raise self._wrong(given[0], said("rule_fixed", feature=feature.name, value=feature.choices[0]))
        return Matches(Match(name), Feature(feature.name), str(self._value(feature, given[1])))

    def _feature(self, node: Any) -> Definition:
        if not isinstance(node, exp.Column):
            raise self._wrong(node, said("rule_feature"))
        name = node.name.lower()
        if name in _USE:
            raise self._wrong(node, said("rule_as_feature", name=node.name, right=_USE[name]))
        if name not in _OFFERED:
            raise self._wrong(node, _no_feature(node.name))
        return _OFFERED[name]

    def _value(self, feature: Definition, node: Any) -> Value:
        """A value that the feature can be compared with, in the feature's form."""
        value = self._literal(node)
        if rule.type_of(value) is not feature.type:
            right = _as(feature.type, value) or _SAMPLE[feature.type]
            raise self._wrong(node, said("rule_as_type", this=_is(feature), right=right))
        if feature.choices and value not in feature.choices:
            choice = _choice(str(value), feature.choices)
            raise self._wrong(node, said("rule_never", feature=feature.name, value=rule.literal(value), choice=choice))
        return self._form(node, value) if isinstance(value, str) and not feature.choices else value

    def _form(self, node: Any, value: str) -> str:
        form = normalise.name(value)
        if form is None:
            raise self._wrong(node, said("rule_stands_for", value=rule.literal(value)))
        if len(form) > MAX_TEXT:
            raise self._wrong(node, said("rule_written_long", most=MAX_TEXT))
        return form

    def _literal(self, node: Any) -> Value:
        match node:
            case exp.Null():
                raise self._wrong(node, said("rule_null"))
            case exp.Boolean():
                return bool(node.this)
            case exp.Literal(is_string=True, this=text):
                return str(text)
            case exp.Literal(this=digits):
                return int(digits)
            case exp.Neg(this=exp.Literal(is_string=False, this=digits)):
                return -int(digits)
            case exp.Cast(this=exp.Literal(is_string=True, this=text)):
                return self._date(node, str(text))
            case _:
                raise self._wrong(node, said("rule_value"))

    def _date(self, node: Any, text: str) -> date:
        try:
            day = date.fromisoformat(text) if _ISO.fullmatch(text) else date.min
        except ValueError:
            day = date.min
        if day.year < FIRST_YEAR:
            raise self._wrong(node, said("rule_no_day", first=FIRST_YEAR, last=date.max.year))
        return day

    def _each(self, read: Callable[[Any], T], nodes: Iterable[Any]) -> list[T]:
        """All of them, or the problems of all."""
        good: list[T] = []
        problems: list[RuleProblem] = []
        for node in nodes:
            try:
                good.append(read(node))
            except RuleInvalid as invalid:
                problems += invalid.problems
        refuse(self.text, problems)
        return good

    def _wrong(self, node: Any, message: Said) -> RuleInvalid:
        return RuleInvalid(self.text, [at(self.text, _offset(node), message)])

    # What may stand where a condition is expected, and the parts that it may have.
    _SHAPES: ClassVar[dict[type[exp.Expr], tuple[Callable[[_Walk, Any], Expression], frozenset[str]]]] = {
        exp.Paren: (_paren, frozenset({"this"})),
        exp.Not: (_not, frozenset({"this"})),
        exp.And: (_joined, frozenset({"this", "expression"})),
        exp.Or: (_joined, frozenset({"this", "expression"})),
        exp.Boolean: (_truth, frozenset({"this"})),
        exp.Column: (_alone, frozenset({"this"})),
        exp.Between: (_between, frozenset({"this", "low", "high"})),
        exp.In: (_one_of, frozenset({"this", "expressions", "field"})),
        exp.Is: (_missing, frozenset({"this", "expression"})),
        exp.Anonymous: (_matches, frozenset({"this", "expressions"})),
    }


def _chain(node: exp.Expr) -> Iterator[exp.Expr]:
    """The operands of a chain of one connective, however it was bracketed."""
    kind, waiting = type(node), [node]
    while waiting:
        part = waiting.pop()
        inner = part.this if isinstance(part, exp.Paren) else part
        if type(inner) is kind:
            waiting += [inner.expression, inner.this]
        elif isinstance(inner, exp.Paren):
            waiting.append(inner)
        else:
            yield part


def _offset(node: Any) -> int:
    """Where a node begins; sqlglot tells it of names and values only."""
    while node is not None:
        known = [part.meta["start"] for part in node.walk() if "start" in part.meta]
        if known:
            return int(min(known))
        node = node.parent
    return 0


def _is(feature: Definition) -> Said:
    return said(_A[feature.type], feature=feature.name)


def _choice(value: str, choices: tuple[str, ...]) -> Said:
    value = SUPERSEDED.get(value, value)
    near = get_close_matches(value.lower(), [choice.lower() for choice in choices], n=1)
    meant = next((choice for choice in choices if choice.lower() in near), None)
    return said("rule_nearest", name=f"'{meant}'") if meant else said("rule_choices", values=", ".join(map(rule.literal, choices)))


def _as(wanted: Type, value: Value) -> str | None:
    """The same value as the type that is wanted, where the author only chose the wrong quotes."""
    if wanted is Type.TEXT and not isinstance(value, bool):
        return rule.literal(str(value))
    if wanted is Type.NUMBER and isinstance(value, str) and re.fullmatch(r"-?\d{1,9}", value, re.ASCII):
        return said("rule_unquoted", value=value)
    return f"DATE '{value}'" if wanted is Type.DATE and isinstance(value, str) and _ISO.fullmatch(value) else None
