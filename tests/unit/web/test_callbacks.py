"""The callbacks: JSON in, JSON out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.browser.town import Town
from tests.unit.web.client import Client, Reply
from wugan.cases.model import effect_id
from wugan.signing import SIGNATURE_HEADER, TIME_HEADER, sign


def call(client: Client, kind: str, message: dict[str, Any] | bytes, *, secret: str | None = None) -> Reply:
    """Send a signed message."""
    path, body = f"/callbacks/{kind}", message if isinstance(message, bytes) else json.dumps(message).encode()
    timestamp = str(int(client.town.clock.wall().timestamp()))
    signature = sign(secret or f"secret of {kind}", timestamp, path, body)
    headers = {"Content-Type": "application/json", TIME_HEADER: timestamp, SIGNATURE_HEADER: signature}
    return client.request("POST", path, body, headers)


def receipt(town: Town, link: str) -> dict[str, Any]:
    """What a channel tells about the first prompt."""
    return {"id": "m-1", "message_id": effect_id(town.head(link).case_id, "push", 1), "status": "delivered"}


def test_a_signed_message_is_taken_in_once(town: Town, client: Client, link: str) -> None:
    for _ in range(2):
        reply = call(client, "channel", receipt(town, link))
        assert (reply.status, reply.text) == (200, '{"ok":true}')
    assert [e.type for e in town.store.events(town.head(link).case_id)].count("delivered_prompt") == 1


def test_a_forged_message_is_refused(town: Town, client: Client, link: str) -> None:
    before = town.head(link)
    reply = call(client, "channel", receipt(town, link), secret="another's")
    assert reply.status == 403
    assert json.loads(reply.text)["error"]["code"] == "forbidden"
    assert town.head(link) == before


@pytest.mark.parametrize(
    ("message", "status", "field"),
    [
        (b"{", 400, "body"),
        (b"[]", 400, "body"),
        ({"id": "m-1"}, 400, "message_id"),
        ({"id": "m-1", "message_id": "x", "status": "delivered"}, 400, "id"),
        ({"id": "m-1", "message_id": "a" * 26 + "-push-1", "status": "delivered"}, 404, "case_id"),
    ],
)
def test_a_malformed_message_names_its_field(client: Client, message: Any, status: int, field: str) -> None:
    reply = call(client, "channel", message)
    error = json.loads(reply.text)["error"]
    assert (reply.status, error["field"]) == (status, field)
    assert set(error) == {"code", "detail", "field"}


def test_a_message_that_is_ahead_of_us_must_come_again(town: Town, client: Client, link: str) -> None:
    ahead = receipt(town, link) | {"message_id": effect_id(town.head(link).case_id, "push", 2)}
    assert call(client, "channel", ahead).status == 503


def test_an_unexpected_error_tells_nothing(town: Town, client: Client, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise RuntimeError("secret words")

    message = receipt(town, link)
    monkeypatch.setattr(town.store, "head", fail)
    reply = call(client, "channel", message)
    assert reply.status == 500
    assert "secret" not in reply.text
