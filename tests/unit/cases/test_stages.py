"""What the stages ask of couriers when work is interrupted or called off."""

from __future__ import annotations

import pytest

from tests.browser.town import ADDRESS, SLOTS, Town
from wugan.cases.declaration import Declaration
from wugan.cases.model import Outcome, Stage, Task, effect_id
from wugan.courier.port import Order, OrderInDoubt, ParcelState
from wugan.courier.slots import Slot
from wugan.errors import VendorRefused, VendorUnavailable
from wugan.items.model import DeliveryWay
from wugan.web import texts


@pytest.fixture
def link(town: Town) -> str:
    """A case in which a courier is to be ordered, for a time that the person chose."""
    link = town.open_case()
    session = town.to_declaration(link)
    town.applicant.declare(link, session, Declaration({}, {}, "courier", "courier", ADDRESS, ADDRESS, SLOTS[1]))
    assert town.head(link).stage is Stage.PICKUP
    return link


def ordered(town: Town, link: str) -> Order:
    return town.courier.orders[effect_id(town.head(link).case_id, "pickup", town.head(link).attempts.get("pickup", 0))]


def interrupted(town: Town, link: str) -> None:
    town.courier.fail()
    with pytest.raises(VendorUnavailable):
        town.carrying.pickup(town.head(link).case_id)


def test_an_interrupted_order_is_repeated_for_the_same_time(town: Town, link: str) -> None:
    interrupted(town, link)
    town.clock.move(hours=27.5)  # within the hour that a new order would need
    town.carrying.pickup(town.head(link).case_id)
    assert ordered(town, link).pickup_from == Slot.parse(SLOTS[1]).start


def test_no_courier_is_ordered_for_a_time_that_has_come(town: Town, link: str) -> None:
    interrupted(town, link)
    town.clock.move(hours=28)
    town.carrying.pickup(town.head(link).case_id)
    assert (ordered(town, link).pickup_from, ordered(town, link).pickup_until) == (None, None)


def test_after_a_courier_who_came_in_vain_the_next_day_is_counted_from_today(town: Town, link: str) -> None:
    case_id = town.head(link).case_id
    town.carrying.pickup(case_id)
    town.move(link, "pickup", ParcelState.FAILED)
    interrupted(town, link)
    town.clock.move(days=1)
    town.carrying.pickup(case_id)
    assert ordered(town, link).pickup_from == Slot.parse("2026-11-25T09:00/11:00").start


def withdrawn(town: Town, link: str, error: VendorRefused) -> None:
    town.applicant.withdraw(link, town.session(link))
    town.courier.fail(error=error)
    town.cancelling.cancel(town.head(link).case_id)
    town.ending.close(town.head(link).case_id)


def test_a_courier_who_may_still_come_after_a_withdrawal_is_called_off_by_an_official(town: Town, link: str) -> None:
    interrupted(town, link)
    withdrawn(town, link, OrderInDoubt("order_in_doubt"))
    head = town.head(link)
    assert (head.outcome, head.tasks) == (Outcome.WITHDRAWN, (Task.PARCEL,))
    assert "取消上门取件" in texts.task_reason(head.reason)


def test_a_courier_who_was_faster_than_the_withdrawal_is_nobodys_task(town: Town, link: str) -> None:
    interrupted(town, link)
    withdrawn(town, link, VendorRefused("already_collected"))
    head = town.head(link)
    assert (head.outcome, head.tasks, head.reason) == (Outcome.WITHDRAWN, (), "person")


def test_nothing_is_sent_again_while_the_parcel_before_may_still_be_carried(town: Town) -> None:
    link = town.open_case()
    town.to_delivery(link)
    case_id = town.head(link).case_id
    town.move(link, "delivery", ParcelState.FAILED, "home")
    town.parcels.choose(case_id, DeliveryWay.COURIER, ADDRESS)
    town.courier.fail(error=OrderInDoubt("order_in_doubt"))
    town.carrying.deliver(case_id)
    assert effect_id(case_id, "delivery", 2) not in town.courier.orders
    assert (town.head(link).reason, Task.HANDLE in town.head(link).tasks) == ("courier_refused_delivery", True)
