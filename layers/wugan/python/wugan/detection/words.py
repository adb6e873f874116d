"""Conditions in Chinese, for explanations and reports."""

from __future__ import annotations

from typing import assert_never

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
from wugan.detection.features import FEATURES

CHOICES = {
    "active": "存续",
    "cancelled": "注销",
    "revoked": "吊销",
    "valid": "有效",
    "void": "失效",
    "QD": "青岛市",
    "LX": "莱西市",
    "PD": "平度市",
    "enterprise": "企业",
    "non_enterprise_unit": "民办非企业单位",
    "social_group": "社会团体",
    "foundation": "基金会",
}
_OPERATORS = {
    Operator.EQUAL: "为",
    Operator.UNEQUAL: "不为",
    Operator.LESS: "小于",
    Operator.AT_MOST: "不超过",
    Operator.GREATER: "大于",
    Operator.AT_LEAST: "不少于",
}
_DAYS = _OPERATORS | {Operator.LESS: "早于", Operator.AT_MOST: "不晚于", Operator.GREATER: "晚于", Operator.AT_LEAST: "不早于"}
_MATCHES = {Match.CONTAINS: "含有", Match.STARTS_WITH: "开头为"}


def words(expression: Expression) -> str:
    """The condition as a person says it: 登记状态为存续，且距有效期届满的天数不超过60."""
    match expression:
        case Feature(name):
            return title(name)
        case Literal(said):
            return _value(said)
        case Compare(operator, left, right):
            dated = any(isinstance(side, Feature) and FEATURES[side.name].type is Type.DATE for side in (left, right))
            return f"{_side(left, right)}{(_DAYS if dated else _OPERATORS)[operator]}{_side(right, left)}"
        case OneOf(Feature(name), said):
            return f"{title(name)}为{_listed(name, said)}{'之一' if len(said) > 1 else ''}"
        case Missing(Feature(name)):
            return f"{title(name)}缺失"
        case Matches(how, Feature(name), wanted):
            return f"{title(name)}{_MATCHES[how]}“{wanted}”"
        case Not(operand):
            return _not(operand)
        case And(operands):
            return "，且".join(map(_inside, operands))
        case Or(operands):
            return "，或".join(map(_inside, operands))
        case _:
            assert_never(expression)


def title(name: str) -> str:
    """The feature's name in Chinese."""
    return FEATURES[name].title


def value_words(name: str, said: Value | None) -> str:
    """A value of a feature, its fixed values in Chinese; 缺失 when the registries do not tell it."""
    return "缺失" if said is None else _of(name, said)


def _value(said: Value) -> str:
    match said:
        case bool():
            return "是" if said else "否"
        case int() | str():
            return str(said)
        case _:
            return f"{said.year}年{said.month}月{said.day}日"


def _of(name: str, said: Value) -> str:
    if FEATURES[name].choices:
        return CHOICES.get(str(said), str(said))
    return f"“{said}”" if isinstance(said, str) else _value(said)


def _listed(name: str, said: tuple[Value, ...]) -> str:
    return "、".join(_of(name, one) for one in said)


def _side(side: Feature | Literal, other: Feature | Literal) -> str:
    if isinstance(side, Literal) and isinstance(other, Feature):
        return _of(other.name, side.value)
    return words(side)


def _not(operand: Expression) -> str:
    match operand:
        case Missing(Feature(name)):
            return f"{title(name)}不缺失"
        case OneOf(Feature(name), said):
            return f"{title(name)}不为{_listed(name, said)}{'中任何一个' if len(said) > 1 else ''}"
        case Matches(how, Feature(name), wanted):
            return f"{title(name)}不{'含有' if how is Match.CONTAINS else '以'}“{wanted}”{'' if how is Match.CONTAINS else '开头'}"
        case _:
            return f"并非（{words(operand)}）"


def _inside(expression: Expression) -> str:
    return f"（{words(expression)}）" if isinstance(expression, And | Or) else words(expression)
