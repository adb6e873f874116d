"""SMS over Aliyun: requests byte by byte, and what each answer means."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.support.fake_vendor import FakeVendor, broke_off, said
from wugan.clock import FixedClock
from wugan.clouds.aliyun import AliyunCloud
from wugan.errors import InvalidInput, VendorRefused, VendorUnavailable
from wugan.http import Answer
from wugan.outreach import sms_aliyun
from wugan.outreach.carrier import NotSent, Template, Trace
from wugan.outreach.port import Message
from wugan.outreach.receipts import Receipt, Status
from wugan.outreach.sms_aliyun import AliyunSms


def sms(client: FakeVendor, clock: FixedClock, template: Template) -> AliyunSms:
    return AliyunSms(AliyunCloud("https://sms.example", sms_aliyun.VERSION, "id", "key", clock, lambda: "n", client), "某局", template)


def details(*rows: Any) -> Answer:
    return said({"Code": "OK", "TotalCount": len(rows), "SmsSendDetailDTOs": {"SmsSendDetailDTO": list(rows)}})


def test_the_request_and_its_reference(clock: FixedClock, template: Template, message: Message) -> None:
    client = FakeVendor(said({"Code": "OK", "Message": "OK", "BizId": "900619746936498440^0", "RequestId": "r"}))
    assert sms(client, clock, template).submit(message) == "900619746936498440^0"
    [asked] = client.asked
    assert asked.url == "https://sms.example/"
    assert asked.body.decode() == (
        "OutId=case-push-1&PhoneNumbers=19900000001&SignName=%E6%9F%90%E5%B1%80&TemplateCode=T1"
        "&TemplateParam=%7B%22thing1%22%3A%22%E8%AF%B7%E6%8D%A2%E8%AF%81%E3%80%82%22%2C%22path%22%3A%22c%2Ftoken%22%7D"
    )
    assert asked.headers["x-acs-action"] == "SendSms"
    assert asked.headers["x-acs-version"] == "2017-05-25"


@pytest.mark.parametrize("status", [200, 400])
def test_a_number_that_never_works_is_refused(clock: FixedClock, template: Template, message: Message, status: int) -> None:
    with pytest.raises(VendorRefused):
        sms(FakeVendor(said({"Code": "isv.MOBILE_NUMBER_ILLEGAL"}, status)), clock, template).submit(message)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", 200),
        ("isv.AMOUNT_NOT_ENOUGH", 200),
        ("InvalidTimeStamp.Expired", 400),
        ("SignatureDoesNotMatch", 400),
        ("Throttling.User", 400),
        ("InvalidAccessKeyId.NotFound", 404),
        ("isp.RAM_PERMISSION_DENY", 200),
    ],
)
def test_what_is_not_about_the_number_was_not_sent(clock: FixedClock, template: Template, message: Message, code: str, status: int) -> None:
    with pytest.raises(NotSent):
        sms(FakeVendor(said({"Code": code}, status)), clock, template).submit(message)


@pytest.mark.parametrize(
    "answer",
    [
        broke_off(),
        b"",
        b"{}",
        b'{"Code":0}',
        b'{"Code":"OK"}',
        b'{"Code":"OK","BizId":7}',
        b'{"Code":"isp.SYSTEM_ERROR"}',
        b'{"Code":"isp.TIMEOUT"}',
        b'{"Code":""}',
        said({"Code": "系统错误"}),  # a code that cannot be read
        said({"Code": "NewFamily.OfCodes"}, 400),
        pytest.param(b"[" * 200_000, id="deep"),
        Answer(503, b"", ""),
    ],
)
def test_what_may_have_been_sent_is_neither_sent_nor_not(clock: FixedClock, template: Template, message: Message, answer: object) -> None:
    with pytest.raises(VendorUnavailable) as failure:
        sms(FakeVendor(answer), clock, template).submit(message)
    assert not isinstance(failure.value, NotSent)


@pytest.mark.parametrize(
    ("row", "trace"),
    [
        ({"SendStatus": 1}, Trace("case-push-1", None)),
        ({"SendStatus": 2, "ErrCode": "UNDELIV"}, Trace("case-push-1", Status.UNDELIVERED, "UNDELIV")),
        ({"SendStatus": 3, "ErrCode": "DELIVERED"}, Trace("case-push-1", Status.DELIVERED)),
    ],
)
def test_a_message_is_found_again_by_our_id(
    clock: FixedClock, template: Template, message: Message, row: dict[str, Any], trace: Trace
) -> None:
    client = FakeVendor(details({"OutId": "other", "SendStatus": 3}, {"OutId": "case-push-1"} | row))
    assert sms(client, clock, template).trace(message, clock.wall()) == trace
    assert dict(parse_qsl(client.asked[0].body.decode())) == {
        "PhoneNumber": "19900000001", "SendDate": "20261124", "PageSize": "50", "CurrentPage": "1",
    }  # fmt: skip


def test_a_message_that_is_not_listed_was_not_taken(clock: FixedClock, template: Template, message: Message) -> None:
    assert sms(FakeVendor(details()), clock, template).trace(message, clock.wall()) is None


def test_around_midnight_both_days_are_asked(clock: FixedClock, template: Template, message: Message) -> None:
    clock.move(hours=11, minutes=59)  # 23:59 in Beijing
    client = FakeVendor(details(), details({"OutId": "case-push-1", "SendStatus": 1}))
    assert sms(client, clock, template).trace(message, clock.wall()) == Trace("case-push-1", None)
    assert [dict(parse_qsl(a.body.decode()))["SendDate"] for a in client.asked] == ["20261124", "20261125"]


@pytest.mark.parametrize(
    "answer",
    [
        said({"Code": "OK"}),
        said({"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": [7]}}),
        details({"OutId": "case-push-1"}),
        details({"OutId": "case-push-1", "SendStatus": []}),
    ],
)
def test_a_list_that_is_not_understood_proves_nothing(clock: FixedClock, template: Template, message: Message, answer: Answer) -> None:
    with pytest.raises(VendorUnavailable):
        sms(FakeVendor(answer), clock, template).trace(message, clock.wall())


def row(**changes: Any) -> dict[str, Any]:
    """As in the vendor's document."""
    return {
        "phone_number": "19900000001", "send_time": "2017-01-01 00:00:00", "report_time": "2017-01-01 00:00:00", "success": True,
        "err_code": "DELIVERED", "err_msg": "用户接收成功", "sms_size": "1", "biz_id": "12345", "out_id": "case-push-1",
    } | changes  # fmt: skip


def test_receipts_repeats_strangers_and_nonsense_in_one_push() -> None:
    failed = row(biz_id="2", success=False, err_code="MOBILE_NOT_ON_SERVICE", out_id="b-push-1")
    rows = [row(), row(), failed, row(out_id=""), row(success="true"), row(biz_id=None)]
    found = sms_aliyun.receipts(json.dumps(rows).encode())
    assert found.receipts == (
        Receipt("aliyun:12345:delivered", "case-push-1", Status.DELIVERED),
        Receipt("aliyun:2:undelivered", "b-push-1", Status.UNDELIVERED, "MOBILE_NOT_ON_SERVICE"),
    )
    assert found.unknown == 1
    assert [b.split(": ")[:2] for b in found.bad] == [["row 5", "success"], ["row 6", "biz_id"]]


def test_what_is_no_push_is_refused() -> None:
    with pytest.raises(InvalidInput):
        sms_aliyun.receipts(b'{"biz_id":"1"}')


def test_the_answer_is_the_documents() -> None:
    assert json.loads(sms_aliyun.ANSWER) == {"code": 0, "msg": "接收成功"}
    assert sms_aliyun.ANSWER.decode() == '{"code":0,"msg":"接收成功"}'
