"""Access tokens that several Lambdas share: fetched by whoever needs one first, kept until shortly before they end.

In DynamoDB: one item for each name, `{name, value, expires_at, ttl}`, encrypted under the stack's KMS key; `put` is conditional on
`expires_at` being later than the stored one, so that a slow Lambda never lays an older token over a newer, or on the stored `value` being
the one that the vendor refused: what replaces that may end earlier. Systems Manager was looked
at and not taken: its parameters know no condition, and a standard one takes 40 reads a second. Nobody locks: a fetch too many is
harmless, since WeChat's stable token and OAuth2's grant leave the token of the other valid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from wugan.clock import Clock

MARGIN = timedelta(minutes=2)  # a token is not used in its last minutes


@dataclass(frozen=True)
class Token:
    """An access token: a secret."""

    value: str = field(repr=False)
    expires_at: datetime  # wall time


class TokenStore(Protocol):
    """Where tokens are shared."""

    def get(self, name: str) -> Token | None:
        """The token last kept."""

    def put(self, name: str, token: Token, refused: str = "") -> None:
        """Keep a token, unless one that ends later is kept already, and is not the one that was `refused`."""


@dataclass
class MemoryTokenStore:
    """Tokens in a dictionary."""

    tokens: dict[str, Token] = field(default_factory=dict)

    def get(self, name: str) -> Token | None:
        return self.tokens.get(name)

    def put(self, name: str, token: Token, refused: str = "") -> None:
        known = self.tokens.get(name)
        if known is None or known.value == refused or token.expires_at >= known.expires_at:
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
        return token.value if token and self._good(token) else self._fetched(False).value

    def renewed(self, refused: str) -> str:
        """Another token than the one that the vendor just refused: somebody else's newer one, or a new one."""
        token = self.store.get(self.name)
        if token and token.value != refused and self._good(token):
            return token.value
        token = self._fetched(False, refused)
        return token.value if token.value != refused else self._fetched(True, refused).value

    def _fetched(self, force: bool, refused: str = "") -> Token:
        token = self.fetch(force)
        self.store.put(self.name, token, refused)
        return token

    def _good(self, token: Token) -> bool:
        return token.expires_at - self.clock.wall() > MARGIN
