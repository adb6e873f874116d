"""Working days: public holidays do not count, make-up workdays do."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wugan.cases.deadlines import add_span, period, span
from wugan.clock import BEIJING
from wugan.workdays import is_workday

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31)).map(lambda at: at.replace(tzinfo=BEIJING))
DAYS = st.floats(0, 60, allow_nan=False)
CLOSE = 1e-9  # of a day: times are kept to the microsecond


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2025-10-01", False),  # 国庆
        ("2025-10-06", False),  # 中秋
        ("2025-10-08", False),
        ("2025-09-28", True),  # a Sunday, made up for
        ("2025-10-11", True),  # a Saturday, made up for
        ("2026-10-07", False),
        ("2026-10-10", True),
        ("2026-10-11", False),
        ("2032-01-01", False),  # years that the calendar does not know yet
        ("2032-01-02", True),
        ("2032-01-03", False),
    ],
)
def test_holidays_and_make_up_workdays(day: str, works: bool) -> None:
    assert is_workday(date.fromisoformat(day)) is works


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2025-09-26 15:00", 1, "2025-09-29 00:00"),  # the make-up Sunday is the first day
        ("2025-09-26 15:00", 5, "2025-10-11 00:00"),  # 28, 29, 30 September, 9 and 10 October
        ("2025-09-26 15:00", 6, "2025-10-12 00:00"),
        ("2025-09-30 09:00", 1, "2025-10-10 00:00"),
        ("2025-10-04 09:00", 1, "2025-10-10 00:00"),  # from within the holiday
        ("2026-11-23 10:00", 3, "2026-11-27 00:00"),
        ("2026-11-20 10:00", 0.5, "2026-11-23 12:00"),
    ],
)
def test_a_period_runs_from_the_day_after(start: str, days: float, end: str) -> None:
    assert period(at(start), days) == at(end)


def test_a_span_over_national_day_counts_the_working_hours_only() -> None:
    assert span(at("2025-09-30 12:00"), at("2025-10-09 06:00")) == pytest.approx(0.75)
    assert add_span(at("2025-09-30 12:00"), 0.75) == at("2025-10-09 06:00")
    assert span(at("2025-10-01 08:00"), at("2025-10-08 20:00")) == 0


@given(MOMENTS, DAYS)
def test_the_span_to_the_end_of_a_span_is_the_span(start: datetime, days: float) -> None:
    assert span(start, add_span(start, days)) == pytest.approx(days, abs=CLOSE)


@given(MOMENTS, MOMENTS, MOMENTS)
def test_spans_add_up(one: datetime, two: datetime, three: datetime) -> None:
    first, middle, last = sorted((one, two, three))
    assert span(first, last) == pytest.approx(span(first, middle) + span(middle, last), abs=CLOSE)
    assert span(last, first) == 0 or first == last


@given(MOMENTS, st.integers(1, 40))
def test_a_period_ends_at_the_midnight_after_its_last_working_day(start: datetime, days: int) -> None:
    end = period(start, days)
    assert (end.hour, end.minute) == (0, 0)
    assert is_workday((end - timedelta(days=1)).date())
    first = start.date() + timedelta(days=1)
    counted = sum(is_workday(first + timedelta(days=n)) for n in range((end.date() - first).days))
    assert counted == days
