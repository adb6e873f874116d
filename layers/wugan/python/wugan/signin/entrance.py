"""The way in: authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9700)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from wugan.errors import LinkExpired, LinkInvalid, NotFound
from wugan.links import Keyring
from wugan.signin.official import Official, RoleMap
from wugan.signin.problem import SignInRefused
from wugan.signin.session import Sessions

if TYPE_CHECKING:
    from wugan.signin.provider import Provider  # pays for the imports of cryptography

RETURN = "/desk/sign-in/return"  # the redirect URI, registered with the issuer
TICKET = timedelta(minutes=10)  # to sign in at the issuer
PLACE = re.compile(r"(desk|bench)(/[A-Za-z0-9_-]{1,64}){0,5}")


@dataclass(frozen=True)
class Begun:
    """Where the official goes, and the ticket that this browser must bring back."""

    url: str
    ticket: str


@dataclass(frozen=True)
class Entrance:
    """Signs officials in. Without a provider there are only invitations. State, nonce and verifier follow from the ticket's number."""

    sessions: Sessions
    roles: RoleMap
    provider: Provider | None
    public_url: Callable[[], str]
    arrived: Callable[[Official], None] = lambda _: None  # is told who signed in

    def begin(self, to: str) -> Begun:
        """Send an official to the issuer; `to` is the page that they wanted. Raises VendorUnavailable, NotFound without a provider."""
        number = self.sessions.hex(16)
        verifier = self._derived("verifier", number)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        state, nonce = self._derived("state", number), self._derived("nonce", number)
        url = self._provider().authorization_url(self._return(), state, nonce, challenge)
        return Begun(url, self._keys.seal("sign-in", {"s": number, "to": place(to)}, self.sessions.clock.wall() + TICKET))

    def finish(self, ticket: str, answered: Mapping[str, str]) -> tuple[str, str]:
        """The session's token and the page that was wanted, for what the issuer sent back. Raises SignInRefused, VendorUnavailable."""
        number, to = self._opened(ticket)
        if not hmac.compare_digest(self._derived("state", number).encode(), answered.get("state", "").encode()):
            raise SignInRefused("state", "this answer belongs to another sign-in")
        if answered.get("error") or not answered.get("code"):
            raise SignInRefused("denied", "the issuer signed nobody in")
        claims = self._provider().claims(
            answered["code"], self._return(), self._derived("verifier", number), self._derived("nonce", number)
        )
        official = self.roles.official(claims)
        self.arrived(official)
        return self.sessions.begin(official), to

    def invited(self, invite: str) -> str:
        """The session's token for an invitation, in a rehearsal. Raises SignInRefused."""
        token = self.sessions.redeem(invite)
        self.arrived(self.sessions.read(token).official)
        return token

    def _opened(self, ticket: str) -> tuple[str, str]:
        try:
            claims = self._keys.open("sign-in", ticket, self.sessions.clock.wall())
        except (LinkInvalid, LinkExpired):
            raise SignInRefused("state", "no sign-in was begun in this browser, or long ago") from None
        return str(claims["s"]), str(claims["to"])

    def _derived(self, what: str, number: str) -> str:
        return self._keys.mac(f"sign-in-{what}", number, 32)

    @property
    def _keys(self) -> Keyring:
        return self.sessions.keys

    def _provider(self) -> Provider:
        if self.provider is None:
            raise NotFound("no issuer is set up", field="OidcIssuer")
        return self.provider

    def _return(self) -> str:
        return self.public_url() + RETURN


def place(to: str) -> str:
    """A page of ours to return to; anything else is none, so that nobody is led elsewhere."""
    return to if PLACE.fullmatch(to) else ""
