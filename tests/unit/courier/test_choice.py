from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import NewConnectionError

from tests.unit.courier.conftest import BUREAU, DELIVERY, NOW, PERSON, PICKUP
from wugan.clock import FixedClock
from wugan.courier.area import Area
from wugan.courier.choice import ChosenCourier, Option
from wugan.courier.port import Hint, Order, OrderInDoubt, Parcel, ParcelState, Push
from wugan.courier.sf import SfAccount, SfCourier
from wugan.courier.waybills import Entry, MemoryWaybills, Step
from wugan.errors import NotFound, VendorRefused, VendorUnavailable, WuganError
from wugan.http import JsonClient
from wugan.memory.vendors import MemoryCourier

HOME = Area("山东省", "青岛市", "市北区")


class Fake(MemoryCourier):
    """A courier in memory that keeps its waybills as the real ones do."""

    def __init__(self, name: str, waybills: MemoryWaybills) -> None:
        super().__init__()
        self.name, self.waybills = name, waybills

    def order(self, order: Order) -> Parcel:
        parcel = super().order(order)
        entry = self.waybills.find(order.id) or Entry(order.id, self.name, NOW)
        self.waybills.keep(replace(entry, step=Step.PLACED, waybill=parcel.waybill))
        return parcel

    def parse_push(self, headers: Mapping[str, str], target: str, body: bytes) -> Push:  # noqa: ARG002 – the port's signature
        return Push((Hint(body.decode()),), b"ok")


def unreached() -> VendorUnavailable:
    error = VendorUnavailable("no answer")
    error.__cause__ = NewConnectionError(HTTPConnectionPool("127.0.0.1"), "refused")  # type: ignore[arg-type]
    return error


@dataclass
class Town:
    waybills: MemoryWaybills
    clock: FixedClock

    def __post_init__(self) -> None:
        self.down: set[str] = set()
        self.sf, self.ems = Fake("sf", self.waybills), Fake("ems", self.waybills)
        self.options = [Option("sf", self.sf), Option("ems", self.ems)]

    @property
    def chosen(self) -> ChosenCourier:
        """As after a restart: nothing is remembered but the waybills."""
        return ChosenCourier(self.options, self.waybills, self.clock, HOME, lambda name: name not in self.down)

    def orders(self) -> list[list[str]]:
        return [list(self.sf.orders), list(self.ems.orders)]


@pytest.fixture
def town(waybills: MemoryWaybills, clock: FixedClock) -> Town:
    return Town(waybills, clock)


def test_the_first_courier_carries_it_and_is_found_again(town: Town) -> None:
    town.ems.order(replace(DELIVERY))
    parcel = town.chosen.order(PICKUP)
    assert town.orders() == [[PICKUP.id], [DELIVERY.id]]
    assert town.chosen.query(PICKUP.id) == parcel
    town.chosen.cancel(PICKUP.id)
    assert town.chosen.query(PICKUP.id).state is ParcelState.CANCELLED
    assert town.chosen.query(DELIVERY.id).state is ParcelState.ORDERED


def test_what_was_given_to_nobody_is_not_found_and_cancelled_already(town: Town) -> None:
    town.chosen.cancel(PICKUP.id)
    with pytest.raises(NotFound):
        town.chosen.query(PICKUP.id)


def test_a_courier_must_serve_both_ends(town: Town) -> None:
    town.options[0] = replace(town.options[0], areas=(Area("山东省", "青岛市", "市北区"),))
    town.chosen.order(PICKUP)
    town.chosen.order(replace(DELIVERY, receiver=BUREAU))
    assert town.orders() == [[DELIVERY.id], [PICKUP.id]]


def test_where_nobody_goes_the_order_is_refused(town: Town) -> None:
    town.options = [replace(option, areas=(Area("海南省"),)) for option in town.options]
    with pytest.raises(VendorRefused, match="area_not_served"):
        town.chosen.order(PICKUP)
    assert town.waybills.find(PICKUP.id) is None


def test_a_refusal_goes_to_the_next(town: Town) -> None:
    town.sf.not_served.add(PERSON.mobile)
    parcel = town.chosen.order(PICKUP)
    assert town.orders() == [[], [PICKUP.id]]
    assert town.chosen.order(PICKUP) == town.chosen.query(PICKUP.id) == parcel


def test_what_all_refuse_is_refused_and_may_be_tried_again(town: Town) -> None:
    for courier in (town.sf, town.ems):
        courier.not_served.add(PERSON.mobile)
    with pytest.raises(VendorRefused):
        town.chosen.order(PICKUP)
    town.ems.not_served.clear()
    town.chosen.order(PICKUP)
    assert town.orders() == [[], [PICKUP.id]]


def test_known_outages_send_new_orders_to_the_next_and_spare_old_ones(town: Town) -> None:
    town.chosen.order(PICKUP)
    town.down = {"sf"}
    town.chosen.order(DELIVERY)
    assert town.orders() == [[PICKUP.id], [DELIVERY.id]]
    assert town.chosen.order(PICKUP).state is ParcelState.ORDERED
    assert town.orders() == [[PICKUP.id], [DELIVERY.id]]


def test_when_all_are_said_to_be_down_they_are_tried_nevertheless(town: Town) -> None:
    town.down = {"sf", "ems"}
    town.chosen.order(PICKUP)
    assert town.orders() == [[PICKUP.id], []]


def test_no_connection_goes_to_the_next(town: Town) -> None:
    town.sf.fail("before", error=unreached())
    town.chosen.order(PICKUP)
    assert town.orders() == [[], [PICKUP.id]]


def test_a_connection_that_is_refused_counts_as_none(town: Town, client: JsonClient) -> None:
    account = SfAccount("P", "C", "7", "S", url="http://127.0.0.1:9/")
    town.options[0] = Option("sf", SfCourier(account, town.waybills, town.clock, client))
    town.chosen.order(PICKUP)
    assert town.orders() == [[], [PICKUP.id]]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_courier_that_does_not_answer_keeps_the_order(town: Town, when: str) -> None:
    town.sf.fail(when, times=2)  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(VendorUnavailable):
            town.chosen.order(PICKUP)
    town.down = {"sf"}
    town.sf.fail(error=unreached())
    with pytest.raises(VendorUnavailable):
        town.chosen.order(PICKUP)
    town.chosen.order(PICKUP)
    assert town.orders() == [[PICKUP.id], []]


def test_when_nobody_can_be_reached_nobody_keeps_it(town: Town) -> None:
    for courier in (town.sf, town.ems):
        courier.fail(error=unreached())
    with pytest.raises(VendorUnavailable):
        town.chosen.order(PICKUP)
    town.clock.move(days=1)
    town.chosen.order(PICKUP)
    assert town.orders() == [[PICKUP.id], []]


def unanswered(town: Town, when: str = "before") -> None:
    """A first try of which nothing was heard."""
    town.sf.fail(when)  # type: ignore[arg-type]
    with pytest.raises(VendorUnavailable):
        town.chosen.order(PICKUP)


def test_a_courier_that_does_not_go_there_gives_it_free_at_the_repeat(town: Town) -> None:
    unanswered(town)
    town.sf.not_served.add(PERSON.mobile)
    town.chosen.order(PICKUP)
    assert town.orders() == [[], [PICKUP.id]]
    assert town.sf.asked[PICKUP.id] == 2


def test_a_courier_that_refuses_the_repeat_and_knows_no_order_gives_it_free(town: Town) -> None:
    unanswered(town)
    town.sf.fail(error=VendorRefused("code_1"))
    town.chosen.order(PICKUP)
    assert town.orders() == [[], [PICKUP.id]]


def test_a_courier_that_refuses_the_repeat_of_what_it_took_keeps_it(town: Town) -> None:
    unanswered(town, "after")
    town.sf.fail(error=VendorRefused("code_1"))
    assert town.chosen.order(PICKUP) == town.sf.parcels[PICKUP.id]
    assert town.orders() == [[PICKUP.id], []]


def test_a_repeat_is_in_doubt_where_the_courier_cannot_be_asked(town: Town) -> None:
    """Couriers that answer only for their own numbers remember nothing of an order whose answer was lost."""
    unanswered(town, "after")
    town.sf.fail(error=VendorRefused("code_1"))
    town.sf.fail(error=NotFound("no order of ours at this courier"))
    with pytest.raises(OrderInDoubt, match="code_1"):
        town.chosen.order(PICKUP)
    assert town.orders() == [[PICKUP.id], []]


def test_a_refused_repeat_waits_until_the_courier_can_be_asked(town: Town) -> None:
    unanswered(town, "after")
    town.sf.fail(error=VendorRefused("code_1"))
    town.sf.fail()
    with pytest.raises(VendorUnavailable):
        town.chosen.order(PICKUP)
    assert town.chosen.order(PICKUP).state is ParcelState.ORDERED
    assert town.orders() == [[PICKUP.id], []]


@pytest.mark.parametrize("repeated", [False, True])
def test_an_order_in_doubt_is_given_to_nobody_else(town: Town, repeated: bool) -> None:
    if repeated:
        town.waybills.claim(Entry(PICKUP.id, "sf", NOW - timedelta(days=3)))
    town.sf.fail(error=OrderInDoubt("order_in_doubt"))
    with pytest.raises(OrderInDoubt):
        town.chosen.order(PICKUP)
    assert town.orders() == [[], []]


@pytest.mark.parametrize("error", [unreached(), VendorRefused("code_1")])
def test_who_was_overtaken_does_not_pass_it_on(town: Town, error: WuganError) -> None:
    class Overtaken(Fake):
        def order(self, order: Order) -> Parcel:
            self.waybills.touch(order.id)  # another worker sends it meanwhile
            raise error

    town.options[0] = Option("sf", Overtaken("sf", town.waybills))
    with pytest.raises(type(error)):
        town.chosen.order(PICKUP)
    assert town.orders() == [[], []]


def test_a_courier_that_left_the_configuration_is_missed(town: Town) -> None:
    town.chosen.order(PICKUP)
    town.options = town.options[1:]
    for ask in (town.chosen.query, town.chosen.cancel):
        with pytest.raises(VendorUnavailable):
            ask(PICKUP.id)


def test_pushes_go_to_the_courier_of_their_address(town: Town) -> None:
    assert town.chosen.parse_push("ems", {}, "/", b"x").hints == (Hint("x"),)
    with pytest.raises(NotFound):
        town.chosen.parse_push("dhl", {}, "/", b"x")
