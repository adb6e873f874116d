"""Settings: what is missing is named, and production takes no rehearsal aids."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from wugan import bootstrap, config
from wugan.clock import SystemClock
from wugan.errors import InvalidInput


def test_production_refuses_a_clock() -> None:
    with pytest.raises(InvalidInput) as caught:
        config.settings({config.STAGE: config.PRODUCTION, config.CLOCK: "x"})
    assert caught.value.field == config.CLOCK


def test_a_rehearsal_has_one() -> None:
    assert config.settings({config.STAGE: "rehearsal", config.CLOCK: "x"}).need(config.CLOCK) == "x"


def test_production_runs_without_one() -> None:
    found = config.settings({config.STAGE: config.PRODUCTION, config.CLOCK: ""})
    assert found.get(config.CLOCK) == ""


def test_production_speaks_to_witnesses_over_https() -> None:
    told = {config.STAGE: config.PRODUCTION, config.WITNESSES: "w+00000000+AA==@https://w.example"}
    assert config.settings(told).get(config.WITNESSES)
    with pytest.raises(InvalidInput) as caught:
        config.settings(told | {config.WITNESSES: "w+00000000+AA==@http://w.example"})
    assert caught.value.field == config.WITNESSES


def test_a_setting_that_is_missing_is_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        config.settings({}).need(config.CASES_TABLE)
    assert caught.value.field == config.CASES_TABLE


@pytest.fixture
def _fresh() -> Iterator[None]:
    """A process that has read nothing yet, and keeps nothing for the next test."""
    bootstrap.settings.cache_clear()
    bootstrap.clock.cache_clear()
    yield
    bootstrap.settings.cache_clear()
    bootstrap.clock.cache_clear()


@pytest.mark.usefixtures("_fresh")
def test_the_process_refuses_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(config.STAGE, config.PRODUCTION)
    monkeypatch.setenv(config.CLOCK, "2026-11-23T10:00:00+08:00|2026-11-23T10:00:00+08:00|60")
    with pytest.raises(InvalidInput):
        bootstrap.clock()
    monkeypatch.delenv(config.CLOCK)
    bootstrap.settings.cache_clear()
    assert isinstance(bootstrap.clock(), SystemClock)
