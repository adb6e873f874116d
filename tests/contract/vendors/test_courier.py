"""The contract of the courier port."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import pytest

from infra.sandbox.server import SandboxServer
from infra.sandbox.vendors.settings import Accounts, Ems
from tests.contract.vendors.harness import CASE, FAULTS, QUICK, client, config, until
from wugan.clock import SystemClock
from wugan.courier.area import Area
from wugan.courier.ems import EmsAccount, EmsCourier
from wugan.courier.port import Address, Courier, Order, ParcelState
from wugan.courier.waybills import MemoryWaybills
from wugan.errors import NotFound, VendorRefused, VendorUnavailable
from wugan.memory.vendors import MemoryCourier

KEY = base64.b64encode(secrets.token_bytes(16)).decode()
VENDORS = Accounts(ems=Ems(sender_no="1", authorization="auth", sign_key=KEY))
HOME = Area("山东省", "青岛市", "市南区")
PERSON = Address("测试甲", "13800001234", "青岛市市南区演示路1号")
BUREAU = Address("审批窗口", "13900005678", "青岛市市北区样例街2号")
PICKUP = Order(f"{CASE}-pickup-1", PERSON, BUREAU, "旧证")
DELIVERY = Order(f"{CASE}-delivery-1", BUREAU, PERSON, "新证")


class Bench(Protocol):
    """A port, and what lies behind it."""

    @property
    def port(self) -> Courier: ...

    def fail(self, fault: str) -> None: ...
    def not_served(self, mobile: str) -> None: ...
    def collect(self, order_id: str) -> None: ...
    def orders(self) -> list[str]: ...


class InMemory:
    def __init__(self) -> None:
        self.port = MemoryCourier()

    def fail(self, fault: str) -> None:
        self.port.fail("before" if fault == "error_before" else "after")

    def not_served(self, mobile: str) -> None:
        self.port.not_served.add(mobile)

    def collect(self, order_id: str) -> None:
        self.port.move(order_id, ParcelState.COLLECTED)

    def orders(self) -> list[str]:
        return list(self.port.orders)


@dataclass
class AtSandbox:
    server: SandboxServer

    def __post_init__(self) -> None:
        account = EmsAccount("1", "auth", KEY, HOME, url=f"{self.server.url}/amp-prod-api/f/amp/api/open")
        self.port = EmsCourier(account, MemoryWaybills(), SystemClock(), client())

    def fail(self, fault: str) -> None:
        self.server.add_rule(match=CASE, fault=fault)

    def not_served(self, mobile: str) -> None:
        self.server.add_rule(match=mobile, courier="refused")

    def collect(self, order_id: str) -> None:
        until(lambda: self.port.query(order_id).state is ParcelState.COLLECTED)

    def orders(self) -> list[str]:
        return [row["id"] for row in self.server.records("parcels")]


@pytest.fixture(params=["memory", "ems"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        yield InMemory()
    else:
        with SandboxServer(config(vendors=VENDORS)) as server:
            yield AtSandbox(server)


@pytest.fixture(params=["memory", "ems"])
def moving(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """A courier who collects."""
    if request.param == "memory":
        yield InMemory()
    else:
        with SandboxServer(config(QUICK.model_copy(update={"arrive": 3600.0}), VENDORS)) as server:
            yield AtSandbox(server)


@pytest.fixture
def swift() -> Iterator[SandboxServer]:
    """A courier whose parcels move at once."""
    with SandboxServer(config(QUICK, VENDORS)) as server:
        yield server


def test_an_order_has_a_waybill_and_can_be_asked_for(bench: Bench) -> None:
    parcel = bench.port.order(PICKUP)
    assert (parcel.order_id, parcel.state) == (PICKUP.id, ParcelState.ORDERED)
    assert parcel.waybill
    assert bench.port.query(PICKUP.id) == parcel


def test_the_same_id_is_one_parcel(bench: Bench) -> None:
    assert bench.port.order(PICKUP) == bench.port.order(PICKUP)
    assert bench.orders() == [PICKUP.id]


def test_another_id_is_another_parcel(bench: Bench) -> None:
    assert bench.port.order(PICKUP).waybill != bench.port.order(DELIVERY).waybill


def test_a_repeat_tells_how_far_the_parcel_is(moving: Bench) -> None:
    moving.port.order(PICKUP)
    moving.collect(PICKUP.id)
    assert moving.port.order(PICKUP).state is ParcelState.COLLECTED


def test_cancelling_twice_or_what_is_unknown_is_a_success(bench: Bench) -> None:
    bench.port.cancel(PICKUP.id)
    bench.port.order(PICKUP)
    bench.port.cancel(PICKUP.id)
    bench.port.cancel(PICKUP.id)
    assert bench.port.query(PICKUP.id).state is ParcelState.CANCELLED
    assert bench.port.order(PICKUP).state is ParcelState.CANCELLED


def test_what_was_collected_cannot_be_cancelled(moving: Bench) -> None:
    moving.port.order(PICKUP)
    moving.collect(PICKUP.id)
    with pytest.raises(VendorRefused):
        moving.port.cancel(PICKUP.id)
    assert moving.port.query(PICKUP.id).state is ParcelState.COLLECTED


def test_an_unknown_order_is_not_found(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.port.query(f"{CASE}-pickup-9")


def test_where_the_courier_does_not_go_it_refuses(bench: Bench) -> None:
    bench.not_served(PERSON.mobile)
    with pytest.raises(VendorRefused):
        bench.port.order(PICKUP)
    assert bench.orders() == []


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_the_same_id_is_one_parcel(bench: Bench, fault: str) -> None:
    bench.fail(fault)
    with pytest.raises(VendorUnavailable):
        bench.port.order(PICKUP)
    assert len(bench.orders()) == (0 if fault == "error_before" else 1)
    waybill = bench.port.order(PICKUP).waybill
    assert bench.orders() == [PICKUP.id]
    assert bench.port.query(PICKUP.id).waybill == waybill
    bench.fail(fault)
    with pytest.raises(VendorUnavailable):
        bench.port.cancel(PICKUP.id)
    bench.port.cancel(PICKUP.id)
    assert bench.port.query(PICKUP.id).state is ParcelState.CANCELLED


@pytest.mark.parametrize(
    ("rule", "order", "ends"),
    [
        ("arrive", PICKUP, [ParcelState.ARRIVED, ParcelState.ARRIVED]),
        ("fail_pickup", DELIVERY, [ParcelState.ARRIVED, ParcelState.ARRIVED]),
        ("return_delivery", DELIVERY, [ParcelState.FAILED, ParcelState.FAILED]),
        ("return_delivery_once", DELIVERY, [ParcelState.FAILED, ParcelState.ARRIVED]),
        ("return_delivery", replace(DELIVERY, id=f"{CASE}-give_back-1"), [ParcelState.ARRIVED] * 2),
    ],
)
def test_the_sandbox_carries_parcels_as_the_script_says(swift: SandboxServer, rule: str, order: Order, ends: list[ParcelState]) -> None:
    swift.add_rule(match=CASE, courier=rule)
    port = AtSandbox(swift).port
    reached = []
    for attempt in (1, 2):
        id = f"{order.id[:-1]}{attempt}"
        port.order(replace(order, id=id))
        reached.append(until(partial(ended, port, id)))
    assert reached == ends


def test_a_stalled_parcel_stays_ordered_until_it_is_cancelled(swift: SandboxServer) -> None:
    swift.add_rule(match=PICKUP.id, courier="stall")
    port = AtSandbox(swift).port
    port.order(PICKUP)
    port.order(DELIVERY)
    until(lambda: port.query(DELIVERY.id).state is ParcelState.ARRIVED)
    assert port.query(PICKUP.id).state is ParcelState.ORDERED
    port.cancel(PICKUP.id)
    assert port.query(PICKUP.id).state is ParcelState.CANCELLED


def ended(port: Courier, id: str) -> ParcelState | None:
    state = port.query(id).state
    return state if state in (ParcelState.ARRIVED, ParcelState.FAILED) else None
