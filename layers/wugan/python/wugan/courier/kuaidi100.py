"""Kuaidi100 (快递100): many couriers behind one interface.

A form of method, key, sign, t and param; sign is UPPER(MD5(param + t + key + secret)). `returnCode` 200 is a success.

- `thirdOrderId` makes an order repeatable: within 48 hours the first order's answer is given again, **after that a second order
  is placed**. It holds 32 characters, so a digest of our id stands for it. An order whose answer never came is therefore not
  repeated after `REPEATABLE`: it is refused as `order_in_doubt`, and an official looks.
- A waybill's trace may be asked for once in 30 minutes (else it is locked). Within them the last answer counts, or what a
  signed push told since.
- A subscription that ends as `abort` (no trace for three days) is begun again, once a day at most; `shutdown` tells the last state, and
  no push follows: the daily question sees what changes after it.
- The time of collection is today, tomorrow or the day after (`dayType`); a later one can only be told in words (`remark`).
- Pushes are signed: MD5(param + salt). Our salt is made from our secret and the order's id, which stands in the callback's
  address (`?order=`), so that a signature is good for one order only. A replayed push can hold back newer news for 30 minutes.

Not published: the fields of `detail`'s answer beyond status and kuaidinum, and whose signature a plain 3 means: that is read from
the newest trace's words, as is everything that a state does not tell.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import md5, sha256
from typing import Any
from urllib.parse import quote

from wugan.clock import BEIJING, Clock
from wugan.courier.port import Detail, Hint, Order, OrderInDoubt, Parcel, ParcelState, Push
from wugan.courier.reading import code_of, compact, form_of, object_of, post, query_of, rows, settle, signed, text, undelivered
from wugan.courier.waybills import Entry, Step, Waybills
from wugan.errors import Forbidden, NotFound, VendorRefused, VendorUnavailable
from wugan.http import JsonClient

NAME = "kuaidi100"
DONE = "200"
TEMPORARY = frozenset({"500", "501", "503", "600", "601"})  # their fault, a repeat under way, or our account
REPEATABLE = timedelta(hours=47)  # of 48, in which a repeat is the same order
TRACE_EVERY = timedelta(minutes=30)
SUBSCRIBE_EVERY = timedelta(days=1)
DAYS = ("今天", "明天", "后天")
ACKNOWLEDGED = '{"result":true,"returnCode":"200","message":"成功"}'.encode()

ORDER_STATES: dict[str, tuple[ParcelState, str]] = {
    "0": (ParcelState.ORDERED, ""),
    "1": (ParcelState.ORDERED, ""),
    "2": (ParcelState.ORDERED, ""),
    "9": (ParcelState.CANCELLED, ""),
    "10": (ParcelState.COLLECTED, ""),
    "11": (ParcelState.FAILED, Detail.NOT_COLLECTED),
    "12": (ParcelState.FAILED, Detail.RETURNED),
    "13": (ParcelState.COLLECTED, ""),  # signed: by whom, the trace tells
    "14": (ParcelState.COLLECTED, Detail.OTHER_SIGNED),
    "15": (ParcelState.COLLECTED, ""),
    "99": (ParcelState.FAILED, Detail.DROPPED),
    "101": (ParcelState.COLLECTED, ""),
    "155": (ParcelState.COLLECTED, ""),
    "610": (ParcelState.FAILED, Detail.NOT_COLLECTED),
}
TRACE_STATES: dict[str, tuple[ParcelState, str]] = {
    "101": (ParcelState.ORDERED, ""),
    "102": (ParcelState.ORDERED, ""),
    "203": (ParcelState.FAILED, Detail.REFUSED),
    "205": (ParcelState.COLLECTED, Detail.LOCKER),
    "303": (ParcelState.COLLECTED, Detail.OTHER_SIGNED),
    "304": (ParcelState.COLLECTED, Detail.LOCKER),
    "4": (ParcelState.FAILED, Detail.HOME),
    "401": (ParcelState.FAILED, Detail.HOME),
    "501": (ParcelState.COLLECTED, Detail.LOCKER),
    "6": (ParcelState.FAILED, Detail.RETURNED),
    "14": (ParcelState.FAILED, Detail.REFUSED),
}
SIGNED = frozenset({"3", "301", "302"})


def order_sign(param: str, t: str, key: str, secret: str) -> str:
    """Of an order, a cancellation, a question about an order."""
    return _md5(param + t + key + secret).upper()


def query_sign(param: str, key: str, customer: str) -> str:
    """Of a question about a trace."""
    return _md5(param + key + customer).upper()


def push_sign(param: str, salt: str) -> str:
    """Of a push; in which case its letters are, is not said."""
    return _md5(param + salt).lower()


def _md5(value: str) -> str:
    return md5(value.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Kuaidi100Account:
    """The bureau's account. `callback_url` without a query (with the order at most 200 bytes); `phone` is the bureau's own.

    The bureau is one end of every parcel, and some couriers answer only to who knows one end's number.
    """

    key: str = field(repr=False)
    secret: str = field(repr=False)
    customer: str = field(repr=False)
    push_secret: str = field(repr=False)
    company: str  # kuaidicom, such as "jd"
    phone: str
    callback_url: str
    order_url: str = "https://poll.kuaidi100.com/order/borderapi.do"
    query_url: str = "https://poll.kuaidi100.com/poll/query.do"
    trace_every: timedelta = TRACE_EVERY  # less in rehearsals only

    @property
    def poll_url(self) -> str:
        """Where pushes are subscribed to: beside the questions."""
        return self.query_url.removesuffix("/query.do")


class Kuaidi100Courier:
    """The courier port at Kuaidi100."""

    def __init__(self, account: Kuaidi100Account, waybills: Waybills, clock: Clock, client: JsonClient) -> None:
        self._account = account
        self._waybills = waybills
        self._clock = clock
        self._client = client

    def order(self, order: Order) -> Parcel:
        """bOrder, with the trace subscribed to. What is placed already is asked for, not placed again."""
        now = self._clock.wall()
        entry = self._waybills.find(order.id) or Entry(order.id, NAME, now)
        if entry.step is not Step.ASKED:
            return self.query(order.id)
        if now - entry.at > REPEATABLE:
            raise OrderInDoubt("order_in_doubt")
        self._waybills.claim(entry)
        data = self._ask("bOrder", self._order_body(order))
        reference = f"{text(data.get('taskId'))}:{text(data.get('orderId'))}"
        if not text(data.get("taskId")):
            raise VendorUnavailable("the answer has no taskId", field="taskId")
        placed = replace(entry, step=Step.PLACED, reference=reference, waybill=text(data.get("kuaidinum")))
        self._waybills.keep(placed)
        return placed.parcel(ParcelState.ORDERED)

    def cancel(self, order_id: str) -> None:
        """cancel, by the task that we remember."""
        entry = self._waybills.find(order_id)
        if entry is None or entry.step is Step.CANCELLED:
            return
        if not entry.reference:
            raise OrderInDoubt("order_in_doubt")
        task, _, number = entry.reference.partition(":")
        try:
            self._ask("cancel", {"taskId": task, "orderId": number, "cancelMsg": "暂时不寄件了"})
        except VendorRefused as refused:
            settle(lambda: self.query(order_id), refused)
        except VendorUnavailable:
            # Cancelling twice is answered with 500, like any fault.
            if self.query(order_id).state not in (ParcelState.CANCELLED, ParcelState.FAILED):
                raise
        self._waybills.keep(replace(self._waybills.find(order_id) or entry, step=Step.CANCELLED))

    def query(self, order_id: str) -> Parcel:
        """detail, and once it is collected the trace."""
        entry = self._waybills.find(order_id)
        if entry is None or not entry.reference:
            raise NotFound("no order of ours at this courier", field="order_id")
        if entry.step is Step.CANCELLED:
            return entry.parcel(ParcelState.CANCELLED)
        data = self._ask("detail", {"taskId": entry.reference.partition(":")[0]})
        status = text(data.get("status"))
        if status not in ORDER_STATES:
            raise VendorUnavailable("the answer has an unknown status", field="status")
        entry = self._with_waybill(entry, text(data.get("kuaidinum")) or text(data.get("kuaidiNum")))
        state, detail = ORDER_STATES[status]
        entry = self._subscribed(entry)
        if state is not ParcelState.COLLECTED or not entry.waybill:
            silent = state is ParcelState.ORDERED and entry.told_detail == Detail.SILENT
            return entry.parcel(state, Detail.SILENT if silent else detail)
        found = self._trace(entry)
        return entry.parcel(*(found if found[0] is not ParcelState.ORDERED else (state, found[1] or detail)))

    def parse_push(self, headers: Mapping[str, str], target: str, body: bytes) -> Push:  # noqa: ARG002 – the body carries the signature
        """An order's callback or a trace push. Raises Forbidden unless it is signed for the order in the address."""
        order_id, fields = query_of(target).get("order", ""), form_of(body)
        param, given = fields.get("param", ""), fields.get("sign", "").lower()
        if not hmac.compare_digest(push_sign(param, self._salt(order_id)).encode(), given.encode()):
            raise Forbidden("the signature does not match", field="sign")
        message, entry = object_of(param, "param"), self._waybills.find(order_id)
        if entry is None or entry.courier != NAME:
            return Push((), ACKNOWLEDGED)
        self._learn(entry, fields, message)
        return Push((Hint(order_id),), ACKNOWLEDGED)

    def _learn(self, entry: Entry, fields: Mapping[str, str], message: dict[str, Any]) -> None:
        """Keep what a signed push says that a question would not, or not yet."""
        last, inside = message.get("lastResult"), message.get("data")
        if message.get("status") == "abort":
            entry = self._told(entry, entry.told or ParcelState.ORDERED, Detail.SILENT)
        elif isinstance(last, dict):
            entry = self._told(entry, *trace_state(last))
        task, number = fields.get("taskId", ""), text(inside.get("orderId")) if isinstance(inside, dict) else ""
        if task and number and not entry.reference:
            entry = replace(entry, reference=f"{task}:{number}", step=Step.PLACED if entry.step is Step.ASKED else entry.step)
        if not entry.waybill:
            entry = replace(entry, waybill=text(message.get("kuaidinum")))
        self._waybills.keep(entry)

    def _trace(self, entry: Entry) -> tuple[ParcelState, str]:
        """What the courier tells, at most once in 30 minutes: who asks writes that down first, for a question that fails counts as well."""
        now, before = self._clock.wall(), (entry.told or ParcelState.ORDERED, entry.told_detail)
        if entry.told_at and now - entry.told_at < self._account.trace_every:
            return before
        entry = self._told(entry, *before)
        self._waybills.keep(entry)
        param = compact({"com": self._account.company, "num": entry.waybill, "phone": self._account.phone, "resultv2": "4"})
        sign = query_sign(param, self._account.key, self._account.customer)
        answer = post(self._client, self._account.query_url, {"customer": self._account.customer, "sign": sign, "param": param})
        found = trace_state(answer) if text(answer.get("state")) else before
        self._waybills.keep(self._told(entry, *found))
        return found

    def _subscribed(self, entry: Entry) -> Entry:
        """After an `abort`, ask for pushes again. That this failed is no news of the parcel."""
        now = self._clock.wall()
        fresh = entry.subscribed_at and now - entry.subscribed_at < SUBSCRIBE_EVERY
        if entry.told_detail != Detail.SILENT or not entry.waybill or fresh:
            return entry
        entry = replace(entry, subscribed_at=now)
        self._waybills.keep(entry)
        parameters = {"callbackurl": self._back(entry.order_id), "salt": self._salt(entry.order_id), "resultv2": "4"}
        param = {"company": self._account.company, "number": entry.waybill, "key": self._account.key}
        param_text = compact({**param, "parameters": {**parameters, "phone": self._account.phone}})
        with suppress(VendorUnavailable):
            post(self._client, self._account.poll_url, {"schema": "json", "param": param_text})
        return entry

    def _back(self, order_id: str) -> str:
        return f"{self._account.callback_url}?order={quote(order_id, safe='')}"

    def _told(self, entry: Entry, state: ParcelState, detail: str) -> Entry:
        return replace(entry, told=state, told_detail=detail, told_at=self._clock.wall())

    def _with_waybill(self, entry: Entry, waybill: str) -> Entry:
        if not waybill or waybill == entry.waybill:
            return entry
        entry = replace(entry, waybill=waybill)
        self._waybills.keep(entry)
        return entry

    def _salt(self, order_id: str) -> str:
        return hmac.new(self._account.push_secret.encode(), order_id.encode(), sha256).hexdigest()[:32]

    def _order_body(self, order: Order) -> dict[str, str]:
        back = self._back(order.id)
        return {
            "kuaidicom": self._account.company,
            "recManName": order.receiver.name,
            "recManMobile": order.receiver.mobile,
            "recManPrintAddr": order.receiver.address,
            "sendManName": order.sender.name,
            "sendManMobile": order.sender.mobile,
            "sendManPrintAddr": order.sender.address,
            "cargo": order.goods,
            "payment": "SHIPPER",
            "callBackUrl": back,
            "salt": self._salt(order.id),
            "thirdOrderId": sha256(order.id.encode()).hexdigest()[:32],
            "op": "1",
            "pollCallBackUrl": back,
            "resultv2": "4",
            **_pickup(order, self._clock.wall()),
        }

    def _ask(self, method: str, message: Mapping[str, str]) -> dict[str, Any]:
        """`data`. Raises VendorRefused or VendorUnavailable."""
        param, t, account = compact(message), str(int(self._clock.wall().timestamp() * 1000)), self._account
        sign = order_sign(param, t, account.key, account.secret)
        answer = post(self._client, account.order_url, {"method": method, "key": account.key, "sign": sign, "t": t, "param": param})
        code = text(answer.get("returnCode"))
        if not code or code in TEMPORARY:
            raise VendorUnavailable(f"returnCode {code_of(code)}")
        if code != DONE or answer.get("result") is not True:
            raise VendorRefused(f"code_{code_of(code)}")
        data = answer.get("data")
        return data if isinstance(data, dict) else {}


def _pickup(order: Order, now: datetime) -> dict[str, str]:
    """When the courier is to come."""
    if order.pickup_from is None or order.pickup_until is None:
        return {}
    start, end = (at.astimezone(BEIJING) for at in (order.pickup_from, order.pickup_until))
    days = (start.date() - now.astimezone(BEIJING).date()).days
    if not 0 <= days < len(DAYS):
        return {"remark": f"请于{start:%Y-%m-%d %H:%M}-{end:%H:%M}上门取件"}
    return {"dayType": DAYS[days], "pickupStartTime": f"{start:%H:%M}", "pickupEndTime": f"{end:%H:%M}"}


def trace_state(result: Mapping[str, Any]) -> tuple[ParcelState, str]:
    """The state that a trace tells, a push's `lastResult` or an answer to a question (newest first)."""
    state = text(result.get("state"))
    newest = next(iter(rows(result.get("data"))), {})
    words = text(newest.get("context"))
    if state in TRACE_STATES:
        return TRACE_STATES[state]
    if state in SIGNED:
        return signed(words)
    if state.startswith("2"):
        return undelivered(words)
    return ParcelState.COLLECTED, ""
