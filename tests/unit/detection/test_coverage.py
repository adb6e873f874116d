"""Coverage: what an item's personas leave unshown is told, and what no persona can show is not asked for."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.support.rules import random_expression
from tests.support.subjects import TYPES, subjects
from tests.unit.detection.test_personas import items
from wugan.detection import checks, coverage
from wugan.detection.coverage import cover
from wugan.detection.expression import And, text
from wugan.detection.predicate import judge
from wugan.detection.rule import Rule, RuleCondition, rule
from wugan.items.model import Item, Persona

HIT: dict[str, Any] = {"name": "应当命中", "hit": True, "records": {"certificate": {}}}


def item(number: int, **update: Any) -> Item:
    """An item of the catalogue, changed."""
    return Item.model_validate(items()[number].model_dump(mode="json") | update)


def without(one: Item, *names: str) -> Item:
    """The item without the personas of which the name has one of these words."""
    kept = [p for p in one.personas if not any(n in p.name for n in names)]
    return one.model_copy(update={"personas": kept})


def wanted(one: Item) -> list[str]:
    return [p.message for p in coverage.check(one)]


@pytest.mark.parametrize("number", range(1, 21))
def test_the_catalogue_is_covered(number: int) -> None:
    assert checks.check(items()[number]) == []
    covered = cover(items()[number])
    assert covered.hits
    assert covered.dirty
    assert all(covered.near_misses.values())


@pytest.mark.parametrize("number", range(1, 21))
def test_each_condition_needs_its_near_miss(number: int) -> None:
    """Without those that miss a condition alone, exactly that condition is asked for."""
    one = items()[number]
    for condition, names in cover(one).near_misses.items():
        (message,) = [m for m in wanted(without(one, *names)) if "dirty" not in m]
        assert message.startswith(f"no near miss for {condition}; ")


def test_what_to_add_is_told_with_its_place() -> None:
    (problem,) = coverage.check(without(items()[10], "已注销"))
    assert problem.place == ("personas",)
    assert "hit: false" in problem.message
    assert "business: {status: cancelled}" in problem.message


def test_a_near_miss_that_misses_two_conditions_shows_neither() -> None:
    both = Persona.model_validate(
        {
            "name": "既注销又失信",
            "hit": False,
            "records": {"business": {"name": "甲", "status": "cancelled"}, "certificate": {"name": "乙"}, "blacklist": {}},
        }
    )
    one = without(items()[10], "已注销", "失信")
    shown = cover(one.model_copy(update={"personas": [*one.personas, both]}))
    assert shown.near_misses["active"] == shown.near_misses["not_blacklisted"] == ()


def test_no_hit_is_told() -> None:
    one = items()[10]
    misses = one.model_copy(update={"personas": [p for p in one.personas if not p.hit]})
    assert any(m.startswith("none hits") for m in wanted(misses))


def test_a_dirty_row_is_asked_for() -> None:
    assert [m for m in wanted(without(items()[10], "脏数据")) if m.startswith("none is dirty")]


@pytest.mark.parametrize(
    "records",
    [
        {"business": {"credit_code": "91370203ma0000001g"}, "certificate": {}},
        {"business": {"credit_code": "91370203MA0000001H"}, "certificate": {}},
        {"business": {"name": "青岛（示例）有限公司"}, "certificate": {}},
        {"business": {"legal_representative": None}, "certificate": {}},
        {"business": {"registered_address": "青岛市四方区示例路1号"}, "certificate": {}},
        {"business": {}, "certificate": {"registered_address": "-"}},
    ],
)
def test_what_is_dirty(records: dict[str, Any]) -> None:
    persona = Persona.model_validate({"name": "脏数据", "hit": False, "records": records})
    assert cover(items()[10].model_copy(update={"personas": [persona]})).dirty == ("脏数据",)


def test_an_ordinary_row_is_not_dirty() -> None:
    records = {
        "business": {"name": "青岛示例(集团)有限公司", "registered_address": "青岛市市北区示例路1号"},
        "certificate": {"status": "void"},
    }
    persona = Persona.model_validate({"name": "普通", "hit": False, "records": records})
    assert cover(items()[10].model_copy(update={"personas": [persona]})).dirty == ()


@pytest.mark.parametrize("number", [15, 16])
def test_all_three_bureaus_leave_nobody_out(number: int) -> None:
    assert cover(items()[number]).unmissable == ("jurisdiction",)


@pytest.mark.parametrize(
    ("when", "unmissable"),
    [
        ("days_since_issue >= 365", ()),
        ("jurisdiction = 'QD'", ("jurisdiction", "when.1")),
        ("jurisdiction = 'LX'", ()),
        ("NOT blacklisted", ("not_blacklisted", "when.1")),
        ("days_since_issue > 10 AND days_since_issue > 20", ("when.1",)),
        ("days_since_issue > 10 OR days_since_issue <= 10 OR days_since_issue IS NULL", ("when.1",)),
        ("issued_on > DATE '2020-01-01' AND issued_on >= DATE '2020-01-02'", ("when.1", "when.2")),
        ("issued_on IS NULL", ()),
        ("days_to_expiry IS NOT NULL", ()),
        ("issued_on <= DATE '9999-12-31' OR issued_on IS NULL", ("when.1",)),
        ("contains(business_name, '集团') AND business_name IS NOT NULL", ()),
    ],
)
def test_conditions_that_no_record_can_miss_alone_are_found(when: str, unmissable: tuple[str, ...]) -> None:
    assert cover(item(10, when=when)).unmissable == unmissable


def test_each_part_of_when_needs_a_near_miss() -> None:
    one = item(10, when="registered_jurisdiction = 'QD' AND entity_type = 'enterprise'")
    told = " ".join(wanted(one))
    assert "no near miss for when.1; " in told
    assert "registered_jurisdiction = 'QD' does not hold" in told
    assert "entity_type = 'enterprise' does not hold" in told


def test_a_rule_that_cannot_be_read_is_told_once() -> None:
    problems = checks.check(item(10, when="no_such_feature = 1"))
    assert [p.place for p in problems] == [("when",)]


def test_no_record_misses_alone_what_is_said_to_be_unmissable() -> None:
    """Random rules over random records: what is concluded from a few values for each feature holds for all of them."""
    rng = random.Random(11)
    records = [s for s in subjects(rng, 250) if s.business]
    one = items()[10].model_copy(update={"certificates": items()[10].certificates.model_copy(update={"type": TYPES[0]})})
    found = 0
    for _ in range(120):
        asked = And((random_expression(rng, False), random_expression(rng, False)))
        further = tuple(RuleCondition(f"when.{n}", part) for n, part in enumerate(asked.operands))
        its_rule = Rule(one, "v", (*rule(one, "v").conditions, *further))
        its_judge, never = judge(its_rule), set(coverage.unmissable(its_rule))
        found += len(never)
        for row in (r for s in records for r in its_judge.rows(s, s.as_of)):
            failing = [c.name for c, test in zip(its_rule.conditions, its_judge.tests, strict=True) if not test(row)]
            assert len(failing) != 1 or failing[0] not in never, (failing, [text(c.expression) for c in its_rule.conditions])
    assert found
