"""Statistics against a naive count, and running them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import people
from tests.support.workshop import MemoryText
from tests.unit.cases.made import opened
from wugan.bench.statistics import FALSE_PUSHES, WEEKS, Counted, Statistics, Week, counted, medians, week_of, weeks
from wugan.cases.model import Head, Outcome
from wugan.clock import BEIJING, FixedClock
from wugan.memory.stores import MemoryCaseStore, MemoryItemStore, MemoryWaitStore

NOW = datetime(2026, 11, 24, 5, 30, tzinfo=BEIJING)
BASE = opened().head
CODES = ("one-item", "other-item")


def head(number: int, code: str, days_ago: float, **more: Any) -> Head:
    return replace(BASE, case_id=f"{number:026d}", item_code=code, opened_at=NOW - timedelta(days=days_ago), **more)


@st.composite
def heads(draw: st.DrawFn) -> list[Head]:
    found = []
    for number in range(draw(st.integers(0, 25))):
        ago = draw(st.floats(0, 500))
        pushed, began, applied = (draw(st.booleans()) for _ in range(3))
        outcome = draw(st.sampled_from([None, *Outcome]))
        reason = draw(st.sampled_from(["", "no_longer_qualifies", "not_qualified", "never"]))
        delivered = NOW - timedelta(days=ago) + timedelta(days=draw(st.floats(0, 40))) if outcome is Outcome.DELIVERED else None
        at = NOW if pushed else None
        more = {"prompted_at": at, "begun_at": NOW if began else None, "applied_at": NOW if applied else None, "delivered_at": delivered}
        found.append(head(number, draw(st.sampled_from(CODES)), ago, outcome=outcome, reason=reason, **more))
    return found


def naive(given: Sequence[Head], code: str, week: str) -> tuple[object, ...]:
    """Counted one by one."""
    numbers, days = [0] * 7, []
    for h in given:
        if h.item_code != code or week_of(h.opened_at) != week:
            continue
        numbers[0] += 1
        if h.prompted_at:
            numbers[1] += 1
            if (h.outcome is Outcome.BY_PERSON and h.reason == "no_longer_qualifies") or (
                h.outcome is Outcome.REJECTED and h.reason == "not_qualified"
            ):
                numbers[6] += 1
        if h.begun_at:
            numbers[2] += 1
        if h.applied_at:
            numbers[3] += 1
        if h.outcome is Outcome.DECLINED:
            numbers[4] += 1
        if h.outcome is Outcome.DELIVERED:
            numbers[5] += 1
        if h.delivered_at:
            days.append((h.delivered_at - h.opened_at).total_seconds() / 86_400)
    return *numbers, round(median(days), 1) if days else None


def shown(week: Week) -> tuple[object, ...]:
    return (
        *(week.hits, week.pushed, week.opened, week.accepted, week.declined, week.delivered, week.false_pushes),
        week.days,
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(heads())
def test_each_row_is_what_counting_one_by_one_gives(given: list[Head]) -> None:
    rows = weeks(given)
    assert {(r.item, r.week) for r in rows} == {(h.item_code, week_of(h.opened_at)) for h in given}
    assert [shown(r) for r in rows] == [naive(given, r.item, r.week) for r in rows]
    assert sum(r.hits for r in rows) == len(given)


def counting(given: Sequence[Head], text: MemoryText | None = None, at: datetime = NOW) -> Statistics:
    cases, items = MemoryCaseStore(MemoryWaitStore()), MemoryItemStore()
    for code in CODES:
        items.publish(people.items()[1].model_copy(update={"code": code}), NOW)
    cases.heads = {h.case_id: h for h in given}
    return Statistics(cases, items, text or MemoryText(), FixedClock(at))


@settings(max_examples=25, deadline=None)
@given(heads())
def test_running_again_gives_the_same_and_what_is_kept_reads_the_same(given: list[Head]) -> None:
    text = MemoryText()
    first = counting(given, text).run()
    kept = text.text
    assert counting(given, text).run() == first
    assert text.text == kept
    assert counted(kept) == first


def test_rows_of_old_hits_stay_when_their_cases_are_not_read_any_more() -> None:
    text = MemoryText()
    old = Week(CODES[0], "2024-W20", 9, 8, 7, 6, 5, 4, 3, 2.5)
    text.write(Counted(NOW, (old,)).as_text())
    found = counting([head(1, CODES[0], 3), head(2, CODES[0], WEEKS * 7 + 30)], text).run()
    assert found.weeks[0] == old
    assert [(w.week, w.hits) for w in found.weeks[1:]] == [(week_of(NOW - timedelta(days=3)), 1)]


def test_a_week_is_beijing_s() -> None:
    monday = datetime(2026, 11, 23, 0, 30, tzinfo=BEIJING)  # still Sunday in UTC
    assert week_of(monday) == "2026-W48"
    assert week_of(monday - timedelta(hours=1)) == "2026-W47"
    assert week_of(datetime(2027, 1, 1, 9, 0, tzinfo=BEIJING)) == "2026-W53"


def test_nothing_was_counted_yet() -> None:
    assert counted("") == Counted()


@pytest.mark.parametrize("end", sorted(FALSE_PUSHES))
def test_a_hit_that_was_never_pushed_is_no_false_push(end: tuple[Outcome, str]) -> None:
    outcome, reason = end
    (row,) = weeks([head(1, "x", 1, outcome=outcome, reason=reason), head(2, "x", 1, outcome=outcome, reason=reason, prompted_at=NOW)])
    assert (row.hits, row.pushed, row.false_pushes) == (2, 1, 1)


def test_an_items_median_is_of_all_its_deliveries() -> None:
    """Not of the medians of its weeks."""
    assert medians([]) == {}
    at = [replace(head(n, CODES[0], 30), delivered_at=NOW - timedelta(days=30 - days)) for n, days in enumerate((1, 2, 9))]
    assert medians([*at, head(9, CODES[1], 3)]) == {CODES[0]: 2.0}
    assert counted(Counted(NOW, (), {"a": 2.5}).as_text()).days == {"a": 2.5}
