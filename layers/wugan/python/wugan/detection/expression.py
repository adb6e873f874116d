"""Expressions of the rule language: typed, three-valued, nothing that two engines could understand differently.

A value that is missing makes a comparison unknown (None), as in SQL; AND, OR and NOT follow Kleene's tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import assert_never

Value = str | int | date | bool


class Type(StrEnum):
    """What a feature or a literal is."""

    TEXT = "text"
    NUMBER = "number"  # whole
    DATE = "date"
    BOOLEAN = "boolean"


class Operator(StrEnum):
    """Comparisons. Texts and truth values know only the first two."""

    EQUAL = "="
    UNEQUAL = "<>"
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="


@dataclass(frozen=True)
class Feature:
    """A named fact; see `detection/features.py`."""

    name: str


@dataclass(frozen=True)
class Literal:
    """A value that the author wrote. Texts are in the form that features have (`normalise.name`)."""

    value: Value


@dataclass(frozen=True)
class Compare:
    """Two values of one type."""

    operator: Operator
    left: Feature | Literal
    right: Feature | Literal


@dataclass(frozen=True)
class OneOf:
    """The feature has one of the values."""

    feature: Feature
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Missing:
    """The registries do not tell the feature (IS NULL); never unknown itself."""

    feature: Feature


class Match(StrEnum):
    """How a text is looked for in another."""

    CONTAINS = "contains"
    STARTS_WITH = "starts_with"


@dataclass(frozen=True)
class Matches:
    """The text feature contains, or begins with, a text."""

    how: Match
    feature: Feature
    text: str


@dataclass(frozen=True)
class Not:
    """The other way round; unknown stays unknown."""

    operand: Expression


@dataclass(frozen=True)
class And:
    """All of them; false as soon as one is false."""

    operands: tuple[Expression, ...]


@dataclass(frozen=True)
class Or:
    """Any of them; true as soon as one is true."""

    operands: tuple[Expression, ...]


Expression = Feature | Literal | Compare | OneOf | Missing | Matches | Not | And | Or


def type_of(value: Value) -> Type:
    """The type of a value. A truth value is no number."""
    match value:
        case bool():
            return Type.BOOLEAN
        case int():
            return Type.NUMBER
        case str():
            return Type.TEXT
        case date():
            return Type.DATE
        case _:
            assert_never(value)


def features_in(expression: Expression) -> Iterator[str]:
    """The names of the features that an expression reads, with repeats."""
    match expression:
        case Feature(name):
            yield name
        case Literal():
            return
        case Compare(_, left, right):
            yield from features_in(left)
            yield from features_in(right)
        case OneOf(feature, _) | Missing(feature) | Matches(_, feature, _):
            yield feature.name
        case Not(operand):
            yield from features_in(operand)
        case And(operands) | Or(operands):
            for operand in operands:
                yield from features_in(operand)
        case _:
            assert_never(expression)


def parts(expression: Expression) -> tuple[Expression, ...]:
    """What must hold at the same time: the operands of an AND at the top, or the whole."""
    return expression.operands if isinstance(expression, And) else (expression,)


def text(expression: Expression, column: Callable[[str], str] = str) -> str:
    """The expression in the rule language, in one canonical form: reading it again gives the same expression.

    The language is a part of DuckDB's SQL with the same meaning: with `column`, which says how a feature is read there, the text is SQL.
    """

    def side(operand: Feature | Literal) -> str:
        return column(operand.name) if isinstance(operand, Feature) else literal(operand.value)

    def inside(operand: Expression) -> str:
        return f"({text(operand, column)})" if isinstance(operand, And | Or | Not) else text(operand, column)

    match expression:
        case Feature() | Literal():
            return side(expression)
        case Compare(operator, left, right):
            return f"{side(left)} {operator} {side(right)}"
        case OneOf(feature, values):
            return f"{column(feature.name)} IN ({', '.join(map(literal, values))})"
        case Missing(feature):
            return f"{column(feature.name)} IS NULL"
        case Matches(how, feature, wanted):
            return f"{how}({column(feature.name)}, {literal(wanted)})"
        case Not(operand):
            return f"NOT {inside(operand)}"
        case And(operands):
            return " AND ".join(map(inside, operands))
        case Or(operands):
            return " OR ".join(map(inside, operands))
        case _:
            assert_never(expression)


def literal(value: Value) -> str:
    """A value in the rule language, which is also DuckDB's: quotes in texts are doubled."""
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return str(value)
        case str():
            return "'" + value.replace("'", "''") + "'"
        case date():
            return f"DATE '{value.isoformat()}'"
        case _:
            assert_never(value)
