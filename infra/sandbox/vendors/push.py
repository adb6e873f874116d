"""A push in a vendor's own shape, built anew for each try, for its timestamps are signed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

BEIJING = timezone(timedelta(hours=8))
FORM = "application/x-www-form-urlencoded; charset=UTF-8"


@dataclass(frozen=True)
class Sent:
    """One HTTP request of a push; `query` is added to the URL."""

    body: bytes
    content_type: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Push:
    """Where it goes, what is sent, and whether the answer acknowledges it."""

    address: str  # a URL, or a path under the target
    build: Callable[[float], Sent]
    taken: Callable[[int, bytes], bool]

    def url(self, target: str | None) -> str | None:
        """The URL; None as long as a path has no target."""
        if self.address.startswith(("http://", "https://")):
            return self.address
        return target and f"{target.rstrip('/')}/{self.address.lstrip('/')}"


def json_body(value: Any) -> Sent:
    """A JSON request."""
    return Sent(json.dumps(value, ensure_ascii=False).encode(), "application/json;charset=UTF-8")


def form_body(fields: dict[str, str]) -> Sent:
    """A form."""
    return Sent(urlencode(fields).encode(), FORM)


def says(field: str, value: Any) -> Callable[[int, bytes], bool]:
    """Acknowledged by 200 and a JSON object with this field."""

    def taken(status: int, body: bytes) -> bool:
        try:
            answer = json.loads(body)
        except ValueError:
            return False
        return status == 200 and isinstance(answer, dict) and str(answer.get(field)) == str(value)

    return taken


def beijing(at: float) -> str:
    """A Unix time as China's vendors write it."""
    return datetime.fromtimestamp(at, UTC).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
