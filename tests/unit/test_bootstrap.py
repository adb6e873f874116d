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


@pytest.mark.parametrize(
    "issuer",
    [
        "http://sso.example",
        "https://localhost/i",
        "https://127.0.0.1/i",
        "https://[::1]:8443/i",
        "https://a.localhost./",
        "sso.example",
        "https://127.1.2.3",
    ],
)
def test_production_signs_in_at_a_real_issuer(issuer: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        config.settings({config.STAGE: config.PRODUCTION, config.OIDC_ISSUER: issuer})
    assert caught.value.field == config.OIDC_ISSUER
    assert config.settings({config.STAGE: "rehearsal", config.OIDC_ISSUER: issuer})
    assert config.settings({config.STAGE: config.PRODUCTION, config.OIDC_ISSUER: "https://sso.example/realms/qd"})


@pytest.mark.usefixtures("_fresh")
@pytest.mark.parametrize(("stage", "invites"), [(config.PRODUCTION, False), ("rehearsal", True), ("", False)])
def test_invitations_are_for_rehearsals(monkeypatch: pytest.MonkeyPatch, stage: str, invites: bool) -> None:
    for name, value in {
        config.STAGE: stage,
        config.CASES_TABLE: "cases",
        config.REQUESTS_TABLE: "requests",
        "AWS_DEFAULT_REGION": "cn-north-1",
    }.items():
        monkeypatch.setenv(name, value)
    cached = (bootstrap.entrance, bootstrap.sessions, bootstrap.roster)
    for one in cached:
        one.cache_clear()
    made = bootstrap.entrance()
    for one in cached:
        one.cache_clear()
    assert (made.sessions.invites, made.provider) == (invites, None)


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
