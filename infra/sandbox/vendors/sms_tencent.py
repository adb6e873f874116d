"""Tencent Cloud SMS, version 2021-01-11: SendSms, PullSmsSendStatusByPhoneNumber, and receipts in arrays.

From the API reference and "SMS Sending Status Notification". The vendor drops no repeats: the same `SessionContext` sent again is
a second message, so a caller that is not sure asks for the statuses of the number first.
"""

from __future__ import annotations

import re
from typing import Any

from werkzeug.wrappers import Request, Response

from infra.sandbox.book import Message
from infra.sandbox.box import Box
from infra.sandbox.vendors import tc3
from infra.sandbox.vendors.plumbing import Vendor, free_id, loads, message, missing
from infra.sandbox.vendors.push import Push, beijing, json_body, says
from infra.sandbox.vendors.receipts import Receipts

VERSION = "2021-01-11"
NUMBER = re.compile(r"(?:\+86|0086|86)?(1[2-9]\d{9})")
SENT = {"Code": "Ok", "Message": "send success"}


class SmsTencent(Vendor):
    """`POST /` with `X-TC-Version: 2021-01-11`."""

    name = "sms_tencent"

    def __init__(self, box: Box) -> None:
        super().__init__(box)
        self.account = box.config.vendors.sms_tencent
        self._receipts = Receipts(box, self.name, self._push)
        self._sent: list[dict[str, Any]] = []
        self._requests = 0

    def serve(self, request: Request) -> Response:
        """One call."""
        self._requests += 1
        id = self.box.token("sms_tencent request", str(self._requests), 32)
        account = self.account
        fault = tc3.fault_of(request, {account.secret_id: account.secret_key} if account else {}, "sms", self.box.now())
        if fault:
            return tc3.refused(id, *fault)
        data, action = loads(request.get_data()), request.headers.get("X-TC-Action", "")
        if action not in ACTIONS:
            return tc3.refused(id, "InvalidAction", "The request action is not found.")
        if not isinstance(data, dict):
            return tc3.refused(id, "InvalidParameter", "The request body is not JSON.")
        service, needed = ACTIONS[action]
        if absent := missing(data, *needed):
            return tc3.refused(id, "MissingParameter", f"The request is missing a required parameter `{absent}`.")
        assert account is not None
        if data["SmsSdkAppId"] != account.sdk_app_id:
            return tc3.refused(id, "UnauthorizedOperation.SmsSdkAppIdVerifyFail", "SmsSdkAppId verification fails.")
        about = str(data.get("SessionContext") or data.get("PhoneNumber") or "")
        return self.act(action, about, lambda: service(self, id, data))

    def send(self, id: str, data: dict[str, Any]) -> Response:
        """SendSms: each number has a code of its own."""
        if len(data["PhoneNumberSet"]) > 200:
            return tc3.refused(id, "LimitExceeded.PhoneNumberCountLimit", "The number of phone numbers exceeds 200.")
        rows = [self._send_one(str(number), data) for number in data["PhoneNumberSet"]]
        return tc3.answered(id, SendStatusSet=rows)

    def pull(self, id: str, data: dict[str, Any]) -> Response:
        """PullSmsSendStatusByPhoneNumber: what became of the messages to a number, those still on their way not among them."""
        mobile = _mobile(str(data["PhoneNumber"]))
        rows = [
            row for row in self._sent if row["SubscriberNumber"] == mobile and row["ReportStatus"] and row["at"] >= int(data["BeginTime"])
        ]
        offset = int(data.get("Offset") or 0)
        page = rows[offset : offset + min(int(data.get("Limit") or 10), 100)]
        return tc3.answered(id, PullSmsSendStatusSet=[{k: v for k, v in row.items() if k != "at"} for row in page])

    def _send_one(self, number: str, data: dict[str, Any]) -> dict[str, Any]:
        mobile, context = _mobile(number), str(data.get("SessionContext") or "")
        fault = self._fault(mobile, context, data)
        if fault or mobile is None:
            code, text = fault or ("InvalidParameterValue.IncorrectPhoneNumber", "mobile number format error")
            return self._row(number, context, "", 0) | {"Code": code, "Message": text}
        text = self._text(data)
        serial = f"{len(self._sent) + 1:04d}:{self.box.token('sms', f'{context}{mobile}{len(self._sent)}', 24)}"
        known = free_id(self.box, context or serial)
        sent, _ = message(self.box, "sms", known, mobile, text, reference=serial, vendor=self.name)
        self._later(sent, context)
        return self._row(f"+86{mobile}", context, serial, 1) | SENT

    @staticmethod
    def _row(number: str, context: str, serial: str, fee: int) -> dict[str, Any]:
        return {"SerialNo": serial, "PhoneNumber": number, "Fee": fee, "SessionContext": context, "IsoCode": "CN"}

    def _fault(self, mobile: str | None, context: str, data: dict[str, Any]) -> tuple[str, str] | None:
        account = self.account
        assert account is not None
        if mobile is None:
            return "InvalidParameterValue.IncorrectPhoneNumber", "mobile number format error"
        if account.sign_names and data.get("SignName") not in account.sign_names:
            return "FailedOperation.SignatureIncorrectOrUnapproved", "signature is incorrect or unapproved"
        if account.templates and str(data["TemplateId"]) not in account.templates:
            return "FailedOperation.TemplateIncorrectOrUnapproved", "template is incorrect or unapproved"
        if account.templates and len(set(re.findall(r"\{\d+\}", account.templates[str(data["TemplateId"])]))) != len(_values(data)):
            return "InvalidParameterValue.TemplateParameterFormatError", "template parameters do not match"
        if self.box.script.message("sms", context, mobile) == "refused":
            return "FailedOperation.PhoneNumberInBlacklist", "The mobile number is in the blacklist"
        if account.thirty_seconds and self._seconds_since(mobile) < 30:
            return (
                "LimitExceeded.PhoneNumberThirtySecondLimit",
                "The number of SMS messages sent to a single number within 30 seconds exceeds 1",
            )
        return None

    def _seconds_since(self, mobile: str) -> float:
        return self.box.now() - max((row["at"] for row in self._sent if row["SubscriberNumber"] == mobile), default=0.0)

    def _text(self, data: dict[str, Any]) -> str:
        assert self.account is not None
        text = self.account.templates.get(str(data["TemplateId"]))
        values = _values(data)
        if text is None:
            text = " ".join(values)
        for number, value in enumerate(values, start=1):
            text = text.replace(f"{{{number}}}", value)
        return f"【{data['SignName']}】{text}" if data.get("SignName") else text

    def _later(self, sent: Message, context: str) -> None:
        row = {
            "at": sent.at,
            "UserReceiveTime": 0,
            "CountryCode": "86",
            "SubscriberNumber": sent.to,
            "PhoneNumber": f"+86{sent.to}",
            "SerialNo": sent.reference,
            "ReportStatus": "",
            "Description": "",
            "SessionContext": context,
        }
        self._sent.append(row)
        plan = self.box.script.message("sms", context, sent.to)
        if plan != "silent":
            self.box.steps.after(self.box.config.delays.receipt, lambda: self._receipt(sent, row, good=plan == "delivered"))

    def _receipt(self, sent: Message, row: dict[str, Any], *, good: bool) -> None:
        with self.box.lock:
            now = self.box.now()
            sent.status = "delivered" if good else "undelivered"
            text = "用户短信送达成功" if good else "用户关机或停机"
            row |= {"UserReceiveTime": int(now), "ReportStatus": "SUCCESS" if good else "FAIL", "Description": text}
            told = {
                "user_receive_time": beijing(now),
                "nationcode": "86",
                "mobile": sent.to,
                "report_status": row["ReportStatus"],
                "errmsg": "DELIVRD" if good else "MK:0001",
                "description": text,
                "sid": sent.reference,
            }
            self._receipts.add(sent.id, sent.status, told)

    def _push(self, rows: list[dict[str, Any]]) -> Push | None:
        address = self.account and self.account.callback
        return Push(address, lambda _: json_body(rows), says("result", 0)) if address else None


SEND = ("PhoneNumberSet", "SmsSdkAppId", "TemplateId")
PULL = ("BeginTime", "PhoneNumber", "SmsSdkAppId")
ACTIONS = {
    "SendSms": (SmsTencent.send, SEND),
    "PullSmsSendStatusByPhoneNumber": (SmsTencent.pull, PULL),
}


def _mobile(number: str) -> str | None:
    found = NUMBER.fullmatch(number)
    return found and found[1]


def _values(data: dict[str, Any]) -> list[str]:
    return [str(value) for value in data.get("TemplateParamSet") or ()]
