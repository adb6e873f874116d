"""SF Express (顺丰) by its open platform 丰桥.

A form of partnerID, requestID, serviceCode, timestamp, msgDigest and msgData; `apiResultCode` A1000 says only that the
transport worked, what became of the matter stands in the text `apiResultData`.

Not published, gathered from integrators, all in the constants below: which error codes tell of an unknown and of a cancelled
order, and which opCodes tell of lockers and returns. The time of collection, `sendStartTm` (Beijing time), is the beginning of the hour
or so in which the courier comes; when it ends cannot be said. A cancelled order is therefore also remembered by us (`Waybills`), and what
a trace means is read from its words where the code does not tell. Pushes may be unsigned: a secret in the callback's address
(`?key=`) lets them in, and they only hint.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import md5
from typing import Any
from urllib.parse import quote_plus

from wugan.clock import Clock
from wugan.courier.port import AREA_NOT_SERVED, Address, Detail, Hint, NeverPlaced, Order, Parcel, ParcelState, Push
from wugan.courier.reading import (
    beijing,
    code_of,
    compact,
    inner,
    known,
    object_of,
    post,
    query_of,
    rows,
    settle,
    signed,
    text,
    undelivered,
)
from wugan.courier.waybills import Entry, Step, Waybills
from wugan.errors import Forbidden, InvalidInput, VendorRefused, VendorUnavailable
from wugan.http import JsonClient

NAME = "sf"
TRANSPORT_OK, DONE = "A1000", "S0000"
DUPLICATE = "8016"  # this order id was placed before
UNKNOWN = frozenset({"8024", "8018"})  # no such order
ALREADY_CANCELLED = "8037"
TEMPORARY = frozenset({"S0003"})  # the platform's own fault
NOT_SERVED = "3"  # filterResult: cannot be collected or delivered there; 1 is looked at by hand, 2 is served
ACKNOWLEDGED = '{"return_code":"0000","return_msg":"成功"}'.encode()

COLLECTED = frozenset({"30", "31", "36", "44", "50", "51", "54"})  # taken in, and what can only follow that
SIGNED = "80"  # 8000 follows it and only says where the signature can be seen
IN_LOCKER = frozenset({"125", "607", "657"})  # 丰巢, agent, cooperation point
TROUBLE = frozenset({"33", "70"})
GOING_HOME = frozenset({"99", "631", "648"})


def digest(message: str, timestamp: str, checkword: str) -> str:
    """msgDigest: base64 of the MD5 of the text as Java's URLEncoder writes it."""
    encoded = quote_plus(message + timestamp + checkword, safe="*").replace("~", "%7E")
    return b64encode(md5(encoded.encode(), usedforsecurity=False).digest()).decode()


@dataclass(frozen=True)
class SfAccount:
    """The bureau's account. `checkword` signs, `push_secret` stands in the callback's address."""

    partner_id: str
    checkword: str = field(repr=False)
    monthly_card: str
    push_secret: str = field(repr=False)
    url: str = "https://bspgw.sf-express.com/std/service"
    express_type: int = 1  # 顺丰特快


class SfCourier:
    """The courier port at SF Express. Order ids are at most 64 characters and cannot be used again after a cancellation."""

    def __init__(self, account: SfAccount, waybills: Waybills, clock: Clock, client: JsonClient) -> None:
        self._account = account
        self._waybills = waybills
        self._clock = clock
        self._client = client

    def order(self, order: Order) -> Parcel:
        """EXP_RECE_CREATE_ORDER, with a collection at the door."""
        code, data = self._ask("EXP_RECE_CREATE_ORDER", self._order_body(order))
        if code == DUPLICATE:
            found = known(lambda: self.query(order.id))
            if found.detail == Detail.NOT_COLLECTED:
                raise VendorRefused(AREA_NOT_SERVED)
            return found
        if code != DONE:
            raise VendorRefused(f"code_{code}")
        if _not_served(data):
            raise VendorRefused(AREA_NOT_SERVED)
        return self._placed(order.id, data).parcel(ParcelState.ORDERED)

    def cancel(self, order_id: str) -> None:
        """EXP_RECE_UPDATE_ORDER with dealType 2."""
        code, _ = self._ask("EXP_RECE_UPDATE_ORDER", {"dealType": 2, "language": "zh-CN", "orderId": order_id})
        if code in UNKNOWN:
            return
        if code not in (DONE, ALREADY_CANCELLED):
            settle(lambda: self.query(order_id), VendorRefused(f"code_{code}"))
            return
        self._waybills.keep(replace(self._entry(order_id), step=Step.CANCELLED))

    def query(self, order_id: str) -> Parcel:
        """EXP_RECE_SEARCH_ROUTES by our order id; while there is no route, whether the order exists at all."""
        body = {"language": "0", "trackingType": "2", "trackingNumber": [order_id], "methodType": "1"}
        code, data = self._ask("EXP_RECE_SEARCH_ROUTES", body)
        if code not in UNKNOWN | {DONE}:
            raise VendorUnavailable(f"routes: {code}")
        entry = self._entry(order_id)
        found = next((row for row in rows(data.get("routeResps")) if rows(row.get("routes"))), None)
        if found is None:
            return self._without_route(entry)
        waybill = text(found.get("mailNo"))
        waybill = entry.waybill if waybill in ("", order_id) else waybill
        return Parcel(order_id, waybill, *state_of(rows(found.get("routes"))))

    def parse_push(self, headers: Mapping[str, str], target: str, body: bytes) -> Push:  # noqa: ARG002 – nothing in the headers is signed
        """A route push. Raises Forbidden without our secret in the address."""
        if not hmac.compare_digest(query_of(target).get("key", "").encode(), self._account.push_secret.encode()):
            raise Forbidden("the address of this callback is not ours", field="key")
        routes = object_of(body).get("Body")
        if not isinstance(routes, dict) or not isinstance(routes.get("WaybillRoute"), list):
            raise InvalidInput("a list of routes is expected", field="Body.WaybillRoute")
        ours = {self._ours(row) for row in rows(routes["WaybillRoute"])}
        return Push(tuple(Hint(id) for id in sorted(id for id in ours if id)), ACKNOWLEDGED)

    def _ours(self, route: Mapping[str, Any]) -> str | None:
        entry = self._waybills.find(text(route.get("orderid")))
        return entry.order_id if entry and entry.courier == NAME else self._waybills.order_of(text(route.get("mailno")))

    def _without_route(self, entry: Entry) -> Parcel:
        if entry.step is Step.CANCELLED:
            return entry.parcel(ParcelState.CANCELLED)
        code, data = self._ask("EXP_RECE_SEARCH_ORDER_RESP", {"searchType": "1", "orderId": entry.order_id, "language": "zh-CN"})
        if code in UNKNOWN:
            raise NeverPlaced("the courier has no such order", field="order_id")
        if code == ALREADY_CANCELLED:
            return entry.parcel(ParcelState.CANCELLED)
        if code != DONE:
            raise VendorUnavailable(f"order: {code}")
        if _not_served(data):
            return entry.parcel(ParcelState.FAILED, Detail.NOT_COLLECTED)
        return self._placed(entry.order_id, data).parcel(ParcelState.ORDERED)

    def _placed(self, order_id: str, data: Mapping[str, Any]) -> Entry:
        numbers = [text(row.get("waybillNo")) for row in rows(data.get("waybillNoInfoList"))]
        entry = self._entry(order_id)
        placed = replace(entry, step=Step.PLACED, waybill=next(filter(None, numbers), entry.waybill))
        if placed != entry:
            self._waybills.keep(placed)
        return placed

    def _entry(self, order_id: str) -> Entry:
        return self._waybills.find(order_id) or Entry(order_id, NAME, self._clock.wall())

    def _order_body(self, order: Order) -> dict[str, Any]:
        return {
            "language": "zh-CN",
            "orderId": order.id,
            "monthlyCard": self._account.monthly_card,
            "payMethod": 1,
            "expressTypeId": self._account.express_type,
            "isDocall": 1,
            "isGenWaybillNo": 1,
            **({"sendStartTm": beijing(order.pickup_from)} if order.pickup_from else {}),
            "parcelQty": 1,
            "cargoDetails": [{"name": order.goods, "count": 1}],
            "contactInfoList": [_contact(1, order.sender), _contact(2, order.receiver)],
        }

    def _ask(self, service: str, message: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """(errorCode, msgData). Raises VendorUnavailable."""
        data, timestamp = compact(message), str(int(self._clock.wall().timestamp() * 1000))
        fields = {
            "partnerID": self._account.partner_id,
            "requestID": md5(f"{service}{timestamp}{data}".encode(), usedforsecurity=False).hexdigest(),
            "serviceCode": service,
            "timestamp": timestamp,
            "msgDigest": digest(data, timestamp, self._account.checkword),
            "msgData": data,
        }
        answer = post(self._client, self._account.url, fields)
        if answer.get("apiResultCode") != TRANSPORT_OK:
            raise VendorUnavailable(f"apiResultCode {code_of(answer.get('apiResultCode'))}")
        result = inner(answer.get("apiResultData") or {}, "apiResultData")
        if not isinstance(result, dict) or not text(result.get("errorCode")):
            raise VendorUnavailable("apiResultData was not understood", field="apiResultData")
        code = code_of(result["errorCode"])
        if code in TEMPORARY or (code == DONE and result.get("success") not in (True, "true")):
            raise VendorUnavailable(f"errorCode {code}")
        data_of = inner(result.get("msgData") or {}, "msgData")
        if not isinstance(data_of, dict):
            raise VendorUnavailable("msgData is no object", field="msgData")
        return code, data_of


def _not_served(data: Mapping[str, Any]) -> bool:
    """Whether the order was filtered out (筛单), at once or by hand later: it has an id, and nobody comes."""
    return text(data.get("filterResult")) == NOT_SERVED


def state_of(routes: list[dict[str, Any]]) -> tuple[ParcelState, str]:
    """The state that a parcel's routes tell, in whatever order they come; the newest that tells something counts."""
    state, detail = ParcelState.ORDERED, ""
    for route in sorted(routes, key=lambda row: text(row.get("acceptTime"))):
        code, remark = text(route.get("opCode")), text(route.get("remark"))
        if code == SIGNED:  # what goes back is signed for by its sender
            state, detail = (ParcelState.FAILED, Detail.HOME) if detail == Detail.RETURNED else signed(remark, detail)
        elif code in IN_LOCKER:
            state, detail = ParcelState.COLLECTED, Detail.LOCKER
        elif code in GOING_HOME:
            state, detail = ParcelState.FAILED, Detail.RETURNED
        elif code in TROUBLE:
            state, detail = undelivered(remark)
        elif code in COLLECTED or state is not ParcelState.FAILED:
            state, detail = _moving(state, detail, code)
    return state, detail


def _moving(state: ParcelState, detail: str, code: str) -> tuple[ParcelState, str]:
    """A route between collection and delivery: it takes back a trouble, but neither a receipt nor a doubt about one."""
    if state is ParcelState.ORDERED:
        return (ParcelState.COLLECTED, "") if code in COLLECTED else (state, detail)
    return (state, "") if detail == Detail.PROBLEM else (state, detail)


def _contact(kind: int, end: Address) -> dict[str, Any]:
    return {"contactType": kind, "contact": end.name, "mobile": end.mobile, "country": "CN", "address": end.address}
