"""SMS over Tencent: requests byte by byte, and what each answer means."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.fake_vendor import FakeVendor, broke_off, said
from wugan.clock import FixedClock
from wugan.clouds.tencent import TencentCloud
from wugan.errors import InvalidInput, VendorRefused, VendorUnavailable
from wugan.http import Answer
from wugan.outreach import sms_tencent
from wugan.outreach.carrier import NotSent, Template, Trace
from wugan.outreach.port import Message
from wugan.outreach.receipts import Receipt, Status
from wugan.outreach.sms_tencent import TencentSms


def sms(client: FakeVendor, clock: FixedClock, template: Template) -> TencentSms:
    cloud = TencentCloud("https://sms.example", sms_tencent.SERVICE, sms_tencent.VERSION, sms_tencent.REGION, "id", "key", clock, client)
    return TencentSms(cloud, "1400006666", "某局", template, clock)


def status(code: str, **more: Any) -> Answer:
    return said(
        {"Response": {"SendStatusSet": [{"SerialNo": "5000:1", "PhoneNumber": "+8619900000001", "Code": code} | more], "RequestId": "r"}}
    )


def error(code: str) -> Answer:
    return said({"Response": {"Error": {"Code": code, "Message": "…"}, "RequestId": "r"}})


def test_the_request_and_its_reference(clock: FixedClock, template: Template, message: Message) -> None:
    client = FakeVendor(status("Ok"))
    assert sms(client, clock, template).submit(message) == "5000:1"
    [asked] = client.asked
    assert asked.body.decode() == (
        '{"PhoneNumberSet":["+8619900000001"],"SmsSdkAppId":"1400006666","TemplateId":"T1","SignName":"某局",'
        '"TemplateParamSet":["请换证。","c/token"],"SessionContext":"case-push-1"}'
    )
    assert asked.headers["X-TC-Action"] == "SendSms"
    assert asked.headers["X-TC-Version"] == "2021-01-11"


@pytest.mark.parametrize("answer", [status("FailedOperation.PhoneNumberInBlacklist"), error("InvalidParameterValue.IncorrectPhoneNumber")])
def test_a_number_that_never_works_is_refused(clock: FixedClock, template: Template, message: Message, answer: Answer) -> None:
    with pytest.raises(VendorRefused):
        sms(FakeVendor(answer), clock, template).submit(message)


@pytest.mark.parametrize(
    "answer",
    [
        error("AuthFailure.SignatureExpire"),  # our clock is wrong
        error("AuthFailure.SignatureFailure"),
        error("RequestLimitExceeded"),
        status("LimitExceeded.PhoneNumberDailyLimit"),
        status("FailedOperation.InsufficientBalanceInSmsPackage"),
        error("UnauthorizedOperation.RequestIpNotInWhitelist"),
        error("InvalidParameterValue.SdkAppIdNotExist"),
        error("MissingParameter.EmptyPhoneNumberSet"),
    ],
)
def test_what_is_not_about_the_number_was_not_sent(clock: FixedClock, template: Template, message: Message, answer: Answer) -> None:
    with pytest.raises(NotSent):
        sms(FakeVendor(answer), clock, template).submit(message)


@pytest.mark.parametrize(
    "answer",
    [
        broke_off(),
        b"",
        b"{}",
        error("InternalError.Timeout"),
        status("InternalError.SendAndRecvFail"),
        status("FailedOperation.OtherError"),
        status("发送超时"),  # a code that cannot be read
        status(""),
        status("NewFamily.OfCodes"),
        error("InternalError.RequestTimeException"),
        error("AuthFailureLike"),
        said({"Response": {"Error": {}}}),
        said({"Response": {"Error": "oops"}}),
        pytest.param(b"[" * 200_000, id="deep"),
        status("Ok", SerialNo=""),
        status("Ok", SerialNo=7),
        said({"Response": {"SendStatusSet": []}}),
        said({"Response": {"SendStatusSet": None}}),
        said({"Response": {"SendStatusSet": [{"Code": 0}]}}),
        Answer(502, b"bad gateway", "text/html"),
    ],
)
def test_what_may_have_been_sent_is_neither_sent_nor_not(clock: FixedClock, template: Template, message: Message, answer: object) -> None:
    with pytest.raises(VendorUnavailable) as failure:
        sms(FakeVendor(answer), clock, template).submit(message)
    assert not isinstance(failure.value, NotSent)


def test_a_message_is_found_again_by_our_id(clock: FixedClock, template: Template, message: Message) -> None:
    rows = [
        {"SerialNo": "5000:0", "SessionContext": "other", "ReportStatus": "FAIL"},
        {"SerialNo": "5000:1", "SessionContext": "case-push-1", "ReportStatus": "SUCCESS"},
    ]
    client = FakeVendor(said({"Response": {"PullSmsSendStatusSet": rows}}))
    found = sms(client, clock, template).trace(message, clock.wall() - timedelta(minutes=10))
    assert found == Trace("5000:1", Status.DELIVERED)
    assert client.asked[0].body.decode() == (
        '{"BeginTime":1795492140,"EndTime":1795492800,"Offset":0,"Limit":100,"PhoneNumber":"+8619900000001","SmsSdkAppId":"1400006666"}'
    )


@pytest.mark.parametrize("rows", [[], None, [{"SerialNo": "1", "ReportStatus": "SUCCESS"}], [None]])
def test_silence_about_a_message_proves_nothing(clock: FixedClock, template: Template, message: Message, rows: object) -> None:
    with pytest.raises(VendorUnavailable):
        sms(FakeVendor(said({"Response": {"PullSmsSendStatusSet": rows}})), clock, template).trace(message, clock.wall())


def row(sid: str = "5000:1", status: str = "SUCCESS", errmsg: str = "DELIVRD") -> dict[str, str]:
    """As in the vendor's document."""
    return {
        "user_receive_time": "2015-10-17 08:03:04", "nationcode": "86", "mobile": "19900000001",
        "report_status": status, "errmsg": errmsg, "description": "用户短信送达成功", "sid": sid,
    }  # fmt: skip


def test_receipts_repeats_strangers_and_nonsense_in_one_push() -> None:
    rows = [
        row(),
        row(),
        row("5000:2", "FAIL", "MK:1001"),
        row("5000:3", "FAIL", "UNDELIV"),
        row("6000:1"),
        row(status="MAYBE"),
        {"sid": ""},
        7,
    ]
    known = {"5000:1": "a-push-1", "5000:2": "b-push-1", "5000:3": "c-push-1"}
    found = sms_tencent.receipts(json.dumps(rows).encode(), known.get)
    assert found.receipts == (
        Receipt("tencent:5000:1:delivered", "a-push-1", Status.DELIVERED, ""),
        Receipt("tencent:5000:2:undelivered", "b-push-1", Status.UNDELIVERED, "unreadable"),
        Receipt("tencent:5000:3:undelivered", "c-push-1", Status.UNDELIVERED, "UNDELIV"),
    )
    assert found.unknown == 1
    assert [b.partition(":")[0] for b in found.bad] == ["row 6", "row 7", "row 8"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[", pytest.param(b"[" * 200_000, id="deep"), b'["\\ud800"]', b'"x"', b"[" + b"0," * 1000 + b"0]", b" " * 1_000_001],
)
def test_what_is_no_push_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        sms_tencent.receipts(body, lambda _: None)


def test_the_answer_is_the_documents() -> None:
    assert sms_tencent.ANSWER == b'{"result":0,"errmsg":"OK"}'
