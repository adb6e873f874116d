"""China's working days: public holidays and make-up workdays count.

The State Council publishes a year's holidays the November before; until the calendar package knows a year,
Monday to Friday less New Year's Day count as working days there.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import chinese_calendar


@cache
def is_workday(day: date) -> bool:
    """Whether offices work on this day."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5 and (day.month, day.day) != (1, 1)
