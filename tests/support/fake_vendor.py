"""A vendor's wire: answers with the bytes it was given, and keeps what it was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wugan.errors import VendorUnavailable
from wugan.http import Answer, JsonClient


@dataclass(frozen=True)
class Asked:
    """A request, as it would go out."""

    method: str
    url: str
    body: bytes
    headers: Mapping[str, str]


class FakeVendor(JsonClient):
    """A client whose answers are laid out beforehand: bytes (200), `Answer`s, or errors to raise."""

    def __init__(self, *answers: object) -> None:
        super().__init__()
        self.answers = list(answers)
        self.asked: list[Asked] = []

    def fetch(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        self.asked.append(Asked(method, url, body or b"", dict(headers)))
        answer = self.answers.pop(0)
        if isinstance(answer, VendorUnavailable):
            raise answer
        if isinstance(answer, Answer):
            return answer
        assert isinstance(answer, bytes)
        return Answer(200, answer, "application/json")


def said(value: Any, status: int = 200) -> Answer:
    """A JSON answer."""
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), "application/json")


def broke_off() -> VendorUnavailable:
    """The answer did not come: the vendor may have acted."""
    return VendorUnavailable("no answer: ReadTimeoutError")
