"""Agents: a person entrusts somebody with acts in this one case, until a day, and may take it back (委托代办)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from wugan.cases.decide.step import Step
from wugan.cases.model import Actor, Change, Delegation, Facts, Head, Power
from wugan.cases.ports import Random
from wugan.errors import Conflict, Forbidden, InvalidInput, NotFound

MOST_AGENTS = 3  # at the same time
LONGEST = timedelta(days=90)


def section(agent: str) -> str:
    """The sealed section with an agent's name and numbers."""
    return f"agent-{agent}"


def delegated(
    head: Head, agent: Mapping[str, str], powers: Sequence[Power], until: datetime, now: datetime, random: Random
) -> Change:  # fmt: skip
    """The person entrusts an agent. Raises InvalidInput, CaseEnded, Conflict."""
    if not powers:
        raise InvalidInput("choose what the agent may do", field="powers")
    if not now < until <= now + LONGEST:
        raise InvalidInput(f"a day within {LONGEST.days} days", field="until")
    if sum(d.standing(now) for d in head.delegations.values()) >= MOST_AGENTS:
        raise Conflict(f"at most {MOST_AGENTS} agents at the same time: revoke one first")
    number = str(len(head.delegations) + 1)
    made = Delegation(tuple(sorted(set(powers))), until)
    step = Step(head, now, random).update(delegations={**head.delegations, number: made})
    facts = {"agent": number, "powers": [p.value for p in made.powers], "until": until.isoformat()}
    return step.note("delegated", Actor.PERSON, facts, sealed={section(number): dict(agent)}).change()


def delegation_revoked(head: Head, agent: str, now: datetime, random: Random) -> Change | None:
    """The person takes it back. Who never came is forgotten. None when it was taken back before."""
    made = head.delegations.get(agent)
    if made is None:
        raise NotFound("there is no such agent", field="agent")
    if made.revoked_at:
        return None
    step = Step(head, now, random, after_end=True)
    step.update(delegations={**head.delegations, agent: replace(made, revoked_at=now)})
    forgotten: dict[str, Facts] = {} if made.identified_at else {section(agent): {}}
    return step.note("delegation_revoked", Actor.PERSON, {"agent": agent}, sealed=forgotten).change()


def delegation(head: Head, agent: str, now: datetime) -> Delegation:
    """What an agent may do now. Raises Forbidden when nothing any more."""
    made = head.delegations.get(agent)
    if made is None or not made.standing(now):
        raise Forbidden("this delegation was taken back or is over: ask the person who gave it", field="agent")
    return made


def entrusted(head: Head, agent: str, power: Power, now: datetime) -> None:
    """Raise Forbidden unless it is the person, or an agent who may do this."""
    if agent and power not in delegation(head, agent, now).powers:
        raise Forbidden("the delegation does not cover this: the person has to do it", field="agent")


def doer(agent: str) -> tuple[Actor, Facts]:
    """Who an act is noted as, and which agent."""
    return (Actor.AGENT, {"agent": agent}) if agent else (Actor.PERSON, {})
