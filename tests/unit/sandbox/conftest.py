"""The sandbox without a socket."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from infra.sandbox.app import App
from infra.sandbox.box import Box
from infra.sandbox.script import Config, Delays
from infra.sandbox.signature import signed_headers

SECRET = "0123456789abcdef"


@dataclass
class Wire:
    """Signed requests straight into the application."""

    box: Box

    def __post_init__(self) -> None:
        self.http = Client(App(self.box))

    def post(self, path: str, value: Any, **headers: str) -> TestResponse:
        body = json.dumps(value).encode()
        signed = signed_headers(SECRET, path, body, time.time()) | headers
        return self.http.post(path, data=body, content_type="application/json", headers=signed)

    def done(self, path: str, value: Any) -> dict[str, Any]:
        answer = self.post(path, value)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.get_json()
        return result

    def get(self, path: str) -> TestResponse:
        return self.http.get(path)

    def duplicates(self) -> dict[str, Any]:
        result: dict[str, Any] = self.get("/_sandbox/duplicates").get_json()
        return result


@pytest.fixture
def wire_of() -> Iterator[Callable[[Delays], Wire]]:
    boxes: list[Box] = []

    def make(delays: Delays) -> Wire:
        boxes.append(Box(Config(secrets=dict.fromkeys(("channel", "identity", "courier", "department"), SECRET), delays=delays)))
        return Wire(boxes[-1])

    yield make
    for box in boxes:
        box.stop()


@pytest.fixture
def wire(wire_of: Callable[[Delays], Wire]) -> Wire:
    """Vendors in which nothing moves by itself."""
    return wire_of(Delays(receipt=3600, collect=3600, arrive=3600, decide=3600))
