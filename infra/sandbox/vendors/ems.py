"""China Post EMS (客户 API 开放平台): one form-encoded endpoint, told apart by `apiCode`, its body under SM4.

From the platform's example vector and integrators' code. Not public, so kept here in one place: the error codes beside `00000`
(`CODES`), how far `timeStamp` may be off (`SKEW_SECONDS`), and what a repeated `logisticsOrderNo` gets: this one answers it with the
waybill it already has. Of the trace codes 203, 702, 704 and 705 were seen in published traces; 748 for a locker was not.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.padding import PKCS7
from werkzeug.wrappers import Request, Response

from infra.sandbox.book import Callback, Parcel
from infra.sandbox.box import Box
from infra.sandbox.vendors.parcels import Order, Parcels
from infra.sandbox.vendors.plumbing import Vendor, json_answer, loads, missing, timely, to_come, unix
from infra.sandbox.vendors.push import Push, Sent, beijing, json_body, says

MARK = "|$4|"
BLOCK = 128
COMMON = ("apiCode", "senderNo", "authorization", "timeStamp", "logitcsInterface")
END = ("name", "prov", "city", "county", "address")
DONE = "00000"
CODES = {"parameter": "B00001", "authorization": "B00002", "decryption": "B00003", "refused": "B00004", "order": "B00005", "time": "B00006"}
TRACES = {
    "collected": ("203", "收寄计费信息", "中国邮政 已收取邮件"),
    "delivering": ("702", "投递邮件接收-下段", "邮件正在派送中，请耐心等待，保持电话畅通，准备签收"),
    "signed": ("704", "投递结果反馈-妥投", "您的邮件已签收，本人签收"),
    "signed_by_other": ("704", "投递结果反馈-妥投", "您的邮件已代签收【他人收】"),
    "locker": ("748", "投递到自提点", "您的邮件已存放至智能包裹柜，请凭取件码及时领取"),
    "refused": ("705", "投递结果反馈-未妥投", "投递结果反馈-未妥投：收件人拒收"),
    "returning": ("705", "投递结果反馈-未妥投", "投递结果反馈-未妥投：邮件退回，正在返回寄件人"),
    "returned": ("704", "投递结果反馈-妥投", "邮件已退回，寄件人已签收"),
}


def encrypt(text: str, sign_key: str) -> str:
    """`|$4|` and base64 of SM4-ECB-PKCS7 over the text followed by the sign key."""
    padder, encryptor = PKCS7(BLOCK).padder(), _cipher(sign_key).encryptor()
    padded = padder.update((text + sign_key).encode()) + padder.finalize()
    return MARK + b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def decrypt(body: str, sign_key: str) -> str | None:
    """The text; None when it was not encrypted with this key."""
    if not body.startswith(MARK):
        return None
    try:
        decryptor, unpadder = _cipher(sign_key).decryptor(), PKCS7(BLOCK).unpadder()
        padded = decryptor.update(b64decode(body[len(MARK) :], validate=True)) + decryptor.finalize()
        text = (unpadder.update(padded) + unpadder.finalize()).decode()
    except (NotBase64, ValueError):
        return None
    return text[: -len(sign_key)] if text.endswith(sign_key) else None


def _cipher(sign_key: str) -> Cipher[modes.ECB]:
    return Cipher(SM4(b64decode(sign_key)), modes.ECB())


class Ems(Vendor):
    """`POST /amp-prod-api/f/amp/api/open` and, alike, `/test`."""

    name = "ems"

    def __init__(self, box: Box) -> None:
        super().__init__(box)
        self.account = box.config.vendors.ems
        self.parcels = Parcels(box, self.name, "12", self._trace)

    def serve(self, request: Request) -> Response:
        """One call; `retBody` is a string of JSON."""
        form = request.form
        if absent := missing(form, *COMMON):
            return self._answer("parameter", f"参数{absent}不能为空")
        account = self.account
        if account is None or (form["senderNo"], form["authorization"]) != (account.sender_no, account.authorization):
            return self._answer("authorization", "授权码校验失败")
        if not timely(self.box, unix(form["timeStamp"])):
            return self._answer("time", "请求时间戳已过期")
        text = decrypt(form["logitcsInterface"], account.sign_key)
        if text is None:
            return self._answer("decryption", "报文解密失败")
        data, service = loads(text), SERVICES.get(form["apiCode"])
        data = data[0] if isinstance(data, list) and data else data
        if service is None or not isinstance(data, dict):
            return self._answer("parameter", "接口代码或请求报文不正确")
        id = str(data.get("logisticsOrderNo") or data.get("waybillNo") or "")
        return self.act(form["apiCode"], id, lambda: service(self, data))

    def create(self, data: dict[str, Any]) -> Response:
        """020003, order."""
        absent = missing(data, "logisticsOrderNo", "bizProductNo", "sender", "receiver", "cargos")
        absent = absent or next((a for end in ("sender", "receiver") if (a := self._incomplete(data[end]))), None)
        if absent:
            return self._answer("parameter", f"{absent}不能为空")
        times = [data.get(name) for name in ("pickupPreBeginTime", "pickupPreEndTime")]
        if any(times) and not _a_span(self.box, times):
            return self._answer("parameter", "揽收预约时间不正确")
        order = Order(data["logisticsOrderNo"], _end(data["sender"]), _end(data["receiver"]), str(data["cargos"][0].get("cargoName")))
        known = self.parcels.get(order.id)
        plan = known.plan if known else self.parcels.plan(order)
        if plan == "refused":
            return self._answer("refused", "该地址超出揽收范围")
        parcel, _ = self.parcels.order(order, plan, {"pickup": times})
        return self._answer(None, "成功", {"logisticsOrderNo": parcel.id, "waybillNo": parcel.reference, "routeCode": "532-01"})

    def cancel(self, data: dict[str, Any]) -> Response:
        """020006; before collection."""
        parcel = self.parcels.get(str(data.get("logisticsOrderNo"))) or self.parcels.find(str(data.get("waybillNo")))
        if parcel is None:
            return self._answer("order", "订单不存在")
        if parcel.state in ("collected", "arrived", "failed"):
            return self._answer("order", "订单已收寄，不能取消")
        if parcel.state == "ordered":
            self.parcels.cancel(parcel)
        return self._answer(None, "成功", {"waybillNo": parcel.reference})

    def in_range(self, data: dict[str, Any]) -> Response:
        """030005: whether the address is collected from; status 0 yes, 1 no."""
        if absent := missing(data, "address"):
            return self._answer("parameter", f"{absent}不能为空")
        return self._answer(None, "成功", {"status": "0"})

    def trace(self, data: dict[str, Any]) -> Response:
        """040001: every step so far."""
        parcel = self.parcels.find(str(data.get("waybillNo")))
        if parcel is None:
            return self._answer("order", "未查询到轨迹信息")
        rows = [_row(parcel, stop) for stop in parcel.stops if stop["stop"] in TRACES]
        return self._answer(None, "查询结果正常返回！", {"responseItems": rows})

    @staticmethod
    def _incomplete(end: Any) -> str | None:
        if absent := missing(end, *END):
            return absent
        return None if end.get("mobile") or end.get("phone") else "mobile"

    def _trace(self, parcel: Parcel, stop: str) -> Callback | None:
        account = self.account
        if account is None or not account.callback or stop not in TRACES:
            return None
        row = _row(parcel, parcel.stops[-1]) | {"orderNo": parcel.id}
        serial = self.box.token("ems push", f"{parcel.id} {len(parcel.stops)}", 32).upper()

        def build(at: float) -> Sent:
            return json_body(
                {
                    "logitcsInterface": encrypt(json.dumps(row, ensure_ascii=False), account.sign_key),
                    "method": "040002",
                    "msgType": "0",
                    "senderNo": account.sender_no,
                    "serialNo": serial,
                    "timeStamp": beijing(at),
                    "version": "v1.0.0",
                }
            )

        push = Push(account.callback, build, says("code", DONE))
        return self.box.outbox.write(self.name, parcel.id, stop, {"opCode": row["opCode"]}, push=push)

    def _answer(self, fault: str | None, text: str, body: Any = None) -> Response:
        code = CODES[fault] if fault else DONE
        serial = self.box.token("ems answer", f"{code}{text}{body}", 32)
        body = json.dumps(body, ensure_ascii=False) if body is not None else None
        return json_answer({"serialNo": serial, "retCode": code, "retMsg": text, "retBody": body, "retDate": beijing(self.box.now())})


SERVICES = {"020003": Ems.create, "020006": Ems.cancel, "030005": Ems.in_range, "040001": Ems.trace}


def _a_span(box: Box, times: list[Any]) -> bool:
    begin, end = (unix(value) for value in times)
    return begin is not None and end is not None and begin < end and to_come(box, begin)


def _end(end: dict[str, Any]) -> dict[str, Any]:
    address = "".join(str(end[part]) for part in ("prov", "city", "county", "address"))
    return {"name": end["name"], "mobile": end.get("mobile") or end.get("phone"), "address": address}


def _row(parcel: Parcel, stop: dict[str, Any]) -> dict[str, Any]:
    code, name, text = TRACES[stop["stop"]]
    return {
        "traceNo": parcel.reference,
        "waybillNo": parcel.reference,
        "opTime": beijing(stop["at"]),
        "opCode": code,
        "opName": name,
        "opDesc": text,
        "opOrgProvName": "山东省",
        "opOrgCity": "青岛市",
        "opOrgCode": "26600001",
        "opOrgName": "青岛市揽投部",
        "operatorName": "演示",
        "operatorNo": "0",
    }
