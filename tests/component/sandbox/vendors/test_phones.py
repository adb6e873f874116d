"""The page of everybody's phones."""

from __future__ import annotations

from collections.abc import Callable

from infra.sandbox.script import Delays
from tests.component.sandbox.conftest import Raw
from tests.component.sandbox.vendors.test_couriers import SF_ORDER
from tests.component.sandbox.vendors.test_faces import DETECT
from tests.component.sandbox.vendors.test_messages import ALI


def test_messages_codes_faces_and_parcels_are_seen_by_phone_and_escaped(raw: Raw) -> None:
    assert "还没有消息" in raw.http.get("/phones").text
    raw.aliyun_sms("SendSms", ALI | {"TemplateParam": '{"item":"<script>验证码 123456","link":"http://127.0.0.1/a"}'})
    raw.sf_business("EXP_RECE_CREATE_ORDER", SF_ORDER)
    url = raw.faceid("DetectAuth", DETECT)["Url"]
    page = raw.http.get("/phones").text
    assert "短信 · 阿里云短信" in page
    assert '<p class="code">123456</p>' in page
    assert "<script>" not in page
    assert "上门取件 · 顺丰速运" in page
    assert "送件上门 · 顺丰速运" in page
    assert url.removeprefix("http://localhost") in page


def test_one_phone_is_found_and_looking_changes_nothing(raw: Raw) -> None:
    raw.aliyun_sms("SendSms", ALI)
    before = raw.http.get("/_sandbox/records?kind=messages").data
    assert "13800001234" in raw.http.get("/phones?who=1380000").text
    assert "13800001234" not in raw.http.get("/phones?who=139").text
    assert raw.http.get("/_sandbox/records?kind=messages").data == before


def test_the_page_refreshes_only_when_asked_to(raw: Raw) -> None:
    raw.aliyun_sms("SendSms", ALI)
    still, moving = raw.http.get("/phones?who=138").text, raw.http.get("/phones?refresh=1&who=138").text
    assert 'http-equiv="refresh"' not in still
    assert 'href="/phones?refresh=1&amp;who=138"' in still
    assert '<meta http-equiv="refresh" content="5">' in moving
    assert 'href="/phones?who=138">停止自动刷新' in moving


def test_a_parcel_in_a_locker_is_not_called_delivered(raw_of: Callable[..., Raw], until: Callable[[Callable[[], object]], object]) -> None:
    raw = raw_of(Delays(collect=0.01, arrive=0.01))
    raw.rule(match="case", courier="locker")
    raw.sf_business("EXP_RECE_CREATE_ORDER", SF_ORDER)
    until(lambda: "放入快递柜</span>" in raw.http.get("/phones").text)
