"""Conditions in Chinese, and the documentation that is made from the features."""

from __future__ import annotations

import re
from datetime import date

import pytest
import yaml
from hypothesis import given, settings

from tests.support.rules import expressions
from tests.support.template import ROOT
from wugan.detection.dialect import parse
from wugan.detection.expression import Expression, features_in
from wugan.detection.features import FEATURES
from wugan.detection.features_table import renewed
from wugan.detection.words import CHOICES, title, value_words, words


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("business_status = 'active' AND days_to_expiry <= 60", "登记状态为存续，且距有效期届满的天数不超过60"),
        ("jurisdiction IN ('LX', 'PD')", "证照所属区域为莱西市、平度市之一"),
        ("jurisdiction NOT IN ('QD')", "证照所属区域不为青岛市"),
        ("jurisdiction NOT IN ('QD', 'LX')", "证照所属区域不为青岛市、莱西市中任何一个"),
        ("issued_on < DATE '2020-01-02'", "发证日期早于2020年1月2日"),
        ("valid_until >= issued_on", "有效期至不早于发证日期"),
        ("valid_until IS NOT NULL", "有效期至不缺失"),
        ("NOT contains(business_scope, '劳务')", "经营范围不含有“劳务”"),
        ("NOT starts_with(business_name, '青岛')", "登记名称不以“青岛”开头"),
        ("NOT blacklisted OR (owns_premises AND name_changed)", "并非（列入严重违法失信名单），或（经营场所为自有产权，且名称已变更）"),
        ("blacklisted = FALSE", "列入严重违法失信名单为否"),
    ],
)
def test_words(rule: str, said: str) -> None:
    assert words(parse(rule)) == said


@given(expressions(filing=False))
@settings(max_examples=100, deadline=None)
def test_words_name_every_feature_by_its_title(expression: Expression) -> None:
    said = words(expression)
    assert all(title(name) in said for name in features_in(expression))


def test_value_words() -> None:
    assert [value_words("days_to_expiry", 5), value_words("days_to_expiry", None)] == ["5", "缺失"]
    assert [value_words("business_status", "revoked"), value_words("issued_on", date(2026, 1, 2))] == ["吊销", "2026年1月2日"]


def test_all_fixed_values_have_words() -> None:
    assert {choice for feature in FEATURES.values() for choice in feature.choices if choice.isascii()} <= set(CHOICES)


def test_the_documented_features_are_those_there_are() -> None:
    document = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert document == renewed(document), "run: python -m wugan.detection.features_table docs/rules.md"


def test_the_rules_in_the_documentation_can_be_read() -> None:
    document = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    whole = [yaml.safe_load(block)["when"] for block in re.findall(r"```yaml\n(.*?)```", document, re.DOTALL)]
    missing = document.partition("## When nothing is known")[2].partition("How unknown goes on")[0]
    rows = re.findall(r"^\| `([^`]+)` \|", missing, re.MULTILINE)
    assert (len(whole), len(rows)) == (2, 5)
    assert all(map(parse, [*whole, *rows]))
