"""Aliyun SMS, version 2017-05-25: SendSms, QuerySendDetails, and SmsReport in arrays.

From the API reference and "SmsReport". The vendor drops no repeats: `OutId` is only handed through.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Request, Response

from infra.sandbox.book import Message
from infra.sandbox.box import Box
from infra.sandbox.vendors import acs
from infra.sandbox.vendors.plumbing import Vendor, free_id, json_answer, loads, message, missing
from infra.sandbox.vendors.push import BEIJING, Push, beijing, json_body, says
from infra.sandbox.vendors.receipts import Receipts

VERSION = "2017-05-25"
NUMBER = re.compile(r"(?:\+86|0086|86)?(1[2-9]\d{9})")
WAITING, FAILED, ARRIVED = 1, 2, 3
Values = CombinedMultiDict[str, str]


class SmsAliyun(Vendor):
    """`/` with `x-acs-version: 2017-05-25`."""

    name = "sms_aliyun"

    def __init__(self, box: Box) -> None:
        super().__init__(box)
        self.account = box.config.vendors.sms_aliyun
        self._door = acs.Door(self.account, ACTIONS)
        self._receipts = Receipts(box, self.name, self._push)
        self._sent: list[dict[str, Any]] = []
        self._requests = 0

    def serve(self, request: Request, action: str) -> Response:
        """One call."""
        self._requests += 1
        id = self.box.token("sms_aliyun request", str(self._requests), 32).upper()
        fault = self._door.fault_of(request, action, self.box.now())
        if fault:
            return acs.refused(id, fault, request.host)
        service, needed = ACTIONS[action]
        values = request.values
        if absent := missing(values.to_dict(), *needed):
            return acs.refused(id, (400, f"Missing{absent}", f"{absent} is mandatory for this action."), request.host)
        about = values.get("OutId") or values.get("PhoneNumber") or ""
        return self.act(action, about, lambda: service(self, id, values))

    def send(self, id: str, values: Values) -> Response:
        """SendSms; one number or several, separated by commas."""
        numbers = [NUMBER.fullmatch(number) for number in values["PhoneNumbers"].split(",")]
        fault = ("isv.MOBILE_NUMBER_ILLEGAL", "非法手机号") if not all(numbers) else self._fault(values)
        out = values.get("OutId") or ""
        mobiles = [found[1] for found in numbers if found]
        if not fault and any(self.box.script.message("sms", out, mobile) == "refused" for mobile in mobiles):
            fault = ("isv.MOBILE_NUMBER_ILLEGAL", "非法手机号")
        if fault:
            return json_answer({"Message": fault[1], "RequestId": id, "Code": fault[0]})
        biz = f"{self.box.digits('biz', f'{out} {len(self._sent)}', 18)}^0"
        for mobile in mobiles:
            self._send_one(mobile, out, biz, values)
        return json_answer({"Message": "OK", "RequestId": id, "BizId": biz, "Code": "OK"})

    def details(self, id: str, values: Values) -> Response:
        """QuerySendDetails: the messages to a number on a day."""
        size, page = int(values["PageSize"]), int(values["CurrentPage"])
        rows = [row for row in self._sent if row["PhoneNum"] == values["PhoneNumber"] and _day(row) == values["SendDate"]]
        if values.get("BizId"):
            rows = [row for row in rows if row["biz"] == values["BizId"]]
        shown = [{k: v for k, v in row.items() if k not in ("biz", "at")} for row in rows[size * (page - 1) : size * page]]
        return json_answer(
            {"TotalCount": len(rows), "Message": "OK", "RequestId": id, "SmsSendDetailDTOs": {"SmsSendDetailDTO": shown}, "Code": "OK"}
        )

    def _fault(self, values: Values) -> tuple[str, str] | None:
        account = self.account
        assert account is not None
        if account.sign_names and values["SignName"] not in account.sign_names:
            return "isv.SMS_SIGNATURE_ILLEGAL", "该账号下找不到对应签名"
        if account.templates and values["TemplateCode"] not in account.templates:
            return "isv.SMS_TEMPLATE_ILLEGAL", "该账号下找不到对应模板"
        given = loads(values.get("TemplateParam") or "{}")
        if not isinstance(given, dict):
            return "isv.INVALID_JSON_PARAM", "JSON参数不合法，只接受字符串值"
        names = set(re.findall(r"\$\{(\w+)\}", account.templates.get(values["TemplateCode"], "")))
        return None if names <= set(given) else ("isv.TEMPLATE_MISSING_PARAMETERS", "模板缺少变量")

    def _send_one(self, mobile: str, out: str, biz: str, values: Values) -> None:
        text = self._text(values)
        reference = f"{biz}-{mobile}"
        sent, _ = message(self.box, "sms", free_id(self.box, out or reference), mobile, text, reference=reference, vendor=self.name)
        row = {
            "at": sent.at,
            "biz": biz,
            "ErrCode": "",
            "TemplateCode": values["TemplateCode"],
            "OutId": out,
            "ReceiveDate": "",
            "Content": text,
            "PhoneNum": mobile,
            "SendDate": beijing(sent.at),
            "SendStatus": WAITING,
        }
        self._sent.append(row)
        plan = self.box.script.message("sms", out, mobile)
        if plan != "silent":
            self.box.steps.after(self.box.config.delays.receipt, lambda: self._receipt(sent, row, good=plan == "delivered"))

    def _text(self, values: Values) -> str:
        assert self.account is not None
        given = {name: str(value) for name, value in loads(values.get("TemplateParam") or "{}").items()}
        text = self.account.templates.get(values["TemplateCode"])
        if text is None:
            text = " ".join(given.values())
        for name, value in given.items():
            text = text.replace(f"${{{name}}}", value)
        return f"【{values['SignName']}】{text}"

    def _receipt(self, sent: Message, row: dict[str, Any], *, good: bool) -> None:
        with self.box.lock:
            now = beijing(self.box.now())
            sent.status = "delivered" if good else "undelivered"
            code, text = ("DELIVERED", "用户接收成功") if good else ("MK:0001", "空号或停机")
            row |= {"ErrCode": code, "ReceiveDate": now, "SendStatus": ARRIVED if good else FAILED}
            told = {
                "phone_number": sent.to,
                "send_time": row["SendDate"],
                "report_time": now,
                "success": good,
                "err_code": code,
                "err_msg": text,
                "sms_size": "1",
                "biz_id": row["biz"],
                "out_id": row["OutId"],
            }
            self._receipts.add(sent.id, sent.status, told)

    def _push(self, rows: list[dict[str, Any]]) -> Push | None:
        address = self.account and self.account.callback
        return Push(address, lambda _: json_body(rows), says("code", 0)) if address else None


ACTIONS = {
    "SendSms": (SmsAliyun.send, ("PhoneNumbers", "SignName", "TemplateCode")),
    "QuerySendDetails": (SmsAliyun.details, ("PhoneNumber", "SendDate", "PageSize", "CurrentPage")),
}


def _day(row: dict[str, Any]) -> str:
    return datetime.fromtimestamp(row["at"], UTC).astimezone(BEIJING).strftime("%Y%m%d")
