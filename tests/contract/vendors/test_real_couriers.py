"""Our couriers as black boxes against the vendors' protocols, which were written apart from them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from infra.sandbox.script import Delays
from infra.sandbox.server import QuietHandler, SandboxServer
from infra.sandbox.vendors import ems, kuaidi100
from infra.sandbox.vendors.settings import Accounts, Ems, Kuaidi100, Sf
from tests.contract.vendors.harness import CASE, STILL, client, config, until
from wugan.clock import BEIJING, Clock, FixedClock, SystemClock
from wugan.courier.area import Area
from wugan.courier.choice import ChosenCourier, Option
from wugan.courier.ems import EmsAccount, EmsCourier
from wugan.courier.kuaidi100 import Kuaidi100Account, Kuaidi100Courier
from wugan.courier.port import Address, Detail, Order, OrderInDoubt, Parcel, ParcelState, PushingCourier
from wugan.courier.sf import SfAccount, SfCourier
from wugan.courier.slots import slots
from wugan.courier.waybills import Entry, MemoryWaybills
from wugan.errors import Forbidden, NotFound, VendorRefused, VendorUnavailable

NAMES = ["sf", "ems", "kuaidi100"]
KEY = base64.b64encode(secrets.token_bytes(16)).decode()
SECRET = secrets.token_hex(16)
PERSON = Address("测试甲", "13800001234", "山东省青岛市市南区演示路1号")
BUREAU = Address("审批窗口", "13900005678", "山东省青岛市市北区样例街2号")
PICKUP = Order(f"{CASE}-pickup-1", PERSON, BUREAU, "旧证")
DELIVERY = Order(f"{CASE}-delivery-1", BUREAU, PERSON, "新证")
SLOT = slots(datetime.now(UTC), 2)[-1]
NOON = datetime.now(BEIJING).replace(hour=12)
QUICK = STILL.model_copy(update={"collect": 0.02, "arrive": 0.02})
HOME = Area("山东省", "青岛市", "市南区")


def accounts(target: str | None) -> Accounts:
    base = target or "http://127.0.0.1:9"
    return Accounts(
        sf=Sf(partner_id="WG", checkword=SECRET, callback=f"{base}/sf?key={SECRET}"),
        ems=Ems(sender_no="1", authorization="auth", sign_key=KEY, callback=f"{base}/ems"),
        kuaidi100=Kuaidi100(key="key", secret=SECRET, customer="customer"),
    )


@dataclass(frozen=True)
class Came:
    """A push as it came in; `target` is path and query."""

    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Target:
    """Takes pushes; `answer` says what to, until then a server's error."""

    received: list[Came] = field(default_factory=list)
    answer: Callable[[Came], bytes] | None = None

    def __enter__(self) -> Target:
        self._server = make_server("127.0.0.1", 0, Request.application(self._take), threaded=True, request_handler=QuietHandler)
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def _take(self, request: Request) -> Response:
        target = request.full_path if request.query_string else request.path
        came = Came(target, dict(request.headers), request.get_data())
        self.received.append(came)
        return Response(self.answer(came)) if self.answer else Response(status=500)


@dataclass
class Pair:
    """A courier of ours, and the vendor behind it."""

    name: str
    server: SandboxServer
    waybills: MemoryWaybills
    target: Target
    clock: Clock = field(default_factory=SystemClock)

    def courier(self, *, key: str = SECRET, sign_key: str = KEY) -> PushingCourier:
        clock, http = self.clock, client()
        if self.name == "sf":
            account = SfAccount("WG", key, "5320000000", SECRET, f"{self.server.url}/std/service")
            return SfCourier(account, self.waybills, clock, http)
        if self.name == "ems":
            url = f"{self.server.url}/amp-prod-api/f/amp/api/open"
            return EmsCourier(EmsAccount("1", "auth", sign_key, HOME, url=url), self.waybills, clock, http)
        border, query = f"{self.server.url}/order/borderapi.do", f"{self.server.url}/poll/query.do"
        back = f"{self.target.url}/kuaidi100"
        return Kuaidi100Courier(
            Kuaidi100Account("key", key, "customer", SECRET, "jd", "13900005678", back, border, query), self.waybills, clock, http
        )

    def claimed(self, order: Order) -> Order:
        """As `wugan.courier.choice` does before it asks a courier."""
        self.waybills.claim(Entry(order.id, self.name, datetime.now(UTC)))
        return order

    def parcels(self) -> list[dict[str, Any]]:
        return [p for p in self.server.records("parcels") if p["vendor"] == self.name]


@pytest.fixture(params=NAMES)
def pair_of(request: pytest.FixtureRequest) -> Iterator[Callable[..., Pair]]:
    with Target() as target:
        running: list[SandboxServer] = []

        def make(delays: Delays = STILL, clock: Clock | None = None) -> Pair:
            clock = clock or SystemClock()
            server = SandboxServer(config(delays, vendors=accounts(target.url)), clock=lambda: clock.wall().timestamp()).__enter__()
            running.append(server)
            return Pair(request.param, server, MemoryWaybills(), target, clock)

        yield make
        for server in running:
            server.__exit__(None, None, None)


@pytest.fixture
def pair(pair_of: Callable[..., Pair]) -> Pair:
    return pair_of()


def test_an_order_is_placed_once_and_found_again(pair: Pair) -> None:
    courier = pair.courier()
    first = courier.order(pair.claimed(PICKUP))
    again = courier.order(PICKUP)
    assert first.state is again.state is ParcelState.ORDERED
    assert first.waybill == again.waybill != ""
    assert courier.query(PICKUP.id) == first
    assert len(pair.parcels()) == 1


TIMED = replace(PICKUP, pickup_from=SLOT.start, pickup_until=SLOT.end)
WHEN: dict[str, dict[str, Any]] = {
    "sf": {"sendStartTm": f"{SLOT.start:%Y-%m-%d %H:%M:%S}"},
    "ems": {"pickup": [f"{at:%Y-%m-%d %H:%M:%S}" for at in (SLOT.start, SLOT.end)]},
    "kuaidi100": {"pickupStartTime": f"{SLOT.start:%H:%M}", "pickupEndTime": f"{SLOT.end:%H:%M}"},
}


def test_the_vendor_reads_when_to_come(pair: Pair) -> None:
    """Far ahead, Kuaidi100 is told in words."""
    pair.courier().order(pair.claimed(TIMED))
    (parcel,) = pair.parcels()
    spoken = pair.name == "kuaidi100" and "dayType" not in parcel["extra"]
    wanted = {"remark": f"请于{SLOT.start:%Y-%m-%d %H:%M}-{SLOT.end:%H:%M}上门取件"} if spoken else WHEN[pair.name]
    assert parcel["extra"].items() >= wanted.items()


@pytest.mark.parametrize("pair_of", ["ems", "kuaidi100"], indirect=True)  # SF Express is told a beginning only
def test_a_time_that_makes_no_sense_is_refused(pair: Pair) -> None:
    upside_down = replace(PICKUP, pickup_from=SLOT.end, pickup_until=SLOT.start)
    if pair.name == "kuaidi100":
        upside_down = replace(upside_down, pickup_from=NOON.replace(hour=15), pickup_until=NOON)
    with pytest.raises(VendorRefused):
        pair.courier().order(pair.claimed(upside_down))
    assert pair.parcels() == []


@pytest.mark.parametrize("pair_of", ["kuaidi100"], indirect=True)  # the only one with subscriptions
def test_after_an_abort_kuaidi100_pushes_again(pair_of: Callable[..., Pair]) -> None:
    pair = pair_of(STILL.model_copy(update={"collect": 0.02, "arrive": 0.5}))  # each push arrives before the next
    pair.server.add_rule(match=CASE, courier="lost")
    courier = pair.courier()
    courier.order(pair.claimed(DELIVERY))
    pair.target.answer = lambda r: courier.parse_push(r.headers, r.target, r.body).answer

    def traces(status: str) -> list[dict[str, Any]]:
        return [c for c in told(pair) if (c["body"].get("status"), c["state"]) == (status, "acknowledged")]

    until(lambda: traces("abort"))
    assert len(traces("polling")) == 1
    assert courier.query(DELIVERY.id) == Parcel(DELIVERY.id, pair.parcels()[0]["reference"], ParcelState.COLLECTED, Detail.SILENT)
    until(lambda: len(traces("polling")) == 2)


def test_a_refusal_is_a_refusal(pair: Pair) -> None:
    pair.server.add_rule(match=CASE, courier="refused")
    with pytest.raises(VendorRefused):
        pair.courier().order(pair.claimed(PICKUP))
    assert pair.parcels() == []


@pytest.mark.parametrize("fault", ["error_before", "error_after", "malformed", "slow"])
def test_after_a_fault_the_same_order_is_placed_once(pair: Pair, fault: str) -> None:
    pair.server.add_rule(match="", fault=fault)
    courier, order = pair.courier(), pair.claimed(PICKUP)
    with pytest.raises(VendorUnavailable):
        courier.order(order)
    until(lambda: len(pair.parcels()) == (fault != "error_before"))
    assert patiently(pair, courier, order).state is ParcelState.ORDERED
    assert len(pair.parcels()) == 1


def patiently(pair: Pair, courier: PushingCourier, order: Order) -> Parcel:
    """Again and again, as the workflow does: every question meets its own fault once."""
    for _ in range(5):
        pair.waybills.touch(order.id)
        try:
            return courier.order(order)
        except VendorUnavailable:
            continue
    raise AssertionError("it never worked")


def chosen(pair: Pair) -> ChosenCourier:
    """This courier first, another if it certainly did not take an order."""
    names = sorted(NAMES, key=lambda name: name != pair.name)[:2]
    return ChosenCourier([Option(name, replace(pair, name=name).courier()) for name in names], pair.waybills, pair.clock, HOME)


def unanswered(pair: Pair, order: Order, fault: str) -> None:
    """The first try, of which nothing is heard. Kuaidi100 knows our orders by another id."""
    pair.server.add_rule(match="" if pair.name == "kuaidi100" else CASE, fault=fault)
    with pytest.raises(VendorUnavailable):
        chosen(pair).order(order)


def test_a_repeat_that_is_refused_after_the_first_try_acted_sends_no_second_courier(pair_of: Callable[..., Pair]) -> None:
    """Its time of collection has passed meanwhile. Who can be asked by our number has it; who cannot leaves it in doubt."""
    clock = FixedClock(datetime(2026, 3, 4, 8, 30, tzinfo=BEIJING))
    pair = pair_of(clock=clock)
    order = replace(PICKUP, pickup_from=clock.now() + timedelta(minutes=30), pickup_until=clock.now() + timedelta(minutes=150))
    unanswered(pair, order, "error_after")
    clock.move(hours=1)
    for _ in range(2):
        if pair.name == "sf":
            assert chosen(pair).order(order) == Parcel(PICKUP.id, pair.parcels()[0]["reference"], ParcelState.ORDERED)
        else:
            with pytest.raises(OrderInDoubt):
                chosen(pair).order(order)
    assert [p["vendor"] for p in pair.server.records("parcels")] == [pair.name]


def test_a_repeat_that_is_refused_after_the_first_try_did_nothing(pair_of: Callable[..., Pair]) -> None:
    clock = FixedClock(datetime(2026, 3, 4, 8, 30, tzinfo=BEIJING))
    pair = pair_of(clock=clock)
    order = replace(PICKUP, pickup_from=clock.now() + timedelta(minutes=30), pickup_until=clock.now() + timedelta(minutes=150))
    unanswered(pair, order, "error_before")
    clock.move(hours=1)
    with pytest.raises(VendorRefused):
        chosen(pair).order(order)
    assert pair.server.records("parcels") == []
    assert (pair.waybills.find(order.id) is None) is (pair.name == "sf"), "only SF Express can say that it has no such order"


@pytest.mark.parametrize("pair_of", ["sf", "ems"], indirect=True)  # Kuaidi100 does not say that it compares times
@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_that_is_wrong_is_no_refusal(pair: Pair, minutes: int) -> None:
    wrong = replace(pair, clock=FixedClock(pair.clock.wall() + timedelta(minutes=minutes)))
    with pytest.raises(VendorUnavailable):
        chosen(wrong).order(PICKUP)
    assert pair.server.records("parcels") == []
    assert chosen(pair).order(PICKUP).state is ParcelState.ORDERED
    assert [p["vendor"] for p in pair.server.records("parcels")] == [pair.name]


def test_a_wrong_key_places_nothing(pair: Pair) -> None:
    courier = pair.courier(key="wrong", sign_key=base64.b64encode(b"0" * 16).decode())
    with pytest.raises((VendorRefused, VendorUnavailable)):
        courier.order(pair.claimed(PICKUP))
    assert pair.parcels() == []


def test_an_order_is_cancelled_and_cancelled_again(pair: Pair) -> None:
    courier = pair.courier()
    courier.order(pair.claimed(PICKUP))
    courier.cancel(PICKUP.id)
    courier.cancel(PICKUP.id)
    assert courier.query(PICKUP.id).state is ParcelState.CANCELLED
    assert pair.parcels()[0]["state"] == "cancelled"


def test_a_parcel_under_way_is_not_cancelled(pair_of: Callable[..., Pair]) -> None:
    pair = pair_of(STILL.model_copy(update={"collect": 0.01}))
    courier = pair.courier()
    courier.order(pair.claimed(PICKUP))
    until(lambda: pair.parcels()[0]["state"] == "collected")
    with pytest.raises(VendorRefused):
        courier.cancel(PICKUP.id)


def test_an_unknown_order_is_not_found(pair: Pair) -> None:
    with pytest.raises(NotFound):
        pair.courier().query("nobody-pickup-1")


@pytest.mark.parametrize(
    ("rule", "state", "detail"),
    [
        ("arrive", ParcelState.ARRIVED, ""),
        ("locker", ParcelState.COLLECTED, Detail.LOCKER),
        ("signed_by_other", ParcelState.COLLECTED, Detail.OTHER_SIGNED),
        ("return_delivery", ParcelState.FAILED, None),
    ],
)
def test_what_becomes_of_a_parcel_is_understood(pair_of: Callable[..., Pair], rule: str, state: ParcelState, detail: str | None) -> None:
    pair = pair_of(QUICK)
    pair.server.add_rule(match=CASE, courier=rule)
    courier = pair.courier()
    courier.order(pair.claimed(DELIVERY))
    last = {"locker": "locker", "signed_by_other": "signed_by_other", "arrive": "signed", "return_delivery": "returned"}[rule]
    until(lambda: pair.parcels()[0]["stops"][-1]["stop"] == last)
    parcel = courier.query(DELIVERY.id)
    assert parcel.state is state
    if detail is not None:
        assert parcel.detail == detail


def pushes(pair: Pair, courier: PushingCourier) -> list[str]:
    return [hint.order_id for r in list(pair.target.received) for hint in courier.parse_push(r.headers, r.target, r.body).hints]


def test_pushes_are_read_and_a_replay_says_the_same(pair_of: Callable[..., Pair]) -> None:
    pair = pair_of(QUICK)
    courier = pair.courier()
    courier.order(pair.claimed(DELIVERY))
    until(lambda: pair.target.received)
    first = until(lambda: pushes(pair, courier))
    assert set(first) == {DELIVERY.id}
    received = pair.target.received[0]
    replayed = [courier.parse_push(received.headers, received.target, received.body) for _ in range(2)]
    assert replayed[0] == replayed[1]


def test_our_answer_to_a_push_is_what_the_vendor_waits_for(pair_of: Callable[..., Pair]) -> None:
    pair = pair_of(QUICK)
    courier = pair.courier()
    pair.target.answer = lambda r: courier.parse_push(r.headers, r.target, r.body).answer
    courier.order(pair.claimed(DELIVERY))
    until(lambda: pair.parcels()[0]["state"] == "arrived")
    until(lambda: all(c["state"] == "acknowledged" for c in told(pair)) and told(pair))
    assert all(c["tries"] == 1 for c in told(pair))


def told(pair: Pair) -> list[dict[str, Any]]:
    return [c for c in pair.server.records("callbacks") if c["vendor"] == pair.name]


def test_a_forged_push_is_refused(pair: Pair) -> None:
    courier = pair.courier()
    courier.order(pair.claimed(DELIVERY))
    other = base64.b64encode(b"0" * 16).decode()
    forged = {
        "sf": ("/sf?key=guessed", b'{"Body":{"WaybillRoute":[]}}'),
        "ems": ("/ems", f'{{"logitcsInterface":"{ems.encrypt("{}", other)}"}}'.encode()),
        "kuaidi100": (f"/kuaidi100?order={DELIVERY.id}", f"sign={kuaidi100.signature('{}', 'guessed')}&param=%7B%7D".encode()),
    }
    target, body = forged[pair.name]
    with pytest.raises(Forbidden):
        courier.parse_push({}, target, body)


def test_a_vendor_that_is_down_is_unavailable_and_comes_back(pair: Pair) -> None:
    pair.server.down(pair.name, 3600)
    courier, order = pair.courier(), pair.claimed(PICKUP)
    with pytest.raises(VendorUnavailable):
        courier.order(order)
    pair.server.down(pair.name, 0)
    assert courier.order(order).state is ParcelState.ORDERED
    assert len(pair.parcels()) == 1
