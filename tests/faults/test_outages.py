"""Each vendor may be away for a day in the middle of a case: the case waits, or goes another way where there is one, and ends well."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from infra.sandbox.vendors.settings import VendorName
from tests.faults.outage import COURIERS, DAY, Outage, outage
from tests.support import people
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
