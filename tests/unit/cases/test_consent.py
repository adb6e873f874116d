"""Consent and rating: given once, taken back, followed up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.cases import made
from tests.unit.cases.made import ITEM, NOW, waiting
from wugan.cases import codec, decide
from wugan.cases.model import Grade, Outcome, Power, Stage, Task
from wugan.errors import Conflict, Forbidden, InvalidInput
from wugan.identity.port import Checked
from wugan.memory.stores import SeededRandom

PERSON = {"role": "handling_person", "name": "甲", "id_number": "n", "mobile": "m", "wechat_openid": "o", "app_user": "a"}


# --- consent to the face


def test_consent_stands_until_it_is_taken_back() -> None:
    case = waiting(Stage.IDENTITY)
    event = case.do(decide.face_consented, "同意", "").events[0]
    assert (event.type, event.facts) == ("face_consented", {"text": "同意"})
    assert case.ask(decide.face_consented, "同意", "") is None
    case.do(decide.face_consent_withdrawn)
    assert case.ask(decide.face_consent_withdrawn) is None
    case.do(decide.face_consented, "同意", "")


@pytest.mark.parametrize(("check", "left"), [("face:r", ""), ("code:r", "code:r")])
def test_a_face_check_under_way_counts_no_more(check: str, left: str) -> None:
    case = waiting(Stage.IDENTITY)
    case.do(decide.face_consented, "同意", "")
    case.head = replace(case.head, check=check)
    assert case.do(decide.face_consent_withdrawn).head.check == left


# --- guessing


@given(st.integers(min_value=1, max_value=12))
def test_guessing_is_never_free_whichever_check_it_belongs_to(times: int) -> None:
    case = waiting(Stage.IDENTITY)
    case.head = replace(case.head, check="code:newest")
    for n in range(times):
        change = decide.identity_checked(case.head, ITEM, Checked(f"older-{n}", False, "code", NOW, "wrong_code"), NOW, case.random, "")
        if change:
            case.head = change.head
    assert case.head.attempts["identity_failed"] == min(times, decide.MOST_FAILED_CHECKS)
    assert (case.head.locked_until is not None) is (times >= decide.MOST_FAILED_CHECKS)


def test_a_wrong_guess_does_not_end_another_face_check() -> None:
    head = replace(waiting(Stage.IDENTITY).head, check="face:newest")
    change = decide.identity_checked(head, ITEM, Checked("older", False, "code", NOW, "wrong_code"), NOW, SeededRandom(), "")
    assert change
    assert change.head.check == "face:newest"


def test_what_is_tried_under_a_lock_neither_counts_nor_opens() -> None:
    head = replace(waiting(Stage.IDENTITY).head, check="code:r", locked_until=NOW + timedelta(hours=1))
    assert decide.identity_checked(head, ITEM, Checked("r", False, "code", NOW, "wrong_code"), NOW, SeededRandom(), "") is None
    with pytest.raises(Forbidden):
        decide.identity_checked(head, ITEM, Checked("r", True, "code", NOW), NOW, SeededRandom(), "")


# --- consent withdrawn


def test_processing_stops_when_it_is_over_and_not_before() -> None:
    with pytest.raises(Conflict):
        waiting(Stage.DELIVERY).do(decide.processing_stopped, [PERSON])
    case = made.over()
    change = case.do(decide.processing_stopped, [PERSON, PERSON])
    kept, other = change.sealed["contacts"]
    assert (kept, other) == ({n: PERSON[n] for n in ("role", "name", "id_number", "mobile")}, {})
    assert case.ask(decide.processing_stopped, [PERSON]) is None


def test_of_agents_only_those_who_came_stay_known() -> None:
    case = waiting(Stage.DECLARATION)
    for _ in range(2):
        case.do(decide.delegated, {"name": "乙"}, [Power.RECEIVE], NOW + timedelta(days=9))
    came = decide.identity_checked(case.head, ITEM, Checked("r", True, "code", NOW), NOW, case.random, "2")
    assert came
    head = replace(came.head, stage=Stage.CLOSED, wait=None)
    change = decide.processing_stopped(head, [PERSON], NOW, case.random)
    assert change
    assert [section for section in change.sealed if section.startswith("agent-")] == ["agent-1"]
    assert not any(d.standing(NOW) for d in change.head.delegations.values())


# --- rating


@given(st.sampled_from(Grade), st.sets(st.sampled_from(sorted(decide.TAGS))), st.text(max_size=decide.MOST_CHARACTERS))
def test_the_two_lowest_grades_are_followed_up(grade: Grade, tags: set[str], text: str) -> None:
    case = made.over()
    change = case.do(decide.rated, grade, sorted(tags), text, "")
    assert (Task.FOLLOW_UP in change.asked) is (grade in (Grade.DISSATISFIED, Grade.VERY_DISSATISFIED))
    assert change.events[-1].facts == {"grade": grade.value, "tags": sorted(tags)}  # and not the text
    assert change.sealed["rating"]["text"] == text
    assert codec.head_from_json(codec.head_to_json(change.head)) == change.head
    with pytest.raises(Conflict):
        case.do(decide.rated, Grade.FAIR, [], "", "")


@pytest.mark.parametrize(("tags", "text", "field"), [(["sql"], "", "tags"), ([], "x" * 501, "text")])
def test_a_rating_is_bounded(tags: list[str], text: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        made.over().do(decide.rated, Grade.FAIR, tags, text, "")
    assert caught.value.field == field


@pytest.mark.parametrize("outcome", Outcome)
def test_only_what_was_carried_through_is_rated(outcome: Outcome) -> None:
    head = replace(made.over().head, outcome=outcome)
    assert decide.ratable(head) is (outcome in (Outcome.DELIVERED, Outcome.REJECTED))
