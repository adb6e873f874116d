"""The city's app, as far as it is modelled: requests byte by byte, and what each answer means."""

from __future__ import annotations

import json

import pytest

from tests.support.fake_vendor import FakeVendor, broke_off, said
from wugan.clock import FixedClock
from wugan.errors import InvalidInput, VendorRefused, VendorUnavailable
from wugan.http import Answer
from wugan.items.model import Channel
from wugan.outreach import city_app
from wugan.outreach.carrier import NotSent
from wugan.outreach.city_app import CityApp, CityAppTokens
from wugan.outreach.port import Message
from wugan.outreach.receipts import Receipt, Status
from wugan.outreach.tokens import MemoryTokenStore

MESSAGE = Message("case-push-1", Channel.APP, "user-a", "【某局】请换证。", None)
GRANT = said({"access_token": "t1", "token_type": "Bearer", "expires_in": 3600})
PUSHED = said({"code": 0, "data": {"pushId": "p-1"}})


def app(client: FakeVendor, clock: FixedClock) -> CityApp:
    return CityApp("https://app.example", CityAppTokens("https://app.example", "id", "a&b", MemoryTokenStore(), clock, client), client)


def test_a_grant_and_a_push(clock: FixedClock) -> None:
    client = FakeVendor(GRANT, PUSHED, PUSHED)
    carrier = app(client, clock)
    assert [carrier.submit(MESSAGE), carrier.submit(MESSAGE)] == ["p-1", "p-1"]
    grant, push, again = client.asked
    assert (grant.url, grant.body) == (
        "https://app.example/rest/oauth2/token",
        b"grant_type=client_credentials&client_id=id&client_secret=a%26b",
    )
    assert grant.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert push.url == "https://app.example/rest/message/push"
    assert push.body.decode() == '{"messageId":"case-push-1","userId":"user-a","content":"【某局】请换证。","url":""}'
    assert push.headers["Authorization"] == "Bearer t1"
    assert again == push


def test_an_expired_token_is_renewed_once(clock: FixedClock) -> None:
    refused, second = Answer(401, b"", ""), said({"access_token": "t2", "expires_in": 3600})
    client = FakeVendor(GRANT, refused, second, PUSHED)
    assert app(client, clock).submit(MESSAGE) == "p-1"
    assert client.asked[-1].headers["Authorization"] == "Bearer t2"
    with pytest.raises(NotSent):
        app(FakeVendor(GRANT, refused, second, refused), clock).submit(MESSAGE)


@pytest.mark.parametrize("code", [40401, 40301])
def test_who_cannot_be_reached_is_refused(clock: FixedClock, code: int) -> None:
    with pytest.raises(VendorRefused):
        app(FakeVendor(GRANT, said({"code": code})), clock).submit(MESSAGE)


@pytest.mark.parametrize(
    "answers",
    [(broke_off(),), (Answer(500, b"", ""),), (said({"access_token": 7}),), (GRANT, said({"code": 1})), (GRANT, Answer(429, b"", ""))],
)
def test_what_was_certainly_not_sent(clock: FixedClock, answers: tuple[object, ...]) -> None:
    with pytest.raises(NotSent):
        app(FakeVendor(*answers), clock).submit(MESSAGE)


@pytest.mark.parametrize("answer", [broke_off(), b"", b"{}", b'{"code":false}', Answer(500, b"", "")])
def test_what_may_have_been_sent(clock: FixedClock, answer: object) -> None:
    with pytest.raises(VendorUnavailable) as failure:
        app(FakeVendor(GRANT, answer), clock).submit(MESSAGE)
    assert not isinstance(failure.value, NotSent)


def test_receipts() -> None:
    rows = [{"messageId": "a", "status": "read"}, {"messageId": "b", "status": "failed", "code": "X1"}, {"messageId": "c", "status": "?"}]
    found = city_app.receipts(json.dumps(rows).encode())
    assert found.receipts == (
        Receipt("app:a:delivered", "a", Status.DELIVERED),
        Receipt("app:b:undelivered", "b", Status.UNDELIVERED, "X1"),
    )
    assert len(found.bad) == 1
    with pytest.raises(InvalidInput):
        city_app.receipts(b"")
