"""Signed messages between us and those who call back: HMAC-SHA256 over time, path and body."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from wugan.errors import Forbidden

TIME_HEADER = "X-Wugan-Timestamp"
SIGNATURE_HEADER = "X-Wugan-Signature"
TOLERANCE_SECONDS = 300


def sign(secret: str, timestamp: str, path: str, body: bytes) -> str:
    """The signature, hex. `timestamp` is Unix seconds as text, `path` begins with a slash."""
    return hmac.new(secret.encode(), _bytes(f"{timestamp}\n{path}\n") + body, hashlib.sha256).hexdigest()


def same(expected: str, given: str) -> bool:
    """Whether two texts are the same, in a time that does not tell how far they agree; whatever was given is no error."""
    return hmac.compare_digest(_bytes(expected), _bytes(given))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def verify(secret: str, headers: dict[str, str], path: str, body: bytes, now: datetime) -> None:
    """Raise Forbidden unless the message is signed with `secret` and fresh. Header names in any case."""
    found = {name.lower(): value for name, value in headers.items()}
    timestamp, given = found.get(TIME_HEADER.lower(), ""), found.get(SIGNATURE_HEADER.lower(), "")
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise Forbidden("the timestamp is missing or no Unix time", field=TIME_HEADER)
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise Forbidden("the timestamp is more than 300 seconds away", field=TIME_HEADER)
    if not same(sign(secret, timestamp, path, body), given):
        raise Forbidden("the signature does not match", field=SIGNATURE_HEADER)
