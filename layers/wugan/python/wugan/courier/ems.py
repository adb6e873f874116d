"""EMS (中国邮政速递) by its interface for contract customers.

A form of apiCode, senderNo, authorization, timeStamp and `logitcsInterface` (spelt so): `|$4|` and base64 of
SM4-ECB(JSON + key). `retCode` 00000 is a success, `retBody` carries JSON as text. Pushes are encrypted alike; that they can be
read is what proves their sender, they carry no time that is protected.

Not published, all in the constants below: the retCodes of refusals (they are told by their words, `retMsg`, of which nothing is
passed on), the names of the fields for the time of collection, and most opCodes (what a signed item means is read from the words).
There is no question for the state of an order: that it was placed or cancelled is remembered by us (`Waybills`), a trace needs the
waybill. If the answer to an order is lost and its repeat names no waybill, the waybill comes with the first push.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.padding import PKCS7

from wugan import json_text
from wugan.clock import Clock
from wugan.courier.area import Area, divide
from wugan.courier.port import AREA_NOT_SERVED, Address, Detail, Hint, Order, Parcel, ParcelState, Push
from wugan.courier.reading import beijing, code_of, compact, form_of, inner, object_of, post, rows, settle, signed, text, undelivered
from wugan.courier.waybills import Entry, Step, Waybills
from wugan.errors import Forbidden, InvalidInput, NotFound, VendorRefused, VendorUnavailable
from wugan.http import JsonClient

NAME = "ems"
DONE = "00000"
ORDER, CANCEL, TRACE = "020003", "020006", "040001"
PREFIX = "|$4|"
SAYS_DUPLICATE, SAYS_CANCELLED = "重复", "已取消"
SAYS_UNKNOWN = ("不存在", "未找到", "无此")
SAYS_TEMPORARY = ("系统异常", "服务异常", "超时", "繁忙", "授权", "签名", "解密", "时间戳")  # the hour or our account, not the parcel
SAYS_NOT_SERVED = "超范围"

COLLECTED = frozenset({"203", "305", "405", "457", "516", "702", "704"})
SIGNED = frozenset({"711", "747", "748"})
BY_OTHERS = frozenset({"747", "748"})  # final like 711, but for what integrators know not into the receiver's hands
DROPPED = "O_011"


def encrypt(message: str, key: str) -> str:
    """`logitcsInterface`. `key` is base64 of 16 bytes."""
    padder, encryptor = PKCS7(128).padder(), _cipher(key).encryptor()
    padded = padder.update((message + key).encode()) + padder.finalize()
    return PREFIX + b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def decrypt(sealed: str, key: str) -> str:
    """The message again. Raises Forbidden if it was not encrypted with `key`, whole: the key stands at its end."""
    try:
        unpadder, decryptor = PKCS7(128).unpadder(), _cipher(key).decryptor()
        padded = decryptor.update(b64decode(sealed.removeprefix(PREFIX), validate=True)) + decryptor.finalize()
        message = (unpadder.update(padded) + unpadder.finalize()).decode()
    except ValueError:
        raise _foreign() from None
    if not message.endswith(key):
        raise _foreign()
    return message.removesuffix(key)


def _foreign() -> Forbidden:
    return Forbidden("this was not encrypted with our key", field="logitcsInterface")


def _cipher(key: str) -> Cipher[modes.ECB]:
    return Cipher(SM4(b64decode(key)), modes.ECB())


@dataclass(frozen=True)
class EmsAccount:
    """The bureau's account. `home` completes addresses that do not name province, city and county, which EMS asks for."""

    sender_no: str
    authorization: str = field(repr=False)
    sign_key: str = field(repr=False)
    home: Area
    product: str = "1"  # 特快专递
    url: str = "https://api.ems.com.cn/amp-prod-api/f/amp/api/open"


class EmsCourier:
    """The courier port at EMS."""

    def __init__(self, account: EmsAccount, waybills: Waybills, clock: Clock, client: JsonClient) -> None:
        self._account = account
        self._waybills = waybills
        self._clock = clock
        self._client = client

    def order(self, order: Order) -> Parcel:
        """020003. What is placed already is asked for, not placed again."""
        entry = self._waybills.find(order.id)
        if entry and entry.step is not Step.ASKED:
            return self.query(order.id)
        code, words, data = self._ask(ORDER, [self._order_body(order)])
        if code != DONE and SAYS_DUPLICATE not in words:
            raise VendorRefused(AREA_NOT_SERVED if SAYS_NOT_SERVED in words else f"code_{code}")
        placed = next(iter(rows(data if isinstance(data, list) else [data])), {})
        waybill = text(placed.get("waybillNo"))
        if code == DONE and not waybill:
            raise VendorUnavailable("the answer has no waybillNo", field="waybillNo")
        entry = self._keep(order.id, step=Step.PLACED, waybill=waybill)
        return self.query(order.id) if code != DONE else entry.parcel(ParcelState.ORDERED)

    def cancel(self, order_id: str) -> None:
        """020006."""
        entry = self._waybills.find(order_id)
        if entry is None or entry.step is Step.CANCELLED:
            return
        body = {"logisticsOrderNo": order_id, "waybillNo": entry.waybill, "cancelReason": "用户取消"}
        code, words, _ = self._ask(CANCEL, body)
        if code == DONE or SAYS_CANCELLED in words:
            self._keep(order_id, step=Step.CANCELLED)
        elif not any(said in words for said in SAYS_UNKNOWN):
            settle(lambda: self.query(order_id), VendorRefused(f"code_{code}"))

    def query(self, order_id: str) -> Parcel:
        """040001 by the waybill that we remember."""
        entry = self._waybills.find(order_id)
        if entry is None or entry.step is Step.ASKED:
            raise NotFound("no order of ours at this courier", field="order_id")
        if entry.step is Step.CANCELLED:
            return entry.parcel(ParcelState.CANCELLED)
        if not entry.waybill:
            return entry.parcel(ParcelState.ORDERED)
        code, words, data = self._ask(TRACE, {"waybillNo": entry.waybill, "direction": "0"})
        if code != DONE and not any(said in words for said in SAYS_UNKNOWN):
            raise VendorUnavailable(f"trace: {code}")
        items = data.get("responseItems") if isinstance(data, dict) else data
        return entry.parcel(*state_of(rows(items)))

    def parse_push(self, headers: Mapping[str, str], target: str, body: bytes) -> Push:  # noqa: ARG002 – the body alone proves its sender
        """A trace push (040002), as a form or as JSON. Raises Forbidden unless it is encrypted with our key."""
        fields = object_of(body) if body.lstrip().startswith(b"{") else form_of(body)
        found = self._opened(text(fields.get("logitcsInterface")))
        ours = (self._ours(row) for row in (rows(found) if isinstance(found, list) else rows([found])))
        answer = {
            "serialNo": text(fields.get("serialNo")),
            "code": DONE,
            "codeMessage": "成功",
            "senderNo": self._account.sender_no,
        }
        return Push(tuple(Hint(id) for id in sorted({id for id in ours if id})), compact(answer).encode())

    def _opened(self, sealed: str) -> Any:
        if not sealed:
            raise InvalidInput("the encrypted message is missing", field="logitcsInterface")
        try:
            return json_text.loads(decrypt(sealed, self._account.sign_key))
        except ValueError:
            raise _foreign() from None

    def _ours(self, row: Mapping[str, Any]) -> str | None:
        """The order a pushed trace is about. It may bring the waybill whose announcement was lost."""
        order_id, waybill = text(row.get("logisticsOrderNo")) or text(row.get("orderNo")), text(row.get("waybillNo"))
        entry = self._waybills.find(order_id) if order_id else None
        if entry is None or entry.courier != NAME:
            return self._waybills.order_of(waybill)
        if waybill and not entry.waybill:
            step = Step.PLACED if entry.step is Step.ASKED else entry.step
            self._waybills.keep(replace(entry, step=step, waybill=waybill))
        return order_id

    def _keep(self, order_id: str, *, step: Step, waybill: str = "") -> Entry:
        entry = self._waybills.find(order_id) or Entry(order_id, NAME, self._clock.wall())
        entry = replace(entry, step=step, waybill=waybill or entry.waybill)
        self._waybills.keep(entry)
        return entry

    def _order_body(self, order: Order) -> dict[str, Any]:
        return {
            "ecommerceUserId": self._account.sender_no,
            "logisticsOrderNo": order.id,
            "createdTime": self._now(),
            "contentsAttribute": "1",  # documents
            **_pickup(order),
            "bizProductNo": self._account.product,
            "sender": self._end(order.sender),
            "receiver": self._end(order.receiver),
            "cargos": [{"cargoName": order.goods, "cargoQuantity": 1}],
        }

    def _end(self, end: Address) -> dict[str, str]:
        area, rest = divide(end.address, self._account.home)
        area = whole(area, self._account.home)
        place = {"prov": area.province, "city": area.city, "county": area.county, "address": rest}
        return {"name": end.name, "mobile": end.mobile, **place}

    def _ask(self, api: str, message: Any) -> tuple[str, str, Any]:
        """(retCode, retMsg, retBody). Raises VendorUnavailable."""
        fields = {
            "apiCode": api,
            "senderNo": self._account.sender_no,
            "authorization": self._account.authorization,
            "timeStamp": self._now(),
            "logitcsInterface": encrypt(compact(message), self._account.sign_key),
        }
        answer = post(self._client, self._account.url, fields)
        code, words = text(answer.get("retCode")), text(answer.get("retMsg"))
        if not code:
            raise VendorUnavailable("the answer has no retCode", field="retCode")
        if code != DONE and any(said in words for said in SAYS_TEMPORARY):
            raise VendorUnavailable(f"retCode {code_of(code)}")
        body = inner(answer.get("retBody"), "retBody") if answer.get("retBody") and code == DONE else None
        return code_of(code), words, body if body is not None else _lenient(answer.get("retBody"))

    def _now(self) -> str:
        return beijing(self._clock.wall())


def _pickup(order: Order) -> dict[str, str]:
    """When the courier is to come; the names of the fields are from integrators' code."""
    if order.pickup_from is None or order.pickup_until is None:
        return {}
    return {"pickupType": "1", "pickupPreBeginTime": beijing(order.pickup_from), "pickupPreEndTime": beijing(order.pickup_until)}


def whole(area: Area, home: Area) -> Area:
    """EMS takes no order without a province, a city and a county: within the bureau's own city its county stands for one not named."""
    if area.city == home.county and not area.province:  # a city at county level, such as 莱西市
        return home
    return home if area == Area(home.province, home.city) else area


def _lenient(value: object) -> Any:
    """What a refusal carries, which need not be JSON."""
    try:
        return inner(value, "retBody")
    except VendorUnavailable:
        return None


def state_of(items: list[dict[str, Any]]) -> tuple[ParcelState, str]:
    """The state that a trace tells; the newest item that tells something counts."""
    state, detail = ParcelState.ORDERED, ""
    for item in sorted(items, key=lambda row: text(row.get("opTime"))):
        code, words = text(item.get("opCode")), text(item.get("opName")) + text(item.get("opDesc"))
        if code in SIGNED or "妥投" in words.replace("未妥投", "") or "已签收" in words:
            # What goes back is signed for by its sender, which is no arrival.
            back = detail == Detail.RETURNED or "退回" in words or "寄件人" in words
            state, detail = (ParcelState.FAILED, Detail.HOME) if back else signed(words, detail)
            if state is ParcelState.ARRIVED and code in BY_OTHERS and "本人" not in words:
                state, detail = ParcelState.COLLECTED, Detail.OTHER_SIGNED
        elif code == DROPPED:
            state, detail = ParcelState.FAILED, Detail.DROPPED
        elif any(said in words for said in ("未妥投", "拒收", "退回", "丢失", "遗失")):
            state, detail = undelivered(words)
        elif state is ParcelState.ORDERED and code in COLLECTED:
            state = ParcelState.COLLECTED
        elif detail == Detail.PROBLEM:
            detail = ""
    return state, detail
