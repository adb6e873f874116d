"""Signing in and out."""

from __future__ import annotations

from collections.abc import Callable

from wugan.errors import VendorUnavailable
from wugan.signin.entrance import TICKET, Entrance, place
from wugan.signin.official import Role
from wugan.signin.problem import SignInRefused
from wugan.web.edge import Answer, Call, Cookie, Page, Redirect, View, csrf
from wugan.web.sitting import Sitting, session_cookie

TICKET_COOKIE = "wugan_sign_in"
FORM = "desk-sign-in"  # what the form's token is bound to, as there is no session yet


def routes(entrance: Callable[[], Entrance]) -> list[tuple[str, str, View]]:
    """The routes that need no session."""

    def served(view: Callable[[Call, Entrance], Answer]) -> View:
        return lambda call: view(call, entrance())

    return [
        ("GET", "/desk/sign-in", served(ask)),
        ("POST", "/desk/sign-in", served(invited)),
        ("POST", "/desk/sign-in/begin", served(begin)),
        ("GET", "/desk/sign-in/return", served(came_back)),
    ]


def ask(call: Call, entrance: Entrance) -> Answer:
    """The page that leads to the issuer; in a rehearsal an invitation may be pasted."""
    return _page(entrance, "ended" if call.query.get("ended") else "", place(call.query.get("to", "")))


def begin(call: Call, entrance: Entrance) -> Answer:
    """Off to the issuer, with a ticket in this browser."""
    call.check(entrance.sessions.keys, FORM)
    try:
        begun = entrance.begin(call.form.get("to", ""))
    except VendorUnavailable as error:
        return _page(entrance, "unavailable", place(call.form.get("to", "")), error.status)
    return Redirect(begun.url, (_ticket(call, begun.ticket),))


def came_back(call: Call, entrance: Entrance) -> Answer:
    """Back from the issuer. What this GET brings about hangs on the ticket of this browser, and only on that."""
    try:
        session, to = entrance.finish(call.cookies.get(TICKET_COOKIE, ""), call.query)
    except SignInRefused as refused:
        return _page(entrance, refused.reason, "", refused.status)
    except VendorUnavailable as error:
        return _page(entrance, "unavailable", "", error.status)
    return _signed_in(call, entrance, session, to)


def invited(call: Call, entrance: Entrance) -> Answer:
    """A session for an invitation; it is pasted, for an address is kept in histories and logs."""
    call.check(entrance.sessions.keys, FORM)
    try:
        session = entrance.invited(call.form.get("token", ""))
    except SignInRefused as refused:
        return _page(entrance, refused.reason, "", refused.status)
    return _signed_in(call, entrance, session, call.form.get("to", ""))


def sign_out(sitting: Sitting) -> Answer:
    """End the session, wherever its cookie was copied to."""
    sitting.end()
    return Redirect(sitting.path("desk", "sign-in") + "?ended=1", (session_cookie(sitting.call.site, ""),))


def _signed_in(call: Call, entrance: Entrance, session: str, to: str) -> Answer:
    """Where the official was going, else where those of the role work."""
    at_desk = entrance.sessions.read(session).official.roles & {Role.APPROVER, Role.AUDITOR}
    home = "desk" if at_desk else "bench"
    return Redirect(call.site.path(place(to) or home), (session_cookie(call.site, session), _ticket(call, "")))


def _ticket(call: Call, ticket: str) -> Cookie:
    return Cookie(TICKET_COOKIE, ticket, call.site.path("desk", "sign-in"), int(TICKET.total_seconds()) if ticket else 0)


def _page(entrance: Entrance, notice: str, to: str, status: int = 200) -> Page:
    data = {
        "csrf": csrf(entrance.sessions.keys, FORM),
        "official": None,
        "notice": notice,
        "to": to,
        "issuer": entrance.provider is not None,
        "invites": entrance.sessions.invites,
        "end_url": _end_url(entrance) if notice == "ended" else None,
    }
    return Page("desk/sign_in.html", data, status, leaves=True)


def _end_url(entrance: Entrance) -> str | None:
    """Where the issuer's own session ends; a page that comes without it is better than none."""
    try:
        return entrance.provider.end_url() if entrance.provider else None
    except VendorUnavailable:
        return None
