"""Quiet hours: the time of day at which nobody is messaged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from wugan.clock import BEIJING
from wugan.errors import InvalidInput

_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class Quiet:
    """From `start` until just before `end`, Beijing time; over midnight when `start` is later. Equal: no quiet hours."""

    start: time = time(21)
    end: time = time(8)

    @classmethod
    def parse(cls, text: str, field: str = "quiet_hours") -> Quiet:
        """As written in a setting, `21:00-08:00`. Raises InvalidInput naming the field."""
        found = _SPAN.fullmatch(text)
        if not found:
            raise InvalidInput(f"{text!r} is no span of the day; write it like 21:00-08:00", field=field)
        from_hour, from_minute, to_hour, to_minute = map(int, found.groups())
        return cls(time(from_hour, from_minute), time(to_hour, to_minute))

    def covers(self, at: datetime) -> bool:
        """Whether this moment is quiet."""
        clock = at.astimezone(BEIJING).time()
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def next_allowed(self, at: datetime) -> datetime:
        """The first moment from `at` on that is not quiet."""
        if not self.covers(at):
            return at
        local = at.astimezone(BEIJING)
        end = datetime.combine(local.date(), self.end, BEIJING)
        return end if end > local else end + timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.start:%H:%M}–{self.end:%H:%M}"
