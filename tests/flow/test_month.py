"""A month of daily scans: who is looked at again finds exactly what looking at everybody finds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.flow.month import DAYS, FIRST, City
from wugan.detection import delta, fullscan
from wugan.detection.evaluate import explained
from wugan.detection.expression import Compare, Expression, Feature, Literal, Not, Operator
from wugan.detection.fullscan import Files
from wugan.detection.model import HitKey
from wugan.detection.predicate import RuleBook
from wugan.detection.rule import Rule, RuleCondition, rule
from wugan.items import catalogue
from wugan.registry.lookup import local

ITEMS = Path(__file__).parents[2] / "items"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def rules() -> list[Rule]:
    """The pilot items, and some whose further conditions depend on the day."""
    pilot = [rule(item, "v") for item in catalogue.load_folder(ITEMS).items]
    further: list[Expression] = [
        Compare(Operator.AT_MOST, Feature("days_to_expiry"), Literal(60)),
        Compare(Operator.GREATER, Feature("days_since_change"), Literal(5)),
        Not(Compare(Operator.EQUAL, Feature("days_since_issue"), Literal(3))),
    ]
    more = [_with(pilot[n], f"further-{n}", expression) for n, expression in enumerate(further)]
    return pilot + more


def _with(base: Rule, code: str, expression: Expression) -> Rule:
    item = base.item.model_copy(update={"code": code})
    return replace(base, item=item, conditions=(*base.conditions, RuleCondition("when.1", expression)))


def files(clean: Path) -> Files:
    return {feed: sorted((clean / feed).glob("*.parquet")) for feed in fullscan.READ}


def cases(rules: list[Rule], clean: Path) -> dict[HitKey, str]:
    """Every hit with the case that it opens, by the predicate."""
    book, reader = RuleBook(rules), local(clean)
    subjects = (s for b in range(reader.manifest.buckets) for s in reader.subjects(b))
    found = [h for s in subjects for h in explained(book, s)]
    return {h.key: h.case_id for h in found}


def test_a_month_of_deltas_opens_what_a_month_of_full_scans_opens(rules: list[Rule], tmp_path: Path) -> None:
    city = City(tmp_path, seed=7)
    by_full: set[str] = set()
    by_delta: set[str] = set()
    looked_at, everybody, by_date_alone, before = 0, 0, 0, None
    for number in range(DAYS + 1):
        day, after = FIRST + number * DAY, number > 0
        if after:
            city.live(day)
        clean = city.deliver(day)
        today = files(clean)
        full, case_of = set(fullscan.scan(rules, today, day)), cases(rules, clean)
        assert full == set(case_of)
        found = full
        if before is not None:
            codes = delta.codes(rules, today, before, day - DAY, day)
            changed = set(delta.codes([], today, before, day - DAY, day))
            found = set(fullscan.scan(rules, today, day, only=codes))
            assert found <= full
            by_date_alone += sum(case_of[k] not in by_full for k in full if k.subject not in changed)
            looked_at, everybody = looked_at + len(codes), everybody + local(clean).manifest.subjects
        by_full |= {case_of[k] for k in full}
        by_delta |= {case_of[k] for k in found}
        assert by_delta == by_full, f"day {day}"
        before = today
    assert by_date_alone > 5, "renewals whose records never changed must be among what was found"
    assert looked_at < everybody / 4
