"""Periods in China's working days (行政许可法 art. 82): public holidays and make-up workdays count."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from wugan.workdays import is_workday

DAY = timedelta(days=1)


def add_span(at: datetime, days: float) -> datetime:
    """The moment at which `days` working days (24 hours each) have passed since `at`."""
    left = timedelta(days=days)
    while True:
        midnight = (at + DAY).replace(hour=0, minute=0, second=0, microsecond=0)
        if is_workday(at.date()):
            if left <= midnight - at:
                return at + left
            left -= midnight - at
        at = midnight


def span(start: datetime, end: datetime) -> float:
    """Working days from `start` to `end`, in fractions of 24 hours; 0 when `end` is not later."""
    total = timedelta()
    while start < end:
        midnight = (start + DAY).replace(hour=0, minute=0, second=0, microsecond=0)
        if is_workday(start.date()):
            total += min(midnight, end) - start
        start = midnight
    return total / DAY


def workdays(after: date, until: date) -> int:
    """How many working days there are after the one day, up to the other."""
    return sum(is_workday(after + n * DAY) for n in range(1, (until - after).days + 1))


def period(at: datetime, days: float) -> datetime:
    """The end of a period of `days` working days that runs from the day after `at`."""
    return add_span((at + DAY).replace(hour=0, minute=0, second=0, microsecond=0), days)
