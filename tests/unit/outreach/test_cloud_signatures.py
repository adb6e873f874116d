"""The clouds' signatures: the published vectors, and what the official SDKs put on the wire (recorded on this machine)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from tencentcloud.common.abstract_client import AbstractClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.http.request import RequestInternal
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

from tests.support.fake_vendor import FakeVendor, said
from wugan.clock import FixedClock
from wugan.clouds import CloudError, aliyun, short, tencent
from wugan.errors import VendorUnavailable
from wugan.http import Answer

PUBLISHED = b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'
PUBLISHED_AT = datetime.fromtimestamp(1551113065, UTC)
HEADERS = {"content-type": "application/json; charset=utf-8", "host": "cvm.tencentcloudapi.com"}
NOON = FixedClock(datetime(2026, 11, 24, 4, 0, tzinfo=UTC))


def test_tencents_published_vector() -> None:
    """cloud.tencent.com/document/api/213/30654, whose keys are printed with stars and were signed with them."""
    found = tencent.authorization(
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******", "Gu5t9xGARNpq86cd98joQYCN3*******", "cvm", PUBLISHED_AT, HEADERS, PUBLISHED
    )
    assert found == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, Signature=2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c"
    )


def test_tencents_later_published_vector_signs_the_action_too() -> None:
    found = tencent.authorization(
        "AKID" + "*" * 32, "*" * 32, "cvm", PUBLISHED_AT, HEADERS | {"x-tc-action": "describeinstances"}, PUBLISHED
    )
    assert found.endswith("content-type;host;x-tc-action, Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f")


def test_what_tencents_own_sdk_signs() -> None:
    """tencentcloud-sdk-python-sms 3.1.153 against a server on this machine."""
    body = (
        b'{"PhoneNumberSet": ["+8619900000001"], "SmsSdkAppId": "1400006666", "TemplateId": "1", '
        b'"SignName": "\\u67d0\\u5c40", "TemplateParamSet": ["\\u4e2d\\u6587 a"], "SessionContext": "c-push-1"}'
    )
    headers = {"content-type": "application/json", "host": "127.0.0.1:39181"}
    found = tencent.authorization("AKIDtest", "secret", "sms", datetime.fromtimestamp(1795482011, UTC), headers, body)
    assert found.endswith("Signature=9241a67344c9f78e8d13536af75d74b00606746b19c26553a9bdfc0c4b4e7ddc")


@pytest.mark.filterwarnings("ignore::DeprecationWarning:tencentcloud")
@pytest.mark.parametrize(
    ("service", "version", "action", "parameters"),
    [
        ("sms", "2021-01-11", "SendSms", {"SignName": "某局", "TemplateParamSet": ["中 文*~/+%&=", ""]}),
        ("faceid", "2018-03-01", "DetectAuth", {"Name": "测试甲", "IdCard": "37020219900307205X", "RuleId": "1"}),
    ],
)
def test_tencents_own_code_signs_the_same_request_alike(service: str, version: str, action: str, parameters: dict[str, Any]) -> None:
    """Nothing recorded: the SDK's signing runs here, and makes its request at the present moment."""
    client = AbstractClient(
        Credential("AKIDtest", "secret"), "ap-guangzhou", ClientProfile(httpProfile=HttpProfile(endpoint="sms.example"))
    )
    client._service, client._apiVersion = service, version
    request = RequestInternal("sms.example", "POST", "/", header={})
    client._build_req_with_tc3_signature(action, parameters, request)
    headers, body = request.header, request.data.encode()
    at = datetime.fromtimestamp(int(headers["X-TC-Timestamp"]), UTC)
    signed = {"content-type": headers["Content-Type"], "host": headers["Host"]}
    assert headers["Authorization"] == tencent.authorization("AKIDtest", "secret", service, at, signed, body)


def test_aliyuns_published_vector() -> None:
    """help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature, the example with fixed values."""
    query = aliyun.encoded({"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"})
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-version": "2014-05-26",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
    }
    assert aliyun.authorization("YourAccessKeyId", "YourAccessKeySecret", headers, query) == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_what_aliyuns_own_sdk_signs() -> None:
    """alibabacloud-dysmsapi20170525 4.6.0 against a server on this machine; it signs more headers than it must."""
    query = aliyun.encoded(
        {
            "OutId": "c-push-1", "PhoneNumbers": "19900000001", "SignName": "某局", "TemplateCode": "SMS_1",
            "TemplateParam": '{"name":"中 文*~/"}',
        }
    )  # fmt: skip
    headers = {
        "accept": "application/json",
        "host": "127.0.0.1:45371",
        "user-agent": "AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2",
        "x-acs-action": "SendSms",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-credentials-provider": "static_ak",
        "x-acs-date": "2026-11-24T01:00:13Z",
        "x-acs-signature-nonce": "69269ddd7e02ff347573892d77502042",
        "x-acs-version": "2017-05-25",
    }
    found = aliyun.authorization("testid", "testsecret", headers, query)
    assert found.endswith("Signature=6784d6b4c67f4d1a4743704f61510730c5084147c2a9a5fecd716ed0b6a8f12f")


def tencent_cloud(client: FakeVendor) -> tencent.TencentCloud:
    return tencent.TencentCloud("https://sms.example", "sms", "2021-01-11", "ap-guangzhou", "id", "key", NOON, client)


def aliyun_cloud(client: FakeVendor) -> aliyun.AliyunCloud:
    return aliyun.AliyunCloud("https://sms.example/", "2017-05-25", "id", "key", NOON, lambda: "nonce-1", client)


def test_a_request_to_tencent() -> None:
    client = FakeVendor(said({"Response": {"RequestId": "r"}}))
    assert tencent_cloud(client).call("SendSms", {"SignName": "某局"}) == {"RequestId": "r"}
    [asked] = client.asked
    assert (asked.method, asked.url, asked.body) == ("POST", "https://sms.example/", '{"SignName":"某局"}'.encode())
    signed = {"content-type": "application/json; charset=utf-8", "host": "sms.example", "x-tc-action": "sendsms"}
    assert asked.headers == {
        "Authorization": tencent.authorization("id", "key", "sms", NOON.wall(), signed, asked.body),
        "Content-Type": "application/json; charset=utf-8",
        "Host": "sms.example",
        "X-TC-Action": "SendSms",
        "X-TC-Version": "2021-01-11",
        "X-TC-Timestamp": "1795492800",
        "X-TC-Region": "ap-guangzhou",
    }


def test_the_day_of_tencents_scope_is_utcs() -> None:
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC).astimezone(NOON.now().tzinfo)
    assert "/2026-11-24/sms/" in tencent.authorization("id", "key", "sms", late, HEADERS, b"")


def test_a_request_to_aliyun() -> None:
    client = FakeVendor(said({"Code": "OK"}))
    assert aliyun_cloud(client).call("SendSms", {"b": "某 局*~/", "a": "1"}) == {"Code": "OK"}
    [asked] = client.asked
    assert (asked.method, asked.url) == ("POST", "https://sms.example/")  # nothing personal in an address
    assert asked.body == b"a=1&b=%E6%9F%90%20%E5%B1%80%2A~%2F"
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.headers["x-acs-content-sha256"] == hashlib.sha256(asked.body).hexdigest()
    assert asked.headers["x-acs-date"] == "2026-11-24T04:00:00Z"
    assert asked.headers["x-acs-signature-nonce"] == "nonce-1"
    assert asked.headers["host"] == "sms.example"


@pytest.mark.parametrize("answer", [b"", b"[]", b"<html>", b'{"Response":[]}', b"{}", Answer(500, b"{}", ""), Answer(302, b"{}", "")])
def test_what_is_not_understood_of_tencent_may_have_been_done(answer: object) -> None:
    with pytest.raises(VendorUnavailable):
        tencent_cloud(FakeVendor(answer)).call("SendSms", {})


@pytest.mark.parametrize(
    "answer", [b"", b"[]", Answer(500, b'{"Code":"InternalError"}', ""), Answer(400, b"{}", ""), Answer(302, b"{}", "")]
)
def test_what_is_not_understood_of_aliyun_may_have_been_done(answer: object) -> None:
    with pytest.raises(VendorUnavailable):
        aliyun_cloud(FakeVendor(answer)).call("SendSms", {})


def test_an_error_is_told_by_its_code_alone() -> None:
    with pytest.raises(CloudError, match=r"^AuthFailure\.SignatureExpire$"):
        tencent_cloud(FakeVendor(said({"Response": {"Error": {"Code": "AuthFailure.SignatureExpire", "Message": "13800001234"}}}))).call(
            "X", {}
        )
    with pytest.raises(CloudError, match=r"^InvalidTimeStamp\.Expired$"):
        aliyun_cloud(FakeVendor(said({"Code": "InvalidTimeStamp.Expired", "Message": "13800001234"}, 400))).call("X", {})


@pytest.mark.parametrize(
    ("text", "kept"),
    [("isv.X_Y-1", True), ("DELIVRD", True), (-1, True), ("13800001234", False), ("张三", False), ("a b", False), (None, True)],
)
def test_codes_are_kept_and_personal_data_is_not(text: object, kept: bool) -> None:
    assert (short(text) == str(text)) is kept
