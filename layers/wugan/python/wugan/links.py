"""Capabilities: links that open one case's masked page, sessions of an identified person, desk sessions, codes to verify.

All are `payload.mac` with HMAC-SHA256 under a key of their own purpose, so that one can never pass for another, and none needs a
table. A link carries no personal data and no task token.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wugan.errors import LinkExpired, LinkInvalid

SESSION = timedelta(minutes=30)  # wall time
DESK_SESSION = timedelta(hours=8)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class Keyring:
    """One secret, a key for each purpose. The secret is fetched when a key is first needed: most stages need none."""

    secret: Callable[[], str]

    def mac(self, purpose: str, payload: str, size: int = 16) -> str:
        """A MAC of `size` bytes, URL-safe."""
        key = hmac.new(self.secret().encode(), purpose.encode(), hashlib.sha256).digest()
        return _b64(hmac.new(key, payload.encode(), hashlib.sha256).digest()[:size])

    def seal(self, purpose: str, claims: dict[str, Any], expires: datetime) -> str:
        """A token with these claims until `expires`."""
        payload = _b64(json.dumps(claims | {"exp": int(expires.timestamp())}, sort_keys=True, separators=(",", ":")).encode())
        return f"{payload}.{self.mac(purpose, payload)}"

    def open(self, purpose: str, token: str, now: datetime) -> dict[str, Any]:
        """The claims. Raises LinkInvalid or LinkExpired."""
        payload, _, mac = token.partition(".")
        if not hmac.compare_digest(self.mac(purpose, payload).encode(), mac.encode()):
            raise LinkInvalid("this link is not one that we gave out, or it was cut short")
        claims: dict[str, Any] = json.loads(_unb64(payload))
        if now.timestamp() > claims.pop("exp"):
            raise LinkExpired("this link is past its time")
        return claims

    def link(self, case_id: str, expires: datetime) -> str:
        """The capability that goes into a prompt; the same case and expiry give the same link. Business time."""
        return self.seal("link", {"c": case_id}, expires)

    def agent_link(self, case_id: str, agent: str, expires: datetime) -> str:
        """The capability of an agent: as weak as the person's link, and only for who this agent is."""
        return self.seal("link", {"c": case_id, "a": agent}, expires)

    def opens(self, link: str, now: datetime) -> tuple[str, str]:
        """(the case a link opens, the agent's number or nothing)."""
        claims = self.open("link", link, now)
        return str(claims["c"]), str(claims.get("a", ""))

    def case_of(self, link: str, now: datetime) -> str:
        """The case a link opens."""
        return self.opens(link, now)[0]

    def code(self, case_id: str) -> str:
        """The short code that a person can check at the portal without following a link: 10 letters and digits."""
        return base64.b32encode(hashlib.sha256(self.mac("code", case_id, 32).encode()).digest()[:7]).decode()[:10]
