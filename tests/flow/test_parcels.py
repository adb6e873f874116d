"""Parcels that do not simply arrive, under the real state machine: each has a way to an end."""

from __future__ import annotations

import pytest

from tests.flow.journey import Journey
from tests.support.aws import Stack, invoke
from wugan import bootstrap
from wugan.cases.custody import Certificate, Holder, custody, holder
from wugan.cases.decide import Settlement
from wugan.cases.desk import Official
from wugan.cases.model import OldCertificate, Stage, Task, broken_link, effect_id
from wugan.courier.port import Detail, Order, ParcelState
from wugan.courier.slots import slots
from wugan.errors import Forbidden, InvalidInput, NotFound
from wugan.items.model import DeliveryWay

COLLECTED, ARRIVED, FAILED = ParcelState.COLLECTED, ParcelState.ARRIVED, ParcelState.FAILED
OFFICIAL = Official("王", "QD")


def declared(stack: Stack) -> Journey:
    return Journey(stack).to_declaration().declare().waiting("pickup")


def delivering(stack: Stack) -> Journey:
    journey = Journey(stack).to_declaration().declare("none_held").waiting("approval").decide("approved")
    return journey.waiting("delivery")


def order(journey: Journey, kind: str, attempt: int) -> Order:
    """An attempt's order, once it is placed."""
    journey.stack.until(lambda: journey.head.attempts.get(kind) == attempt, f"{kind} {attempt} is ordered")
    journey.waiting(kind)
    return journey.stack.courier.orders[effect_id(journey.case_id, kind, attempt)]


def settle(journey: Journey, what: Settlement) -> None:
    bootstrap.parcels().settle(OFFICIAL, journey.case_id, what)


def has(journey: Journey, certificate: Certificate) -> Holder | None:
    assert broken_link(journey.events) is None
    return holder(custody(journey.events), certificate)


def test_without_the_lost_old_certificate_the_department_decides_as_well(stack: Stack) -> None:
    journey = declared(stack).parcel("pickup", FAILED, Detail.LOST).waiting("approval")
    assert (journey.head.old_certificate, journey.head.tasks) == (OldCertificate.LOST, (Task.PARCEL,))
    journey.decide("approved").waiting("delivery").parcel("delivery", ARRIVED).ended("delivered")
    assert has(journey, Certificate.OLD) is Holder.UNKNOWN


def test_a_rejected_case_whose_old_certificate_is_lost_gives_nothing_back(stack: Stack) -> None:
    journey = declared(stack).parcel("pickup", COLLECTED).waiting("approval").parcel("pickup", FAILED, Detail.LOST)
    journey.decide("rejected", reason_code="not_met", reason="条件不符").ended("rejected")
    assert "give_back_ordered" not in journey.types
    assert journey.head.tasks == (Task.PARCEL,)


def test_what_lies_in_a_locker_is_the_persons_to_confirm(stack: Stack) -> None:
    journey = delivering(stack).parcel("delivery", COLLECTED, Detail.LOCKER)
    assert has(journey, Certificate.NEW) is Holder.LOCKER
    bootstrap.parcels().received(journey.case_id, True)
    journey.ended("delivered")
    assert (has(journey, Certificate.NEW), journey.head.tasks) == (Holder.PERSON, ())


def test_what_somebody_else_signed_for_is_settled_by_an_official(stack: Stack) -> None:
    journey = delivering(stack).parcel("delivery", COLLECTED, Detail.OTHER_SIGNED)
    bootstrap.parcels().received(journey.case_id, False)
    journey.parcel("delivery", ARRIVED)
    assert journey.types[-2:] == ["denied_by_person", "delivery_claimed"]
    with pytest.raises(Forbidden):
        bootstrap.parcels().settle(Official("李", "LX"), journey.case_id, Settlement.RECEIVED)
    settle(journey, Settlement.RECEIVED)
    journey.ended("delivered")


def test_a_lost_new_certificate_is_reissued_and_sent_again(stack: Stack) -> None:
    journey = delivering(stack).parcel("delivery", COLLECTED).parcel("delivery", FAILED, Detail.LOST)
    assert [h.case_id for h in bootstrap.case_store().tasks("QD", Task.PARCEL)] == [journey.case_id]
    settle(journey, Settlement.RESEND)
    assert order(journey, "delivery", 2).pickup_from is None
    assert stack.courier.asked[effect_id(journey.case_id, "delivery", 1)] == 4  # ordered, asked twice, cancelled
    journey.parcel("delivery", ARRIVED).ended("delivered")
    assert [h.holder for h in custody(journey.events) if h.certificate is Certificate.NEW] == [
        Holder.DEPARTMENT, Holder.COURIER, Holder.UNKNOWN, Holder.DEPARTMENT, Holder.PERSON,
    ]  # fmt: skip


def test_what_came_home_is_sent_to_where_the_person_says(stack: Stack) -> None:
    journey = delivering(stack).parcel("delivery", FAILED, Detail.REFUSED).parcel("delivery", FAILED, Detail.HOME)
    with pytest.raises(InvalidInput):
        bootstrap.parcels().choose(journey.case_id, DeliveryWay.COURIER, "短")
    bootstrap.parcels().choose(journey.case_id, DeliveryWay.COURIER, "青岛市崂山区示例路2号")
    assert order(journey, "delivery", 2).receiver.address == "青岛市崂山区示例路2号"
    journey.parcel("delivery", ARRIVED).ended("delivered")


def test_what_came_home_is_fetched_at_the_counter(stack: Stack) -> None:
    journey = delivering(stack).parcel("delivery", FAILED, Detail.RETURNED)
    settle(journey, Settlement.HOME)
    bootstrap.parcels().choose(journey.case_id, DeliveryWay.PICK_UP)
    stack.until(lambda: "ready_at_counter" in journey.types, "lies at the counter")
    journey.waiting("delivery")
    bootstrap.desk().received(OFFICIAL, journey.case_id)
    journey.ended("delivered")


def test_a_courier_who_came_for_nothing_comes_on_the_next_working_day(stack: Stack) -> None:
    offered = str(slots(stack.clock.now())[1])
    journey = Journey(stack).to_declaration().declare(slot=offered)
    first = order(journey, "pickup", 1)
    assert first.pickup_from
    assert f"{first.pickup_from:%Y-%m-%dT%H:%M}" == offered[:16]
    journey.parcel("pickup", FAILED, Detail.NOT_COLLECTED)
    again = order(journey, "pickup", 2)
    assert again.pickup_from
    assert (again.pickup_from.date() - stack.clock.now().date()).days == 1
    journey.parcel("pickup", COLLECTED).waiting("approval")


def test_a_time_that_is_not_offered_is_refused(stack: Stack) -> None:
    with pytest.raises(InvalidInput) as caught:
        Journey(stack).to_declaration().declare(slot="2026-11-28T09:00/11:00")
    assert caught.value.field == "pickup_slot"


def test_an_official_may_order_once_more_than_the_machine(stack: Stack) -> None:
    journey = declared(stack)
    for attempt in (2, 3):
        journey.parcel("pickup", FAILED, Detail.NOT_COLLECTED)
        order(journey, "pickup", attempt)
    settle(journey, Settlement.RESEND)
    assert order(journey, "pickup", 4).pickup_from
    assert stack.courier.parcels[effect_id(journey.case_id, "pickup", 3)].state is ParcelState.CANCELLED
    journey.parcel("pickup", FAILED, Detail.NOT_COLLECTED).ended("by_person")


def test_an_old_certificate_that_goes_home_is_fetched_again(stack: Stack) -> None:
    journey = declared(stack).parcel("pickup", FAILED, Detail.RETURNED)
    assert has(journey, Certificate.OLD) is Holder.COURIER
    journey.parcel("pickup", FAILED, Detail.HOME)
    order(journey, "pickup", 2)
    assert (has(journey, Certificate.OLD), journey.head.tasks) == (Holder.PERSON, ())


def test_what_is_lost_on_its_way_back_ends_the_case_and_is_an_officials(stack: Stack) -> None:
    journey = declared(stack).parcel("pickup", COLLECTED).waiting("approval")
    journey.decide("rejected", reason_code="not_met", reason="条件不符").waiting("give_back")
    journey.parcel("give_back", FAILED, Detail.HOME)
    bootstrap.parcels().choose(journey.case_id, DeliveryWay.COURIER, "青岛市崂山区示例路2号")
    assert order(journey, "give_back", 2).receiver.address == "青岛市崂山区示例路2号"
    journey.parcel("give_back", FAILED, Detail.LOST).ended("rejected")
    assert (journey.head.old_certificate, journey.head.tasks) == (OldCertificate.LOST, (Task.PARCEL,))


def test_an_old_certificate_is_asked_for_while_the_department_decides(stack: Stack) -> None:
    journey = declared(stack).parcel("pickup", COLLECTED).waiting("approval")
    stack.courier.move(effect_id(journey.case_id, "pickup", 1), ARRIVED)  # and the push gets lost
    assert invoke("sweep", {})["polled"] == 0
    stack.clock.move(days=1)
    assert invoke("sweep", {})["polled"] == 1
    assert (journey.head.old_certificate, has(journey, Certificate.OLD)) == (OldCertificate.WITH_DEPARTMENT, Holder.DEPARTMENT)
    stack.clock.move(days=1)
    assert invoke("sweep", {})["polled"] == 0
    journey.decide("approved").waiting("delivery")


def test_a_parcel_without_news_is_looked_for_by_an_official(stack: Stack) -> None:
    journey = delivering(stack)
    for _ in range(7):
        stack.clock.move(days=1)
        invoke("sweep", {})
    assert (journey.types[-1], journey.head.tasks) == ("delivery_sought", (Task.PARCEL,))
    stack.clock.move(days=1)
    stack.courier.move(effect_id(journey.case_id, "delivery", 1), ARRIVED)
    invoke("sweep", {})
    journey.ended("delivered")
    assert journey.head.tasks == ()


def test_the_label_of_a_parcel(stack: Stack) -> None:
    journey = delivering(stack)
    file = bootstrap.parcels().label(OFFICIAL, journey.case_id, Stage.DELIVERY)
    assert file.startswith(b"%PDF-")
    assert "测＊＊".encode("utf-16-be").hex().encode() in file
    assert "测试甲".encode("utf-16-be").hex().encode() not in file
    with pytest.raises(NotFound):
        bootstrap.parcels().label(OFFICIAL, journey.case_id, Stage.PICKUP)
    with pytest.raises(Forbidden):
        bootstrap.parcels().label(Official("李", "LX"), journey.case_id, Stage.DELIVERY)
