"""The signatures against the vendors' published examples."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.sandbox.vendors import acs, ems, kuaidi100, sf, tc3, wechat
from tests.component.sandbox.conftest import CHECKWORD, SM4_KEY

JSON = '{"language":"zh-CN","orderId":"QIAO-20200618-004"}'


def test_sf() -> None:
    assert sf.digest(JSON, "12312334453453", CHECKWORD) == "IIKJtuLVzoFTu4kHI8M8vA=="


def test_sf_encodes_as_java_does() -> None:
    encoded = "%7B%22a%22%3A%22%E5%8C%97+*-_.%7E%22%7D1k"
    assert sf.digest('{"a":"北 *-_.~"}', "1", "k") == b64encode(hashlib.md5(encoded.encode()).digest()).decode()


def test_ems() -> None:
    body = "|$4|efB6PnjDpgHG4xfrvYlXonyBuMJoGTynkfasopHvbl2u3nmNeP+rznA3DyRwb/2GeZL7I3rL6HKD5+Tv3Uy6x8jIDISbYG8Bg14caH2flYE="
    assert ems.encrypt(JSON, SM4_KEY) == body
    assert ems.decrypt(body, SM4_KEY) == JSON


@given(st.text())
def test_ems_reads_what_it_wrote(text: str) -> None:
    assert ems.decrypt(ems.encrypt(text, SM4_KEY), SM4_KEY) == text


@pytest.mark.parametrize("body", ["", "|$4|", "|$4|!", "|$4|AAAA", "plain"])
def test_ems_reads_nothing_else(body: str) -> None:
    assert ems.decrypt(body, SM4_KEY) is None


def test_kuaidi100_is_md5_in_capitals() -> None:
    assert kuaidi100.signature("param", "1576123932000", "key", "secret") == hashlib.md5(b"param1576123932000keysecret").hexdigest().upper()


def test_aliyun_v3() -> None:
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = [("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"), ("RegionId", "cn-shanghai")]
    made = acs.v3_signature("YourAccessKeySecret", "POST", "/", query, headers, sorted(headers), b"")
    assert made == "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"


def test_aliyun_v1() -> None:
    parameters = {
        "Timestamp": "2016-02-23T12:46:24Z",
        "Format": "XML",
        "AccessKeyId": "testid",
        "Action": "DescribeRegions",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
        "Version": "2014-05-26",
        "SignatureVersion": "1.0",
    }
    assert acs.v1_signature("testsecret", "GET", parameters.items()) == "OLeaidS1JvxuMvnyHOwuJ+uX5qY="


def test_tencent() -> None:
    headers = {"content-type": "application/json; charset=utf-8", "host": "cvm.tencentcloudapi.com", "x-tc-action": "DescribeInstances"}
    body = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    made = tc3.signature("*" * 32, "cvm", 1551113065, headers, sorted(headers), body)
    assert made == "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"


def test_wechat_sorts_the_three() -> None:
    assert wechat.signature("c", "a", "b") == hashlib.sha1(b"abc").hexdigest()
