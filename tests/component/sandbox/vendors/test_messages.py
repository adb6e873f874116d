"""WeChat, both SMS vendors and the city app."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from infra.sandbox.script import Chances
from tests.component.sandbox.conftest import STILL, Raw

SOON = STILL.model_copy(update={"receipt": 0.01, "batch": 0.05})
SMS = {
    **{"PhoneNumberSet": ["+8613800001234"], "SmsSdkAppId": "1400", "SignName": "青岛审批", "TemplateId": "7"},
    **{"TemplateParamSet": ["换证", "http://127.0.0.1/a"], "SessionContext": "case-push-1"},
}
ALI = {
    **{"PhoneNumbers": "13800001234", "SignName": "青岛审批", "TemplateCode": "SMS_1", "OutId": "case-push-1"},
    "TemplateParam": json.dumps({"item": "换证", "link": "http://127.0.0.1/a"}),
}
WX = {"touser": "openid-1", "template_id": "T1", "url": "http://127.0.0.1/a", "data": {"thing1": {"value": "换证"}}, "client_msg_id": "m1"}


def wx_token(raw: Raw, **more: Any) -> dict[str, Any]:
    asked = {"grant_type": "client_credential", "appid": "wx1", "secret": "wxs"} | more
    answer: dict[str, Any] = raw.http.post("/cgi-bin/stable_token", json=asked).get_json()
    return answer


def wx_send(raw: Raw, token: str, kind: str = "template/send", **changed: Any) -> dict[str, Any]:
    answer: dict[str, Any] = raw.http.post(f"/cgi-bin/message/{kind}?access_token={token}", json=WX | changed).get_json()
    return answer


def test_wechat_keeps_its_stable_token_until_it_is_forced(raw: Raw) -> None:
    first = wx_token(raw)["access_token"]
    assert wx_token(raw)["access_token"] == first
    second = wx_token(raw, force_refresh=True)["access_token"]
    assert second != first
    assert wx_send(raw, first)["errcode"] == 40001
    assert wx_send(raw, second)["errcode"] == 0


@pytest.mark.parametrize(("more", "code"), [({"appid": "x"}, 40013), ({"secret": "x"}, 40125), ({"grant_type": "x"}, 40002)])
def test_wechat_gives_no_token_to_strangers(raw: Raw, more: dict[str, str], code: int) -> None:
    assert wx_token(raw, **more)["errcode"] == code


def test_wechat_tokens_expire(raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    token, now = wx_token(raw)["access_token"], time.time()
    monkeypatch.setattr(raw.box, "now", lambda: now + 7201)
    assert wx_send(raw, token)["errcode"] == 42001
    assert wx_token(raw)["access_token"] != token


def test_wechat_sends_one_message_for_one_id(raw: Raw) -> None:
    token = wx_token(raw)["access_token"]
    assert wx_send(raw, token)["msgid"] == wx_send(raw, token)["msgid"]
    assert wx_send(raw, token, client_msg_id="m2")["msgid"] != wx_send(raw, token)["msgid"]
    assert len(raw.box.book.messages) == 2


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"touser": ""}, 40003), ({"template_id": "T9"}, 40037), ({"data": {"thing1": {"value": ""}}}, 47003), ({"data": None}, 47001)],
)
def test_wechat_refuses(raw: Raw, changed: dict[str, Any], code: int) -> None:
    assert wx_send(raw, wx_token(raw)["access_token"], **changed)["errcode"] == code
    assert raw.http.post("/cgi-bin/message/template/send", json=WX).get_json()["errcode"] == 41001


@pytest.mark.parametrize(("kind", "code"), [("template/send", 43004), ("subscribe/bizsend", 43101)])
def test_wechat_says_that_a_person_does_not_take_it(raw: Raw, kind: str, code: int) -> None:
    raw.rule(match="openid-1", wechat="refused")
    assert wx_send(raw, wx_token(raw)["access_token"], kind)["errcode"] == code


@pytest.mark.parametrize(("plan", "status"), [("delivered", "success"), ("undelivered", "failed:user block")])
def test_wechat_tells_the_end_by_a_signed_event(raw_of: Callable[..., Raw], until: Any, listener: Any, plan: str, status: str) -> None:
    raw = raw_of(SOON)
    raw.rule(match="openid-1", wechat=plan)
    listener.text = "success"
    raw.box.point_at(listener.url)
    number = wx_send(raw, wx_token(raw)["access_token"])["msgid"]
    push = until(lambda: listener.received)[0]
    query = push["query"]
    assert query["signature"] == hashlib.sha1("".join(sorted(("wxtoken", query["timestamp"], query["nonce"]))).encode()).hexdigest()
    event = {child.tag: child.text for child in ElementTree.fromstring(push["body"])}
    assert (event["Event"], event["MsgID"], event["Status"]) == ("TEMPLATESENDJOBFINISH", str(number), status)


def test_tencent_sends_again_what_it_is_asked_for_again(raw: Raw) -> None:
    first, second = (raw.tencent_sms("SendSms", SMS)["SendStatusSet"][0] for _ in range(2))
    assert first["Code"] == second["Code"] == "Ok"
    assert first["SerialNo"] != second["SerialNo"]
    assert len(raw.box.book.messages) == 2
    message = raw.box.book.messages.get("case-push-1")
    assert message
    assert (message.to, message.text, message.link) == (
        "13800001234",
        "【青岛审批】请办理换证：http://127.0.0.1/a",
        "http://127.0.0.1/a",
    )


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"id": "other"}, "AuthFailure.SecretIdNotFound"),
        ({"key": "other"}, "AuthFailure.SignatureFailure"),
        ({"skew": 400}, "AuthFailure.SignatureExpire"),
        ({"skew": -400}, "AuthFailure.SignatureExpire"),
    ],
)
def test_tencent_refuses_strangers_and_wrong_clocks(raw: Raw, how: dict[str, Any], code: str) -> None:
    assert raw.tencent_sms("SendSms", SMS, **how)["Error"]["Code"] == code
    assert len(raw.box.book.messages) == 0


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"PhoneNumberSet": ["123"]}, "InvalidParameterValue.IncorrectPhoneNumber"),
        ({"SignName": "别家"}, "FailedOperation.SignatureIncorrectOrUnapproved"),
        ({"TemplateId": "8"}, "FailedOperation.TemplateIncorrectOrUnapproved"),
        ({"TemplateParamSet": ["一"]}, "InvalidParameterValue.TemplateParameterFormatError"),
    ],
)
def test_tencent_refuses_a_number_with_its_own_code(raw: Raw, changed: dict[str, Any], code: str) -> None:
    assert raw.tencent_sms("SendSms", SMS | changed)["SendStatusSet"][0]["Code"] == code


def test_tencent_refuses_the_whole(raw: Raw) -> None:
    assert raw.tencent_sms("SendSms", SMS | {"SmsSdkAppId": "9"})["Error"]["Code"] == "UnauthorizedOperation.SmsSdkAppIdVerifyFail"
    assert raw.tencent_sms("SendSms", {"SmsSdkAppId": "1400"})["Error"]["Code"] == "MissingParameter"
    assert raw.tencent_sms("Nothing", SMS)["Error"]["Code"] == "InvalidAction"


def test_tencent_tells_receipts_in_arrays_and_when_asked(raw_of: Callable[..., Raw], until: Any, listener: Any) -> None:
    raw = raw_of(SOON)
    raw.rule(match="case-push-2", sms="undelivered")
    listener.answer = {"result": 0, "errmsg": "OK"}
    raw.box.point_at(listener.url)
    serials = [raw.tencent_sms("SendSms", SMS | {"SessionContext": f"case-push-{n}"})["SendStatusSet"][0]["SerialNo"] for n in (1, 2, 3)]
    until(lambda: sum(len(r["json"]) for r in listener.received) == 3)
    rows = {row["sid"]: row["report_status"] for r in listener.received for row in r["json"]}
    assert rows == dict(zip(serials, ("SUCCESS", "FAIL", "SUCCESS"), strict=True))
    asked = {"BeginTime": 0, "Offset": 0, "Limit": 10, "PhoneNumber": "+8613800001234", "SmsSdkAppId": "1400"}
    pulled = raw.tencent_sms("PullSmsSendStatusByPhoneNumber", asked)["PullSmsSendStatusSet"]
    assert {row["SessionContext"]: row["ReportStatus"] for row in pulled}["case-push-2"] == "FAIL"


def test_receipts_are_lost_repeated_and_late_by_chance(raw_of: Callable[..., Raw], until: Any, listener: Any) -> None:
    raw = raw_of(SOON, chances=Chances(callback_repeat=0.2, callback_reorder=0.2, callback_loss=0.2))
    listener.answer = {"result": 0}
    raw.box.point_at(listener.url)
    for n in range(60):
        raw.tencent_sms("SendSms", SMS | {"SessionContext": f"case{n}-push-1"})
    until(lambda: all(m.status == "delivered" for m in raw.box.book.messages))
    time.sleep(0.4)
    told = [row["sid"] for r in listener.received for row in r["json"]]
    assert 30 < len(set(told)) < 60
    assert len(told) > len(set(told))
    assert len(listener.received) < len(told)


def test_aliyun_sends_hands_the_id_through_and_knows_the_day(raw_of: Callable[..., Raw], until: Any, listener: Any) -> None:
    raw = raw_of(SOON)
    listener.answer = {"code": 0, "msg": "接收成功"}
    raw.box.point_at(listener.url)
    sent = raw.aliyun_sms("SendSms", ALI).get_json()
    assert (sent["Code"], sent["Message"]) == ("OK", "OK")
    row = until(lambda: listener.received)[0]["json"][0]
    assert (row["out_id"], row["biz_id"], row["success"], row["err_code"]) == ("case-push-1", sent["BizId"], True, "DELIVERED")
    day = row["send_time"][:10].replace("-", "")
    asked = {"PhoneNumber": "13800001234", "SendDate": day, "PageSize": "10", "CurrentPage": "1"}
    found = raw.aliyun_sms("QuerySendDetails", asked).get_json()
    detail = found["SmsSendDetailDTOs"]["SmsSendDetailDTO"][0]
    assert (found["TotalCount"], detail["OutId"], detail["SendStatus"]) == (1, "case-push-1", 3)


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ({"id": "other"}, 404, "InvalidAccessKeyId.NotFound"),
        ({"key": "other"}, 400, "SignatureDoesNotMatch"),
        ({"skew": 1000}, 400, "InvalidTimeStamp.Expired"),
    ],
)
def test_aliyun_refuses_strangers_and_wrong_clocks(raw: Raw, how: dict[str, Any], status: int, code: str) -> None:
    answer = raw.aliyun_sms("SendSms", ALI, **how)
    assert (answer.status_code, answer.get_json()["Code"]) == (status, code)


def test_aliyun_takes_a_nonce_once(raw: Raw) -> None:
    assert raw.aliyun_sms("SendSms", ALI, nonce="n1").get_json()["Code"] == "OK"
    assert raw.aliyun_sms("SendSms", ALI, nonce="n1").get_json()["Code"] == "SignatureNonceUsed"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"PhoneNumbers": "1"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"SignName": "别家"}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"TemplateCode": "SMS_9"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"TemplateParam": "x"}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": "{}"}, "isv.TEMPLATE_MISSING_PARAMETERS"),
    ],
)
def test_aliyun_refuses(raw: Raw, changed: dict[str, str], code: str) -> None:
    assert raw.aliyun_sms("SendSms", ALI | changed).get_json()["Code"] == code
    assert len(raw.box.book.messages) == 0


def city_token(raw: Raw, secret: str = "citysecret") -> Any:
    form = {"grant_type": "client_credentials", "client_id": "city", "client_secret": secret}
    return raw.http.post("/rest/oauth2/token", data=form)


def test_the_city_app_takes_a_message_once_from_who_has_a_token(raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    assert city_token(raw, "wrong").status_code == 401
    headers = {"Authorization": f"Bearer {city_token(raw).get_json()['access_token']}"}
    body = {"messageId": "case-push-1", "userId": "user-1", "title": "换证", "content": "请办理", "url": "http://127.0.0.1/a"}
    first, second = (raw.http.post("/rest/message/push", json=body, headers=headers).get_json() for _ in range(2))
    assert first["data"]["pushId"] == second["data"]["pushId"]
    assert len(raw.box.book.messages) == 1
    now = time.time()
    monkeypatch.setattr(raw.box, "now", lambda: now + 7201)
    assert raw.http.post("/rest/message/push", json=body, headers=headers).status_code == 401


@pytest.mark.parametrize("fault", ["error_before", "error_after", "malformed"])
def test_faults_are_the_scripts(raw: Raw, fault: str) -> None:
    raw.rule(match="m1", fault=fault)
    token = wx_token(raw)["access_token"]
    answer = raw.http.post(f"/cgi-bin/message/template/send?access_token={token}", json=WX)
    assert len(raw.box.book.messages) == (fault != "error_before")
    if fault == "error_before":
        assert answer.get_json()["errcode"] == -1
    else:
        assert answer.mimetype == "text/html"
    assert wx_send(raw, token)["errcode"] == 0
    assert len(raw.box.book.messages) == 1
