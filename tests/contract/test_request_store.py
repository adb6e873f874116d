"""One contract for the stores of requests and of sessions signed out, in memory and in DynamoDB (moto)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.aws import storage
from wugan import bootstrap
from wugan.cases.ports import Claim, RequestStore
from wugan.memory.stores import MemoryRequestStore, MemorySignedOut
from wugan.signin.session import SignedOut

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CLAIM = Claim("t1", "of the body", 7, NOW + timedelta(seconds=60), NOW + timedelta(days=1))


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[RequestStore]:
    if request.param == "memory":
        yield MemoryRequestStore()
        return
    with storage(monkeypatch):
        yield bootstrap.request_store()


def test_a_claim_is_kept_whole(store: RequestStore) -> None:
    assert store.get("a") is None
    assert store.swap("a", None, CLAIM)
    assert store.get("a") == CLAIM
    assert store.get("b") is None
    answered = replace(CLAIM, tag="t2", answer=b"\x00sealed")
    assert store.swap("a", CLAIM, answered)
    assert store.get("a") == answered


def test_who_comes_second_changes_nothing(store: RequestStore) -> None:
    assert store.swap("a", None, CLAIM)
    for old in (None, replace(CLAIM, tag="t0")):
        assert not store.swap("a", old, replace(CLAIM, tag="t3", seq=9))
    assert store.get("a") == CLAIM
    assert not store.swap("b", CLAIM, replace(CLAIM, tag="t3"))
    assert store.get("b") is None


@pytest.fixture(params=["memory", "dynamodb"])
def signed_out(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[SignedOut]:
    if request.param == "memory":
        yield MemorySignedOut()
        return
    with storage(monkeypatch):
        yield bootstrap.sessions().signed_out


def test_a_session_that_was_signed_out_is_known_and_no_other(signed_out: SignedOut) -> None:
    assert not signed_out.has("a")
    for _ in range(2):
        signed_out.add("a", NOW)
    assert (signed_out.has("a"), signed_out.has("b")) == (True, False)
