"""SMS over Alibaba Cloud (阿里云短信), API 2017-05-25.

Source: help.aliyun.com/zh/sms/developer-reference (SendSms, QuerySendDetails, SmsReport) and the official SDK 4.6.0's request.
The vendor drops no repeats by an id of ours, but it keeps `OutId`: receipts carry it, and QuerySendDetails lists it for every message
that was taken, reported on or not. How soon a message stands in that list is not published: see `failover.SURE`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wugan.clock import BEIJING
from wugan.clouds import CloudError, short
from wugan.clouds.aliyun import AliyunCloud
from wugan.errors import InvalidInput, VendorRefused, VendorUnavailable
from wugan.outreach.carrier import NotSent, Template, Trace, as_sent_or_not
from wugan.outreach.port import Message
from wugan.outreach.receipts import Batch, Receipt, Status, batch, receipt, text

NAME = "aliyun"
VERSION = "2017-05-25"
ANSWER = '{"code":0,"msg":"接收成功"}'.encode()
# What says something about the number.
REFUSED = frozenset({"isv.MOBILE_NUMBER_ILLEGAL"})
# Beginnings of codes with which the gateway or the vendor's own checks turn a call away: about us, our templates or the hour.
NOT_SENT = (
    "isv.", "isp.RAM_PERMISSION_DENY", "Forbidden", "IncompleteSignature", "InvalidAccessKeyId.", "InvalidAction.", "InvalidTimeStamp.",
    "InvalidVersion", "Missing", "NoPermission", "SignatureDoesNotMatch", "SignatureNonceUsed", "Throttling",
)  # fmt: skip
_STATUS = {1: None, 2: Status.UNDELIVERED, 3: Status.DELIVERED}
_EDGE = timedelta(minutes=2)


@dataclass(frozen=True)
class AliyunSms:
    """A carrier (`wugan.outreach.carrier.Carrier`)."""

    cloud: AliyunCloud
    sign_name: str
    template: Template

    @property
    def name(self) -> str:
        return NAME

    @property
    def account(self) -> str:
        return self.cloud.key_id

    @property
    def repeat_safe(self) -> timedelta:
        return timedelta(0)

    def submit(self, message: Message) -> str:
        """SendSms; returns the BizId."""
        parameters = {
            "PhoneNumbers": message.address,
            "SignName": self.sign_name,
            "TemplateCode": self.template.id,
            "TemplateParam": json.dumps(self.template.fill(message), ensure_ascii=False, separators=(",", ":")),
            "OutId": message.id,
        }
        reference = self._call("SendSms", parameters).get("BizId")
        if not isinstance(reference, str) or not reference:
            raise VendorUnavailable("the answer has no BizId", field="BizId")
        return reference

    def trace(self, message: Message, since: datetime) -> Trace | None:
        """QuerySendDetails of the days (Beijing's) on which it can have been taken. Its rows have no BizId: our id stands for it."""
        days = sorted({at.astimezone(BEIJING).strftime("%Y%m%d") for at in (since - _EDGE, since + _EDGE)})
        for day in days:
            for row in self._details(message, day):
                if row.get("OutId") == message.id:
                    return self._trace(message, row)
        return None

    def _trace(self, message: Message, row: Mapping[str, Any]) -> Trace:
        said = row.get("SendStatus")
        if not isinstance(said, int) or said not in _STATUS:
            raise VendorUnavailable("the answer has an unknown status", field="SendStatus")
        status = _STATUS[said]
        return Trace(message.id, status, short(row.get("ErrCode")) if status is Status.UNDELIVERED else "")

    def _details(self, message: Message, day: str) -> list[dict[str, Any]]:
        """At most 50 a page; a number gets far fewer in a day."""
        parameters = {"PhoneNumber": message.address, "SendDate": day, "PageSize": "50", "CurrentPage": "1"}
        found = self._call("QuerySendDetails", parameters).get("SmsSendDetailDTOs")
        rows = found.get("SmsSendDetailDTO") if isinstance(found, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise VendorUnavailable("the answer has no details", field="SmsSendDetailDTOs")
        return rows

    def _call(self, action: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        try:
            answer = self.cloud.call(action, parameters)
        except CloudError as error:
            raise verdict(error.detail) from error
        except VendorUnavailable as error:
            raise as_sent_or_not(error) from error
        if not isinstance(answer.get("Code"), str):
            raise VendorUnavailable("the answer has no code", field="Code")
        if answer["Code"] != "OK":
            raise verdict(short(answer["Code"]))
        return answer


def receipts(body: bytes) -> Batch:
    """The receipts of an SmsReport; rows without our `out_id` are of other senders of the account. Raises InvalidInput: no array."""

    def read(row: Mapping[str, Any]) -> Receipt | None:
        reference, success = text(row, "biz_id"), row.get("success")
        if not isinstance(success, bool):
            raise InvalidInput("true or false is expected", field="success")
        if not row.get("out_id"):
            return None
        status = Status.DELIVERED if success else Status.UNDELIVERED
        return receipt(NAME, reference, text(row, "out_id"), status, short(row.get("err_code")))

    return batch(body, read)


def verdict(code: str) -> VendorRefused | VendorUnavailable:
    """What an error code means for a message. One that we do not know, or cannot read, leaves it in doubt."""
    if code in REFUSED:
        return VendorRefused(code)
    return NotSent(code) if code.startswith(NOT_SENT) else VendorUnavailable(code)
