"""Each vendor may be away for a day in the middle of a case: the case waits, or goes another way where there is one, and ends well."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest

from infra.sandbox.vendors.settings import VendorName
from tests.faults.outage import COURIERS, DAY, Outage, outage
from tests.support import people
from wugan.courier.port import Address, Order
from wugan.errors import VendorUnavailable
from wugan.outreach.channels import Channels
from wugan.outreach.port import Message
from wugan.registry.model import Contact

ONLY: dict[str, dict[str, Any]] = {
    "sms_tencent": {"wechat_openid": None, "app_user": None},
    "sms_aliyun": {"wechat_openid": None, "app_user": None},
    "city_app": {"wechat_openid": None, "mobile": "19900000001"},
}


def contact(vendor: str) -> Contact:
    """Somebody who is reached over the vendor, and where the plan has another channel over that."""
    return replace(people.contact(), **ONLY.get(vendor, {}))


def played(world: Outage, vendor: str) -> Outage:
    world.found = replace(world.found, contacts=(contact(vendor),))
    return world.play()


def check(world: Outage) -> None:
    """Delivered, nothing and nobody twice, nobody asked to help."""
    assert world.head.outcome == "delivered", world.order()
    assert world.server.duplicates()["total"] == 0
    assert not world.head.tasks
    [told] = [event for event in world.events if event.type == "notified"]
    assert not told.facts["reference"].startswith("failed"), told.facts


@pytest.mark.parametrize("vendor", get_args(VendorName))
def test_away_when_it_is_needed(vendor: str) -> None:
    with outage(down=vendor) as world:
        check(played(world, vendor))


@pytest.mark.parametrize("vendor", get_args(VendorName))
def test_away_while_it_works(vendor: str) -> None:
    with outage(down=vendor, under_way=True) as world:
        check(played(world, vendor))
        if world.gone and vendor in (*COURIERS, "department"):
            assert (world.clock.now() - world.head.opened_at).total_seconds() > DAY


@pytest.mark.parametrize(("days", "failed"), [(1, False), (3, True)])
def test_the_word_at_the_end_waits_for_its_vendor_and_not_for_ever(days: int, failed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    with outage() as world:
        send, back = Channels.send, [world.clock.now()]

        def away(channels: Channels, message: Message) -> str:
            if "-notice-" not in message.id:
                return send(channels, message)
            back[1:] = back[1:] or [world.clock.now() + timedelta(days=days)]
            tried.append(message.id)
            if world.clock.now() < back[1]:
                raise VendorUnavailable("away")
            return send(channels, message)

        monkeypatch.setattr(Channels, "send", away)
        played(world, "")
        [told] = [event for event in world.events if event.type == "notified"]
    assert (world.head.outcome, told.facts["reference"] == "failed: vendor_unavailable") == ("delivered", failed)
    assert len(tried) > 10
    assert (len(set(tried)) > 1) is failed  # the next channels only when there is no more patience


def test_new_orders_go_round_a_courier_that_is_away_and_asked_ones_stay_with_it() -> None:
    person, bureau = Address("测试甲", "13800001234", "青岛市市南区演示路1号"), Address("窗口", "12345", "青岛市市南区样例街2号")
    orders = [Order(f"{'a' * 26}-pickup-{n}", person, bureau, "旧证") for n in range(1, 5)]
    with outage(down="sf") as world:
        world.away()
        for order in orders[:3]:
            with pytest.raises(VendorUnavailable):
                world.courier.order(order)
        assert world.courier.order(orders[3])
        world.server.down("sf", 0)
        for order in orders:
            assert world.courier.order(order)
        assert [(p["id"], p["vendor"]) for p in world.server.records("parcels")] == [
            (orders[3].id, "ems"), *((order.id, "sf") for order in orders[:3]),
        ]  # fmt: skip
