"""Idempotency keys: one key, one effect, one answer, whenever a try dies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.browser.town import ADDRESS, NUMBER, Town
from tests.component.web.api.caller import Caller, refused, told
from wugan.errors import VendorUnavailable
from wugan.web.api.repeats import KEEP, LEASE

KEY = "one-key-for-one-thing"


class Killed(BaseException):
    """The process died."""


@contextmanager
def dying(town: Town, at: int) -> Iterator[list[str]]:
    """The process dies before (even) or after (odd) its n-th write, of cases or requests."""
    writes: list[str] = []
    kept: list[tuple[Any, str, Callable[..., Any]]] = [
        (town.store, "commit", town.store.commit),
        (town.requests, "swap", town.requests.swap),
    ]

    def mortal(name: str, write: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            writes.append(name)
            number = 2 * (len(writes) - 1)
            if number == at:
                raise Killed
            result = write(*arguments)
            if number + 1 == at:
                raise Killed
            return result

        return call

    for thing, name, write in kept:
        setattr(thing, name, mortal(name, write))
    try:
        yield writes
    finally:
        for thing, name, write in kept:
            setattr(thing, name, write)


def prepared(caller: Caller, path: str) -> Any:
    """The body of a POST, with the case brought to where it may be asked."""
    town, link = caller.town, caller.link
    if path in ("/case/decline", "/case/ask"):
        return {}
    caller.session = town.session(link)
    if path == "/case/intention":
        return {"answer": "continue"}
    if path == "/case/agents":
        agent = {"name": "代小办", "id_number": "37020219900307205X", "mobile": "13700000011"}
        return agent | {"powers": ["declare"], "last_day": town.clock.now().date().isoformat()}
    town.applicant.intend(link, caller.session)
    town.declaring.declare(town.head(link).case_id)
    if path == "/case/withdraw":
        return {}
    return {"delivery_way": "courier", "delivery_address": ADDRESS, "pickup_address": ADDRESS, "return_way": "courier"}


EFFECTS = {
    "/case/decline": "declined",
    "/case/ask": "asked_person",
    "/case/intention": "intention_confirmed",
    "/case/declaration": "declared",
    "/case/withdraw": "withdrawn",
    "/case/agents": "delegated",
}


@pytest.mark.parametrize("at", range(7))
@pytest.mark.parametrize("path", EFFECTS)
def test_killed_before_and_after_each_write(caller: Caller, town: Town, link: str, path: str, at: int) -> None:
    """After the lease the same key gives the answer; the effect is there once."""
    body = prepared(caller, path)
    tag = f'"{town.head(link).version}"'
    with dying(town, at) as writes:
        try:
            first = caller.post(path, body, key=KEY, If_Match=tag)
            assert at == 6  # three writes: claim, case, answer
        except Killed:
            first = None
    assert writes == ["swap", "commit", "swap"][: at // 2 + 1]
    if first is None and at > 0 and at < 5:
        assert refused(caller.post(path, body, key=KEY, If_Match=tag)) == (409, "in_progress", "Idempotency-Key")
        town.clock.at += LEASE
    again = told(caller.post(path, body, key=KEY, If_Match=tag))
    assert again == told(caller.post(path, body, key=KEY, If_Match=tag))
    assert again["version"] == town.head(link).version
    assert first is None or told(first) == again
    assert [e.type for e in town.store.events(town.head(link).case_id)].count(EFFECTS[path]) == 1


def test_the_same_key_with_another_body_or_for_something_else(caller: Caller, town: Town) -> None:
    told(caller.post("/case/ask", {}, key=KEY))
    assert refused(caller.post("/case/decline", {"forever": True}, key=KEY))[1] == "not_waiting"
    assert refused(caller.post("/case/decline", {}, key=KEY)) == (422, "key_reused", "Idempotency-Key")
    other = Caller(town, town.open_case("water-supply-name"))
    told(other.post("/case/ask", {}, key=KEY))


@pytest.mark.parametrize("key", ["", "short", "with space 1234567", "x" * 65, "é" * 20])
def test_no_key_worth_the_name(caller: Caller, town: Town, link: str, key: str) -> None:
    reply = caller.ask("POST", "/case/ask", b"{}", Content_Type="application/json", Idempotency_Key=key)
    assert refused(reply) == (400, "invalid_input", "Idempotency-Key")
    assert not town.head(link).tasks


def test_a_refusal_is_told_again_and_counted_once(caller: Caller, town: Town, link: str) -> None:
    """A wrong code that is sent again by a bad line costs one try."""
    check = told(caller.post("/case/identity", {"method": "code"}))["check"]
    wrong = {"check": check, "code": "999999", "id_number": NUMBER}
    assert {refused(caller.post("/case/identity/code", wrong, key=KEY)) for _ in range(8)} == {(403, "forbidden", "identity")}
    assert town.head(link).attempts["identity_failed"] == 1


def test_a_vendor_that_is_down_may_be_asked_again_under_the_same_key(
    caller: Caller, town: Town, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise VendorUnavailable("down")

    with monkeypatch.context() as patch:
        patch.setattr(town.identity, "start_code", down)
        reply = caller.post("/case/identity", {"method": "code"}, key=KEY)
        assert refused(reply)[:2] == (503, "vendor_unavailable")
        assert reply.headers["Retry-After"]
    first = told(caller.post("/case/identity", {"method": "code"}, key=KEY))
    assert told(caller.post("/case/identity", {"method": "code"}, key=KEY)) == first
    assert town.head(link).attempts["code"] == 1


def test_after_a_day_a_key_is_new(caller: Caller, town: Town, link: str) -> None:
    told(caller.post("/case/identity", {"method": "code"}, key=KEY))
    town.clock.at += KEEP
    told(caller.post("/case/identity", {"method": "code"}, key=KEY))
    assert town.head(link).attempts["code"] == 2


def test_two_at_once_are_one(caller: Caller, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    swap = town.requests.swap

    def beaten(id: str, old: Any, new: Any) -> bool:
        monkeypatch.setattr(town.requests, "swap", swap)
        assert swap(id, old, replace(new, tag="the other"))
        return swap(id, old, new)

    monkeypatch.setattr(town.requests, "swap", beaten)
    assert refused(caller.post("/case/ask", {}, key=KEY)) == (409, "in_progress", "Idempotency-Key")


def test_what_is_kept_tells_nothing(caller: Caller, town: Town, link: str) -> None:
    """Neither session nor link nor check stands in the table, and another caller's key does not open it."""
    caller.identify()
    kept = json.dumps({id: repr(claim) for id, claim in town.requests.claims.items()})
    assert len(town.requests.claims) == 2
    for secret in (caller.session, link, town.head(link).case_id, NUMBER, "session"):
        assert secret not in kept
    assert all(claim.answer for claim in town.requests.claims.values())
    assert timedelta(seconds=30) < LEASE  # the functions' time limit
