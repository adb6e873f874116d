"""Random rules over the features that authors may use: plainly random for speed, and for hypothesis."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache

from hypothesis import strategies as st

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
from wugan.registry import normalise

# What registries hold, pieces of it, and what goes wrong easily.
TEXTS = (
    *("青岛", "有限公司", "青岛示例有限公司", "示例", "莱西市", "市北区", "黄岛区", "即墨区", "人力资源服务", "市场监督管理局"),
    *("(青岛)", "(不含", ")", "ＡＢＣ", "abc", "O'Brien", "''", "%", "_", "\\", "a%b", "AND", "NOT", "NULL值", "--a", "/*a"),
    *("𠮷野家", "é", "e\u0301", "ﬁ", "㈱", "１", "·", "a-b"),
)
_FORMS = tuple(dict.fromkeys(form for text in TEXTS if (form := normalise.name(text))))
_ALPHABET = "青岛市路号公司（）a'\"\\%_;-./ÀßΩя\u0301ｶﾞ𠮷😀١२"
_EQUALITY = (Operator.EQUAL, Operator.UNEQUAL)
_NUMBERS = (0, 1, -1, 30, 60, 90, 1_000_000_000, -1_000_000_000)
_TODAY = date(2026, 11, 23)
_DAYS = (_TODAY, date(1900, 1, 1), date(9999, 12, 31), date(2028, 2, 29))


def expressions(filing: bool) -> st.SearchStrategy[Expression]:
    """Rules in the shape that `parse` gives them; those of a filing when `filing`."""
    return st.randoms(use_true_random=False).map(lambda rng: random_expression(rng, filing))


def random_expression(rng: random.Random, filing: bool, depth: int = 3) -> Expression:
    """One rule with at most 2 ** depth conditions."""
    kind = rng.random()
    if depth == 0 or kind < 0.3:
        return _leaf(rng, filing)
    if kind < 0.45:
        return Not(random_expression(rng, filing, depth - 1))
    pair = [random_expression(rng, filing, depth - 1) for _ in range(2)]
    return _flat(And if kind < 0.75 else Or, pair)


@cache
def offered(filing: bool, type: Type | None = None) -> tuple[Definition, ...]:
    """The features that authors may use, of one type or of all."""
    return tuple(d for d in FEATURES.values() if d.offered and not (filing and d.needs_certificate) and type in (None, d.type))


def random_value(rng: random.Random, feature: Definition) -> Value:
    """A value that the feature may be compared with."""
    if feature.choices:
        return rng.choice(feature.choices)
    match feature.type:
        case Type.BOOLEAN:
            return rng.random() < 0.5
        case Type.NUMBER:
            return rng.choice(_NUMBERS) if rng.random() < 0.3 else rng.randint(-60, 400)
        case Type.DATE:
            return rng.choice(_DAYS) if rng.random() < 0.2 else _TODAY + timedelta(days=rng.randint(-800, 400))
        case Type.TEXT:
            return _text(rng)


def _flat(kind: type[And] | type[Or], operands: Sequence[Expression]) -> Expression:
    """Joined as the parser does it: an AND in an AND is one."""
    return kind(tuple(part for operand in operands for part in (operand.operands if isinstance(operand, kind) else (operand,))))


def _leaf(rng: random.Random, filing: bool) -> Expression:
    kind = rng.random()
    if kind < 0.2:
        return Feature(rng.choice(offered(filing, Type.BOOLEAN)).name)
    if kind < 0.22:
        return Literal(rng.random() < 0.5)
    if kind < 0.35:
        return Matches(rng.choice(tuple(Match)), Feature(rng.choice(_free_texts(filing)).name), _text(rng))
    feature = rng.choice(offered(filing))
    if kind < 0.45:
        return Missing(Feature(feature.name))
    if kind < 0.6:
        return OneOf(Feature(feature.name), tuple(random_value(rng, feature) for _ in range(rng.randint(1, 4))))
    operator = rng.choice(_EQUALITY if feature.type in (Type.TEXT, Type.BOOLEAN) else tuple(Operator))
    if kind < 0.7 and feature.type is not Type.NUMBER:
        return Compare(operator, Feature(feature.name), Feature(rng.choice(offered(filing, feature.type)).name))
    return Compare(operator, Feature(feature.name), Literal(random_value(rng, feature)))


@cache
def _free_texts(filing: bool) -> tuple[Definition, ...]:
    return tuple(d for d in offered(filing, Type.TEXT) if not d.choices)


def _text(rng: random.Random) -> str:
    if rng.random() < 0.7:
        return rng.choice(_FORMS)
    return normalise.name("".join(rng.choice(_ALPHABET) for _ in range(rng.randint(1, 5)))) or "青"
