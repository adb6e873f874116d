"""Two engines, one meaning: DuckDB and the predicate give the same three-valued answer to any rule about any subject."""

from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.differential import Compared, compare
from tests.support.rules import expressions, random_expression
from tests.support.subjects import TODAY, subjects, tables
from wugan.detection import fullscan, places
from wugan.detection.expression import Compare, Expression, Feature, Literal, Matches, Missing, Not, Operator, Or, Type, text
from wugan.detection.expression import Match as How
from wugan.detection.features import FEATURES
from wugan.registry import normalise

LEAST_PAIRS = 50_000
Asked = tuple[Expression, bool]  # the rule, and whether it is a filing's


def either(filing: bool) -> st.SearchStrategy[Asked]:
    return expressions(filing).map(lambda expression: (expression, filing))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(asked=st.lists(either(False) | either(True), min_size=1, max_size=12), seed=st.integers(0, 2**32))
def test_any_rule_means_the_same_to_both(asked: list[Asked], seed: int) -> None:
    assert not compare(asked, subjects(random.Random(seed), 20)).differences


def test_very_many_rules_and_rows() -> None:
    rng, pairs = random.Random(20261123), 0
    while pairs < LEAST_PAIRS:
        asked = [(random_expression(rng, filing), filing) for filing in (False, True) for _ in range(25)]
        found = compare(asked, subjects(rng, 600))
        assert not found.differences
        pairs += found.pairs


def every_feature() -> list[Asked]:
    looks = [(f, filing) for f in FEATURES.values() for filing in (False, True) if not (filing and f.needs_certificate)]
    return [(expression, filing) for f, filing in looks for expression in _asking(f.name)]


def _asking(name: str) -> list[Expression]:
    feature, definition = Feature(name), FEATURES[name]
    missing: list[Expression] = [Missing(feature)]
    match definition.type:
        case Type.BOOLEAN:
            return [*missing, feature]
        case Type.NUMBER:
            return [*missing, *(Compare(Operator.AT_MOST, feature, Literal(n)) for n in (-1, 0, 30, 90))]
        case Type.DATE:
            return [*missing, Compare(Operator.GREATER, feature, Literal(date(2026, 11, 24)))]
        case Type.TEXT:
            choices = (Compare(Operator.UNEQUAL, feature, Literal(v)) for v in definition.choices)
            return [*missing, *choices, Matches(How.CONTAINS, feature, "青岛")]


def test_each_feature_by_itself() -> None:
    found = compare(every_feature(), subjects(random.Random(3), 400))
    assert found.pairs > LEAST_PAIRS
    assert not found.differences


def test_a_difference_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison itself can fail: one engine is given another meaning of `=`."""
    monkeypatch.setattr(fullscan, "text", lambda e, column: text(e, column).replace("<>", "IS DISTINCT FROM"))
    asked: list[Asked] = [(Compare(Operator.UNEQUAL, Feature("premises_district"), Literal("市北区")), False)]
    found: Compared = compare(asked, subjects(random.Random(3), 200))
    assert found.differences


def test_literals_are_all_of_a_rule_that_reaches_sql() -> None:
    said = "'; DROP TABLE licence; --"
    unequal = Not(Compare(Operator.EQUAL, Feature("issuing_body"), Literal(said)))
    asked = Or((Matches(How.CONTAINS, Feature("business_name"), said), unequal))
    given_subjects = subjects(random.Random(5), 50)
    assert not compare([(asked, False)], given_subjects).differences
    with fullscan.connected() as connection:
        tables(connection, given_subjects)
        fullscan.judge(connection, [], fullscan.Day(TODAY, TODAY))
        assert connection.execute("SELECT count(*) FROM licence").fetchone() != (0,)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30), st.text(max_size=10))
def test_an_address_never_moves_without_changing(old: str, new: str) -> None:
    if places.address_moved(old, new):
        assert places.address_changed(old, new)
    assert places.address_changed(old, normalise.name(old)) is not True


SCOPES = st.text(alphabet="人力资源服务餐饮出版物零售（）(),；不含除 \u3000\u2f08⼈㈱①Ａa\u0301﨑豈", max_size=24)


@settings(max_examples=300)
@given(SCOPES, st.sampled_from(["人力资源服务", "出版物零售", "人力", "Ａ店", "餐 饮"]))
def test_the_shortcut_for_scopes_tells_what_the_long_way_tells(scope: str, phrase: str) -> None:
    said, wanted = places.covered(scope), normalise.name(phrase)
    assert places.covers(scope, phrase) == (None if said is None or wanted is None else wanted in said)


PLACES = st.lists(
    st.sampled_from(["山东省", "青岛市", "中国", "市北区", "四方区", "示例路", "1号", " ", "\u3000", "无", "-", "\u00a0"]), max_size=8
).map("".join)


@settings(max_examples=500)
@given(PLACES, PLACES)
def test_the_shortcut_for_addresses_tells_what_the_long_way_tells(old: str, new: str) -> None:
    before, after = normalise.address(old), normalise.address(new)
    told = places.address_changed(old, new)
    if old == new:
        assert told is False
    else:
        assert told == (None if before is None or after is None else not before.same(after))
