"""SMS over Tencent Cloud (腾讯云短信), API 2021-01-11.

Source: cloud.tencent.com/document/product/382 (SendSms 55981, PullSmsSendStatusByPhoneNumber 55980, receipts 43547, codes 59177).
The vendor drops no repeats by an id of ours: `wugan.outreach.failover` sees to that. Receipts carry its `SerialNo` only. Whether a
pulled status carries our `SessionContext` depends on a setting that Tencent makes on request; and it lists only what an operator
reported on, so that it never proves that a message was not taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wugan.clock import Clock
from wugan.clouds import CloudError, short
from wugan.clouds.tencent import TencentCloud
from wugan.errors import InvalidInput, VendorRefused, VendorUnavailable
from wugan.outreach.carrier import NotSent, Template, Trace, as_sent_or_not
from wugan.outreach.port import Message
from wugan.outreach.receipts import Batch, MessageOf, Receipt, Status, batch, receipt, text

NAME = "tencent"
SERVICE, VERSION, REGION = "sms", "2021-01-11", "ap-guangzhou"
ANSWER = b'{"result":0,"errmsg":"OK"}'
# What says something about the number, for ever or for long.
REFUSED = frozenset(
    {
        "FailedOperation.PhoneNumberInBlacklist",
        "FailedOperation.PhoneNumberParseFail",
        "InvalidParameterValue.IncorrectPhoneNumber",
        "UnsupportedOperation.UnsupportedRegion",
        "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone",
    }
)
# Families of codes with which the gateway or the vendor's own checks turn a call away: about us, our templates or the hour.
NOT_SENT = (
    "AuthFailure", "InvalidAction", "InvalidParameter", "InvalidParameterValue", "LimitExceeded", "MissingParameter", "NoSuchVersion",
    "RequestLimitExceeded", "RequestSizeLimitExceeded", "UnauthorizedOperation", "UnknownParameter", "UnsupportedOperation",
    "UnsupportedRegion",
)  # fmt: skip
# Of a failed operation only these certainly came before the sending.
NOT_SENT_OPERATIONS = frozenset(
    f"FailedOperation.{name}"
    for name in (
        "ContainSensitiveWord", "FailResolvePacket", "InsufficientBalanceInSmsPackage", "JsonParseFail", "MarketingSendTimeConstraint",
        "NotEnterpriseCertification", "ProhibitSubAccountUse", "SignatureIncorrectOrUnapproved", "TemplateIdNotExist",
        "TemplateIncorrectOrUnapproved", "TemplateParamSetNotMatchApprovedTemplate", "TemplateUnapprovedOrNotExist",
    )
)  # fmt: skip


@dataclass(frozen=True)
class TencentSms:
    """A carrier (`wugan.outreach.carrier.Carrier`)."""

    cloud: TencentCloud
    app_id: str
    sign_name: str
    template: Template
    clock: Clock

    @property
    def name(self) -> str:
        return NAME

    @property
    def account(self) -> str:
        return self.app_id

    @property
    def repeat_safe(self) -> timedelta:
        return timedelta(0)

    def submit(self, message: Message) -> str:
        """SendSms; returns the SerialNo."""
        answer = self._call("SendSms", self._body(message))
        statuses = answer.get("SendStatusSet")
        status = statuses[0] if isinstance(statuses, list) and len(statuses) == 1 else None
        if not isinstance(status, dict) or not isinstance(status.get("Code"), str):
            raise VendorUnavailable("the answer has no status", field="SendStatusSet")
        if status["Code"] != "Ok":
            raise verdict(short(status["Code"]))
        serial = status.get("SerialNo")
        if not isinstance(serial, str) or not serial:
            raise VendorUnavailable("the answer has no SerialNo", field="SerialNo")
        return serial

    def trace(self, message: Message, since: datetime) -> Trace | None:
        """PullSmsSendStatusByPhoneNumber; of a message that is not in it, it cannot tell."""
        asked = {
            "BeginTime": int(since.timestamp()) - 60,
            "EndTime": int(self.clock.wall().timestamp()),
            "Offset": 0,
            "Limit": 100,
            "PhoneNumber": e164(message.address),
            "SmsSdkAppId": self.app_id,
        }
        found = self._call("PullSmsSendStatusByPhoneNumber", asked).get("PullSmsSendStatusSet")
        for row in found if isinstance(found, list) else []:
            if isinstance(row, dict) and row.get("SessionContext") == message.id and isinstance(row.get("SerialNo"), str):
                status = _STATUS.get(str(row.get("ReportStatus")))
                return Trace(row["SerialNo"], status, "" if status is Status.DELIVERED else "undelivered")
        raise VendorUnavailable("no operator reported on it: it may be on its way")

    def _body(self, message: Message) -> dict[str, Any]:
        return {
            "PhoneNumberSet": [e164(message.address)],
            "SmsSdkAppId": self.app_id,
            "TemplateId": self.template.id,
            "SignName": self.sign_name,
            "TemplateParamSet": list(self.template.fill(message).values()),
            "SessionContext": message.id,
        }

    def _call(self, action: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self.cloud.call(action, parameters)
        except CloudError as error:
            raise verdict(error.detail) from error
        except VendorUnavailable as error:
            raise as_sent_or_not(error) from error


_STATUS = {"SUCCESS": Status.DELIVERED, "FAIL": Status.UNDELIVERED}


def receipts(body: bytes, message_of: MessageOf) -> Batch:
    """The receipts of a push. Raises InvalidInput when it is no array."""

    def read(row: Mapping[str, Any]) -> Receipt | None:
        reference, status = text(row, "sid"), _STATUS.get(text(row, "report_status"))
        if status is None:
            raise InvalidInput("SUCCESS or FAIL is expected", field="report_status")
        message_id = message_of(reference)
        return receipt(NAME, reference, message_id, status, short(row.get("errmsg"))) if message_id else None

    return batch(body, read)


def verdict(code: str) -> VendorRefused | VendorUnavailable:
    """What an error code means for a message. One that we do not know, or cannot read, leaves it in doubt."""
    if code in REFUSED:
        return VendorRefused(code)
    turned_away = code in NOT_SENT_OPERATIONS or code.partition(".")[0] in NOT_SENT
    return NotSent(code) if turned_away else VendorUnavailable(code)


def e164(mobile: str) -> str:
    """A Chinese mobile number as the vendor wants it."""
    return mobile if mobile.startswith("+") else f"+86{mobile}"
