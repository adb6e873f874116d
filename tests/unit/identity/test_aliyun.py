"""Faces over Aliyun: requests byte by byte, and passed only where the vendor says so."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.support.fake_vendor import FakeVendor, broke_off, said
from wugan.clock import FixedClock
from wugan.clouds.aliyun import AliyunCloud
from wugan.errors import VendorRefused, VendorUnavailable
from wugan.http import Answer
from wugan.identity import aliyun
from wugan.identity.aliyun import AliyunFace
from wugan.identity.port import Checked, Started

CLOCK = FixedClock(datetime(2026, 11, 24, 4, 0, tzinfo=UTC))


def face(client: FakeVendor) -> AliyunFace:
    return AliyunFace(
        AliyunCloud("https://cloudauth.example", aliyun.VERSION, "id", "key", CLOCK, lambda: "n", client), "1000000006", CLOCK
    )


def result(**fields: Any) -> Answer:
    return said({"Code": "200", "Message": "success", "ResultObject": fields, "RequestId": "r"})


def test_the_start() -> None:
    client = FakeVendor(result(CertifyId="91707dc2", CertifyUrl="https://render.example/p"))
    started = face(client).start_face(
        "case-face-1", "张三", "11010119900101001x", "https://portal.example/back", meta_info='{"deviceType":"h5"}'
    )
    assert started == Started("91707dc2", "https://render.example/p")
    [asked] = client.asked
    order = hashlib.sha256(b"case-face-1").hexdigest()[:32]
    assert dict(parse_qsl(asked.body.decode())) == {
        "SceneId": "1000000006", "OuterOrderNo": order, "ProductCode": "ID_PRO", "CertType": "IDENTITY_CARD", "CertName": "张三",
        "CertNo": "11010119900101001X", "ReturnUrl": "https://portal.example/back", "MetaInfo": '{"deviceType":"h5"}',
        "CertifyUrlType": "H5", "UserId": order,
    }  # fmt: skip
    assert asked.url == "https://cloudauth.example/"
    assert (asked.headers["x-acs-action"], asked.headers["x-acs-version"]) == ("InitFaceVerify", "2019-03-07")


def test_the_result_is_asked_for_without_pictures() -> None:
    client = FakeVendor(result(Passed="T", SubCode="200", MaterialInfo='{"facialPictureFront":{}}', IdentityInfo="张三"))
    assert face(client).check_face("c1") == Checked("c1", True, "face", CLOCK.now(), "")
    assert dict(parse_qsl(client.asked[0].body.decode())) == {"SceneId": "1000000006", "CertifyId": "c1"}


def test_a_failure_says_why_by_code() -> None:
    assert face(FakeVendor(result(Passed="F", SubCode="204"))).check_face("c1") == Checked("c1", False, "face", CLOCK.now(), "face:204")
    assert face(FakeVendor(said({"Code": "427"}))).check_face("c1") == Checked("c1", False, "face", CLOCK.now(), "face:427")


@pytest.mark.parametrize("code", ["403", "424"])
def test_an_unfinished_check_is_nothing_yet(code: str) -> None:
    assert face(FakeVendor(said({"Code": code, "Message": "身份认证记录不存在"}))).check_face("c1") is None


@pytest.mark.parametrize("passed", ["t", "Y", "", True, 1, None, "TRUE"])
def test_anything_but_the_letter_t_is_no_success(passed: object) -> None:
    with pytest.raises(VendorUnavailable):
        face(FakeVendor(result(Passed=passed, SubCode="200"))).check_face("c1")


@pytest.mark.parametrize("code", ["401", "406", "414", "417", "418"])
def test_what_another_way_may_mend_is_refused(code: str) -> None:
    with pytest.raises(VendorRefused):
        face(FakeVendor(said({"Code": code}))).check_face("c1")
    with pytest.raises(VendorRefused):
        face(FakeVendor(said({"Code": code}))).start_face("i", "张三", "1", "b")


@pytest.mark.parametrize(
    "answer",
    [
        said({"Code": "402"}), said({"Code": "412"}), said({"Code": "500"}), said({"Code": "InvalidTimeStamp.Expired"}, 400),
        said({"Code": "SignatureDoesNotMatch"}, 400), said({"Code": "Throttling.User"}, 400), broke_off(), b"", b"{}",
        said({"Code": "200"}), said({"Code": True, "ResultObject": {"Passed": "T"}}), Answer(503, b"", ""),
    ],
)  # fmt: skip
def test_what_is_not_about_the_person_is_asked_again(answer: object) -> None:
    with pytest.raises(VendorUnavailable):
        face(FakeVendor(answer)).check_face("c1")
    with pytest.raises(VendorUnavailable):
        face(FakeVendor(answer)).start_face("i", "张三", "1", "b")


@pytest.mark.parametrize("answer", [result(CertifyId="c1"), result(CertifyUrl="u"), result(CertifyId=1, CertifyUrl="u")])
def test_a_start_that_is_not_understood(answer: Answer) -> None:
    with pytest.raises(VendorUnavailable):
        face(FakeVendor(answer)).start_face("i", "张三", "1", "b")
