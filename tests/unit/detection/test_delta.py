"""For whom a date passes between two scans."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from wugan.detection import delta
from wugan.detection.expression import And, Compare, Expression, Feature, Literal, Not, OneOf, Operator
from wugan.detection.features import FEATURES
from wugan.detection.rule import Rule, RuleCondition, rule
from wugan.items import catalogue

ITEMS = Path(__file__).parents[3] / "items"
SINCE, UNTIL, DAY = date(2026, 12, 1), date(2026, 12, 3), timedelta(days=1)


def asking(expression: Expression) -> Rule:
    """A rule with this condition alone."""
    base = rule(catalogue.load_file(ITEMS / "construction-qualification-change.yaml"), "v")
    return replace(base, conditions=(RuleCondition("when.1", expression),))


def windows(expression: Expression) -> list[delta.Window]:
    return delta.windows([asking(expression)], SINCE, UNTIL)


@pytest.mark.parametrize("name", sorted(FEATURES))
def test_every_feature_that_depends_on_the_day_says_so(name: str) -> None:
    told = "{as_of}" in FEATURES[name].sql or "{sensed_on}" in FEATURES[name].sql or name == "blacklisted"
    assert told == bool(FEATURES[name].day or name == "blacklisted")


@pytest.mark.parametrize("negated", [False, True])
def test_a_comparison_changes_around_its_number(negated: bool) -> None:
    expression: Expression = Compare(Operator.AT_MOST, Feature("days_to_expiry"), Literal(60))
    found = windows(And((Not(expression) if negated else expression, Feature("name_changed"))))
    assert found == [("licence", "valid_until", SINCE + 59 * DAY, UNTIL + 61 * DAY)]


def test_days_that_add_up_count_the_other_way() -> None:
    found = windows(OneOf(Feature("days_since_scope_change"), (5, 90)))
    assert found == [
        ("business", "scope_changed_on", SINCE - 91 * DAY, UNTIL - 89 * DAY),
        ("business", "scope_changed_on", SINCE - 6 * DAY, UNTIL - 4 * DAY),
    ]


def test_lists_begin_and_end() -> None:
    assert windows(Not(Feature("blacklisted"))) == [
        ("blacklist", "since", SINCE - DAY, UNTIL + DAY),
        ("blacklist", "until", SINCE - DAY, UNTIL + DAY),
    ]


def test_what_depends_on_no_day_has_no_window() -> None:
    assert windows(And((Feature("name_changed"), Compare(Operator.GREATER, Feature("valid_until"), Literal(SINCE))))) == []
