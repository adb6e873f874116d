"""Quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wugan.clock import BEIJING
from wugan.errors import InvalidInput
from wugan.outreach.quiet import Quiet

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.sampled_from([UTC, BEIJING]))
TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0))
SPANS = st.builds(Quiet, TIMES, TIMES)


def _at(hour: int, minute: int = 0, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        (_at(20, 59), _at(20, 59)),
        (_at(21), _at(8, day=25)),
        (_at(23, 30), _at(8, day=25)),
        (_at(0), _at(8)),
        (_at(7, 59), _at(8)),
        (_at(8), _at(8)),
    ],
)
def test_by_default_nobody_is_messaged_from_nine_to_eight(at: datetime, allowed: datetime) -> None:
    assert Quiet().next_allowed(at) == allowed
    assert Quiet().covers(at) == (at != allowed)


def test_the_hours_are_those_of_beijing_wherever_the_machine_stands() -> None:
    assert Quiet().covers(datetime(2026, 11, 24, 13, tzinfo=UTC))
    assert not Quiet().covers(datetime(2026, 11, 24, 12, 59, tzinfo=UTC))


def test_a_span_within_the_day_and_none_at_all() -> None:
    noon = Quiet(time(12), time(14))
    assert noon.next_allowed(_at(13)) == _at(14)
    assert not noon.covers(_at(23))
    assert not Quiet(time(8), time(8)).covers(_at(8))


@given(MOMENTS, SPANS)
def test_the_next_allowed_moment_is_allowed_and_no_earlier_one_is(at: datetime, quiet: Quiet) -> None:
    allowed = quiet.next_allowed(at)
    assert at <= allowed <= at + timedelta(days=1)
    assert not quiet.covers(allowed)
    assert allowed == at or all(quiet.covers(at + (allowed - at) * part) for part in (0.0, 0.3, 0.6, 0.99))


def test_a_setting_is_read() -> None:
    assert Quiet.parse("22:30-07:00") == Quiet(time(22, 30), time(7))
    assert str(Quiet()) == "21:00–08:00"


@pytest.mark.parametrize("text", ["", "21-8", "24:00-08:00", "21:00-08:60", "21:00–08:00", " 21:00-08:00"])
def test_a_setting_that_is_no_span_is_named(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"outreach_quiet: .*21:00-08:00"):
        Quiet.parse(text, "outreach_quiet")
