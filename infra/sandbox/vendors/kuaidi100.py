"""Kuaidi100 (快递100): pickup orders for many carriers, queries, and subscriptions with pushes.

From api.kuaidi100.com's documentation, its published demos and integrators' code. A repeated `thirdOrderId` (at most 32 characters) gets
the first order's answer for 48 hours and is a second order after them: told us, and not found again in the documents that can be
reached from here, so `again_seconds` makes it 0 for a vendor that never compares.
"""

from __future__ import annotations

import hmac
import json
import re
from hashlib import md5
from typing import Any
from urllib.parse import parse_qs, urlsplit

from werkzeug.wrappers import Request, Response

from infra.sandbox.book import Callback, Parcel
from infra.sandbox.box import Box
from infra.sandbox.vendors.parcels import Order, Parcels
from infra.sandbox.vendors.plumbing import Vendor, json_answer, loads, missing, to_come, unix
from infra.sandbox.vendors.push import Push, beijing, form_body, says

ORDER_FIELDS = (
    *("kuaidicom", "recManName", "recManMobile", "recManPrintAddr", "sendManName", "sendManMobile", "sendManPrintAddr"),
    "callBackUrl",
)
ORDER_STATES = {
    "ordered": (0, "下单成功"),
    "accepted": (1, "已接单"),
    "collected": (10, "已取件"),
    "settled": (15, "已结算"),
    "reweighed": (155, "修改重量"),
    "not_collected": (610, "下单失败"),
    "cancelled": (9, "用户主动取消"),
    "cancelled_by_courier": (99, "订单已取消"),
}
TRACES = {
    "collected": ("1", "103", "快件已揽收"),
    "delivering": ("5", "501", "快件正在派送"),
    "signed": ("3", "301", "已签收，本人签收"),
    "signed_by_other": ("3", "303", "已签收，他人代收"),
    "locker": ("3", "304", "已投放至快递柜，请凭取件码取件"),
    "refused": ("14", "14", "收件人拒签"),
    "returning": ("6", "6", "快件退回中"),
    "returned": ("4", "401", "退回件已签收"),
}
ENDED = ("3", "4")
THIRD_LONGEST = 32
PICKUP = ("dayType", "pickupStartTime", "pickupEndTime")
DAYS = ("今天", "明天", "后天")
HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def signature(*parts: str) -> str:
    """MD5 of the parts, one after the other, in capital letters."""
    return md5("".join(parts).encode()).hexdigest().upper()


class Kuaidi100(Vendor):
    """`/order/borderapi.do`, `/poll/query.do`, `/poll`."""

    name = "kuaidi100"
    busy = {"result": False, "returnCode": "500", "message": "服务器错误"}  # noqa: RUF012

    def __init__(self, box: Box) -> None:
        super().__init__(box)
        self.account = box.config.vendors.kuaidi100
        self.parcels = Parcels(box, self.name, "KD", self._tell)
        self._subscribed: dict[str, dict[str, Any]] = {}
        self._queried: dict[str, float] = {}
        self._tasks: dict[str, str] = {}
        self._thirds: dict[str, str] = {}

    def border(self, request: Request) -> Response:
        """`method` bOrder, cancel or detail."""
        values = request.values
        if missing(values, "method", "key", "sign", "t", "param"):
            return _failed("400", "参数错误")
        if self.account is None or values["key"] != self.account.key:
            return _failed("601", "KEY已过期或不存在")
        if not _holds(values["sign"], values["param"], values["t"], self.account.key, self.account.secret):
            return _failed("503", "验证签名失败")
        param, method = loads(values["param"]), METHODS.get(values["method"])
        if not isinstance(param, dict) or method is None:
            return _failed("400", "参数错误")
        id = str(param.get("thirdOrderId") or param.get("taskId") or "")
        return self.act(values["method"], id, lambda: method(self, param))

    def order(self, param: dict[str, Any]) -> Response:
        """bOrder."""
        assert self.account is not None
        if absent := missing(param, *ORDER_FIELDS):
            return _failed("400", f"参数错误：{absent}不能为空")
        if param["kuaidicom"] not in self.account.carriers or len(str(param["callBackUrl"]).encode()) > 200:
            return _failed("400", "参数错误：快递公司编码或回调地址不正确")
        if len(str(param.get("thirdOrderId") or "")) > THIRD_LONGEST:
            return _failed("400", "参数错误：thirdOrderId过长")
        if any(param.get(name) for name in PICKUP) and not _a_span(self.box, param):
            return _failed("400", "参数错误：预约时间不正确")
        earlier = self._earlier(param)
        if earlier is not None:
            earlier.times += 1
            return self._placed(earlier)
        order = Order(self._order_id(param), _end(param, "sendMan"), _end(param, "recMan"), str(param.get("cargo") or ""))
        plan = self.parcels.plan(order)
        if plan == "refused":
            return _failed("400", "该地址不在服务范围内")
        kept = ("kuaidicom", "callBackUrl", "salt", "thirdOrderId", "op", "pollCallBackUrl", "remark", *PICKUP)
        extra = {name: param[name] for name in kept if param.get(name)}
        extra |= {"taskId": self.box.token("task", order.id, 32).upper(), "orderId": self.box.digits("kd order", order.id, 9)}
        parcel, _ = self.parcels.order(order, plan, extra)
        self._tasks[extra["taskId"]] = parcel.id
        self._thirds[str(param.get("thirdOrderId") or "")] = parcel.id
        if str(param.get("op")) == "1" and param.get("pollCallBackUrl"):
            self._subscribed[parcel.reference] = {"callbackurl": param["pollCallBackUrl"], "salt": param.get("salt")}
        return self._placed(parcel)

    @staticmethod
    def _placed(parcel: Parcel) -> Response:
        return _done({"taskId": parcel.extra["taskId"], "orderId": parcel.extra["orderId"], "kuaidinum": parcel.reference, "eOrder": None})

    def _earlier(self, param: dict[str, Any]) -> Parcel | None:
        assert self.account is not None
        third = str(param.get("thirdOrderId") or "")
        known = self.parcels.get(self._thirds.get(third, "")) if third else None
        return known if known and self.box.now() - known.at < self.account.again_seconds else None

    def cancel(self, param: dict[str, Any]) -> Response:
        """cancel, before collection."""
        if absent := missing(param, "taskId", "orderId", "cancelMsg"):
            return _failed("400", f"参数错误：{absent}不能为空")
        parcel = self._parcel(param)
        if parcel is None or parcel.extra["orderId"] != str(param["orderId"]):
            return _failed("400", "订单不存在")
        if parcel.state != "ordered":
            return _failed("400", "订单已取消" if parcel.state == "cancelled" else "快递员已取件，订单不能取消")
        self.parcels.cancel(parcel)
        return _done(None)

    def detail(self, param: dict[str, Any]) -> Response:
        """detail: the order as it stands."""
        parcel = self._parcel(param)
        if parcel is None:
            return _failed("400", "订单不存在")
        status, text = ORDER_STATES[_order_stop(parcel)]
        extra = parcel.extra
        return _done(
            {
                **{name: extra.get(name) for name in ("taskId", "orderId", "thirdOrderId")},
                "kuaidiCom": extra["kuaidicom"],
                "kuaidiNum": parcel.reference,
                "kuaidinum": parcel.reference,
                "status": status,
                "statusDesc": text,
                "cargo": parcel.goods,
            }
        )

    def query(self, request: Request) -> Response:
        """`/poll/query.do`."""
        values, account = request.values, self.account
        if missing(values, "customer", "sign", "param"):
            return _failed("400", "提交的数据不完整")
        if account is None or values["customer"] != account.customer:
            return _failed("601", "key已过期")
        if not _holds(values["sign"], values["param"], account.key, account.customer):
            return _failed("503", "验证签名失败")
        param = loads(values["param"])
        if missing(param, "com", "num"):
            return _failed("400", "提交的数据不完整")
        if param["com"] == "shunfeng" and not param.get("phone"):
            return _failed("408", "快递公司参数异常：验证码错误")
        return self.act("query", str(param["num"]), lambda: self._state(str(param["num"])))

    def subscribe(self, request: Request) -> Response:
        """`/poll`: pushes for a waybill."""
        param, account = loads(request.values.get("param", "")), self.account
        if request.values.get("schema") != "json" or missing(param, "company", "number", "key", "parameters"):
            return _failed("700", "订阅方的订阅数据存在错误（如不支持的快递公司、单号为空、单号超长等）或错误的回调地址")
        if account is None or param["key"] != account.key:
            return _failed("600", "您不是合法的订阅者（即授权Key出错）")
        return self.act("poll", str(param["number"]), lambda: self._subscribe(param))

    def _subscribe(self, param: dict[str, Any]) -> Response:
        if param["number"] in self._subscribed:
            return _failed("501", "重复订阅")
        if missing(param["parameters"], "callbackurl"):
            return _failed("700", "错误的回调地址")
        self._subscribed[param["number"]] = param["parameters"]
        parcel = self.parcels.find(param["number"])
        if parcel and _traces(parcel):
            callback = self._trace_push(parcel, "subscribed")
            if callback:
                self.box.outbox.send(callback)
        return json_answer({"result": True, "returnCode": "200", "message": "提交成功"})

    def _state(self, number: str) -> Response:
        assert self.account is not None
        if self.box.now() - self._queried.get(number, 0.0) < self.account.query_seconds:
            return _failed("500", "查询过于频繁，请隔段时间再查")
        self._queried[number] = self.box.now()
        parcel = self.parcels.find(number)
        if parcel is None or not _traces(parcel):
            return _failed("500", "查询无结果，请隔段时间再查")
        return json_answer(_result(parcel))

    def _order_id(self, param: dict[str, Any]) -> str:
        """Under which id the records keep it: the one that the customer's callback names, where it does, for people to follow."""
        named = parse_qs(urlsplit(str(param["callBackUrl"])).query).get("order", [""])[0]
        wanted = named or str(param.get("thirdOrderId") or f"kd{len(self._tasks) + 1}")
        id, number = wanted, 1
        while self.box.book.parcels.get(id):
            number += 1
            id = f"{wanted}~{number}"
        return id

    def _parcel(self, param: dict[str, Any]) -> Parcel | None:
        id = self._tasks.get(str(param.get("taskId"))) if param.get("taskId") else self._thirds.get(str(param.get("thirdOrderId")))
        return self.parcels.get(id) if id else None

    def _tell(self, parcel: Parcel, stop: str) -> Callback | None:
        tracked = self._trace_push(parcel, stop) if stop in TRACES or stop == "silent" else None
        if stop not in ORDER_STATES:
            return tracked
        told = self._order_push(parcel, stop)
        if stop == "ordered" and parcel.plan != "stall":
            told.then = self._order_push(parcel, "accepted")
        elif tracked:
            told.then = tracked
        return told

    def _order_push(self, parcel: Parcel, stop: str) -> Callback:
        status, text = ORDER_STATES[stop]
        extra = parcel.extra
        param = json.dumps(
            {
                "kuaidicom": extra["kuaidicom"],
                "kuaidinum": parcel.reference,
                "status": "200",
                "message": text,
                "data": {"orderId": extra["orderId"], "status": status, "thirdOrderId": extra.get("thirdOrderId"), "courierName": "演示"},
            },
            ensure_ascii=False,
        )
        fields = {"taskId": extra["taskId"], "sign": signature(param, extra.get("salt") or ""), "param": param}
        push = Push(extra["callBackUrl"], lambda _: form_body(fields), says("returnCode", "200"))
        return self.box.outbox.write(self.name, parcel.id, f"order-{stop}", {"status": status}, push=push)

    def _trace_push(self, parcel: Parcel, stop: str) -> Callback | None:
        parameters = self._subscribed.get(parcel.reference)
        if parameters is None:
            return None
        result = _result(parcel)
        status = "abort" if stop == "silent" else "shutdown" if result["state"] in ENDED else "polling"
        message = "3天查询无记录" if status == "abort" else ""
        if status != "polling":
            del self._subscribed[parcel.reference]  # no more pushes, unless somebody subscribes again
        param = json.dumps({"status": status, "billstatus": "got", "message": message, "lastResult": result}, ensure_ascii=False)
        fields = {"sign": signature(param, parameters.get("salt") or ""), "param": param}
        push = Push(parameters["callbackurl"], lambda _: form_body(fields), says("returnCode", "200"))
        return self.box.outbox.write(self.name, parcel.id, f"trace-{stop}", {"status": status, "state": result["state"]}, push=push)


METHODS = {"bOrder": Kuaidi100.order, "cancel": Kuaidi100.cancel, "detail": Kuaidi100.detail}


def _holds(sign: str, *parts: str) -> bool:
    return hmac.compare_digest(signature(*parts).encode(), sign.encode())


def _done(data: Any) -> Response:
    return json_answer({"result": True, "returnCode": "200", "message": "成功", "data": data})


def _failed(code: str, text: str) -> Response:
    return json_answer({"result": False, "returnCode": code, "message": text})


def _a_span(box: Box, param: dict[str, Any]) -> bool:
    start, end = str(param.get("pickupStartTime")), str(param.get("pickupEndTime"))
    if param.get("dayType") not in DAYS or not (HOUR.fullmatch(start) and HOUR.fullmatch(end)) or start >= end:
        return False
    day = beijing(box.now() + DAYS.index(param["dayType"]) * 86400)[:10]
    return to_come(box, unix(f"{day} {start}:00"))


def _end(param: dict[str, Any], who: str) -> dict[str, Any]:
    return {"name": param[f"{who}Name"], "mobile": param[f"{who}Mobile"], "address": param[f"{who}PrintAddr"]}


def _order_stop(parcel: Parcel) -> str:
    return str(next(stop["stop"] for stop in reversed(parcel.stops) if stop["stop"] in ORDER_STATES))


def _traces(parcel: Parcel) -> list[dict[str, Any]]:
    return [stop for stop in parcel.stops if stop["stop"] in TRACES]


def _result(parcel: Parcel) -> dict[str, Any]:
    rows = [
        {"time": beijing(s["at"]), "ftime": beijing(s["at"]), "context": TRACES[s["stop"]][2], "statusCode": TRACES[s["stop"]][1]}
        for s in reversed(_traces(parcel))
    ]
    state = TRACES[_traces(parcel)[-1]["stop"]][0] if rows else "0"
    return {
        "message": "ok",
        "nu": parcel.reference,
        "ischeck": "1" if state == "3" else "0",
        "com": parcel.extra["kuaidicom"],
        "status": "200",
        "condition": "F00",
        "state": state,
        "data": rows,
    }
