"""A delivery is taken in once: the same files on the same day are one clean folder."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from wugan.errors import NotFound
from wugan.registry import intake, lookup, snapshot
from wugan.registry.feeds import BLACKLIST, FEEDS
from wugan.registry.snapshot import taken_in

DAY = date(2026, 11, 23)
CODE = "91370202MA3C7XKB5Y"


@pytest.fixture
def drops(tmp_path: Path) -> Path:
    folder = tmp_path / "drops"
    for feed in FEEDS.values():
        (folder / feed.name).mkdir(parents=True)
        (folder / feed.name / "city.csv").write_text(",".join(feed.names) + "\n", encoding="utf-8")
    _list(folder, "2026-01-01")
    return folder


def _list(drops: Path, since: str) -> None:
    path = drops / BLACKLIST.name / "city.csv"
    path.write_text(f"{','.join(BLACKLIST.names)}\n{CODE},测试,{since},,1\n", encoding="utf-8")


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Where an intake was made, each time."""
    made: list[Path] = []
    real = intake.take_in

    def counted(drops: Path, clean: Path, as_of: date, **more: Any) -> intake.Report:
        made.append(clean)
        return real(drops, clean, as_of, **more)

    monkeypatch.setattr(intake, "take_in", counted)
    return made


def test_the_same_delivery_is_taken_in_once(tmp_path: Path, drops: Path, runs: list[Path]) -> None:
    clean = taken_in(drops, tmp_path / "kept", DAY)
    os.utime(drops / "business" / "city.csv", (0, 0))
    assert taken_in(drops, tmp_path / "kept", DAY) == clean
    assert len(runs) == 1
    assert lookup.local(clean).subject(CODE).blacklistings[0].since == date(2026, 1, 1)
    assert [p.name for p in (tmp_path / "kept").iterdir()] == [clean.name]


def test_another_content_day_or_code_is_another(tmp_path: Path, drops: Path, runs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    first = taken_in(drops, tmp_path / "kept", DAY)
    second = taken_in(drops, tmp_path / "kept", date(2026, 11, 24))
    _list(drops, "2026-02-01")
    third = taken_in(drops, tmp_path / "kept", DAY)
    monkeypatch.setattr(snapshot, "_code", lambda: "another")
    fourth = taken_in(drops, tmp_path / "kept", DAY)
    assert len({first, second, third, fourth}) == len(runs) == 4
    assert lookup.local(third).subject(CODE).blacklistings[0].since == date(2026, 2, 1)


def test_nobody_else_may_read_it(tmp_path: Path, drops: Path) -> None:
    taken_in(drops, tmp_path / "kept", DAY)
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0


def test_an_intake_that_dies_leaves_nothing_to_be_read(tmp_path: Path, drops: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dying(drops: Path, clean: Path, as_of: date, **more: Any) -> None:  # noqa: ARG001
        clean.mkdir()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(intake, "take_in", dying)
        with pytest.raises(KeyboardInterrupt):
            taken_in(drops, tmp_path / "kept", DAY)
    assert lookup.local(taken_in(drops, tmp_path / "kept", DAY)).subject(CODE).blacklistings


def test_of_two_at_once_the_first_counts(tmp_path: Path, drops: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, kept = intake.take_in, tmp_path / "kept"

    def overtaken(drops: Path, clean: Path, as_of: date, **more: Any) -> intake.Report:
        with monkeypatch.context() as patched:
            patched.setattr(intake, "take_in", real)
            taken_in(drops, kept, as_of)
        return real(drops, clean, as_of, **more)

    monkeypatch.setattr(intake, "take_in", overtaken)
    clean = taken_in(drops, kept, DAY)
    assert lookup.local(clean).subject(CODE).blacklistings
    assert [p.name for p in kept.iterdir()] == [clean.name]


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        taken_in(tmp_path, tmp_path / "kept", DAY)
