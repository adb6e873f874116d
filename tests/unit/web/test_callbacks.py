"""The callbacks: JSON in, JSON out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.browser.town import Town
from tests.unit.web.client import Client, Reply
from wugan.cases.model import Head, effect_id
from wugan.signing import SIGNATURE_HEADER, TIME_HEADER, sign

PATH = "/callbacks/department/QD"
NOBODY = "a" * 26


def call(client: Client, message: dict[str, Any] | bytes, *, secret: str = "secret of QD") -> Reply:
    """Send a signed message."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    timestamp = str(int(client.town.clock.wall().timestamp()))
    headers = {"Content-Type": "application/json", TIME_HEADER: timestamp, SIGNATURE_HEADER: sign(secret, timestamp, PATH, body)}
    return client.request("POST", PATH, body, headers)


@pytest.fixture
def waiting(town: Town) -> Head:
    """A case that lies with the department."""
    link = town.open_case()
    town.to_approval(link)
    return town.head(link)


def correction(head: Head, attempt: int = 1) -> dict[str, Any]:
    """What a department tells about an application."""
    application = effect_id(head.case_id, "approval", attempt)
    return {"id": "m-1", "application_id": application, "kind": "correction", "by": "x", "points": ["补充门牌号"]}


def test_a_signed_message_is_taken_in_once(town: Town, client: Client, waiting: Head) -> None:
    for _ in range(2):
        reply = call(client, correction(waiting))
        assert (reply.status, reply.text) == (200, '{"ok":true}')
    assert [e.type for e in town.store.events(waiting.case_id)].count("correction_required") == 1


def test_a_forged_message_is_refused(town: Town, client: Client, waiting: Head) -> None:
    reply = call(client, correction(waiting), secret="another's")
    assert reply.status == 403
    assert json.loads(reply.text)["error"]["code"] == "forbidden"
    assert town.store.head(waiting.case_id) == waiting


@pytest.mark.parametrize(
    ("message", "status", "field"),
    [
        (b"{", 400, "body"),
        (b"[]", 400, "body"),
        (b"[" * 100_000, 400, "body"),
        (b'{"id":' + b"9" * 5000 + b"}", 400, "body"),
        (b'{"id":"\\ud800","application_id":"x","kind":"approved","by":"x"}', 400, "body"),
        ({"id": "m-1"}, 400, "application_id"),
        ({"id": "m-1", "application_id": "x", "kind": "approved", "by": "x"}, 400, "id"),
        ({"id": "m-1", "application_id": f"{NOBODY}-approval-1", "kind": "approved", "by": "x"}, 404, "case_id"),
    ],
)
def test_a_malformed_message_names_its_field(client: Client, message: Any, status: int, field: str) -> None:
    reply = call(client, message)
    error = json.loads(reply.text)["error"]
    assert (reply.status, error["field"]) == (status, field)
    assert set(error) == {"code", "detail", "field"}


def test_a_message_that_is_ahead_of_us_must_come_again(client: Client, waiting: Head) -> None:
    assert call(client, correction(waiting, attempt=2)).status == 503


def test_an_unexpected_error_tells_nothing(town: Town, client: Client, waiting: Head, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise RuntimeError("secret words")

    message = correction(waiting)
    monkeypatch.setattr(town.store, "head", fail)
    reply = call(client, message)
    assert reply.status == 500
    assert "secret" not in reply.text


def test_half_a_character_in_a_signature_is_a_forgery(client: Client) -> None:
    headers = {TIME_HEADER: str(int(client.town.clock.wall().timestamp())), SIGNATURE_HEADER: "\ud800"}
    assert client.request("POST", PATH, b"{}", {"Content-Type": "application/json", **headers}).status == 403
