"""What becomes of parcels: what couriers tell beyond collected and arrived, what people say, what officials settle."""

from __future__ import annotations

import pytest

from tests.unit.cases import made
from tests.unit.cases.made import FORM, Case, waiting
from wugan.cases import decide
from wugan.cases.decide import News, Settlement
from wugan.cases.model import Answer, OldCertificate, Outcome, Stage, Task
from wugan.courier.port import Detail, ParcelState
from wugan.errors import CaseEnded, Conflict, NotWaiting
from wugan.items.model import DeliveryWay

COLLECTED, FAILED, ARRIVED = ParcelState.COLLECTED, ParcelState.FAILED, ParcelState.ARRIVED
DOUBTS = [(COLLECTED, Detail.LOCKER), (COLLECTED, Detail.OTHER_SIGNED)]
BROUGHT = [Stage.DELIVERY, Stage.GIVE_BACK]


def tell(case: Case, stage: Stage, state: ParcelState, detail: str = "", attempt: int = 1) -> bool:
    """The courier tells; whether it was news."""
    return made.parcel(case, stage, state, attempt, detail) is not None


def types(case: Case) -> list[str]:
    return [event.type for event in case.events]


def tasks(case: Case) -> tuple[Task, ...]:
    return case.head.tasks


def settle(case: Case, stage: Stage, what: Settlement) -> None:
    case.do(decide.settled, stage, what, "王")


# --- the old certificate on its way to the bureau


@pytest.mark.parametrize(("state", "detail"), DOUBTS)
def test_an_old_certificate_in_other_hands_lets_the_case_go_on_and_an_official_look(state: ParcelState, detail: Detail) -> None:
    case = waiting(Stage.PICKUP)
    tell(case, Stage.PICKUP, state, detail)
    assert (case.head.stage, case.head.answer, tasks(case)) == (Stage.APPROVAL, Answer.COLLECTED, (Task.PARCEL,))
    assert case.head.old_certificate is OldCertificate.WITH_COURIER
    made.submitted(case)
    assert tell(case, Stage.PICKUP, ARRIVED)
    assert (case.head.old_certificate, tasks(case)) == (OldCertificate.WITH_DEPARTMENT, ())


@pytest.mark.parametrize("when", ["waiting", "late", "after the end"])
def test_a_lost_old_certificate_does_not_hold_the_case_and_is_recorded(when: str) -> None:
    case = {"waiting": lambda: waiting(Stage.PICKUP), "late": lambda: waiting(Stage.APPROVAL), "after the end": made.over}[when]()
    before = case.head.stage
    assert tell(case, Stage.PICKUP, FAILED, Detail.LOST)
    assert (types(case)[-1], case.head.old_certificate) == ("pickup_lost", OldCertificate.LOST)
    assert tasks(case) == (Task.PARCEL,)
    assert case.head.stage is (Stage.APPROVAL if when == "waiting" else before)
    assert not case.head.holds_old
    assert not tell(case, Stage.PICKUP, FAILED, Detail.LOST)


def test_what_was_lost_and_is_found_is_with_the_department() -> None:
    case = waiting(Stage.APPROVAL)
    tell(case, Stage.PICKUP, FAILED, Detail.LOST)
    assert tell(case, Stage.PICKUP, ARRIVED)
    assert (case.head.old_certificate, tasks(case)) == (OldCertificate.WITH_DEPARTMENT, ())


@pytest.mark.parametrize(
    ("state", "detail"),
    [(FAILED, Detail.NOT_COLLECTED), (FAILED, Detail.DROPPED), (FAILED, ""), (ParcelState.CANCELLED, "")],
)
def test_a_courier_who_came_for_nothing_is_ordered_again(state: ParcelState, detail: str) -> None:
    case = waiting(Stage.PICKUP)
    tell(case, Stage.PICKUP, state, detail)
    assert (case.head.stage, case.head.answer, case.head.old_certificate) == (Stage.PICKUP, Answer.FAILED, OldCertificate.WITH_PERSON)
    assert case.events[-1].facts["detail"] == (detail or ("cancelled" if state is ParcelState.CANCELLED else ""))


@pytest.mark.parametrize("detail", [Detail.RETURNED, Detail.REFUSED])
def test_an_old_certificate_that_goes_back_is_waited_for_and_fetched_again(detail: Detail) -> None:
    case = waiting(Stage.PICKUP)
    wait = case.head.wait
    tell(case, Stage.PICKUP, FAILED, detail)
    assert (case.head.wait, tasks(case), case.head.holds_old) == (wait, (Task.PARCEL,), False)
    tell(case, Stage.PICKUP, FAILED, Detail.HOME)
    assert (case.head.answer, case.head.old_certificate, tasks(case)) == (Answer.FAILED, OldCertificate.WITH_PERSON, ())


def test_what_was_collected_after_a_withdrawal_is_known_and_an_official_sends_it_back() -> None:
    case = waiting(Stage.PICKUP)
    case.do(decide.withdrawn)
    assert tell(case, Stage.PICKUP, COLLECTED)
    assert (case.head.old_certificate, tasks(case), case.head.holds_old) == (OldCertificate.WITH_COURIER, (Task.PARCEL,), True)


def test_what_arrived_after_a_withdrawal_keeps_its_task() -> None:
    case = waiting(Stage.PICKUP)
    case.do(decide.withdrawn)
    tell(case, Stage.PICKUP, ARRIVED)
    assert (case.head.old_certificate, tasks(case)) == (OldCertificate.WITH_DEPARTMENT, (Task.PARCEL,))


def test_an_official_settles_an_old_certificate_while_it_is_waited_for_and_later() -> None:
    for what, old, answer in (
        (Settlement.RECEIVED, OldCertificate.WITH_DEPARTMENT, Answer.COLLECTED),
        (Settlement.LOST, OldCertificate.LOST, Answer.LOST),
        (Settlement.HOME, OldCertificate.WITH_PERSON, Answer.FAILED),
        (Settlement.RESEND, OldCertificate.WITH_PERSON, Answer.RESEND),
    ):
        case = waiting(Stage.PICKUP)
        tell(case, Stage.PICKUP, FAILED, Detail.RETURNED)
        settle(case, Stage.PICKUP, what)
        assert (case.head.old_certificate, case.head.answer, tasks(case)) == (old, answer, ())
        if what is Settlement.RESEND:
            continue
        case = waiting(Stage.APPROVAL)
        tell(case, Stage.PICKUP, *DOUBTS[0])
        settle(case, Stage.PICKUP, what)
        assert (case.head.old_certificate, case.head.stage, tasks(case)) == (old, Stage.APPROVAL, ())


def test_what_is_known_is_not_settled_again() -> None:
    case = waiting(Stage.DELIVERY)
    tell(case, Stage.DELIVERY, FAILED, Detail.LOST)
    with pytest.raises(Conflict):
        settle(case, Stage.DELIVERY, Settlement.LOST)


def test_who_looks_for_what_came_home_does_not_take_the_choice_away() -> None:
    case = waiting(Stage.DELIVERY)
    tell(case, Stage.DELIVERY, FAILED, Detail.HOME)
    case.do(decide.task_done, Task.PARCEL, "王")
    assert case.move(days=7).ask(decide.sought, Stage.DELIVERY)
    assert decide.may_choose_redelivery(case.head)


def test_nobody_settles_what_is_settled() -> None:
    case = waiting(Stage.APPROVAL)
    tell(case, Stage.PICKUP, ARRIVED)
    with pytest.raises(NotWaiting):
        settle(case, Stage.PICKUP, Settlement.LOST)
    case = waiting(Stage.APPROVAL)
    with pytest.raises(Conflict):
        settle(case, Stage.PICKUP, Settlement.RESEND)


# --- what is brought to the person


@pytest.mark.parametrize("stage", BROUGHT)
@pytest.mark.parametrize(("state", "detail"), DOUBTS)
def test_no_personal_receipt_is_waited_on_and_confirmed_by_the_person(stage: Stage, state: ParcelState, detail: Detail) -> None:
    case = waiting(stage)
    wait = case.head.wait
    assert tell(case, stage, state, detail)
    assert not tell(case, stage, state, detail)
    assert (case.head.wait, tasks(case), types(case)[-1]) == (wait, (Task.PARCEL,), f"{stage}_{detail}")
    case.do(decide.confirmed_receipt, True)
    assert (case.head.wait, tasks(case), types(case)[-1]) == (None, (), "received_by_person")
    assert case.head.answer is (Answer.RECEIVED if stage is Stage.DELIVERY else Answer.RETURNED)
    with pytest.raises(NotWaiting):
        case.do(decide.confirmed_receipt, True)


def test_what_the_person_denies_the_courier_cannot_confirm() -> None:
    case = waiting(Stage.DELIVERY)
    tell(case, Stage.DELIVERY, *DOUBTS[1])
    case.do(decide.confirmed_receipt, False)
    assert case.ask(decide.confirmed_receipt, False) is None
    assert tell(case, Stage.DELIVERY, ARRIVED)
    assert not tell(case, Stage.DELIVERY, ARRIVED)
    assert (case.head.stage, bool(case.head.wait), types(case)[-1]) == (Stage.DELIVERY, True, "delivery_claimed")
    settle(case, Stage.DELIVERY, Settlement.RECEIVED)
    assert (case.head.outcome, tasks(case)) == (Outcome.DELIVERED, ())


def test_nothing_is_denied_before_the_courier_says_that_it_came() -> None:
    case = waiting(Stage.DELIVERY)
    tell(case, Stage.DELIVERY, COLLECTED)
    with pytest.raises(NotWaiting):
        case.do(decide.confirmed_receipt, False)


def test_who_never_got_it_says_so_after_the_end_and_an_official_looks() -> None:
    case = made.over()
    case.do(decide.confirmed_receipt, False)
    assert (tasks(case), case.head.stage, types(case)[-1]) == ((Task.PARCEL,), Stage.CLOSED, "denied_by_person")
    assert decide.in_question(case.head) is Stage.PICKUP  # it is still with the courier as well
    settle(case, Stage.PICKUP, Settlement.RECEIVED)
    assert tasks(case) == (Task.PARCEL,)
    assert decide.in_question(case.head) is Stage.DELIVERY
    with pytest.raises(Conflict):
        settle(case, Stage.DELIVERY, Settlement.RESEND)
    settle(case, Stage.DELIVERY, Settlement.RECEIVED)
    assert tasks(case) == ()


def test_a_lost_new_certificate_is_sent_again_once_it_is_reissued() -> None:
    case = waiting(Stage.DELIVERY)
    tell(case, Stage.DELIVERY, COLLECTED)
    tell(case, Stage.DELIVERY, FAILED, Detail.LOST)
    assert (bool(case.head.wait), tasks(case)) == (True, (Task.PARCEL,))
    settle(case, Stage.DELIVERY, Settlement.RESEND)
    assert (case.head.stage, case.head.answer, tasks(case), types(case)[-1]) == (Stage.DELIVERY, Answer.RESEND, (), "delivery_resent")
    case.do(decide.ordered, Stage.DELIVERY, "W9", None)
    assert not tell(case, Stage.DELIVERY, ARRIVED, attempt=1), "news of the lost one"
    assert tell(case, Stage.DELIVERY, ARRIVED, attempt=2)


def test_an_old_certificate_lost_on_its_way_back_ends_the_case_with_a_task() -> None:
    case = waiting(Stage.GIVE_BACK)
    tell(case, Stage.GIVE_BACK, FAILED, Detail.LOST)
    assert (case.head.stage, case.head.answer, case.head.old_certificate) == (Stage.CLOSING, Answer.LOST, OldCertificate.LOST)
    assert tasks(case) == (Task.PARCEL,)


@pytest.mark.parametrize("stage", BROUGHT)
@pytest.mark.parametrize("by_official", [True, False])
@pytest.mark.parametrize("detail", [Detail.REFUSED, Detail.RETURNED])
def test_what_came_home_is_sent_to_an_address_of_the_persons_choice(stage: Stage, by_official: bool, detail: Detail) -> None:
    case = waiting(stage)
    tell(case, stage, FAILED, detail)
    assert tasks(case) == (Task.PARCEL,)
    with pytest.raises(NotWaiting):
        case.do(decide.chose_redelivery, DeliveryWay.COURIER, FORM)
    if by_official:
        settle(case, stage, Settlement.HOME)
    else:
        tell(case, stage, FAILED, Detail.HOME)
    assert decide.may_choose_redelivery(case.head)
    assert not tell(case, stage, ARRIVED), "a straggler"
    change = case.do(decide.chose_redelivery, DeliveryWay.COURIER, {"fields": [], "delivery_address": "某处"})
    assert (case.head.stage, case.head.answer, tasks(case)) == (stage, Answer.RESEND, ())
    assert change.sealed["form"]["delivery_address"] == "某处"


def test_what_came_home_is_fetched_at_the_counter() -> None:
    case = waiting(Stage.DELIVERY)
    tell(case, Stage.DELIVERY, FAILED, Detail.HOME)
    case.do(decide.chose_redelivery, DeliveryWay.PICK_UP, FORM)
    case.do(decide.awaiting_counter)
    with pytest.raises(Conflict):
        case.do(decide.confirmed_receipt, True)
    case.do(decide.handed_over_counter, "王")
    assert case.head.outcome is Outcome.DELIVERED
    case = waiting(Stage.GIVE_BACK)
    tell(case, Stage.GIVE_BACK, FAILED, Detail.HOME)
    with pytest.raises(Conflict):
        case.do(decide.chose_redelivery, DeliveryWay.PICK_UP, FORM)


# --- silence, problems, order


def test_a_problem_is_noted_once_and_holds_nothing_up() -> None:
    case = waiting(Stage.DELIVERY)
    for state, detail, news in (
        (COLLECTED, Detail.PROBLEM, True), (COLLECTED, "", True), (COLLECTED, Detail.PROBLEM, False),
        (ParcelState.ORDERED, Detail.SILENT, True), (COLLECTED, Detail.SILENT, False), (COLLECTED, Detail.LOCKER, True),
        (COLLECTED, Detail.PROBLEM, False), (ParcelState.ORDERED, "", False),
    ):  # fmt: skip
        assert tell(case, Stage.DELIVERY, state, detail) is news
    tell(case, Stage.DELIVERY, ARRIVED)
    assert (case.head.outcome, tasks(case)) == (Outcome.DELIVERED, ())


def test_a_courier_without_a_trace_before_the_collection_is_waited_for() -> None:
    case = waiting(Stage.PICKUP)
    tell(case, Stage.PICKUP, ParcelState.ORDERED, Detail.SILENT)
    assert (case.head.stage, bool(case.head.wait), case.head.old_certificate) == (Stage.PICKUP, True, OldCertificate.WITH_PERSON)
    tell(case, Stage.PICKUP, COLLECTED, Detail.SILENT)
    assert case.head.answer is Answer.COLLECTED
    assert types(case)[-1] == "pickup_collected"


@pytest.mark.parametrize(("detail", "days"), [("", 7), (Detail.SILENT, 3)])
def test_an_official_looks_for_what_does_not_arrive(detail: str, days: int) -> None:
    case = waiting(Stage.DELIVERY)
    tell(case, Stage.DELIVERY, COLLECTED, detail)
    assert case.move(days=days, minutes=-1).ask(decide.sought, Stage.DELIVERY) is None
    assert case.move(minutes=1).ask(decide.sought, Stage.DELIVERY)
    assert (tasks(case), types(case)[-1]) == ((Task.PARCEL,), "delivery_sought")
    assert case.ask(decide.sought, Stage.DELIVERY) is None
    assert tell(case, Stage.DELIVERY, ARRIVED)
    assert tasks(case) == ()


@pytest.mark.parametrize(
    ("told", "days"), [((COLLECTED, ""), 15), (DOUBTS[0], 45), ((FAILED, Detail.LOST), 90), ((FAILED, Detail.HOME), 90)]
)
def test_how_long_is_waited_depends_on_who_has_to_act(told: tuple[ParcelState, str], days: int) -> None:
    case = waiting(Stage.DELIVERY)
    tell(case, Stage.DELIVERY, *told)
    assert decide.courier_limit(case.head).days == days


def test_the_trouble_of_one_parcel_keeps_its_task_when_another_arrives() -> None:
    case = waiting(Stage.APPROVAL)
    tell(case, Stage.PICKUP, *DOUBTS[0])
    made.approved(case)
    case.do(decide.ordered, Stage.DELIVERY, "W2", None)
    tell(case, Stage.DELIVERY, *DOUBTS[0])
    tell(case, Stage.DELIVERY, ARRIVED)
    assert tasks(case) == (Task.PARCEL,)


def test_nothing_is_said_of_a_parcel_after_the_end_but_by_the_pickups_courier_or_the_person() -> None:
    case = made.over()
    assert not tell(case, Stage.DELIVERY, FAILED, Detail.LOST)
    with pytest.raises(CaseEnded):
        case.do(decide.chose_redelivery, DeliveryWay.COURIER, FORM)
    assert tell(case, Stage.PICKUP, ARRIVED)


def test_the_words_of_couriers_are_the_words_of_events() -> None:
    assert {d.value for d in Detail} - {n.value for n in News} == {Detail.NOT_COLLECTED, Detail.DROPPED}
