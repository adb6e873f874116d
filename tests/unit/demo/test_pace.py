"""The demonstration's time: it goes on from where it is, at the pace that was set last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.demo import pace
from infra.demo.pace import BUSY, QUIET, Pace
from wugan import clock
from wugan.clock import BEIJING, FollowedClock, ScaledClock, SystemClock, clock_from

BEGIN = datetime(2026, 11, 23, 9, tzinfo=BEIJING)


class Wall(datetime):
    """Real time, moved by hand."""

    at = datetime(2026, 12, 1, tzinfo=UTC)

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return cls.at.astimezone(tz) if tz else cls.at  # type: ignore[arg-type]


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> type[Wall]:
    for module in (clock, pace):
        monkeypatch.setattr(module, "datetime", Wall)
    monkeypatch.setattr(Wall, "at", datetime(2026, 12, 1, tzinfo=UTC))
    return Wall


def test_a_day_takes_as_long_as_was_set_last_and_time_never_jumps(tmp_path: Path, wall: type[Wall]) -> None:
    city = Pace(tmp_path / "clock")
    city.begin(BEGIN)
    followed = clock_from(str(city.file))
    assert followed.now() == BEGIN
    wall.at += timedelta(seconds=BUSY)
    assert followed.now() == BEGIN + timedelta(days=1)
    city.set(QUIET)
    assert followed.now() == BEGIN + timedelta(days=1)
    wall.at += timedelta(seconds=2 * QUIET)
    assert followed.now() == BEGIN + timedelta(days=3)
    city.set(BUSY)
    wall.at += timedelta(seconds=BUSY / 2)
    assert followed.now() == BEGIN + timedelta(days=3, hours=12)
    assert followed.wall() == wall.at


def test_the_same_pace_is_not_written_again(tmp_path: Path, wall: type[Wall]) -> None:
    city = Pace(tmp_path / "clock")
    city.begin(BEGIN)
    before = city.file.read_text(encoding="utf-8")
    wall.at += timedelta(seconds=1)
    city.set(BUSY)
    assert city.file.read_text(encoding="utf-8") == before
    assert [p.name for p in tmp_path.iterdir()] == ["clock"]


def test_what_a_setting_names() -> None:
    assert isinstance(clock_from(""), SystemClock)
    assert clock_from("/tmp/clock") == FollowedClock(Path("/tmp/clock"))
    started = datetime(2026, 12, 1, tzinfo=UTC)
    assert clock_from(f"{BEGIN.isoformat()}|{started.isoformat()}|288") == ScaledClock(BEGIN, started, 288)
