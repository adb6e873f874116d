"""How fast the city's time runs: slowly while somebody has something to do, so that nobody misses a date because a machine is slow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from wugan.clock import FollowedClock, ScaledClock

BUSY = 60.0  # seconds that a day takes
QUIET = 3.0
DAY_SECONDS = 86400


@dataclass
class Pace:
    """Business time in a file, as `wugan.clock.FollowedClock` reads it. It never jumps: a new pace goes on from where time is."""

    file: Path
    day: float = BUSY

    def begin(self, at: datetime) -> None:
        """Let time begin."""
        self._write(at)

    def set(self, day: float) -> None:
        """From now on a day takes so many seconds."""
        if day != self.day:
            at, self.day = FollowedClock(self.file).now(), day
            self._write(at)

    def _write(self, at: datetime) -> None:
        """The whole file at once: readers see the old pace or the new one."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(ScaledClock(at, datetime.now(UTC), DAY_SECONDS / self.day).setting, encoding="utf-8")
        fresh.replace(self.file)
