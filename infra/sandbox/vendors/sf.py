"""SF Express (丰桥): one form-encoded endpoint, told apart by `serviceCode`.

From "SF-Express API Overview" (common parameters, A1000–A1099, business codes) and integrators' code for the routes.
Not public, kept here in one place: how far `timestamp` may be off (`SKEW_SECONDS`), and with what code a `sendStartTm` that is past
is refused (`BAD_FORMAT`), before it is looked whether the order is known. The order-state push is not public in full: a parcel that was
not collected has no route and no push, and its order is cancelled (8037).
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from hashlib import md5
from typing import Any
from urllib.parse import quote_plus

from werkzeug.wrappers import Request, Response

from infra.sandbox.book import Callback, Parcel
from infra.sandbox.box import Box
from infra.sandbox.vendors.parcels import Order, Parcels
from infra.sandbox.vendors.plumbing import Vendor, json_answer, loads, missing, timely, to_come, unix
from infra.sandbox.vendors.push import Push, beijing, json_body, says

COMMON = ("partnerID", "requestID", "serviceCode", "timestamp", "msgDigest", "msgData")
DONE = "S0000"
DUPLICATE, NOT_FOUND, CANCELLED, CONFIRMED, TOO_MANY, NO_NUMBER = "8016", "8018", "8037", "8252", "8003", "8013"
NO_SERVICE, BAD_FORMAT = "20036", "S0001"
TEXTS = {
    DUPLICATE: "重复下单",
    NOT_FOUND: "未获取到订单信息",
    CANCELLED: "订单已消单",
    CONFIRMED: "订单已确认",
    TOO_MANY: "查询单号超过最大限制",
    NO_NUMBER: "未传入查询单号",
    NO_SERVICE: "适用产品不满足",
    BAD_FORMAT: "非法的参数格式",
    "1010": "寄件地址不能为空",
    "1011": "寄件联系人不能为空",
    "1012": "寄件电话不能为空",
    "1014": "到件地址不能为空",
    "1015": "到件联系人不能为空",
    "1016": "到件电话不能为空",
    "1023": "拖寄物品名不能为空",
}
ROUTES = {
    "collected": ("50", "顺丰速运 已收取快件"),
    "delivering": ("44", "正在派送途中，请您准备签收"),
    "signed": ("80", "已签收，感谢使用顺丰，期待再次为您服务（签收人：本人）"),
    "signed_by_other": ("80", "已签收，感谢使用顺丰，期待再次为您服务（签收人：他人代收）"),
    "locker": ("125", "快件已派送至丰巢智能柜，请及时取件"),
    "refused": ("33", "收件人拒收，待进一步处理"),
    "returning": ("99", "应客户要求，快件正在退回寄件地"),
    "returned": ("648", "快件已退回/转寄"),
}


def digest(msg_data: str, timestamp: str, checkword: str) -> str:
    """`msgDigest`: base64 of the MD5 of the text as Java's URLEncoder writes it."""
    encoded = quote_plus(msg_data + timestamp + checkword, safe="*").replace("~", "%7E")
    return b64encode(md5(encoded.encode()).digest()).decode()


class Sf(Vendor):
    """`POST /std/service`."""

    name = "sf"
    busy = {"apiErrorMsg": "目标服务异常或不可达", "apiResponseID": "", "apiResultCode": "A1009", "apiResultData": ""}  # noqa: RUF012

    def __init__(self, box: Box) -> None:
        super().__init__(box)
        self.account = box.config.vendors.sf
        self.parcels = Parcels(box, self.name, "SF", self._route)

    def serve(self, request: Request) -> Response:
        """One call; the transport's code and, as a string of JSON, the service's result."""
        form = request.form
        if missing(form, *COMMON) or request.mimetype != "application/x-www-form-urlencoded":
            return self._platform("A1001", "必传参数不可为空")
        if self.account is None or form["partnerID"] != self.account.partner_id:
            return self._platform("A1004", "无对应服务权限")
        if not hmac.compare_digest(digest(form["msgData"], form["timestamp"], self.account.checkword), form["msgDigest"]):
            return self._platform("A1006", "数字签名无效")
        if not form["timestamp"].isdigit() or not timely(self.box, int(form["timestamp"]) / 1000):
            return self._platform("A1002", "请求时效已过期")
        data, service = loads(form["msgData"]), SERVICES.get(form["serviceCode"])
        if service is None:
            return self._platform("A1004", "无对应服务权限")
        if not isinstance(data, dict):
            return self._platform("A1001", "必传参数不可为空")
        return self.act(form["serviceCode"], str(data.get("orderId") or data.get("trackingNumber") or ""), lambda: service(self, data))

    def create(self, data: dict[str, Any]) -> Response:
        """EXP_RECE_CREATE_ORDER."""
        ends = {int(end.get("contactType") or 0): end for end in data.get("contactInfoList") or () if isinstance(end, dict)}
        fault = self._incomplete(data, ends)
        if fault:
            return self._business(fault)
        if self.parcels.get(data["orderId"]):
            self._ask_again(data["orderId"])
            return self._business(DUPLICATE)
        order = Order(data["orderId"], _end(ends[1]), _end(ends[2]), data["cargoDetails"][0]["name"])
        plan = self.parcels.plan(order)
        if plan == "refused":
            return self._business(NO_SERVICE)
        parcel, _ = self.parcels.order(order, plan, {"sendStartTm": data.get("sendStartTm")})
        return self._business(DONE, self._order(parcel) | {"originCode": "532", "destCode": "532", "filterResult": 2, "remark": None})

    def update(self, data: dict[str, Any]) -> Response:
        """EXP_RECE_UPDATE_ORDER; `dealType` 2 cancels."""
        parcel = self.parcels.get(str(data.get("orderId")))
        if parcel is None:
            return self._business(NOT_FOUND)
        if parcel.state == "cancelled":
            return self._business(CANCELLED)
        if int(data.get("dealType") or 1) != 2 or parcel.state != "ordered":
            return self._business(CONFIRMED)
        self.parcels.cancel(parcel)
        return self._business(DONE, self._order(parcel) | {"resStatus": 2})

    def order_result(self, data: dict[str, Any]) -> Response:
        """EXP_RECE_SEARCH_ORDER_RESP."""
        parcel = self.parcels.get(str(data.get("orderId")))
        if parcel is None:
            return self._business(NOT_FOUND)
        if parcel.state == "cancelled" or parcel.stops[-1]["stop"] == "not_collected":
            return self._business(CANCELLED)
        return self._business(DONE, self._order(parcel) | {"filterResult": 2})

    def routes(self, data: dict[str, Any]) -> Response:
        """EXP_RECE_SEARCH_ROUTES; a number without routes has an empty list."""
        numbers = data.get("trackingNumber") or []
        numbers = numbers.split(",") if isinstance(numbers, str) else numbers
        if not numbers:
            return self._business(NO_NUMBER)
        if len(numbers) > 10:
            return self._business(TOO_MANY)
        look = self.parcels.get if str(data.get("trackingType", "1")) == "2" else self.parcels.find
        found = [(number, look(str(number))) for number in numbers]
        rows = [{"mailNo": p.reference if p else n, "routes": [_row(s) for s in _known(p)] if p else []} for n, p in found]
        return self._business(DONE, {"routeResps": rows})

    def _incomplete(self, data: dict[str, Any], ends: dict[int, dict[str, Any]]) -> str | None:
        if missing(data, "orderId"):
            return NO_NUMBER
        if data.get("sendStartTm") and not to_come(self.box, unix(data["sendStartTm"])):
            return BAD_FORMAT
        for kind, codes in ((1, ("1010", "1011", "1012")), (2, ("1014", "1015", "1016"))):
            end = ends.get(kind, {})
            filled = (end.get("address"), end.get("contact") or end.get("company"), end.get("mobile") or end.get("tel"))
            if fault := next((code for code, value in zip(codes, filled, strict=True) if not value), None):
                return fault
        cargo = data.get("cargoDetails") or [{}]
        return "1023" if missing(cargo[0], "name") else None

    def _ask_again(self, id: str) -> None:
        known = self.box.book.parcels.get(id)
        if known:
            known.times += 1

    def _order(self, parcel: Parcel) -> dict[str, Any]:
        return {"orderId": parcel.id, "waybillNoInfoList": [{"waybillType": 1, "waybillNo": parcel.reference}]}

    def _route(self, parcel: Parcel, stop: str) -> Callback | None:
        address = self.account and self.account.callback
        if stop not in ROUTES or not address:
            return None
        number = len(parcel.stops)
        code, text = ROUTES[stop]
        row = {
            "mailno": parcel.reference,
            "acceptAddress": "青岛市",
            "reasonName": "",
            "orderid": parcel.id,
            "acceptTime": beijing(parcel.stops[-1]["at"]),
            "remark": text,
            "opCode": code,
            "id": self.box.digits("route", f"{parcel.id} {number}", 15),
            "reasonCode": "",
        }
        push = Push(address, lambda _: json_body({"Body": {"WaybillRoute": [row]}}), says("return_code", "0000"))
        return self.box.outbox.write(self.name, parcel.id, stop, {"opCode": code}, push=push)

    def _business(self, code: str, data: dict[str, Any] | None = None) -> Response:
        done = code == DONE
        result = {"success": done, "errorCode": code, "errorMsg": None if done else TEXTS[code], "msgData": data}
        return self._platform("A1000", "", json.dumps(result, ensure_ascii=False))

    def _platform(self, code: str, text: str, data: str = "") -> Response:
        id = self.box.token("sf response", f"{code}{data}", 32).upper()
        return json_answer({"apiErrorMsg": text, "apiResponseID": id, "apiResultCode": code, "apiResultData": data})


SERVICES = {
    "EXP_RECE_CREATE_ORDER": Sf.create,
    "EXP_RECE_UPDATE_ORDER": Sf.update,
    "EXP_RECE_SEARCH_ORDER_RESP": Sf.order_result,
    "EXP_RECE_SEARCH_ROUTES": Sf.routes,
}


def _end(contact: dict[str, Any]) -> dict[str, Any]:
    parts = (contact.get("province"), contact.get("city"), contact.get("county"), contact.get("address"))
    address = "".join(str(part) for part in parts if part)
    return {
        "name": contact.get("contact") or contact.get("company"),
        "mobile": contact.get("mobile") or contact.get("tel"),
        "address": address,
    }


def _known(parcel: Parcel) -> list[dict[str, Any]]:
    return [stop for stop in parcel.stops if stop["stop"] in ROUTES]


def _row(stop: dict[str, Any]) -> dict[str, Any]:
    code, text = ROUTES[stop["stop"]]
    return {"acceptTime": beijing(stop["at"]), "acceptAddress": "青岛市", "remark": text, "opCode": code}
