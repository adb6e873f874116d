"""Who comes in: a link opens a masked page of one case; an identified person has a session, bound to the case and to who they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wugan.cases import decide
from wugan.cases.context import Context
from wugan.cases.decide.delegation import section
from wugan.cases.model import Head, Power
from wugan.errors import Forbidden, InvalidInput, LinkExpired, LinkInvalid, NotFound
from wugan.links import SESSION


@dataclass(frozen=True)
class Guest:
    """Whoever has a link: nobody knows yet who it is. `agent` is whose link it is; empty: the person's own."""

    head: Head
    agent: str


@dataclass(frozen=True)
class Identified:
    """Somebody who proved who they are: one of the contacts on file, or an agent."""

    head: Head
    contact: int | None
    agent: str

    @property
    def is_agent(self) -> bool:
        return bool(self.agent)


@dataclass(frozen=True)
class Door:
    """Opens links and sessions."""

    context: Context

    def guest(self, link: str) -> Guest:
        """What a link opens. Raises LinkInvalid, LinkExpired (also for a delegation that is over)."""
        now = self.context.clock.now()
        case_id, agent = self.context.keys.opens(link, now)
        try:
            head = self.context.store.head(case_id)
        except NotFound:
            raise LinkInvalid("this link opens nothing") from None
        if agent and not (agent in head.delegations and head.delegations[agent].standing(now)):
            raise LinkExpired("this delegation was taken back or is over: ask the person who gave it")
        return Guest(head, agent)

    def people(self, guest: Guest) -> list[Mapping[str, Any]]:
        """Who may come in by this link: the contacts on file in their order (without a name: not this one), or the agent."""
        sealed = self.context.store.sealed
        if guest.agent:
            return [sealed(guest.head.case_id, section(guest.agent)) or {}]
        return list(sealed(guest.head.case_id, "contacts") or [])

    def person(self, guest: Guest, who: int | None) -> tuple[int, Mapping[str, Any]]:
        """(index, data) of the one who is to be checked; None: the one who was prompted. Raises Forbidden, InvalidInput."""
        people = self.people(guest)
        if not any(p.get("name") for p in people):
            raise Forbidden("nobody is on file for this case: ask a person")
        index = 0 if guest.agent else min(guest.head.contact, len(people) - 1) if who is None else who
        if not 0 <= index < len(people) or not people[index].get("name"):
            raise InvalidInput("choose who you are", field="who")
        return index, people[index]

    def begun(self, guest: Guest, who: int, reference: str, method: str) -> str:
        """A token that binds an identity check to the browser that began it."""
        claims = {"c": guest.head.case_id, "a": guest.agent, "w": who, "r": reference, "m": method}
        return self.context.keys.seal("check", claims, self.context.clock.wall() + SESSION)

    def check(self, guest: Guest, token: str, method: str) -> tuple[int, str]:
        """(who, reference) of a check that this browser began here. Raises Forbidden, LinkInvalid, LinkExpired."""
        claims = self.context.keys.open("check", token, self.context.clock.wall())
        if (claims["c"], claims["a"], claims["m"]) != (guest.head.case_id, guest.agent, method):
            raise Forbidden("this check was begun for another case")
        return int(claims["w"]), str(claims["r"])

    def session(self, guest: Guest, who: int) -> str:
        """A session of half an hour for an identified person."""
        claims = {"c": guest.head.case_id, "a": guest.agent, "w": who}
        return self.context.keys.seal("session", claims, self.context.clock.wall() + SESSION)

    def identified(self, link: str, session: str, power: Power | None = None) -> Identified:
        """Whose session it is. With a `power`, agents need it. Raises Forbidden, LinkInvalid, LinkExpired."""
        guest = self.guest(link)
        claims = self.context.keys.open("session", session, self.context.clock.wall())
        if (claims["c"], claims["a"]) != (guest.head.case_id, guest.agent):
            raise Forbidden("this session belongs to another case or another person")
        if power:
            decide.entrusted(guest.head, guest.agent, power, self.context.clock.now())
        return Identified(guest.head, None if guest.agent else int(claims["w"]), guest.agent)

    def principal(self, link: str, session: str) -> Identified:
        """As `identified`, for what a person cannot entrust to anybody."""
        who = self.identified(link, session)
        if who.is_agent:
            raise Forbidden("an agent may not do this: the person has to do it", field="agent")
        return who
