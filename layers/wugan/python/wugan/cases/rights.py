"""What a person may do beside the steps: entrust somebody, withdraw consent, choose how to be reached, rate (PIPL art. 15, 24, 44)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wugan.cases import decide
from wugan.cases.context import Context
from wugan.cases.decide.delegation import section
from wugan.cases.declaration import MOBILE
from wugan.cases.door import Door
from wugan.cases.model import Change, Delegation, Grade, Head, Power
from wugan.cases.preferences import Preferences, Wishes
from wugan.clock import BEIJING
from wugan.errors import InvalidForm, InvalidInput
from wugan.identity import number

MOST_NAME = 30


@dataclass(frozen=True)
class Agent:
    """An agent as the person sees them. `link` is theirs; empty when the delegation is over."""

    number: str
    name: str
    delegation: Delegation
    link: str


@dataclass(frozen=True)
class Rights:
    """For the identified person alone, except that an agent may rate too."""

    context: Context
    preferences: Preferences | None

    @property
    def door(self) -> Door:
        """Who comes in."""
        return Door(self.context)

    # --- agents

    def agents(self, link: str, session: str) -> list[Agent]:
        """Everybody whom the person entrusted, with the links of those who still are."""
        head, now = self.door.principal(link, session).head, self.context.clock.now()
        sealed = self.context.store.unsealed(head.case_id)
        return [
            Agent(
                n, str((sealed.get(section(n)) or {}).get("name", "")), made,
                self.context.keys.agent_link(head.case_id, n, made.until) if made.standing(now) else "",
            )
            for n, made in head.delegations.items()
        ]  # fmt: skip

    def delegate(self, link: str, session: str, agent: Mapping[str, str], powers: Sequence[Power], last_day: datetime) -> Head:
        """Entrust somebody until the end of a day. Raises InvalidForm with all that is wrong, Conflict, Forbidden."""
        head = self.door.principal(link, session).head
        told = {name: agent.get(name, "").strip() for name in ("name", "id_number", "mobile")}
        faults = [InvalidInput("this does not fit", field=name) for name, fits in _AGENT.items() if not fits(told[name])]
        until = last_day.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return self._apply(head, lambda h, now: self._delegated(h, told, powers, until, now, faults))

    def _delegated(
        self, head: Head, told: Mapping[str, str], powers: Sequence[Power], until: datetime, now: datetime, faults: list[InvalidInput]
    ) -> Change:
        try:
            change = decide.delegated(head, {**told, "id_number": told["id_number"].upper()}, powers, until, now, self.context.random)
        except InvalidInput as wrong:
            raise InvalidForm([*faults, wrong]) from None
        if faults:
            raise InvalidForm(faults)
        return change

    def revoke(self, link: str, session: str, agent: str) -> Head:
        """Take a delegation back: it ends at once, with the agent's session."""
        head = self.door.principal(link, session).head
        return self._apply(head, lambda h, now: decide.delegation_revoked(h, agent, now, self.context.random))

    # --- consent

    def withdraw_face_consent(self, link: str, session: str) -> Head:
        """No face check any more; the other ways stay."""
        head = self.door.principal(link, session).head
        return self._apply(head, lambda h, now: decide.face_consent_withdrawn(h, now, self.context.random))

    def stop_processing(self, link: str, session: str) -> Head:
        """Withdraw consent after the end: what the archive does not need is erased."""
        head = self.door.principal(link, session).head
        store = self.context.store
        return self._apply(
            head, lambda h, now: decide.processing_stopped(h, store.sealed(h.case_id, "contacts") or [], now, self.context.random)
        )

    # --- how to be reached

    def wishes(self, link: str, session: str) -> Wishes | None:
        """How the person wants to be told; None where that cannot be chosen."""
        head = self.door.principal(link, session).head
        return self.preferences.read(head.case_id) if self.preferences else None

    def wish(self, link: str, session: str, wishes: Wishes) -> None:
        """Choose how to be told. At least one channel of the item has to stay: who wants none declines the item."""
        head = self.door.principal(link, session).head
        if not set(self.context.item(head).channels) - wishes.opted_out:
            raise InvalidInput("leave one channel, or decline the item", field="channels")
        if self.preferences:
            self.preferences.set(head.case_id, wishes)

    # --- rating

    def rate(self, link: str, session: str, grade: str, tags: Sequence[str], text: str) -> Head:
        """One of five grades, when the matter is over (好差评)."""
        who = self.door.identified(link, session)
        if grade not in set(Grade):
            raise InvalidInput("choose one of five", field="grade")
        said = text.strip()
        return self._apply(who.head, lambda h, now: decide.rated(h, Grade(grade), tags, said, who.agent, now, self.context.random))

    def _apply(self, case: Head, decision: Callable[[Head, datetime], Change | None]) -> Head:
        return self.context.apply(case.case_id, lambda head: decision(head, self.context.clock.now()))


_AGENT: Mapping[str, Callable[[str], Any]] = {
    "name": lambda text: 2 <= len(text) <= MOST_NAME,
    "id_number": lambda text: number.valid(text.upper()),
    "mobile": MOBILE.fullmatch,
}
