from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.padding import PKCS7
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.courier.conftest import PICKUP, TIMED, Line
from wugan.clock import FixedClock
from wugan.courier.area import Area
from wugan.courier.ems import EmsAccount, EmsCourier, decrypt, encrypt, state_of
from wugan.courier.port import Detail, Hint, Parcel, ParcelState
from wugan.courier.waybills import MemoryWaybills
from wugan.errors import Forbidden, InvalidInput, NotFound, VendorRefused, VendorUnavailable
from wugan.http import JsonClient

KEY = "TvaBgrhE46sft3nZlfe7xw=="
OTHER_KEY = b64encode(b"0123456789abcdef").decode()
HOME = Area("山东省", "青岛市", "市北区")


@pytest.fixture
def ems(line: Line, waybills: MemoryWaybills, clock: FixedClock, client: JsonClient) -> EmsCourier:
    return EmsCourier(EmsAccount("1100001", "AUTH", KEY, HOME, url=line.url), waybills, clock, client)


def said(body: Any = None, code: str = "00000", words: str = "成功") -> dict[str, Any]:
    return {"retCode": code, "retMsg": words, "retBody": json.dumps(body) if body is not None else None, "serialNo": "1"}


PLACED = said({"logisticsOrderNo": PICKUP.id, "waybillNo": "1151155115511"})


def trace(*told: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"opTime": f"2026-03-04 1{i}:00:00", "opCode": code, "opDesc": words} for i, (code, words) in enumerate(told)]


def sealed(line: Line, index: int = -1) -> Any:
    return json.loads(decrypt(line.form(index)["logitcsInterface"], KEY))


def test_the_published_vector() -> None:
    message = '{"language":"zh-CN","orderId":"QIAO-20200618-004"}'
    expected = "|$4|efB6PnjDpgHG4xfrvYlXonyBuMJoGTynkfasopHvbl2u3nmNeP+rznA3DyRwb/2GeZL7I3rL6HKD5+Tv3Uy6x8jIDISbYG8Bg14caH2flYE="
    assert encrypt(message, KEY) == expected
    assert decrypt(expected, KEY) == message


@given(st.text())
def test_what_was_sealed_opens_again(message: str) -> None:
    assert decrypt(encrypt(message, KEY), KEY) == message


def test_an_order_byte_by_byte(ems: EmsCourier, line: Line) -> None:
    line.will(PLACED)
    assert ems.order(PICKUP) == Parcel(PICKUP.id, "1151155115511", ParcelState.ORDERED)
    message = (
        '[{"ecommerceUserId":"1100001","logisticsOrderNo":"01JQ8Z0000000000000000CASE-pickup-1","createdTime":"2026-03-04 10:20:30",'
        '"contentsAttribute":"1","bizProductNo":"1",'
        '"sender":{"name":"测试甲","mobile":"13800001234","prov":"山东省","city":"青岛市","county":"市南区","address":"演示路1号"},'
        '"receiver":{"name":"审批窗口","mobile":"13900005678","prov":"山东省","city":"青岛市","county":"市北区","address":"样例街2号"},'
        '"cargos":[{"cargoName":"旧证","cargoQuantity":1}]}]'
    )
    assert line.bodies[-1].decode() == (
        "apiCode=020003&senderNo=1100001&authorization=AUTH&timeStamp=2026-03-04+10%3A20%3A30"
        f"&logitcsInterface={quote_plus(encrypt(message, KEY))}"
    )


def test_when_to_come(ems: EmsCourier, line: Line) -> None:
    line.will(PLACED)
    ems.order(TIMED)
    (order,) = sealed(line)
    assert (order["pickupType"], order["pickupPreBeginTime"], order["pickupPreEndTime"]) == (
        "1",
        "2026-03-05 09:00:00",
        "2026-03-05 11:00:00",
    )


def test_what_is_placed_is_asked_for_and_not_placed_again(ems: EmsCourier, line: Line) -> None:
    line.will(PLACED, said({"responseItems": trace(("203", "已收寄"))}))
    ems.order(PICKUP)
    assert ems.order(PICKUP).state is ParcelState.COLLECTED
    assert [line.form(i)["apiCode"] for i in range(2)] == ["020003", "040001"]
    assert sealed(line) == {"waybillNo": "1151155115511", "direction": "0"}


def test_after_a_timeout_a_duplicate_is_a_success(ems: EmsCourier, line: Line) -> None:
    line.will(None, said({"waybillNo": "1151155115511"}, "B001", "物流订单号重复"), said([]))
    with pytest.raises(VendorUnavailable):
        ems.order(PICKUP)
    assert ems.order(PICKUP) == Parcel(PICKUP.id, "1151155115511", ParcelState.ORDERED)


def test_a_duplicate_without_a_waybill_learns_it_from_the_first_push(ems: EmsCourier, line: Line) -> None:
    line.will(said(None, "B001", "物流订单号重复"))
    assert ems.order(PICKUP) == Parcel(PICKUP.id, "", ParcelState.ORDERED)
    message = json.dumps({"orderNo": PICKUP.id, "waybillNo": "1151155115511", "opCode": "203"})
    ems.parse_push({}, "/", urlencode({"logitcsInterface": encrypt(message, KEY)}).encode())
    line.will(said({"responseItems": trace(("203", ""))}))
    assert ems.query(PICKUP.id) == Parcel(PICKUP.id, "1151155115511", ParcelState.COLLECTED)


@pytest.mark.parametrize(("words", "code"), [("参数错误：测试甲", "code_B002"), ("该地址超范围", "area_not_served")])
def test_a_refusal_names_the_code_and_nobody(ems: EmsCourier, line: Line, words: str, code: str) -> None:
    line.will(said("no json at all", "B002", words))
    with pytest.raises(VendorRefused, match=f"^{code}$"):
        ems.order(PICKUP)


@pytest.mark.parametrize(
    "answer",
    [b"<html>", 503, {}, {"retCode": ""}, said(None, "B009", "系统异常"), said(None, "B006", "请求时间戳已过期"),
     {"retCode": "00000", "retBody": "[" * 100_000}, {"retCode": "00000", "retBody": '{"waybillNo":"\\ud800"}'},
     said(None, "B008", "签名错误"), said({}), said([]), {"retCode": "00000", "retBody": "no json"}],
)  # fmt: skip
def test_what_is_not_understood_is_repeated(ems: EmsCourier, line: Line, answer: Any) -> None:
    line.will(answer)
    with pytest.raises(VendorUnavailable):
        ems.order(PICKUP)


def test_an_unknown_order_is_not_found_and_cancelled_already(ems: EmsCourier) -> None:
    with pytest.raises(NotFound):
        ems.query(PICKUP.id)
    ems.cancel(PICKUP.id)


def test_cancelling_twice_is_a_success(ems: EmsCourier, line: Line) -> None:
    line.will(PLACED, said({}))
    ems.order(PICKUP)
    ems.cancel(PICKUP.id)
    assert sealed(line) == {"logisticsOrderNo": PICKUP.id, "waybillNo": "1151155115511", "cancelReason": "用户取消"}
    ems.cancel(PICKUP.id)
    assert ems.query(PICKUP.id).state is ems.order(PICKUP).state is ParcelState.CANCELLED


def test_a_cancellation_whose_answer_was_lost_is_settled_by_the_repeat(ems: EmsCourier, line: Line) -> None:
    line.will(PLACED, None, said(None, "B010", "订单已取消"))
    ems.order(PICKUP)
    with pytest.raises(VendorUnavailable):
        ems.cancel(PICKUP.id)
    ems.cancel(PICKUP.id)
    assert ems.query(PICKUP.id).state is ParcelState.CANCELLED


def test_what_was_collected_cannot_be_cancelled(ems: EmsCourier, line: Line) -> None:
    line.will(PLACED, said(None, "B011", "不允许"), said({"responseItems": trace(("203", ""))}))
    ems.order(PICKUP)
    with pytest.raises(VendorRefused, match="already_collected"):
        ems.cancel(PICKUP.id)


@pytest.mark.parametrize(
    ("told", "state", "detail"),
    [
        ([], ParcelState.ORDERED, ""),
        ([("203", "已收寄"), ("305", "离开处理中心"), ("702", "正在派送")], ParcelState.COLLECTED, ""),
        ([("203", ""), ("711", "已签收，本人签收")], ParcelState.ARRIVED, ""),
        ([("203", ""), ("704", "已妥投，签收人：测试甲")], ParcelState.ARRIVED, ""),
        ([("203", ""), ("704", "未妥投，无人在家")], ParcelState.COLLECTED, Detail.PROBLEM),
        ([("203", ""), ("704", "未妥投"), ("702", "正在派送")], ParcelState.COLLECTED, ""),
        ([("203", ""), ("704", "未妥投，收件人拒收")], ParcelState.FAILED, Detail.REFUSED),
        ([("203", ""), ("704", "已签收，他人代收：门卫")], ParcelState.COLLECTED, Detail.OTHER_SIGNED),
        ([("203", ""), ("747", "已签收")], ParcelState.COLLECTED, Detail.OTHER_SIGNED),
        ([("203", ""), ("748", "已投自提柜")], ParcelState.COLLECTED, Detail.LOCKER),
        ([("203", ""), ("748", "已投自提柜"), ("711", "已签收")], ParcelState.COLLECTED, Detail.LOCKER),
        ([("203", ""), ("708", "邮件退回")], ParcelState.FAILED, Detail.RETURNED),
        ([("203", ""), ("708", "邮件退回"), ("711", "已签收")], ParcelState.FAILED, Detail.HOME),
        ([("203", ""), ("999", "邮件丢失")], ParcelState.FAILED, Detail.LOST),
        ([("O_011", "")], ParcelState.FAILED, Detail.DROPPED),
    ],
)
def test_what_a_trace_means(told: list[tuple[str, str]], state: ParcelState, detail: str) -> None:
    assert state_of(trace(*told)) == state_of(trace(*told)[::-1]) == (state, detail)


def pushed(message: str, key: str = KEY) -> dict[str, str]:
    return {"logitcsInterface": encrypt(message, key), "method": "040002", "senderNo": "1100001", "serialNo": "C3E7"}


@pytest.mark.parametrize("as_json", [True, False])
def test_a_push_is_opened_and_hints_the_same_when_replayed(ems: EmsCourier, line: Line, as_json: bool) -> None:
    line.will(PLACED)
    ems.order(PICKUP)
    fields = pushed(json.dumps({"waybillNo": "1151155115511", "opCode": "203"}))
    body = json.dumps(fields) if as_json else urlencode(fields)
    for _ in range(2):
        push = ems.parse_push({}, "/callbacks/ems", body.encode())
        assert push.hints == (Hint(PICKUP.id),)
        assert push.answer == '{"serialNo":"C3E7","code":"00000","codeMessage":"成功","senderNo":"1100001"}'.encode()


def test_a_push_about_a_stranger_gives_no_hint(ems: EmsCourier) -> None:
    fields = pushed(json.dumps({"waybillNo": "9", "orderNo": "x"}))
    assert ems.parse_push({}, "/", json.dumps(fields).encode()).hints == ()


def cut(message: str) -> dict[str, str]:
    """Encrypted alike, without the key at its end: what is left when a block is cut off and the padding is guessed."""
    padder, encryptor = PKCS7(128).padder(), Cipher(SM4(b64decode(KEY)), modes.ECB()).encryptor()
    padded = padder.update(message.encode()) + padder.finalize()
    return {"logitcsInterface": f"|$4|{b64encode(encryptor.update(padded) + encryptor.finalize()).decode()}"}


@pytest.mark.parametrize(
    "fields",
    [
        pushed('{"waybillNo":"1"}', OTHER_KEY),
        {"logitcsInterface": "|$4|AAAA"},
        {"logitcsInterface": "|$4|?"},
        pushed("no json"),
        cut('{"waybillNo":"1"}'),
        pushed("[" * 100_000),
        pushed('{"waybillNo":"\\ud800"}'),
        {"logitcsInterface": "|$4|测"},
    ],
)
def test_a_push_that_is_not_opened_with_our_key_is_refused(ems: EmsCourier, fields: dict[str, str]) -> None:
    with pytest.raises(Forbidden):
        ems.parse_push({}, "/", json.dumps(fields).encode())


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"a=b", b'{"a":' * 50_000, b'{"serialNo":"\\ud800"}', b'{"a":' + b"9" * 5000 + b"}"])
def test_a_push_without_a_message_is_refused(ems: EmsCourier, body: bytes) -> None:
    with pytest.raises(InvalidInput):
        ems.parse_push({}, "/", body)


def test_the_time_sent_is_beijings(ems: EmsCourier, line: Line, clock: FixedClock) -> None:
    clock.move(hours=12)
    line.will(PLACED)
    ems.order(PICKUP)
    assert line.form()["timeStamp"] == "2026-03-04 22:20:30"
