"""Access tokens that several Lambdas share: fetched by whoever needs one first, kept until shortly before they end.

In DynamoDB (`wugan.aws.vendor_store`): one item for each name, encrypted under the stack's KMS key; `put` is conditional on the token
ending later than the stored one, so that a slow Lambda never lays an older token over a newer; a token that the vendor refused gives way
to any other. Systems Manager was looked at and not taken: its parameters know no condition, and a standard one takes 40 reads a second.
Nobody locks: a fetch too many is harmless, since WeChat's stable token and OAuth2's grant leave the token of the other valid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from wugan.clock import Clock

MARGIN = timedelta(minutes=2)  # a token is not used in its last minutes
LONGEST = timedelta(days=1)  # however long a vendor says that a token is good


@dataclass(frozen=True)
class Token:
    """An access token: a secret."""

    value: str = field(repr=False)
    expires_at: datetime  # wall time


def granted(answer: Mapping[str, Any], now: datetime) -> Token | None:
    """The token in the answer to a grant (`access_token`, `expires_in` in seconds, as in RFC 6749, 5.1); None: there is none."""
    value, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(value, str) or not value or isinstance(seconds, bool) or not isinstance(seconds, int) or seconds <= 0:
        return None
    return Token(value, now + timedelta(seconds=min(seconds, int(LONGEST.total_seconds()))))


class TokenStore(Protocol):
    """Where tokens are shared."""

    def get(self, name: str) -> Token | None:
        """The token last kept."""

    def put(self, name: str, token: Token, refused: str = "") -> None:
        """Keep a token, unless one that ends later, and is not the `refused` one, is kept already."""


@dataclass
class MemoryTokenStore:
    """Tokens in a dictionary."""

    tokens: dict[str, Token] = field(default_factory=dict)

    def get(self, name: str) -> Token | None:
        return self.tokens.get(name)

    def put(self, name: str, token: Token, refused: str = "") -> None:
        known = self.tokens.get(name)
        if known is None or token.expires_at >= known.expires_at or known.value == refused:
            self.tokens[name] = token


@dataclass(frozen=True)
class SharedToken:
    """One token under a name. `fetch` gets a new one; told True, it makes the vendor drop the present one."""

    name: str
    store: TokenStore
    fetch: Callable[[bool], Token]
    clock: Clock

    def value(self) -> str:
        """A token that is good as far as we know. Raises as `fetch`."""
        token = self.store.get(self.name)
        return token.value if token and self._good(token) else self._fetched(False, "").value

    def renewed(self, refused: str) -> str:
        """Another token than the one that the vendor just refused: somebody else's newer one, or a new one."""
        token = self.store.get(self.name)
        if token and token.value != refused and self._good(token):
            return token.value
        token = self._fetched(False, refused)
        return token.value if token.value != refused else self._fetched(True, refused).value

    def _fetched(self, force: bool, refused: str) -> Token:
        token = self.fetch(force)
        self.store.put(self.name, token, refused)
        return token

    def _good(self, token: Token) -> bool:
        return token.expires_at - self.clock.wall() > MARGIN
