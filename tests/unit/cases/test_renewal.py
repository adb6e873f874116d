"""Renewals by art. 50: when people are reminded, and what the end of the old certificate brings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import people
from tests.unit.cases import made
from tests.unit.cases.made import FORM, NOW, Case
from wugan.approval.port import DecisionKind
from wugan.cases import decide, renewal
from wugan.cases.model import Answer, Change, Lapse, Outcome, Stage, Task, broken_link
from wugan.clock import BEIJING
from wugan.courier.port import ParcelState
from wugan.errors import Conflict, DeemedRenewed
from wugan.items.model import APPLY_DAYS_BEFORE, Item, RenewalTrigger
from wugan.memory.stores import SeededRandom

ITEM = people.items()[16]
REMINDERS = ITEM.reminders
TODAY = NOW.date()


def opened(left: int) -> Case:
    """Found so many days before the certificate ends."""
    subject = people.subject(ITEM)
    certificate = replace(subject.certificates[0], valid_until=TODAY + timedelta(days=left))
    found = people.found(ITEM, replace(subject, certificates=(certificate,)))
    change = decide.open_case(found.hit, ITEM, found.name, [asdict(c) for c in found.contacts], NOW, SeededRandom(7))
    return Case(change.head, list(change.events))


def prompted(left: int) -> Case:
    case = opened(left)
    case.do(decide.pushed, ITEM, "wechat", 0, "m1")
    return case


def declaring(left: int) -> Case:
    """The person said "continue" today."""
    case = prompted(left)
    case.do(decide.identity_started, "face", made.PASSED.reference)
    case.do(decide.identity_checked, ITEM, made.PASSED)
    case.do(decide.intended, "?")
    case.do(decide.prefilled, ITEM, FORM, [])
    return case


def carried(left: int) -> Case:
    """Declared today; the old certificate is on its way."""
    case = declaring(left)
    case.do(decide.declared, ITEM, FORM, "courier", "electronic", [])
    case.do(decide.ordered, Stage.PICKUP, "W1", None)
    return case


def submit(case: Case) -> Change:
    return case.do(decide.submitted, ITEM, "ref", {"form": {}})


def submitted(left: int) -> Case:
    """With the department since today."""
    case = carried(left)
    made.parcel(case, Stage.PICKUP, ParcelState.ARRIVED)
    submit(case)
    return case


def to_end(case: Case, **delta: float) -> Case:
    """So long after the certificate's end."""
    assert case.head.expires_on
    case.now = renewal.ends_at(case.head.expires_on) + timedelta(**delta)
    return case


def sweep(case: Case) -> list[str]:
    """The events that sweeping brings until nothing more is due."""
    known = len(case.events)
    while case.head.stage is Stage.APPROVAL and case.ask(decide.came_due, ITEM):
        pass
    return [e.type for e in case.events[known:]]


def at(days_before: int, left: int, hour: int = 9) -> datetime:
    day = TODAY + timedelta(days=left - days_before)
    return datetime(day.year, day.month, day.day, hour, tzinfo=BEIJING)


# --- the ladder


@pytest.mark.parametrize(
    ("left", "days_before"),
    [(90, [60, 45]), (61, [60, 45]), (60, [45]), (46, [45])],
)
def test_the_rungs_ahead_are_counted_back_from_the_last_day(left: int, days_before: list[int]) -> None:
    *reminders, last = renewal.ladder(prompted(left).head, ITEM)
    assert reminders == [at(days, left) for days in days_before]
    assert last == at(APPLY_DAYS_BEFORE - 1, left, hour=0), "the whole 30th day before is still in time"


@pytest.mark.parametrize("left", [45, 31, 30])
def test_found_after_the_last_rung_days_count_from_the_prompt(left: int) -> None:
    wanted = [NOW + timedelta(days=d) for d in (*REMINDERS.after_days, REMINDERS.expire_after_days)]
    end = at(-1, left, hour=0)
    assert renewal.ladder(prompted(left).head, ITEM) == [*(w for w in wanted[:-1] if w < end), min(wanted[-1], end)]


def test_a_certificate_that_ends_today_is_prompted_once() -> None:
    case = prompted(0)
    assert renewal.ladder(case.head, ITEM) == [at(-1, 0, hour=0)]
    to_end(case).do(decide.came_due, ITEM)
    assert (case.head.outcome, case.head.attempts["push"]) == (Outcome.EXPIRED, 1)


def test_other_items_count_from_the_prompt() -> None:
    case = made.waiting(Stage.IDENTITY)
    days = [*made.ITEM.reminders.after_days, made.ITEM.reminders.expire_after_days]
    assert renewal.ladder(case.head, made.ITEM) == [NOW + timedelta(days=d) for d in days]


@st.composite
def renewals(draw: st.DrawFn) -> tuple[Item, int, int]:
    """An item with some ladder, the days left when its case is prompted, and the minute of that day."""
    days = draw(st.lists(st.integers(31, 180), min_size=1, max_size=6, unique=True).map(lambda d: sorted(d, reverse=True)))
    after = draw(st.lists(st.integers(1, 120), max_size=5, unique=True).map(sorted))
    reminders = REMINDERS.model_copy(update={"after_days": after, "expire_after_days": draw(st.integers(max(after, default=1) + 1, 180))})
    trigger = RenewalTrigger(expires_within_days=days[0], remind_days_before=days[1:])
    left = draw(st.integers(0, days[0]))
    return ITEM.model_copy(update={"trigger": trigger, "reminders": reminders}), left, draw(st.integers(0, 24 * 60 - 1))


@given(renewals(), st.booleans())
def test_ladders_ascend_and_never_pass_the_last_day(given_: tuple[Item, int, int], applied: bool) -> None:
    item, left, minute = given_
    prompted_at = datetime(2026, 11, 23, minute // 60, minute % 60, tzinfo=BEIJING)
    expires_on = (TODAY + timedelta(days=left)).isoformat()
    head = replace(prompted(90).head, expires_on=expires_on, prompted_at=prompted_at, applied_at=prompted_at if applied else None)
    *reminders, last = renewal.ladder(head, item)
    assert all(a < b for a, b in pairwise([prompted_at, *reminders, last]))
    assert last <= renewal.ends_at(expires_on)
    assert isinstance(item.trigger, RenewalTrigger)
    assert len(reminders) <= max(len(item.trigger.remind_days_before), len(item.reminders.after_days))
    ahead = [d for d in item.trigger.remind_days_before if d < left]
    if ahead and not applied:
        assert len(reminders) == len(ahead)
        assert renewal.in_time(expires_on, last - timedelta(microseconds=1))
        assert not renewal.in_time(expires_on, last)


@given(renewals(), st.lists(st.integers(1, 60 * 24 * 40), max_size=40))
def test_however_the_sweeper_runs_prompts_are_bounded_and_silence_ends(given_: tuple[Item, int, int], pauses: list[int]) -> None:
    item, left, _ = given_
    case = opened(90)
    case.head = replace(case.head, expires_on=(TODAY + timedelta(days=left)).isoformat())
    case.do(decide.pushed, item, "wechat", 0, "m1")
    ladder = renewal.ladder(case.head, item)
    for minutes in (*pauses, *([60 * 24 * 181] * len(ladder))):
        case.move(minutes=minutes)
        if decide.ladder_due(case.head, item) > case.now:
            continue
        case.do(decide.came_due, item)
        if case.head.stage is Stage.CLOSING:
            break
        assert case.now < ladder[-1], "nobody is reminded when it is over"
        case.do(decide.pushed, item, "wechat", 0, "m")
    assert case.head.outcome is Outcome.EXPIRED
    assert case.head.attempts["push"] <= len(ladder)


def test_silence_is_asked_at_60_and_45_days_and_ends_before_it_is_too_late() -> None:
    case, asked = prompted(90), []
    while case.head.stage is not Stage.CLOSING:
        case.now = decide.ladder_due(case.head, ITEM)
        case.do(decide.came_due, ITEM)
        if case.head.stage is Stage.PUSH:
            asked.append((TODAY + timedelta(days=90) - case.now.date()).days)
            case.do(decide.pushed, ITEM, "wechat", 0, "m")
    assert asked == [60, 45]
    assert (case.head.outcome, case.head.reason) == (Outcome.EXPIRED, "silent_at_identity")
    assert case.now.date() == TODAY + timedelta(days=90 - 29)


def test_who_has_applied_is_waited_for_as_long_as_the_certificate_lasts() -> None:
    case = declaring(50)
    assert [(at_.date() - TODAY).days for at_ in renewal.ladder(case.head, ITEM)] == [5, 51]


# --- the last day is over while the department is at work


def test_applied_in_time_and_undecided_is_deemed_renewed() -> None:
    case = submitted(30)
    change = to_end(case).do(decide.came_due, ITEM)
    assert change.rescheduled
    assert (case.head.stage, case.head.wait, case.head.lapse) == (Stage.APPROVAL, change.rescheduled.id, Lapse.DEEMED_RENEWED)
    assert case.head.tasks == ()
    (event,) = change.events
    last = TODAY + timedelta(days=30)
    assert (event.type, event.facts) == (
        "deemed_renewed",
        {"expires_on": last.isoformat(), "applied_on": TODAY.isoformat(), "in_time": True, "submitted_on": TODAY.isoformat()},
    )


def test_applied_late_and_undecided_is_for_an_official() -> None:
    case = submitted(29)
    change = to_end(case).do(decide.came_due, ITEM)
    assert (case.head.stage, case.head.lapse, case.head.tasks) == (Stage.APPROVAL, Lapse.EXPIRED_UNDECIDED, ("handle",))
    assert [(e.type, e.facts["in_time"]) for e in change.events] == [("expired_undecided", False)]
    case.do(decide.task_done, Task.HANDLE, "王")
    assert sweep(case).count("expired_undecided") == 0
    assert case.head.tasks == ()


@pytest.mark.parametrize(("days", "wakes_for"), [(0, "end"), (1, "end"), (30, "light")])
def test_a_wait_for_the_department_wakes_for_what_comes_first(days: int, wakes_for: str) -> None:
    case = carried(days)
    made.parcel(case, Stage.PICKUP, ParcelState.ARRIVED)
    opened_wait = submit(case).opened
    assert opened_wait
    end = at(-1, days, hour=0)
    assert (opened_wait.due_at == end) == (wakes_for == "end")
    assert opened_wait.due_at <= end


def test_the_end_and_the_lights_come_each_once_in_their_order_and_then_an_official() -> None:
    case, told = submitted(0), []
    while case.head.stage is Stage.APPROVAL:
        due = decide.supervision_due(case.head, ITEM, case.now)
        assert case.now <= due
        case.now = due
        change = case.do(decide.came_due, ITEM)
        told += [e.type for e in change.events]
    assert told == ["expired_undecided", "light_yellow", "light_red", "overdue"]
    assert (case.head.outcome, case.head.reason, case.head.tasks) == (Outcome.BY_PERSON, "overdue_at_approval", ("handle",))


def test_after_an_outage_the_end_comes_first_and_nothing_is_left_out() -> None:
    case = submitted(30)
    assert sweep(to_end(case, days=100)) == ["deemed_renewed", "light_yellow", "light_red", "overdue"]


def test_sweeping_again_at_the_same_time_changes_nothing() -> None:
    case = to_end(submitted(30), minutes=1)
    case.head = replace(case.head, light="red")  # only the law's last day is left
    assert sweep(case) == ["deemed_renewed"]
    assert case.ask(decide.came_due, ITEM) is None
    fresh = submitted(30)
    assert fresh.ask(decide.came_due, ITEM) is None, "no light is turned before its time"


# --- what the department may still do


def approved(case: Case) -> Change:
    granted = made.decision(case, DecisionKind.APPROVED, certificate={"number": "NEW-1"})
    return case.do(decide.decided, granted, case.head.attempts["approval"])


@pytest.mark.parametrize("swept", [True, False])
@pytest.mark.parametrize("refused", [made.rejected, made.corrections])
def test_what_the_law_renewed_can_only_be_issued(refused: Callable[[Case], Change], swept: bool) -> None:
    case = to_end(submitted(30))
    if swept:
        sweep(case)
    before = case.head
    with pytest.raises(DeemedRenewed, match=r"art\. 50"):
        refused(case)
    assert case.head == before
    approved(case)
    assert (case.head.stage, case.head.answer) == (Stage.DELIVERY, Answer.APPROVED)
    assert [e.type for e in case.events].count("deemed_renewed") == 1
    assert broken_link(case.events) is None


def test_what_the_law_renewed_cannot_be_withdrawn() -> None:
    case = to_end(submitted(30))
    sweep(case)
    with pytest.raises(Conflict, match="decision"):
        case.do(decide.withdrawn)


@pytest.mark.parametrize(("act", "stage"), [(made.rejected, Stage.CLOSING), (made.corrections, Stage.PUSH), (approved, Stage.DELIVERY)])
def test_what_came_late_is_decided_as_ever(act: Callable[[Case], Change], stage: Stage) -> None:
    case = to_end(submitted(29))
    act(case)
    assert case.head.stage is stage
    assert [e.type for e in case.events].count("expired_undecided") == 1
    assert case.head.tasks == ("handle",)


def test_a_minute_before_the_end_everything_is_as_ever() -> None:
    case = to_end(submitted(30), minutes=-1)
    made.rejected(case)
    assert (case.head.outcome, case.head.lapse) == (Outcome.REJECTED, None)


# --- while it is not whole


def corrected(case: Case) -> None:
    """The person hands the corrections in."""
    case.do(decide.declared, ITEM, FORM, "courier", "electronic", [])
    submit(case)


def test_while_corrections_are_with_the_person_nothing_is_deemed() -> None:
    case = submitted(30).move(days=20)
    made.corrections(case)
    case.do(decide.pushed, ITEM, "wechat", 0, "m2")
    to_end(case)
    assert case.head.stage is Stage.CORRECTION
    corrected(case)
    assert [e.type for e in case.events if e.type in set(Lapse)] == []
    assert sweep(case)[0] == "expired_undecided"
    assert (case.head.lapse, case.head.tasks) == (Lapse.EXPIRED_UNDECIDED, ("handle",))
    noted = next(e for e in case.events if e.type == "expired_undecided")
    assert noted.facts["in_time"] is True
    assert noted.facts["submitted_on"] > noted.facts["expires_on"]


def test_corrected_before_the_end_is_deemed_renewed() -> None:
    case = submitted(30).move(days=5)
    made.corrections(case)
    case.do(decide.pushed, ITEM, "wechat", 0, "m2")
    corrected(case.move(days=2))
    assert "deemed_renewed" in sweep(to_end(case))


def test_corrections_that_never_come_expire_as_ever() -> None:
    case = submitted(20).move(days=18)
    made.corrections(case)
    case.do(decide.pushed, ITEM, "wechat", 0, "m2")
    case.move(days=REMINDERS.correction_days).do(decide.came_due, ITEM)
    assert (case.head.outcome, case.head.reason, case.head.lapse) == (Outcome.EXPIRED, "silent_at_correction", None)


def test_what_was_on_its_way_on_the_last_day_is_not_deemed() -> None:
    case = carried(40).move(days=41)
    made.parcel(case, Stage.PICKUP, ParcelState.ARRIVED)
    opened_wait = submit(case).opened
    assert opened_wait
    assert opened_wait.due_at == case.now, "the sweeper notes it at once"
    assert sweep(case)[0] == "expired_undecided"


def test_a_decided_case_does_not_lapse() -> None:
    case = submitted(30)
    approved(case)
    case.do(decide.awaiting_counter)
    to_end(case, days=30).do(decide.came_due, ITEM)
    assert case.head.lapse is None


@given(st.integers(0, 60), st.integers(0, 60))
def test_only_an_application_in_time_is_deemed_renewed(left: int, later: int) -> None:
    case = submitted(left)
    noted = sweep(to_end(case, days=later))
    wanted = "deemed_renewed" if left >= APPLY_DAYS_BEFORE else "expired_undecided"
    lapses = [e.type for e in case.events if e.type in set(Lapse)]
    assert lapses == [wanted] * (wanted in noted)
    assert lapses, "the end is noted before the law's last day for the department"


def test_the_last_day_ends_at_midnight_in_beijing() -> None:
    assert renewal.ends_at("2026-12-31") == datetime(2027, 1, 1, tzinfo=BEIJING)
    assert renewal.in_time("2026-12-31", datetime(2026, 12, 1, 23, 59, tzinfo=BEIJING))
    assert not renewal.in_time("2026-12-31", datetime(2026, 12, 2, tzinfo=BEIJING))
    assert date(2026, 12, 31) - date(2026, 12, 1) == timedelta(days=APPLY_DAYS_BEFORE)
