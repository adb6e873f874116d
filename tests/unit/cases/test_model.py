"""The trace proves its order and content; ids lead back to their case; flags say nothing personal."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.cases import made
from wugan.cases.model import CHAIN_START, Actor, Event, Stage, broken_link, effect_id, parse_effect_id
from wugan.errors import InvalidInput

EVENTS = made.over().events
HEX = "0123456789abcdef"
CASE_IDS = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=26, max_size=26)


def _other(text: str) -> str:
    """The same text but for its first character."""
    return HEX[(HEX.index(text[0]) + 1) % 16] + text[1:]


EDITS = {
    "type": lambda e: replace(e, type=e.type + "x"),
    "at": lambda e: replace(e, at=e.at + timedelta(microseconds=1)),
    "actor": lambda e: replace(e, actor=Actor.OFFICIAL if e.actor is not Actor.OFFICIAL else Actor.SYSTEM),
    "facts": lambda e: replace(e, facts={**e.facts, "more": 1}),
    "sealed": lambda e: replace(e, sealed=(*e.sealed, "more")),
    "case_id": lambda e: replace(e, case_id="x" + e.case_id[1:]),
    "seq": lambda e: replace(e, seq=e.seq + 1),
    "salt": lambda e: replace(e, salt=_other(e.salt)),
    "commitment": lambda e: replace(e, commitment=_other(e.commitment)),
    "chain": lambda e: replace(e, chain=_other(e.chain)),
}
PLACES = st.integers(0, len(EVENTS) - 1)


def test_an_untouched_trace_holds() -> None:
    assert len(EVENTS) > 10
    assert broken_link(EVENTS) is None
    assert broken_link([]) is None


@given(PLACES, st.sampled_from(sorted(EDITS)))
def test_an_edited_event_is_found_where_it_is(place: int, what: str) -> None:
    events = [*EVENTS]
    events[place] = EDITS[what](events[place])
    assert broken_link(events) == place + 1


@given(st.integers(0, len(EVENTS) - 2))
def test_a_dropped_event_is_found(place: int) -> None:
    assert broken_link(EVENTS[:place] + EVENTS[place + 1 :]) == place + 1


@given(PLACES)
def test_a_trace_that_was_cut_short_does_not_end_where_its_head_ends(length: int) -> None:
    head = made.over().head
    cut = EVENTS[:length]
    assert ((cut[-1].seq, cut[-1].chain) if cut else (0, CHAIN_START)) != (head.seq, head.chain)
    assert (EVENTS[-1].seq, EVENTS[-1].chain) == (head.seq, head.chain)


@given(st.permutations(EVENTS))
def test_reordered_events_are_found(events: list[Event]) -> None:
    assert (broken_link(events) is None) == (events == EVENTS)


@given(PLACES, PLACES)
def test_an_event_put_in_twice_is_found(place: int, where: int) -> None:
    assert broken_link([*EVENTS[:where], EVENTS[place], *EVENTS[where:]]) is not None


@given(PLACES, st.sampled_from(["commitment", "chain", "seq"]))
def test_an_erased_trace_still_proves_its_order(place: int, what: str) -> None:
    erased = [replace(e, salt="") for e in EVENTS]
    assert broken_link(erased) is None
    erased[place] = EDITS[what](erased[place])
    assert broken_link(erased) == place + 1


def test_an_event_made_anew_breaks_the_next_one() -> None:
    forged = replace(EVENTS[3], facts={"forged": True}).committed(EVENTS[3].salt, EVENTS[2].chain)
    assert broken_link([*EVENTS[:3], forged, *EVENTS[4:]]) == 5


@given(CASE_IDS, st.sampled_from(["push", "give_back", "approval"]), st.integers(0, 10**6))
def test_an_effect_leads_back_to_its_case(case_id: str, kind: str, attempt: int) -> None:
    assert parse_effect_id(effect_id(case_id, kind, attempt)) == (case_id, kind, attempt)


@pytest.mark.parametrize("text", ["", "x", "a" * 26, f"{'a' * 26}-1", f"{'a' * 26}-push-", f"{'a' * 25}-push-1", f"{'#' * 26}-push-1"])
def test_what_is_no_id_of_ours_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_effect_id(text)


@pytest.mark.parametrize("stage", made.WAITS)
def test_the_state_machine_carries_routing_words_only(stage: Stage) -> None:
    flags = made.waiting(stage).head.flags()
    assert set(flags) == {"case_id", "stage", "answer", "wait", "needs_pickup", "holds_old", "withdrawing", "held", "outcome"}
    assert all(isinstance(value, str | bool) for value in flags.values())
    assert flags["stage"] == stage.value
