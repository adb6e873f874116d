"""The signature of the protocol, written from its description and not from our code, so that a mistake in either shows.

HMAC-SHA256, hex, over `{timestamp}\\n{path}\\n` + body; the timestamp in Unix seconds, at most 300 seconds away.
"""

from __future__ import annotations

import hmac
import re

from werkzeug.datastructures import Headers

TIMESTAMP = "X-Wugan-Timestamp"
SIGNATURE = "X-Wugan-Signature"
TOLERANCE = 300


def signed_headers(secret: str, path: str, body: bytes, at: float) -> dict[str, str]:
    """The two headers for a message sent at Unix time `at`."""
    timestamp = str(int(at))
    return {TIMESTAMP: timestamp, SIGNATURE: _digest(secret, timestamp, path, body)}


def fault_of(secret: str, headers: Headers, path: str, body: bytes, at: float) -> str | None:
    """What is wrong with a received message's signature; None when it holds."""
    timestamp = headers.get(TIMESTAMP, "")
    if not re.fullmatch(r"[0-9]{1,12}", timestamp):
        return "timestamp_missing"
    if abs(at - int(timestamp)) > TOLERANCE:
        return "timestamp_stale"
    given = headers.get(SIGNATURE, "").encode()
    return None if hmac.compare_digest(_digest(secret, timestamp, path, body).encode(), given) else "signature_wrong"


def _digest(secret: str, timestamp: str, path: str, body: bytes) -> str:
    mac = hmac.new(secret.encode(), digestmod="sha256")
    for part in (timestamp.encode(), b"\n", path.encode(), b"\n", body):
        mac.update(part)
    return mac.hexdigest()
