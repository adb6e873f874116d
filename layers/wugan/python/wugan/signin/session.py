"""Sessions of officials: a signed token in an HttpOnly cookie; a table knows only those that were signed out. Wall time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from wugan.clock import Clock
from wugan.errors import LinkExpired, LinkInvalid
from wugan.links import DESK_SESSION, Keyring
from wugan.signin.official import Official, Role
from wugan.signin.problem import SignInRefused

IDLE = timedelta(minutes=60)  # without a page, the session ends; in all it lasts DESK_SESSION at most
RENEW = timedelta(minutes=10)  # a page renews a token that is older


@dataclass(frozen=True)
class Session:
    """Somebody who signed in. `id` stays the same for the whole session: forms are bound to it."""

    official: Official
    id: str
    since: datetime
    issued: datetime


class SignedOut(Protocol):
    """Which sessions were signed out before their time."""

    def add(self, session: str, until: datetime) -> None:
        """This one was; nobody needs to know after `until`."""

    def has(self, session: str) -> bool:
        """Whether this one was, read consistently."""


@dataclass(frozen=True)
class Sessions:
    """Gives sessions out, reads and ends them. `invites` admits the invitations of operations: in rehearsals only."""

    keys: Keyring
    clock: Clock
    hex: Callable[[int], str]
    signed_out: SignedOut
    invites: bool = False

    def begin(self, official: Official) -> str:
        """A new session's token."""
        return self._token(Session(official, self.hex(16), self.clock.wall(), self.clock.wall()))

    def read(self, token: str) -> Session:
        """Whose session it is. Raises LinkInvalid, also for one that was signed out, and LinkExpired."""
        claims = self.keys.open("desk", token, self.clock.wall())
        session = Session(_official(claims), str(claims["s"]), _time(claims["t"]), _time(claims["i"]))
        if self.signed_out.has(session.id):
            raise LinkInvalid("this session was signed out")
        return session

    def end(self, session: Session) -> None:
        """Sign out: none of the session's tokens opens anything any more, wherever it was copied to."""
        self.signed_out.add(session.id, session.since + DESK_SESSION)

    def renewed(self, session: Session) -> str | None:
        """A fresh token for one that was given out a while ago; None while it still does."""
        now = self.clock.wall()
        return self._token(Session(session.official, session.id, session.since, now)) if now - session.issued >= RENEW else None

    def _token(self, session: Session) -> str:
        claims = _claims(session.official) | {"s": session.id, "t": int(session.since.timestamp()), "i": int(session.issued.timestamp())}
        return self.keys.seal("desk", claims, min(session.issued + IDLE, session.since + DESK_SESSION))

    def invite(self, official: Official) -> str:
        """A code that operations give an official in a rehearsal (break-glass). Raises SignInRefused in production."""
        self._check_invites()
        return self.keys.seal("desk-invite", _claims(official), self.clock.wall() + DESK_SESSION)

    def redeem(self, invite: str) -> str:
        """A session for an invitation. Raises SignInRefused."""
        self._check_invites()
        try:
            return self.begin(_official(self.keys.open("desk-invite", invite, self.clock.wall())))
        except LinkExpired:
            raise SignInRefused("expired") from None
        except LinkInvalid:
            raise SignInRefused("invalid") from None

    def _check_invites(self) -> None:
        if not self.invites:
            raise SignInRefused("invalid", "production signs in by OpenID Connect only")


def _claims(official: Official) -> dict[str, Any]:
    return {"n": official.name, "j": official.jurisdiction, "u": official.id, "r": sorted(official.roles)}


def _official(claims: dict[str, Any]) -> Official:
    return Official(claims["n"], claims["j"], claims["u"], frozenset(map(Role, claims["r"])))


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
