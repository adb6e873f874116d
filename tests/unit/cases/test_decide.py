"""The rules of a case: what may happen when, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import people
from tests.unit.cases import made
from tests.unit.cases.made import ITEM, NOW, Case, waiting
from wugan.approval.port import DecisionKind
from wugan.cases import deadlines, decide
from wugan.cases.model import Answer, Change, OldCertificate, Outcome, Stage, Task, broken_link
from wugan.courier.port import ParcelState
from wugan.errors import CaseEnded, Conflict, Forbidden, InvalidInput, Locked, NotWaiting, NotYet
from wugan.identity.port import Checked
from wugan.memory.stores import SeededRandom

LIMITS = ITEM.limits


def approval(case: Case) -> Change:
    granted = made.decision(case, DecisionKind.APPROVED, certificate={"number": "NEW-1"})
    return case.do(decide.decided, granted, case.head.attempts.get("approval", 0))


# --- every command at every wait


@dataclass(frozen=True)
class Command:
    """What somebody may do, and at which waits."""

    act: Callable[[Case], Change]
    at: frozenset[Stage]
    otherwise: type[Conflict] = NotWaiting


COMMANDS = {
    "intended": Command(lambda c: c.do(decide.intended, "?"), frozenset({Stage.INTENTION})),
    "declined": Command(lambda c: c.do(decide.declined, False), frozenset({Stage.IDENTITY, Stage.INTENTION, Stage.DECLARATION})),
    "declared": Command(made.declared, frozenset({Stage.DECLARATION, Stage.CORRECTION})),
    "decided": Command(approval, frozenset({Stage.APPROVAL})),
    "withdrawn": Command(lambda c: c.do(decide.withdrawn), frozenset(made.WAITS) - {Stage.DELIVERY, Stage.GIVE_BACK}, Conflict),
    "fetched": Command(lambda c: c.do(decide.handed_over_counter, "王"), frozenset(), Conflict),  # this certificate goes by courier
}
EVERY = [pytest.param(name, stage, id=f"{name}-{stage}") for name in COMMANDS for stage in made.WAITS]


@pytest.mark.parametrize(("name", "stage"), EVERY)
def test_each_command_works_at_its_own_waits_only(name: str, stage: Stage) -> None:
    command, case = COMMANDS[name], waiting(stage)
    before = case.head
    if stage not in command.at:
        with pytest.raises(command.otherwise):
            command.act(case)
        assert case.head == before
        return
    change = command.act(case)
    assert change.answered
    assert change.answered.wait_id == before.wait
    assert change.head.version == before.version + 1
    assert broken_link(case.events) is None


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_works_twice(name: str) -> None:
    command = COMMANDS[name]
    for stage in command.at:
        case = waiting(stage)
        command.act(case)
        with pytest.raises(Conflict):
            command.act(case)


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_works_after_the_end(name: str) -> None:
    with pytest.raises(Conflict):
        COMMANDS[name].act(made.over())


@pytest.mark.parametrize(
    "act",
    [
        lambda c: c.do(decide.intended, "?"),
        lambda c: c.do(decide.declined, True),
        made.declared,
        made.pushed,
        made.submitted,
        lambda c: c.do(decide.asked_person),
        lambda c: c.do(decide.receipt, 1, False, "m"),
        lambda c: c.do(decide.closed),
    ],
)
def test_an_ended_case_says_that_it_ended(act: Callable[[Case], object]) -> None:
    with pytest.raises(CaseEnded):
        act(made.over())


# --- opening


def test_what_opens_a_case_is_explained_without_personal_data() -> None:
    case = made.opened()
    (event,) = case.events
    assert event.facts["fields"] == ["name"]
    assert event.facts["conditions"]
    assert event.sealed == ("changes", "contacts", "subject")
    contact = people.contact()
    for personal in (contact.name, contact.id_number, contact.mobile, "试旧", "试新"):
        assert str(personal).encode() not in event.canonical()


# --- the ladder


def test_the_ladder_reminds_and_then_the_case_expires() -> None:
    case = made.opened()
    for rung, days in enumerate([*ITEM.reminders.after_days, ITEM.reminders.expire_after_days]):
        change = made.pushed(case)
        assert change.opened
        assert change.opened.due_at == NOW + timedelta(days=days)
        assert case.head.rung == rung
        case.now = change.opened.due_at
        case.do(decide.came_due, ITEM)
    assert (case.head.stage, case.head.answer, case.head.outcome) == (Stage.CLOSING, Answer.EXPIRED, Outcome.EXPIRED)
    assert case.head.reason == "silent_at_identity"
    assert [e.facts["rung"] for e in case.events if e.type == "reminder_due"] == [1, 2]


@pytest.mark.parametrize("stage", [Stage.INTENTION, Stage.DECLARATION])
def test_a_reminder_leads_back_to_where_the_person_was(stage: Stage) -> None:
    case = waiting(stage).move(days=3)
    case.do(decide.came_due, ITEM)
    assert (case.head.stage, case.head.resume, case.head.tried) == (Stage.PUSH, stage, ())
    made.pushed(case)
    assert (case.head.stage, case.head.rung) == (stage, 1)


def test_nothing_comes_due_where_nobody_waits() -> None:
    assert made.opened().ask(decide.came_due, ITEM) is None
    assert made.over().ask(decide.came_due, ITEM) is None


def test_a_correction_without_answer_expires() -> None:
    case = waiting(Stage.CORRECTION).move(days=ITEM.reminders.correction_days)
    case.do(decide.came_due, ITEM)
    assert (case.head.outcome, case.head.reason) == (Outcome.EXPIRED, "silent_at_correction")


# --- channels


def test_a_prompt_that_was_not_delivered_goes_over_the_next_channel() -> None:
    case = waiting(Stage.IDENTITY)
    change = case.do(decide.receipt, 1, False, "m1")
    assert change.seen == ("m1",)
    assert (case.head.stage, case.head.answer, case.head.tried) == (Stage.PUSH, Answer.UNDELIVERED, ("wechat",))


@pytest.mark.parametrize(
    ("stage", "attempt", "delivered"), [(Stage.IDENTITY, 1, True), (Stage.INTENTION, 1, False), (Stage.APPROVAL, 1, False)]
)
def test_other_receipts_are_only_noted(stage: Stage, attempt: int, delivered: bool) -> None:
    case = waiting(stage)
    change = case.do(decide.receipt, attempt, delivered, "m1")
    assert (change.answered, change.seen, case.head.stage) == (None, ("m1",), stage)


def test_the_receipt_of_an_earlier_prompt_is_only_noted() -> None:
    case = waiting(Stage.IDENTITY)
    case.do(decide.receipt, 1, False, "m1")
    case.do(decide.pushed, ITEM, "app", 0, "m2")
    assert case.do(decide.receipt, 1, False, "m1 again").answered is None
    assert case.head.stage is Stage.IDENTITY


@pytest.mark.parametrize("stage", [Stage.INTENTION, Stage.DECLARATION, Stage.CORRECTION])
def test_a_later_prompt_that_nobody_answered_goes_over_the_next_channel_too(stage: Stage) -> None:
    case = waiting(stage)
    if stage is not Stage.CORRECTION:
        case.move(days=3).do(decide.came_due, ITEM)
        made.pushed(case)
    case.do(decide.receipt, case.head.attempts["push"], False, "m")
    assert (case.head.stage, case.head.resume, case.head.tried) == (Stage.PUSH, stage, ("wechat",))


def test_a_prompt_that_was_answered_is_not_sent_again() -> None:
    case = waiting(Stage.DECLARATION).move(days=3)
    case.do(decide.came_due, ITEM)
    made.pushed(case)
    made.declared(case, "none_held", "electronic")
    made.submitted(case)
    assert case.do(decide.receipt, 2, False, "m").answered is None


def test_silence_after_the_whole_ladder_is_on_the_call_list_with_its_reason() -> None:
    case = made.opened()
    while case.head.stage is Stage.PUSH:
        change = made.pushed(case)
        assert change.opened
        case.now = change.opened.due_at
        case.do(decide.came_due, ITEM)
    assert case.head.tasks == (Task.CALL,)
    assert "未得到答复，转电话联系" in case.events[-1].facts["reason"]


# --- a prompt that waits for its moment


def held(case: Case) -> Case:
    """Waits for the morning."""
    case.do(decide.held, case.now + timedelta(hours=9), "现在是免打扰时段")
    return case


def test_a_prompt_waits_for_its_moment_and_then_goes_out() -> None:
    case = held(made.opened())
    assert (case.head.stage, case.head.asked_for) == (Stage.PUSH, Stage.IDENTITY)
    case.move(hours=9).do(decide.came_due, ITEM)
    assert (case.head.stage, case.head.wait, case.head.answer) == (Stage.PUSH, None, Answer.DUE)


@pytest.mark.parametrize("stage", [Stage.IDENTITY, Stage.INTENTION, Stage.DECLARATION])
def test_while_a_reminder_waits_the_person_may_do_everything(stage: Stage) -> None:
    acts: dict[Stage, Callable[[Case], Change]] = {
        Stage.IDENTITY: made.identified,
        Stage.INTENTION: lambda c: c.do(decide.intended, "?"),
        Stage.DECLARATION: lambda c: made.declared(c, "none_held", "electronic"),
    }
    following = {Stage.IDENTITY: Stage.INTENTION, Stage.INTENTION: Stage.DECLARATION, Stage.DECLARATION: Stage.APPROVAL}
    for act, reached in [
        (acts[stage], following[stage]),
        (lambda c: c.do(decide.declined, False), Stage.CLOSING),
        (lambda c: c.do(decide.asked_person), Stage.CLOSING),
        (lambda c: c.do(decide.withdrawn), Stage.CLOSING),
    ]:
        case = waiting(stage).move(days=3)
        case.do(decide.came_due, ITEM)
        held(case)
        waited = case.head.wait
        change = act(case)
        assert change.answered
        assert (change.answered.wait_id, case.head.stage) == (waited, reached)


def test_rungs_that_a_prompt_was_too_late_for_are_not_caught_up_on() -> None:
    case = waiting(Stage.IDENTITY).move(days=ITEM.reminders.after_days[0])
    case.do(decide.came_due, ITEM)
    case.move(days=ITEM.reminders.after_days[1] - ITEM.reminders.after_days[0])
    change = made.pushed(case)
    assert change.opened
    assert change.opened.due_at == NOW + timedelta(days=ITEM.reminders.expire_after_days)


def test_the_word_at_the_end_waits_for_the_morning_once() -> None:
    case = waiting(Stage.IDENTITY)
    case.do(decide.asked_person)
    case.do(decide.notice_held, case.now + timedelta(hours=9))
    assert case.ask(decide.notice_held, case.now) is None
    assert case.head.flags()["held"] is True
    case.do(decide.came_due, ITEM)
    assert (case.head.stage, case.head.flags()["held"]) == (Stage.CLOSING, False)


def test_somebody_who_was_never_reached_is_on_the_call_list() -> None:
    case = made.opened()
    case.do(decide.push_refused, "wechat", "blocked")
    case.do(decide.unreachable, ITEM, "微信未送达，转电话联系")
    assert (case.head.outcome, case.head.tasks, case.head.stage) == (Outcome.UNREACHABLE, ("call",), Stage.CLOSING)


def test_somebody_who_was_reached_once_is_waited_for() -> None:
    case = waiting(Stage.INTENTION).move(days=3)
    case.do(decide.came_due, ITEM)
    change = case.do(decide.unreachable, ITEM, "微信未送达，转电话联系")
    assert change.opened
    assert (case.head.stage, case.head.outcome, case.head.tasks) == (Stage.INTENTION, None, (Task.CALL,))


# --- the person


@pytest.mark.parametrize(("forever", "optout", "reason"), [(True, ITEM.code, "never"), (False, None, "not_now")])
def test_no_for_ever_opts_out_of_this_item(forever: bool, optout: str | None, reason: str) -> None:
    case = waiting(Stage.INTENTION)
    assert case.do(decide.declined, forever).optout == optout
    assert (case.head.outcome, case.head.reason) == (Outcome.DECLINED, reason)


def test_five_failed_checks_lock_the_case_for_a_day() -> None:
    case = waiting(Stage.IDENTITY)
    case.do(decide.identity_started, "code", "c1")
    for _ in range(decide.MOST_FAILED_CHECKS):
        case.do(decide.identity_checked, ITEM, Checked("c1", False, "code", NOW, "code_wrong"))
    with pytest.raises(Forbidden):
        case.do(decide.identity_started, "code", "c2")
    case.move(days=1).do(decide.identity_started, "code", "c2")
    case.do(decide.identity_checked, ITEM, Checked("c2", True, "code", NOW))
    assert case.head.stage is Stage.INTENTION


def test_a_failed_face_check_is_over_and_a_wrong_code_may_be_typed_again() -> None:
    case = waiting(Stage.IDENTITY)
    case.do(decide.identity_started, "face", "f1")
    case.do(decide.identity_checked, ITEM, Checked("f1", False, "face", NOW, "mismatch"))
    assert case.head.check == ""
    assert case.ask(decide.identity_checked, ITEM, Checked("f1", False, "face", NOW, "mismatch")) is None
    case.do(decide.identity_started, "code", "c1")
    case.do(decide.identity_checked, ITEM, Checked("c1", False, "code", NOW, "code_wrong"))
    assert case.head.check == "code:c1"


def test_a_result_told_twice_counts_once() -> None:
    case = waiting(Stage.IDENTITY)
    made.identified(case)
    assert case.ask(decide.identity_checked, ITEM, made.PASSED) is None
    assert case.ask(decide.identity_checked, ITEM, Checked("of another check", True, "face", NOW)) is None


def test_an_older_check_that_passed_in_another_tab_counts_as_well() -> None:
    case = waiting(Stage.IDENTITY)
    case.do(decide.identity_started, "face", "f1")
    case.do(decide.identity_started, "face", "f2")
    assert case.ask(decide.identity_checked, ITEM, Checked("f1", False, "face", NOW, "mismatch")) is None
    case.do(decide.identity_checked, ITEM, Checked("f1", True, "face", NOW))
    assert case.head.stage is Stage.INTENTION


def test_who_is_identified_while_a_reminder_is_sent_goes_on_to_the_next_step() -> None:
    case = waiting(Stage.IDENTITY).move(days=3)
    case.do(decide.identity_started, "face", "r1")
    case.do(decide.came_due, ITEM)
    with pytest.raises(NotYet):
        case.do(decide.declined, False)
    change = case.do(decide.identity_checked, ITEM, made.PASSED)
    assert (change.answered, case.head.stage, case.head.resume) == (None, Stage.PUSH, Stage.INTENTION)
    made.pushed(case)
    assert case.head.stage is Stage.INTENTION


def test_a_check_at_a_later_stage_only_opens_the_page_again() -> None:
    case = waiting(Stage.APPROVAL)
    change = made.identified(case)
    assert (change.answered, change.opened, case.head.stage) == (None, None, Stage.APPROVAL)


@pytest.mark.parametrize(
    ("return_way", "delivery_way", "field"),
    [
        ("by_drone", "courier", "return_way"),
        (None, "courier", "return_way"),
        ("courier", "by_drone", "delivery_way"),
        ("courier", "", "delivery_way"),
    ],
)
def test_ways_that_the_item_does_not_offer_are_refused(return_way: str | None, delivery_way: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        made.declared(waiting(Stage.DECLARATION), return_way, delivery_way)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("return_way", "stage", "old"),
    [
        ("courier", Stage.PICKUP, OldCertificate.WITH_PERSON),
        ("hand_in", Stage.APPROVAL, OldCertificate.WITH_PERSON),
        ("none_held", Stage.APPROVAL, OldCertificate.NONE),
    ],
)
def test_only_a_certificate_that_is_there_is_fetched(return_way: str, stage: Stage, old: OldCertificate) -> None:
    case = waiting(Stage.DECLARATION)
    made.declared(case, return_way)
    assert (case.head.stage, case.head.old_certificate) == (stage, old)


def test_a_correction_does_not_fetch_the_old_certificate_again() -> None:
    case = waiting(Stage.CORRECTION)
    made.declared(case, "none_held", "electronic")
    assert (case.head.stage, case.head.answer) == (Stage.APPROVAL, Answer.CORRECTED)
    assert (case.head.return_way, case.head.delivery_way) == ("courier", "electronic")
    assert case.head.holds_old


@pytest.mark.parametrize("stage", [Stage.IDENTITY, Stage.INTENTION, Stage.DECLARATION, Stage.CORRECTION])
def test_who_asks_for_a_person_while_being_asked_is_handed_over(stage: Stage) -> None:
    case = waiting(stage)
    case.do(decide.asked_person)
    assert (case.head.stage, case.head.outcome, case.head.tasks) == (Stage.CLOSING, Outcome.BY_PERSON, ("handle",))


@pytest.mark.parametrize("stage", [Stage.PICKUP, Stage.APPROVAL, Stage.DELIVERY])
def test_who_asks_for_a_person_later_gets_help_and_the_case_goes_on(stage: Stage) -> None:
    case = waiting(stage)
    assert case.do(decide.asked_person).answered is None
    assert (case.head.stage, case.head.outcome, case.head.tasks) == (stage, None, ("handle",))


def test_a_withdrawal_from_a_wait_fails_the_wait_by_name() -> None:
    change = waiting(Stage.APPROVAL).do(decide.withdrawn)
    assert change.answered
    assert (change.answered.answer, change.answered.error) == (Answer.WITHDRAWN, "Withdrawn")
    assert (change.head.outcome, change.head.withdrawing) == (Outcome.WITHDRAWN, True)


def test_a_withdrawal_between_two_waits_is_found_by_the_next_stage() -> None:
    case = waiting(Stage.INTENTION)
    case.do(decide.intended, "?")
    assert case.do(decide.withdrawn).answered is None
    assert case.head.flags()["withdrawing"] is True
    with pytest.raises(Conflict):
        case.do(decide.withdrawn)
    case.do(decide.cancelled)
    assert (case.head.stage, case.head.outcome, case.head.withdrawing) == (Stage.CLOSING, Outcome.WITHDRAWN, False)


# --- the courier


def test_a_parcel_told_again_or_late_changes_nothing() -> None:
    case = waiting(Stage.PICKUP)
    assert made.parcel(case, Stage.PICKUP, ParcelState.ORDERED) is None
    made.parcel(case, Stage.PICKUP, ParcelState.COLLECTED)
    assert (case.head.stage, case.head.old_certificate) == (Stage.APPROVAL, OldCertificate.WITH_COURIER)
    assert made.parcel(case, Stage.PICKUP, ParcelState.COLLECTED) is None
    made.submitted(case)
    change = made.parcel(case, Stage.PICKUP, ParcelState.ARRIVED)
    assert change
    assert (change.answered, case.head.stage, case.head.old_certificate) == (None, Stage.APPROVAL, OldCertificate.WITH_DEPARTMENT)
    assert made.parcel(case, Stage.PICKUP, ParcelState.ARRIVED) is None
    assert made.parcel(case, Stage.PICKUP, ParcelState.COLLECTED) is None


def test_arrived_before_collected_is_taken_as_it_comes() -> None:
    case = waiting(Stage.PICKUP)
    change = made.parcel(case, Stage.PICKUP, ParcelState.ARRIVED)
    assert change
    assert change.answered
    assert case.head.old_certificate is OldCertificate.WITH_DEPARTMENT
    assert made.parcel(case, Stage.PICKUP, ParcelState.COLLECTED) is None


def test_news_of_a_failed_attempt_do_not_touch_the_next_one() -> None:
    case = waiting(Stage.PICKUP)
    made.parcel(case, Stage.PICKUP, ParcelState.FAILED)
    assert (case.head.stage, case.head.answer) == (Stage.PICKUP, Answer.FAILED)
    case.do(decide.ordered, Stage.PICKUP, "W9", None)
    assert made.parcel(case, Stage.PICKUP, ParcelState.COLLECTED, attempt=1) is None
    assert made.parcel(case, Stage.PICKUP, ParcelState.COLLECTED, attempt=2)


PARCELS = st.tuples(st.sampled_from([Stage.PICKUP, Stage.DELIVERY, Stage.GIVE_BACK]), st.sampled_from(list(ParcelState)), st.integers(1, 2))
HOW_FAR = list(OldCertificate)


@given(st.lists(PARCELS, max_size=12))
def test_in_whatever_order_parcels_are_told_the_wait_is_answered_once(told: list[tuple[Stage, ParcelState, int]]) -> None:
    case, answered = waiting(Stage.PICKUP), 0
    for stage, state, attempt in told:
        before = case.head
        change = made.parcel(case, stage, state, attempt)
        answered += bool(change and change.answered)
        assert HOW_FAR.index(case.head.old_certificate) >= HOW_FAR.index(before.old_certificate)
    relevant = [s for stage, s, n in told if (stage, n) == (Stage.PICKUP, 1) and s is not ParcelState.ORDERED]
    assert answered == bool(relevant)
    assert broken_link(case.events) is None


def test_a_delivered_certificate_ends_well() -> None:
    case = waiting(Stage.DELIVERY)
    made.parcel(case, Stage.DELIVERY, ParcelState.ARRIVED)
    assert (case.head.stage, case.head.answer, case.head.outcome) == (Stage.CLOSING, Answer.RECEIVED, Outcome.DELIVERED)


def test_statistics_know_when_an_identity_check_was_first_begun() -> None:
    case = waiting(Stage.IDENTITY)
    assert case.head.begun_at is None
    case.do(decide.identity_started, "code", "c1")
    case.move(hours=2).do(decide.identity_started, "code", "c2")
    assert case.head.begun_at == case.now - timedelta(hours=2)


def test_statistics_know_when_a_certificate_was_delivered() -> None:
    case = waiting(Stage.DELIVERY)
    case.move(days=3)
    made.parcel(case, Stage.DELIVERY, ParcelState.ARRIVED)
    arrived = case.now
    case.move(days=1).do(decide.closed)
    assert (case.head.outcome, case.head.delivered_at) == (Outcome.DELIVERED, arrived)


@pytest.mark.parametrize("stage", [Stage.IDENTITY, Stage.APPROVAL, Stage.GIVE_BACK])
def test_what_ends_otherwise_was_never_delivered(stage: Stage) -> None:
    case = waiting(stage)
    case.do(decide.handed_over, "courier_failed", "")
    case.do(decide.closed)
    assert case.head.delivered_at is None


def test_an_old_certificate_that_came_back_is_with_the_person() -> None:
    case = waiting(Stage.GIVE_BACK)
    assert case.head.holds_old
    made.parcel(case, Stage.GIVE_BACK, ParcelState.ARRIVED)
    assert (case.head.old_certificate, case.head.outcome) == (OldCertificate.WITH_PERSON, Outcome.REJECTED)


def test_a_certificate_at_the_counter_is_fetched_there() -> None:
    case = waiting(Stage.DELIVERY)
    case.head = replace(case.head, delivery_way="pick_up")
    case.do(decide.handed_over_counter, "王")
    assert case.head.outcome is Outcome.DELIVERED


def test_a_silent_courier_ends_with_an_official() -> None:
    case = waiting(Stage.DELIVERY)
    case.do(decide.came_due, ITEM)
    assert (case.head.outcome, case.head.reason, case.head.tasks) == (Outcome.BY_PERSON, "overdue_at_delivery", ("handle",))


# --- the department


def test_the_promised_time_is_counted_in_working_days_from_the_next_day() -> None:
    case = waiting(Stage.APPROVAL)
    assert (case.head.accepted_at, case.head.promised_by) == (NOW, deadlines.period(NOW, LIMITS.promised))


def test_corrections_are_asked_for_all_at_once_and_stop_the_clock() -> None:
    case = waiting(Stage.APPROVAL)
    change = made.corrections(case)
    assert change.sealed["corrections"] == ["第一项", "第二项"]
    assert (case.head.paused_at, case.head.corrections, case.head.resume) == (NOW, 1, Stage.CORRECTION)
    with pytest.raises(Conflict):  # a second list for the same application
        made.corrections(case)


def test_a_correction_without_points_is_refused() -> None:
    case = waiting(Stage.APPROVAL)
    with pytest.raises(InvalidInput) as caught:
        case.do(decide.decided, made.decision(case, DecisionKind.CORRECTION), 1)
    assert caught.value.field == "points"


@given(st.integers(0, 60 * 24 * 3), st.integers(1, 60 * 24 * 14))
def test_the_clock_runs_on_with_what_was_left(used: int, paused: int) -> None:
    case = waiting(Stage.APPROVAL).move(minutes=used)
    assert case.head.promised_by
    left = deadlines.span(case.now, case.head.promised_by)
    made.corrections(case)
    made.pushed(case)
    case.move(minutes=paused)
    made.declared(case)
    made.submitted(case)
    assert case.head.promised_by
    assert deadlines.span(case.now, case.head.promised_by) == pytest.approx(left, abs=1e-9)
    assert case.head.paused_at is None
    assert case.head.accepted_at == NOW


def test_an_answer_to_an_earlier_application_is_refused() -> None:
    case = waiting(Stage.CORRECTION)
    made.declared(case)
    made.submitted(case)
    with pytest.raises(NotWaiting):
        case.do(decide.decided, made.decision(case, DecisionKind.APPROVED, certificate={"number": "NEW-1"}), 1)


def test_a_rejection_without_reason_is_refused() -> None:
    case = waiting(Stage.APPROVAL)
    with pytest.raises(InvalidInput) as caught:
        case.do(decide.decided, made.decision(case, DecisionKind.REJECTED, reason_code="x"), 1)
    assert caught.value.field == "reason"


def test_a_reason_is_sealed_and_only_its_code_is_in_the_trace() -> None:
    case = waiting(Stage.APPROVAL)
    change = made.rejected(case)
    assert change.sealed["rejection"] == {"reason": "条件不符"}
    assert case.events[-1].facts["reason_code"] == case.head.reason == "not_met"
    assert "条件不符".encode() not in case.events[-1].canonical()


def test_an_approval_brings_the_new_certificate() -> None:
    case = waiting(Stage.APPROVAL)
    with pytest.raises(InvalidInput) as caught:
        case.do(decide.decided, made.decision(case, DecisionKind.APPROVED), 1)
    assert caught.value.field == "certificate"


def test_the_lights_come_on_one_after_the_other_and_then_an_official() -> None:
    case = waiting(Stage.APPROVAL)
    made.parcel(case, Stage.PICKUP, ParcelState.ARRIVED)
    wait, dues = case.head.wait, []
    for light in ("yellow", "red"):
        case.now = _due(case)
        change = case.do(decide.came_due, ITEM)
        assert change.rescheduled
        dues.append(change.rescheduled.due_at)
        assert (change.rescheduled.id, change.answered, case.head.light, case.head.wait) == (wait, None, light, wait)
    last = deadlines.period(_promised(case), LIMITS.legal - LIMITS.promised + decide.LEGAL_EXTENSION)
    assert dues == [_promised(case), last]
    case.now = last
    case.do(decide.came_due, ITEM)
    assert (case.head.outcome, case.head.reason, case.head.tasks) == (Outcome.BY_PERSON, "overdue_at_approval", ("handle",))


def _promised(case: Case) -> datetime:
    assert case.head.promised_by
    return case.head.promised_by


def _due(case: Case) -> datetime:
    return decide.supervision_due(case.head, ITEM, case.now)


# --- ends


def test_a_case_handed_over_names_why_and_keeps_an_outcome_it_had() -> None:
    case = waiting(Stage.PICKUP)
    case.do(decide.handed_over, "courier_refused_pickup", "area_not_served")
    assert (case.head.stage, case.head.wait, case.head.outcome, case.head.tasks) == (Stage.CLOSING, None, Outcome.BY_PERSON, ("handle",))
    assert case.events[-1].facts == {"reason": "courier_refused_pickup", "detail": "area_not_served", "stage": "pickup"}
    case = waiting(Stage.GIVE_BACK)
    case.do(decide.handed_over, "courier_failed_give_back", "")
    assert case.head.outcome is Outcome.REJECTED


def test_the_person_is_told_the_end_once() -> None:
    case = waiting(Stage.INTENTION)
    case.do(decide.declined, False)
    assert case.do(decide.notified, "n1")
    assert case.ask(decide.notified, "n2") is None


def test_a_task_is_done_once_even_after_the_end() -> None:
    case = waiting(Stage.IDENTITY)
    case.do(decide.asked_person)
    case.do(decide.closed)
    case.do(decide.task_done, Task.HANDLE, "王")
    assert case.head.tasks == ()
    with pytest.raises(Conflict):
        case.do(decide.task_done, Task.HANDLE, "王")


def test_a_case_is_at_work_from_each_answer_to_the_next_wait() -> None:
    case = waiting(Stage.INTENTION)
    assert case.head.working_since is None
    case.move(hours=1).do(decide.intended, "?")
    assert case.head.working_since == case.now
    case.do(decide.prefilled, ITEM, made.FORM, [])
    assert case.head.working_since is None
    assert made.over().head.working_since is None


def test_the_salts_of_a_trace_differ() -> None:
    assert len({e.salt for e in made.over().events}) == len(made.over().events)
    assert made.opened().events[0].committed(SeededRandom(9).hex(16), "00" * 32).commitment != made.opened().events[0].commitment


def test_a_locked_case_gives_nobody_in_not_even_with_an_older_check() -> None:
    head = replace(waiting(Stage.IDENTITY).head, check="code:new", locked_until=NOW + timedelta(hours=1))
    with pytest.raises(Forbidden):
        decide.identity_checked(head, ITEM, Checked("older", True, "code", NOW), NOW, SeededRandom())


def test_checks_by_either_way_have_a_limit_a_day_that_tells_when_it_is_over() -> None:
    case = waiting(Stage.IDENTITY)
    first = case.now
    for n in range(decide.MOST_CHECKS):
        assert decide.no_check_before(case.head, case.now) is None
        case.do(decide.identity_started, ("code", "face")[n % 2], f"r{n}")
        case.move(minutes=1)
    for method in ("code", "face"):
        with pytest.raises(Locked) as caught:
            case.do(decide.identity_started, method, "one too many")
        assert caught.value.until == decide.no_check_before(case.head, case.now) == first + timedelta(days=1)
    assert not decide.locked(case.head, case.now)  # the one under way may still pass
    case.move(days=1).do(decide.identity_started, "code", "r")
    assert len(case.head.checks_begun) == 1


def test_who_comes_in_every_day_is_never_shut_out() -> None:
    case = waiting(Stage.IDENTITY)
    for day in range(3 * decide.MOST_CHECKS):
        case.do(decide.identity_started, "code", f"c{day}")
        case.do(decide.identity_checked, ITEM, Checked(f"c{day}", False, "code", case.now, "wrong_code"))
        case.do(decide.identity_checked, ITEM, Checked(f"c{day}", True, "code", case.now))
        case.move(hours=20)
    assert case.head.locked_until is None


def test_only_the_failures_of_a_day_lock() -> None:
    case = waiting(Stage.IDENTITY)
    case.do(decide.identity_started, "code", "c")
    for _ in range(3 * decide.MOST_FAILED_CHECKS):
        case.do(decide.identity_checked, ITEM, Checked("c", False, "code", case.now, "wrong_code"))
        case.move(hours=7)
    assert case.head.locked_until is None
    case.move(days=1)
    for _ in range(decide.MOST_FAILED_CHECKS):
        case.do(decide.identity_checked, ITEM, Checked("c", False, "code", case.now, "wrong_code"))
    assert case.head.locked_until == decide.no_check_before(case.head, case.now) == case.now + timedelta(days=1)


def test_who_asks_for_a_person_twice_is_noted_once() -> None:
    case = waiting(Stage.APPROVAL)
    case.do(decide.asked_person)
    assert case.ask(decide.asked_person) is None
    case.do(decide.task_done, Task.HANDLE, "王")
    case.do(decide.asked_person)


def test_who_asked_without_proof_may_still_hand_the_case_over() -> None:
    case = waiting(Stage.DECLARATION)
    change = decide.asked_person(case.head, NOW, case.random, known=False)
    assert change
    assert change.answered is None
    assert decide.asked_person(change.head, NOW, case.random, known=False) is None
    case.head = change.head
    assert case.do(decide.asked_person).answered
