"""The times of a renewal (行政许可法 art. 50): it is applied for 30 days before the certificate ends, and granted if undecided by then.

All times are counted back from the certificate's last day, in Beijing.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from wugan.cases.model import Head
from wugan.clock import BEIJING
from wugan.items.model import APPLY_DAYS_BEFORE, Item, RenewalTrigger

REMINDED_AT = time(9)  # of a ladder's day


def ladder(head: Head, item: Item) -> list[datetime]:
    """When a silent person is reminded, and last of all when the case expires. Ascends strictly.

    A renewal climbs the rungs that are ahead of its first prompt, and expires with the last day to apply in time; who has applied is
    waited for as long as the certificate lasts. Found too late for any rung, and for all other items, days count from the first prompt.
    """
    assert head.prompted_at is not None
    *reminders, last = [head.prompted_at + timedelta(days=d) for d in (*item.reminders.after_days, item.reminders.expire_after_days)]
    if head.expires_on is None or not isinstance(item.trigger, RenewalTrigger):
        return [*reminders, last]
    end = ends_at(head.expires_on)
    rungs = [_morning(head.expires_on, days) for days in item.trigger.remind_days_before]
    ahead = [rung for rung in rungs if rung.date() > head.prompted_at.astimezone(BEIJING).date()]
    if ahead:
        return [*ahead, end if head.applied_at else end - timedelta(days=APPLY_DAYS_BEFORE)]
    return [*(r for r in reminders if r < end), max(head.prompted_at, min(last, end))]


def ends_at(expires_on: str) -> datetime:
    """The moment at which a certificate has ended: the day after its last day begins."""
    return datetime.combine(date.fromisoformat(expires_on) + timedelta(days=1), time(), BEIJING)


def _morning(expires_on: str, days_before: int) -> datetime:
    return datetime.combine(date.fromisoformat(expires_on) - timedelta(days=days_before), REMINDED_AT, BEIJING)


def in_time(expires_on: str, applied_at: datetime) -> bool:
    """Whether a renewal was applied for by the last day that art. 50 leaves."""
    return applied_at < ends_at(expires_on) - timedelta(days=APPLY_DAYS_BEFORE)


def lapses_at(head: Head) -> datetime | None:
    """When the old certificate ends. None when it does not, or the case took note of it."""
    return ends_at(head.expires_on) if head.expires_on and head.lapse is None else None


def lapses(head: Head, now: datetime) -> bool:
    """Whether the old certificate has ended and the case took no note of it."""
    at = lapses_at(head)
    return at is not None and now >= at
