"""When a courier can come: two hours of a working day, never too soon, never on a holiday."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wugan.clock import BEIJING
from wugan.courier.slots import LEAD, LENGTH, Hours, Slot, next_day, slots, usable
from wugan.errors import InvalidInput
from wugan.workdays import is_workday


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


def test_the_slots_of_a_day_that_has_begun() -> None:
    """Tuesday, 24 November 2026, at noon: the slot at one begins in an hour, the one at eleven is gone."""
    assert [str(slot) for slot in slots(at("2026-11-24 12:00"), 2)] == [
        "2026-11-24T13:00/15:00", "2026-11-24T15:00/17:00",
        "2026-11-25T09:00/11:00", "2026-11-25T11:00/13:00", "2026-11-25T13:00/15:00", "2026-11-25T15:00/17:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("2026-11-24 12:01", "2026-11-24T15:00/17:00"),
        ("2026-11-24 14:01", "2026-11-25T09:00/11:00"),
        ("2026-11-27 16:00", "2026-11-30T09:00/11:00"),  # Friday to Monday
        ("2026-09-30 20:00", "2026-10-08T09:00/11:00"),  # the National Day holiday
        ("2026-02-27 20:00", "2026-02-28T09:00/11:00"),  # a Saturday on which offices work
    ],
)
def test_the_first_slot(now: str, first: str) -> None:
    assert str(slots(at(now), 1)[0]) == first


def test_a_courier_who_came_in_vain_comes_on_the_next_working_day() -> None:
    assert str(next_day(at("2026-11-24 08:00"))) == "2026-11-25T09:00/11:00"
    assert str(next_day(at("2026-11-27 08:00"))) == "2026-11-30T09:00/11:00"


def test_a_vendors_own_hours() -> None:
    assert [str(slot)[11:] for slot in slots(at("2026-11-24 00:00"), 1, Hours(8, 20))][::5] == ["08:00/10:00", "18:00/20:00"]


@settings(deadline=None)
@given(st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31)).map(lambda when: when.replace(tzinfo=BEIJING)), st.integers(1, 5))
def test_slots_are_in_order_on_working_days_and_can_still_be_ordered(now: datetime, days: int) -> None:
    found = slots(now, days)
    assert found == sorted(set(found))
    assert len({slot.start.date() for slot in found}) == days
    for slot in found:
        assert is_workday(slot.start.date())
        assert slot.start >= now + LEAD
        assert slot.end - slot.start == LENGTH
        assert Slot.parse(str(slot)) == slot
        assert usable(str(slot), now) == slot


def test_a_slot_that_has_passed_is_not_ordered() -> None:
    assert usable("2026-11-24T09:00/11:00", at("2026-11-24 08:01")) is None
    assert usable("", at("2026-11-24 08:01")) is None


@pytest.mark.parametrize(
    "text", ["2026-11-24", "2026-11-24 09:00", "2026-11-24T11:00/09:00", "2026-11-24 9:00-11:00", "heute", "-", "2026-13-01T09:00/11:00"]
)
def test_what_is_no_slot(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Slot.parse(text)
    assert caught.value.field == "pickup_slot"


def test_a_slot_is_told_in_beijing_time() -> None:
    start = at("2026-11-24 09:00")
    assert str(Slot(start.astimezone(tz=None), start + timedelta(hours=2))) == "2026-11-24T09:00/11:00"
