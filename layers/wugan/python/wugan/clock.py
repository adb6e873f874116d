"""Time, injected. Business time runs the case; wall time guards signatures and sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Protocol

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """Business time, in Beijing's zone: opening, deadlines, reminders."""

    def wall(self) -> datetime:
        """Real time, in UTC: signatures, sessions, retries."""


class SystemClock:
    """Business time is real time."""

    def now(self) -> datetime:
        return datetime.now(BEIJING)

    def wall(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class ScaledClock:
    """Business time starts at `origin` when real time is `started` and runs `scale` times as fast.

    For rehearsals and demonstrations only: the template refuses a scale in production.
    """

    origin: datetime
    started: datetime
    scale: float

    @property
    def setting(self) -> str:
        """What `scaled` reads back."""
        return f"{self.origin.isoformat()}|{self.started.isoformat()}|{self.scale}"

    def now(self) -> datetime:
        return (self.origin + (self.wall() - self.started) * self.scale).astimezone(BEIJING)

    def wall(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class FollowedClock:
    """Business time as a file tells it, read at every look: whoever plays a rehearsal sets its pace.

    The file holds `origin|started|scale` as of `ScaledClock`. For an emulator on the same machine only.
    """

    file: Path

    def now(self) -> datetime:
        return scaled(self.file.read_text(encoding="utf-8")).now()

    def wall(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """Stands still until it is moved; for tests."""

    at: datetime

    def now(self) -> datetime:
        return self.at.astimezone(BEIJING)

    def wall(self) -> datetime:
        return self.at.astimezone(UTC)

    def move(self, **delta: float) -> None:
        """Go forward by a timedelta's arguments."""
        self.at += timedelta(**delta)


def clock_from(setting: str) -> Clock:
    """The clock a setting names: empty is the system's, `origin|started|scale` a scaled one, a path the one that the file there tells."""
    if not setting:
        return SystemClock()
    return FollowedClock(Path(setting)) if setting.startswith("/") else scaled(setting)


def scaled(text: str) -> ScaledClock:
    """The scaled clock that `origin|started|scale` tells."""
    origin, started, scale = text.split("|")
    return ScaledClock(datetime.fromisoformat(origin), datetime.fromisoformat(started), float(scale))
