"""Who sits before the screen: officials' pages, at the desk and at the bench, behind one sign-in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from wugan.errors import Forbidden, LinkExpired, LinkInvalid
from wugan.links import DESK_SESSION
from wugan.signin.official import Official, Role
from wugan.signin.session import Session, Sessions
from wugan.web.edge import Answer, Call, Cookie, Page, Redirect, Site, View, csrf

SESSION_COOKIE = "wugan_desk"


class Sitting:
    """One request of an official who is signed in."""

    def __init__(self, call: Call, sessions: Sessions, session: Session) -> None:
        self.call, self._sessions, self._session = call, sessions, session

    @property
    def official(self) -> Official:
        """Who it is, of which bureau, in which roles."""
        return self._session.official

    def may(self, role: Role) -> bool:
        """Whether the official has a role."""
        return role in self.official.roles

    def path(self, *parts: str) -> str:
        """The path of a page."""
        return self.call.site.path(*parts)

    def end(self) -> None:
        """The official signs out."""
        self._sessions.end(self._session)

    def page(self, template: str, data: Mapping[str, Any], status: int = 200) -> Page:
        """A page, with the token that its forms carry; it renews the session."""
        token = self._sessions.renewed(self._session)
        given = {"csrf": csrf(self._sessions.keys, self._session.id), "official": self.official, **data}
        return Page(template, given, status, (session_cookie(self.call.site, token),) if token else ())


def guarded(sessions: Callable[[], Sessions], view: Callable[[Sitting], Answer], *roles: Role) -> View:
    """A view for officials in one of these roles; others sign in first and come back. A form needs the session's token."""

    def answer(call: Call) -> Answer:
        try:
            session = sessions().read(call.cookies.get(SESSION_COOKIE, ""))
        except (LinkInvalid, LinkExpired):
            return Redirect(f"{call.site.path('desk', 'sign-in')}?to={quote(_page_of(call), safe='/')}")
        if not session.official.roles & set(roles):
            raise Forbidden("this is not among the official's roles", field="role")
        if not call.reads:
            call.check(sessions().keys, session.id)
        return view(Sitting(call, sessions(), session))

    return answer


def session_cookie(site: Site, token: str) -> Cookie:
    """The session, for the pages of the desk and the bench; an empty one ends it."""
    return Cookie(SESSION_COOKIE, token, site.path(""), int(DESK_SESSION.total_seconds()) if token else 0)


def _page_of(call: Call) -> str:
    """The page to come back to: this one, or for a form the one it stands on, which is its parent."""
    return (call.path if call.reads else call.path.rpartition("/")[0]).strip("/")
