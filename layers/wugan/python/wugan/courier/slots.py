"""When a courier may come for a certificate (上门取件时间): two hours of a working day, Beijing time.

An office is open then, and so is the courier. A vendor's own hours narrow this where its contract says so (`Hours`); none of the
three can be asked for its free slots (EMS's 030005 answers for an address only, not for a time).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from wugan.clock import BEIJING
from wugan.errors import InvalidInput
from wugan.workdays import is_workday

LENGTH = timedelta(hours=2)
LEAD = timedelta(hours=1)  # what begins sooner is too late to be ordered
DAYS = 3  # working days that are offered


@dataclass(frozen=True)
class Hours:
    """When couriers come: full hours of the day."""

    opens: int = 9
    closes: int = 17


USUAL = Hours()


@dataclass(frozen=True, order=True)
class Slot:
    """From `start` to `end`, both aware. As text: `2026-11-24T09:00/11:00` (ISO 8601), in Beijing time."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"{self.start.astimezone(BEIJING):%Y-%m-%dT%H:%M}/{self.end.astimezone(BEIJING):%H:%M}"

    @classmethod
    def parse(cls, text: str) -> Slot:
        """The slot written so. Raises InvalidInput."""
        try:
            start = datetime.strptime(text[:16], "%Y-%m-%dT%H:%M").replace(tzinfo=BEIJING)
            end = datetime.strptime(text[:11] + text[17:], "%Y-%m-%dT%H:%M").replace(tzinfo=BEIJING)
        except ValueError:
            raise InvalidInput("choose one of the offered times", field="pickup_slot") from None
        slot = cls(start, end)
        if str(slot) != text or start >= end:
            raise InvalidInput("choose one of the offered times", field="pickup_slot")
        return slot


def slots(now: datetime, days: int = DAYS, hours: Hours = USUAL) -> list[Slot]:
    """The slots of the next `days` working days, today's with what is left of it; at least one day has some."""
    found: list[Slot] = []
    day, left = now.astimezone(BEIJING).date(), days
    while left:
        of_day = [slot for slot in _of(day, hours) if slot.start >= now + LEAD] if is_workday(day) else []
        found += of_day
        left -= bool(of_day)
        day += timedelta(days=1)
    return found


def next_day(now: datetime, hours: Hours = USUAL) -> Slot:
    """The first slot of the next working day: for a courier who came in vain."""
    midnight = datetime.combine(now.astimezone(BEIJING).date() + timedelta(days=1), time(), BEIJING)
    return slots(midnight, 1, hours)[0]


def usable(text: str, now: datetime) -> Slot | None:
    """The chosen slot if it can still be ordered."""
    slot = Slot.parse(text) if text else None
    return slot if slot and slot.start >= now + LEAD else None


def _of(day: date, hours: Hours) -> list[Slot]:
    first = datetime.combine(day, time(hours.opens), BEIJING)
    count = (hours.closes - hours.opens) // (LENGTH // timedelta(hours=1))
    return [Slot(first + n * LENGTH, first + (n + 1) * LENGTH) for n in range(count)]
