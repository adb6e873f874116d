"""Agents: what a person may entrust, to how many, until when; and that nothing is left of it afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.cases import made
from tests.unit.cases.made import NOW, Case, waiting
from wugan.cases import codec, decide
from wugan.cases.model import Actor, Power, Stage, broken_link
from wugan.errors import CaseEnded, Conflict, Forbidden, InvalidInput, NotFound

AGENT = {"name": "代小办", "id_number": "37020219900307205X", "mobile": "13700000011"}
WEEK = NOW + timedelta(days=7)
POWERS = st.sets(st.sampled_from(Power), min_size=1).map(sorted)
DAYS = st.integers(min_value=1, max_value=90)


def entrusted(case: Case, *powers: Power, until: datetime = WEEK) -> Case:
    case.do(decide.delegated, AGENT, powers or tuple(Power), until)
    return case


@given(POWERS, DAYS, st.integers(min_value=-1, max_value=100), st.booleans())
def test_an_agent_may_exactly_what_stands(powers: list[Power], days: int, later: int, revoked: bool) -> None:
    case = entrusted(waiting(Stage.DECLARATION), *powers, until=NOW + timedelta(days=days))
    if revoked:
        case.do(decide.delegation_revoked, "1")
    now = NOW + timedelta(days=later)
    for power in Power:
        if power in powers and later < days and not revoked:
            decide.entrusted(case.head, "1", power, now)
        else:
            with pytest.raises(Forbidden):
                decide.entrusted(case.head, "1", power, now)
    decide.entrusted(case.head, "", Power.DECLARE, now)  # the person always may
    assert broken_link(case.events) is None


def test_nobody_else_is_an_agent() -> None:
    with pytest.raises(Forbidden):
        decide.entrusted(entrusted(waiting(Stage.DECLARATION)).head, "2", Power.DECLARE, NOW)


@pytest.mark.parametrize("until", [NOW, NOW - timedelta(days=1), NOW + decide.LONGEST + timedelta(seconds=1)])
def test_a_delegation_has_an_end_that_is_to_come_and_near(until: datetime) -> None:
    with pytest.raises(InvalidInput) as caught:
        entrusted(waiting(Stage.DECLARATION), until=until)
    assert caught.value.field == "until"


def test_a_delegation_is_about_something() -> None:
    with pytest.raises(InvalidInput) as caught:
        waiting(Stage.DECLARATION).do(decide.delegated, AGENT, [], WEEK)
    assert caught.value.field == "powers"


def test_there_are_only_so_many_at_the_same_time() -> None:
    case = waiting(Stage.DECLARATION)
    for _ in range(decide.MOST_AGENTS):
        entrusted(case)
    with pytest.raises(Conflict):
        entrusted(case)
    case.do(decide.delegation_revoked, "2")
    entrusted(case)
    assert list(case.head.delegations) == ["1", "2", "3", "4"]


def test_who_never_came_is_forgotten_when_it_is_taken_back() -> None:
    case = entrusted(waiting(Stage.DECLARATION))
    assert case.do(decide.delegation_revoked, "1").sealed == {"agent-1": {}}
    assert case.ask(decide.delegation_revoked, "1") is None
    with pytest.raises(NotFound):
        case.do(decide.delegation_revoked, "9")


def test_events_tell_no_name() -> None:
    case = entrusted(waiting(Stage.DECLARATION))
    case.do(decide.delegation_revoked, "1")
    assert [e.type for e in case.events[-2:]] == ["delegated", "delegation_revoked"]
    assert not [value for value in AGENT.values() if value in repr([e.facts for e in case.events])]


def test_acts_of_an_agent_are_noted_as_such() -> None:
    case = entrusted(waiting(Stage.INTENTION))
    event = decide.intended(case.head, "?", NOW, case.random, "1").events[-1]
    assert (event.actor, event.facts["agent"]) == (Actor.AGENT, "1")
    own = decide.intended(case.head, "?", NOW, case.random).events[-1]
    assert (own.actor, "agent" in own.facts) == (Actor.PERSON, False)


def test_an_agent_who_was_dismissed_meanwhile_declares_nothing() -> None:
    case = entrusted(waiting(Stage.INTENTION))
    case.do(decide.delegation_revoked, "1")
    with pytest.raises(Forbidden):
        decide.intended(case.head, "?", NOW, case.random, "1")
    with pytest.raises(Forbidden):
        decide.declined(case.head, False, NOW, case.random, "1")


def test_nobody_is_entrusted_with_what_is_over() -> None:
    with pytest.raises(CaseEnded):
        entrusted(made.over())


def test_a_head_with_agents_is_stored_and_read_again() -> None:
    head = entrusted(waiting(Stage.DECLARATION)).head
    assert codec.head_from_json(codec.head_to_json(head)) == head
