"""Faces over Tencent: requests byte by byte, and passed only where the vendor says so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.fake_vendor import FakeVendor, broke_off, said
from tests.support.template import ROOT
from wugan.cases.applicant import QUESTION
from wugan.clock import FixedClock
from wugan.clouds.tencent import TencentCloud
from wugan.errors import InvalidInput, VendorRefused, VendorUnavailable
from wugan.http import Answer
from wugan.identity import tencent
from wugan.identity.port import Checked, Started
from wugan.identity.tencent import MOST_INTENTION, TencentFace
from wugan.items.catalogue import load_folder

CLOCK = FixedClock(datetime(2026, 11, 24, 4, 0, tzinfo=UTC))


def face(client: FakeVendor, *, spoken: bool = False) -> TencentFace:
    cloud = TencentCloud("https://faceid.example", tencent.SERVICE, tencent.VERSION, tencent.REGION, "id", "key", CLOCK, client)
    return TencentFace(cloud, "1", CLOCK, spoken)


def response(**fields: Any) -> Answer:
    return said({"Response": fields | {"RequestId": "r"}})


STARTED = response(Url="https://open.weixin.qq.com/…", BizToken="92F6D4B6")


def error(code: str) -> Answer:
    return response(Error={"Code": code, "Message": "张三 110…"})


def test_the_start() -> None:
    client = FakeVendor(STARTED)
    started = face(client).start_face("case-face-1", "张三", "11010119900101001x", "https://portal.example/back")
    assert started == Started("92F6D4B6", "https://open.weixin.qq.com/…")
    [asked] = client.asked
    assert asked.body.decode() == (
        '{"RuleId":"1","IdCard":"11010119900101001X","Name":"张三","RedirectUrl":"https://portal.example/back","Extra":"case-face-1"}'
    )
    assert (asked.headers["X-TC-Action"], asked.headers["X-TC-Version"]) == ("DetectAuth", "2018-03-01")


def test_the_intention_is_bound_where_the_flow_asks_for_it() -> None:
    client = FakeVendor(STARTED)
    face(client, spoken=True).start_face("i", "张三", "1", "b", "我" * 120)
    assert ('"IntentionVerifyText":"' + "我" * 120 + '"').encode() in client.asked[0].body


@pytest.mark.parametrize("intention", ["我" * 121, ""])
def test_an_intention_that_cannot_be_read_out_is_refused_before_anything_is_asked(intention: str) -> None:
    client = FakeVendor()
    with pytest.raises(InvalidInput, match="intention"):
        face(client, spoken=True).start_face("i", "张三", "1", "b", intention)


def test_where_nothing_is_read_out_the_intention_stays_here() -> None:
    client = FakeVendor(STARTED)
    face(client).start_face("i", "张三", "1", "b", "我愿意")
    assert "我愿意".encode() not in client.asked[0].body


def test_only_texts_are_asked_for() -> None:
    client = FakeVendor(response(Text={"ErrCode": 0}), response(Text={"ErrCode": 1}))
    face(client).check_face("token")
    face(client, spoken=True).check_face("token")
    assert [a.body for a in client.asked] == [
        b'{"BizToken":"token","RuleId":"1","InfoType":"1"}',
        b'{"BizToken":"token","RuleId":"1","InfoType":"15"}',
    ]


def test_nothing_but_result_level_and_time_is_kept() -> None:
    text = {"ErrCode": 0, "ErrMsg": "成功", "IdCard": "11010119900101001X", "Name": "张三", "Sim": "99", "Comparestatus": 0}
    found = face(FakeVendor(response(Text=text, IsVerifyIntention=False))).check_face("token")
    assert found == Checked("token", True, "face", CLOCK.now(), "")


@pytest.mark.parametrize("code", [1, -1, 1001, 2004])
def test_any_other_result_is_a_failure(code: int) -> None:
    text = {"ErrCode": code, "ErrMsg": "…", "LiveStatus": 0, "Comparestatus": 0}
    assert face(FakeVendor(response(Text=text))).check_face("token") == Checked("token", False, "face", CLOCK.now(), f"face:{code}")


@pytest.mark.parametrize("fields", [{}, {"Text": None}, {"Text": {}}, {"Text": {"ErrCode": None, "Name": "张三"}}])
def test_an_unfinished_check_is_nothing_yet(fields: dict[str, Any]) -> None:
    assert face(FakeVendor(response(**fields))).check_face("token") is None


@pytest.mark.parametrize("code", ["0", True, False, 0.0, [], {}])
def test_a_result_that_is_no_number_is_no_success(code: object) -> None:
    with pytest.raises(VendorUnavailable):
        face(FakeVendor(response(Text={"ErrCode": code}))).check_face("token")


@pytest.mark.parametrize(
    ("data", "passed"), [({"ErrorCode": 0}, True), ({"ErrorCode": -10}, False), ({"ErrorCode": None}, None), (None, None), ({}, None)]
)
def test_a_face_without_its_intention_is_not_enough(data: object, passed: bool | None) -> None:
    answer = response(Text={"ErrCode": 0}, IsVerifyIntention=True, IntentionVerifyData=data)
    found = face(FakeVendor(answer), spoken=True).check_face("token")
    assert (found and found.passed) is passed


@pytest.mark.parametrize(("spoken", "told"), [(False, True), (True, False), (True, None)])
def test_a_flow_that_is_set_up_otherwise_at_the_vendor_passes_nobody(spoken: bool, told: bool | None) -> None:
    with pytest.raises(VendorUnavailable):
        face(FakeVendor(response(Text={"ErrCode": 0}, IsVerifyIntention=told)), spoken=spoken).check_face("token")


@pytest.mark.parametrize("code", ["InvalidParameterValue.BizTokenExpired", "InvalidParameterValue.BizTokenIllegal"])
def test_a_token_that_is_gone_is_refused(code: str) -> None:
    with pytest.raises(VendorRefused):
        face(FakeVendor(error(code))).check_face("token")


@pytest.mark.parametrize(
    "answer",
    [
        error("AuthFailure.SignatureExpire"),
        error("InternalError"),
        error("RequestLimitExceeded"),
        broke_off(),
        b"",
        b"{}",
        Answer(502, b"", ""),
    ],
)
def test_what_is_not_about_the_person_is_asked_again(answer: object) -> None:
    with pytest.raises(VendorUnavailable):
        face(FakeVendor(answer)).check_face("token")
    with pytest.raises(VendorUnavailable):
        face(FakeVendor(answer)).start_face("i", "张三", "1", "b")


@pytest.mark.parametrize("answer", [response(BizToken="x"), response(Url="x"), response(Url="", BizToken="x")])
def test_a_start_that_is_not_understood(answer: Answer) -> None:
    with pytest.raises(VendorUnavailable):
        face(FakeVendor(answer)).start_face("i", "张三", "1", "b")


def test_the_question_of_every_item_can_be_read_out() -> None:
    lengths = [len(QUESTION.format(item=item.name)) for item in load_folder(ROOT / "items").items]
    assert lengths
    assert max(lengths) <= MOST_INTENTION
