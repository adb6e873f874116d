"""What officials decide beside the decision: time, a second pair of eyes, who has a case, calls and tasks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.cases.made import ITEM, Case, approved, corrections, decision, declared, opened, pushed, submitted, waiting
from wugan.approval.port import DecisionKind
from wugan.cases import deadlines, decide
from wugan.cases.decide import CallOutcome
from wugan.cases.decide.approval import light_due
from wugan.cases.model import Answer, Change, Lapse, Stage, Task
from wugan.errors import CaseEnded, Conflict, Forbidden, InvalidInput, NotWaiting

REASON = "需要专家论证"


def at_department() -> Case:
    """A case that waits for the decision."""
    return waiting(Stage.APPROVAL)


def extends(case: Case, reason: str = REASON) -> Change:
    return case.do(decide.extended, ITEM, "w-1", reason)


def test_an_extension_adds_ten_working_days_once_and_tells_why() -> None:
    case = at_department()
    promised = case.head.promised_by
    assert promised
    change = extends(case)
    assert case.head.promised_by == deadlines.add_span(promised, 10)
    assert deadlines.span(promised, case.head.promised_by) == 10
    event = change.events[0]
    assert (event.type, event.sealed, change.sealed["extension"]) == ("extended", ("extension",), {"reason": REASON})
    assert REASON not in str(event.facts)
    with pytest.raises(Conflict, match="once"):
        extends(case)


def test_the_light_starts_anew_with_the_longer_time_and_the_wait_with_it() -> None:
    case = at_department()
    case.now = light_due(case.head, ITEM)
    case.do(decide.came_due, ITEM)
    assert case.head.light == "yellow"
    change = extends(case)
    assert case.head.light == "green"
    assert change.rescheduled
    assert change.rescheduled.due_at == decide.supervision_due(case.head, ITEM, case.now) > case.now
    for light in ("yellow", "red"):
        case.now = light_due(case.head, ITEM)
        case.do(decide.came_due, ITEM)
        assert case.head.light == light
    assert case.head.promised_by
    last = light_due(case.head, ITEM)
    assert last == deadlines.period(case.head.promised_by, ITEM.limits.legal - ITEM.limits.promised)  # the extension is spent


@pytest.mark.parametrize("reason", ["", "  ", "长" * 501])
def test_an_extension_needs_a_reason(reason: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        extends(at_department(), reason)
    assert wrong.value.field == "extension"


def test_no_extension_after_the_promised_date_nor_without_an_application() -> None:
    late = at_department()
    assert late.head.promised_by
    late.now = late.head.promised_by
    with pytest.raises(Conflict, match="over"):
        extends(late)
    with pytest.raises(NotWaiting):
        extends(waiting(Stage.INTENTION))
    renewed = at_department()
    renewed.head = replace(renewed.head, lapse=Lapse.DEEMED_RENEWED)
    with pytest.raises(Conflict, match="renewed"):
        extends(renewed)


def test_the_rest_of_an_extended_period_runs_on_after_corrections() -> None:
    case = at_department()
    extends(case)
    assert case.head.promised_by
    corrections(case)
    left = deadlines.span(case.now, case.head.promised_by)
    pushed(case)
    declared(case.move(days=4))
    submitted(case)
    assert deadlines.span(case.now, case.head.promised_by) == pytest.approx(left)
    with pytest.raises(Conflict):
        extends(case)


def proposes(case: Case, by: str = "w-1", kind: DecisionKind = DecisionKind.APPROVED) -> str:
    given: dict[str, Any] = {"certificate": {"number": "N"}} if kind is DecisionKind.APPROVED else {"reason": "r", "reason_code": "other"}
    wanted = decision(case, kind, **given)
    case.do(decide.proposed, wanted, 1, by)
    return wanted.id


def test_a_proposal_decides_nothing_until_another_official_confirms_it() -> None:
    case = at_department()
    proposed = proposes(case)
    assert (case.head.decided, case.head.stage, case.head.proposal, case.head.proposed_by) == (False, Stage.APPROVAL, proposed, "w-1")
    wanted = decision(case, DecisionKind.APPROVED, certificate={"number": "N"})
    with pytest.raises(Forbidden):
        case.do(decide.confirmed, wanted, 1, "w-1")
    change = case.do(decide.confirmed, wanted, 1, "l-1")
    assert (case.head.decided, case.head.answer, case.head.proposal) == (True, Answer.APPROVED, "")
    assert change.events[0].facts["by"] == "desk:l-1"
    assert change.events[0].facts["proposed_by"] == "w-1"


def test_there_is_one_proposal_at_a_time_and_only_that_one_is_confirmed() -> None:
    case = at_department()
    proposes(case)
    with pytest.raises(Conflict):
        proposes(case, "l-1")
    other = replace(decision(case, DecisionKind.APPROVED, certificate={"number": "N"}), id="another")
    with pytest.raises(NotWaiting):
        case.do(decide.confirmed, other, 1, "l-1")


def test_what_is_sent_back_is_decided_anew_with_the_note_sealed() -> None:
    case = at_department()
    proposed = proposes(case, kind=DecisionKind.REJECTED)
    with pytest.raises(Forbidden):
        case.do(decide.sent_back, proposed, "w-1", "理由不足")
    with pytest.raises(InvalidInput):
        case.do(decide.sent_back, proposed, "l-1", " ")
    change = case.do(decide.sent_back, proposed, "l-1", "理由不足")
    assert (case.head.proposal, change.sealed["sent_back"]) == ("", {"note": "理由不足"})
    assert "理由不足" not in str(change.events[0].facts)
    with pytest.raises(NotWaiting):
        case.do(decide.confirmed, decision(case, DecisionKind.REJECTED), 1, "l-1")
    proposes(case, "l-1")


def test_a_proposal_that_could_not_be_decided_is_refused_at_once() -> None:
    case = at_department()
    with pytest.raises(InvalidInput):
        case.do(decide.proposed, decision(case, DecisionKind.REJECTED), 1, "w-1")
    with pytest.raises(NotWaiting):
        case.do(decide.proposed, decision(case, DecisionKind.APPROVED, certificate={"number": "N"}), 2, "w-1")


def test_a_withdrawal_takes_the_proposal_with_it() -> None:
    case = at_department()
    proposed = proposes(case)
    case.do(decide.withdrawn)
    with pytest.raises((NotWaiting, CaseEnded)):
        case.do(decide.sent_back, proposed, "l-1", "note")


def test_the_departments_platform_decides_over_a_proposal() -> None:
    case = at_department()
    proposes(case)
    approved(case)
    assert (case.head.decided, case.head.proposal) == (True, "")


def test_who_takes_a_case_first_has_it() -> None:
    case = at_department()
    case.do(decide.assigned, "", "w-1", "w-1")
    with pytest.raises(Conflict):
        case.do(decide.assigned, "", "l-1", "l-1")  # from a page that still shows it free
    change = case.do(decide.assigned, "w-1", "l-1", "w-1")
    assert (case.head.officer, change.events[0].facts) == ("l-1", {"by": "w-1", "from": "w-1", "to": "l-1"})
    case.do(decide.assigned, "l-1", "", "l-1")
    assert case.head.officer == ""
    with pytest.raises(Conflict):
        case.do(decide.assigned, "", "", "l-1")


def unreachable() -> Case:
    """Nobody could be reached, and the case is over."""
    case = opened()
    case.do(decide.closed)
    case.head = replace(case.head, tasks=(Task.CALL,))
    return case


def test_a_call_without_an_answer_stays_for_another_day() -> None:
    case = unreachable()
    again = case.now + timedelta(days=1)
    change = case.do(decide.called, CallOutcome.NO_ANSWER, again, "w-1")
    assert (case.head.tasks, case.head.put_off, change.asked) == ((Task.CALL,), {"call": again}, (Task.CALL,))
    for day in (None, case.now):
        with pytest.raises(InvalidInput) as wrong:
            case.do(decide.called, CallOutcome.NO_ANSWER, day, "w-1")
        assert wrong.value.field == "again"


@pytest.mark.parametrize("outcome", [CallOutcome.GOES_ON, CallOutcome.DECLINES, CallOutcome.AT_WINDOW])
def test_a_call_that_reached_somebody_is_over(outcome: CallOutcome) -> None:
    case = unreachable()
    case.do(decide.called, CallOutcome.NO_ANSWER, case.now + timedelta(days=1), "w-1")
    change = case.do(decide.called, outcome, None, "w-1")
    assert (case.head.tasks, case.head.put_off, change.done) == ((), {}, (Task.CALL,))
    assert change.events[0].facts == {"by": "w-1", "outcome": outcome.value}
    with pytest.raises(Conflict):
        case.do(decide.called, outcome, None, "w-1")


def test_a_wrong_number_goes_to_the_registrys_keeper() -> None:
    case = unreachable()
    case.do(decide.called, CallOutcome.WRONG_NUMBER, None, "w-1")
    assert case.head.tasks == (Task.KEEPER,)


def test_a_bad_rating_is_settled_with_a_note() -> None:
    case = unreachable()
    case.head = replace(case.head, tasks=(Task.FOLLOW_UP, Task.CALL))
    with pytest.raises(InvalidInput) as wrong:
        case.do(decide.task_done, Task.FOLLOW_UP, "w-1")
    assert wrong.value.field == "note"
    change = decide.task_done(case.head, Task.FOLLOW_UP, "w-1", case.now, case.random, "已致歉并整改")
    assert change.sealed == {"note_follow_up": {"note": "已致歉并整改"}}
    with pytest.raises(InvalidInput):
        case.do(decide.task_done, Task.CALL, "w-1")
