"""Who sits at the bench. It has the shape of the officials' sign-in (`wugan.web.sitting`, `wugan.signin`), which takes its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from wugan.clock import Clock
from wugan.errors import Forbidden, LinkExpired, LinkInvalid
from wugan.links import DESK_SESSION, Keyring
from wugan.web.edge import Answer, Call, Page, Redirect, View, csrf

SESSION_COOKIE = "wugan_desk"


class Role(StrEnum):
    """What an official may do at the bench."""

    MANAGER = "manager"  # 事项管理员
    AUDITOR = "auditor"  # 监督人员: reads, and changes nothing


@dataclass(frozen=True)
class Official:
    """Somebody who signed in."""

    name: str
    jurisdiction: str
    roles: frozenset[Role]


@dataclass(frozen=True)
class Sessions:
    """Signed tokens in a cookie. Wall time."""

    keys: Keyring
    clock: Clock

    def begin(self, official: Official) -> str:
        """A session's token."""
        claims = {"n": official.name, "j": official.jurisdiction, "r": sorted(official.roles)}
        return self.keys.seal("desk", claims, self.clock.wall() + DESK_SESSION)

    def read(self, token: str) -> Official:
        """Whose session it is. Raises LinkInvalid, LinkExpired."""
        claims = self.keys.open("desk", token, self.clock.wall())
        return Official(claims["n"], claims["j"], frozenset(Role(r) for r in claims.get("r", ()) if r in tuple(Role)))


class Sitting:
    """One request of an official who is signed in."""

    def __init__(self, call: Call, sessions: Sessions, official: Official) -> None:
        self.call, self.official, self._sessions = call, official, sessions

    def may(self, role: Role) -> bool:
        """Whether the official has a role."""
        return role in self.official.roles

    def path(self, *parts: str) -> str:
        """The path of a page."""
        return self.call.site.path(*parts)

    def page(self, template: str, data: Mapping[str, Any], status: int = 200) -> Page:
        """A page, with the token that its forms carry."""
        token = csrf(self._sessions.keys, self.call.cookies[SESSION_COOKIE])
        return Page(template, {"csrf": token, "official": self.official, **data}, status)


def guarded(sessions: Callable[[], Sessions], view: Callable[[Sitting], Answer], *roles: Role) -> View:
    """A view for officials in one of these roles. A form needs the session's token."""

    def answer(call: Call) -> Answer:
        token = call.cookies.get(SESSION_COOKIE, "")
        try:
            official = sessions().read(token)
        except (LinkInvalid, LinkExpired):
            return Redirect(call.site.path("desk", "sign-in"))
        if not official.roles & set(roles):
            raise Forbidden("this is not among the official's roles", field="role")
        if not call.reads:
            call.check(sessions().keys, token)
        return view(Sitting(call, sessions(), official))

    return answer
