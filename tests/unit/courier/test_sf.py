from __future__ import annotations

import json
from base64 import b64encode
from hashlib import md5
from typing import Any
from urllib.parse import quote_plus

import pytest

from tests.unit.courier.conftest import DELIVERY, NOW, PICKUP, TIMED, Line
from wugan.clock import FixedClock
from wugan.courier.port import Detail, Hint, NeverPlaced, Parcel, ParcelState
from wugan.courier.sf import ACKNOWLEDGED, SfAccount, SfCourier, digest, state_of
from wugan.courier.waybills import Entry, MemoryWaybills
from wugan.errors import Forbidden, InvalidInput, VendorRefused, VendorUnavailable
from wugan.http import JsonClient

CHECKWORD = "fjcg5PGKaNpPSHFAZ4QsCOkV71R3zVci"


@pytest.fixture
def sf(line: Line, waybills: MemoryWaybills, clock: FixedClock, client: JsonClient) -> SfCourier:
    return SfCourier(SfAccount("PARTNER", CHECKWORD, "7551234567", "hidden", url=line.url), waybills, clock, client)


def said(code: str = "S0000", data: Any = None) -> dict[str, Any]:
    inside = json.dumps({"success": code == "S0000", "errorCode": code, "errorMsg": "测试甲 13800001234", "msgData": data})
    return {"apiResultCode": "A1000", "apiErrorMsg": "", "apiResponseID": "1", "apiResultData": inside}


def placed(filter_result: int = 2) -> dict[str, Any]:
    numbers = [{"waybillType": 1, "waybillNo": "SF7444400031887"}]
    return said(data={"orderId": PICKUP.id, "waybillNoInfoList": numbers, "filterResult": filter_result})


def routes(*told: tuple[str, str]) -> dict[str, Any]:
    listed = [{"acceptTime": f"2026-03-04 1{i}:00:00", "opCode": code, "remark": remark} for i, (code, remark) in enumerate(told)]
    return said(data={"routeResps": [{"mailNo": "SF7444400031887", "routes": listed}]})


def test_the_published_vector() -> None:
    message = '{"language":"zh-CN","orderId":"QIAO-20200618-004"}'
    assert digest(message, "12312334453453", CHECKWORD) == "IIKJtuLVzoFTu4kHI8M8vA=="


def test_the_digest_encodes_as_java_does() -> None:
    assert digest("a b*~", "1", "-_.é") == b64encode(md5(b"a+b*%7E1-_.%C3%A9").digest()).decode()


def test_an_order_byte_by_byte(sf: SfCourier, line: Line) -> None:
    line.will(placed())
    assert sf.order(PICKUP) == Parcel(PICKUP.id, "SF7444400031887", ParcelState.ORDERED)
    timestamp = str(int(NOW.timestamp() * 1000))
    data = (
        '{"language":"zh-CN","orderId":"01JQ8Z0000000000000000CASE-pickup-1","monthlyCard":"7551234567","payMethod":1,"expressTypeId":1,'
        '"isDocall":1,"isGenWaybillNo":1,"parcelQty":1,"cargoDetails":[{"name":"旧证","count":1}],"contactInfoList":['
        '{"contactType":1,"contact":"测试甲","mobile":"13800001234","country":"CN","address":"山东省青岛市市南区演示路1号"},'
        '{"contactType":2,"contact":"审批窗口","mobile":"13900005678","country":"CN","address":"青岛市市北区样例街2号"}]}'
    )
    request_id = line.form()["requestID"]
    assert line.bodies[-1].decode() == (
        f"partnerID=PARTNER&requestID={request_id}&serviceCode=EXP_RECE_CREATE_ORDER&timestamp={timestamp}"
        f"&msgDigest={quote_plus(digest(data, timestamp, CHECKWORD))}&msgData={quote_plus(data)}"
    )
    assert len(request_id) == 32
    assert line.headers[-1]["Content-Type"] == "application/x-www-form-urlencoded; charset=UTF-8"


def test_when_to_come(sf: SfCourier, line: Line) -> None:
    line.will(placed())
    sf.order(TIMED)
    assert json.loads(line.form()["msgData"])["sendStartTm"] == "2026-03-05 09:00:00"


def test_a_duplicate_order_is_a_success_that_tells_how_far_it_is(sf: SfCourier, line: Line) -> None:
    line.will(said("8016"), routes(("50", "顺丰速运 已收取快件")))
    assert sf.order(PICKUP) == Parcel(PICKUP.id, "SF7444400031887", ParcelState.COLLECTED)


def test_after_a_timeout_the_repeat_finds_the_order(sf: SfCourier, line: Line) -> None:
    line.will(None, said("8016"), said(data={"routeResps": []}), placed())
    with pytest.raises(VendorUnavailable):
        sf.order(PICKUP)
    assert sf.order(PICKUP) == Parcel(PICKUP.id, "SF7444400031887", ParcelState.ORDERED)
    assert line.form(0)["msgData"] == line.form(1)["msgData"]


def test_after_a_timeout_an_order_that_was_filtered_out_is_refused(sf: SfCourier, line: Line, waybills: MemoryWaybills) -> None:
    """Duplicate is only the order id: nobody comes."""
    waybills.claim(Entry(PICKUP.id, "sf", NOW))
    line.will(None, said("8016"), said(data={"routeResps": []}), said(data={"filterResult": "3", "waybillNoInfoList": []}))
    with pytest.raises(VendorUnavailable):
        sf.order(PICKUP)
    with pytest.raises(VendorRefused, match=r"^area_not_served$"):
        sf.order(PICKUP)
    assert waybills.find(PICKUP.id) == Entry(PICKUP.id, "sf", NOW), "whoever chooses may give it to another"


def test_an_order_that_is_filtered_out_later_is_not_collected(sf: SfCourier, line: Line) -> None:
    line.will(placed(filter_result=1), said(data={"routeResps": []}), placed(filter_result=3))
    sf.order(PICKUP)
    assert sf.query(PICKUP.id) == Parcel(PICKUP.id, "SF7444400031887", ParcelState.FAILED, Detail.NOT_COLLECTED)


@pytest.mark.parametrize("answer", [said("8999"), placed(filter_result=3)])
def test_a_refusal_names_the_code_and_nobody(sf: SfCourier, line: Line, answer: Any) -> None:
    line.will(answer)
    with pytest.raises(VendorRefused, match=r"^(code_8999|area_not_served)$"):
        sf.order(PICKUP)


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>",
        b"[]",
        503,
        {"apiResultCode": "A1006"},
        {"apiResultCode": "A1000"},
        {"apiResultCode": "A1000", "apiResultData": "no json"},
        {"apiResultCode": "A1000", "apiResultData": "[]"},
        {"apiResultCode": "A1000", "apiResultData": '{"success":false,"errorCode":"S0000"}'},
        {"apiResultCode": "A1000", "apiResultData": '{"success":true,"errorCode":"S0000","msgData":[1]}'},
        said("S0003"),
        {"apiResultCode": [[]]},
        {"apiResultCode": "A1000", "apiResultData": "[" * 100_000},
        {"apiResultCode": "A1000", "apiResultData": '{"success":true,"errorCode":"S0000","msgData":"\\ud800"}'},
        {"apiResultCode": "A1000", "apiResultData": '{"errorCode":' + "9" * 5000 + "}"},
    ],
)
def test_what_is_not_understood_is_repeated(sf: SfCourier, line: Line, answer: Any) -> None:
    line.will(answer)
    with pytest.raises(VendorUnavailable) as caught:
        sf.order(PICKUP)
    assert "测试" not in str(caught.value)
    assert CHECKWORD not in str(caught.value)


def test_the_secrets_do_not_show(sf: SfCourier) -> None:
    assert CHECKWORD not in repr(sf._account)
    assert "hidden" not in repr(sf._account)


def test_an_unknown_order_is_not_found_and_cancelled_already(sf: SfCourier, line: Line) -> None:
    line.will(said("8024"), said("8024"), said("8024"))
    with pytest.raises(NeverPlaced):
        sf.query(PICKUP.id)
    sf.cancel(PICKUP.id)


def test_cancelling_twice_is_a_success_and_is_remembered(sf: SfCourier, line: Line) -> None:
    line.will(placed(), said(data={"resStatus": 2}), said("8037"), said(data={"routeResps": []}))
    sf.order(PICKUP)
    sf.cancel(PICKUP.id)
    sf.cancel(PICKUP.id)
    assert json.loads(line.form(1)["msgData"]) == {"dealType": 2, "language": "zh-CN", "orderId": PICKUP.id}
    assert sf.query(PICKUP.id).state is ParcelState.CANCELLED


def test_what_was_collected_cannot_be_cancelled(sf: SfCourier, line: Line) -> None:
    line.will(said("8252"), routes(("50", "")))
    with pytest.raises(VendorRefused, match="already_collected"):
        sf.cancel(PICKUP.id)


def test_a_refused_cancellation_of_an_open_order_is_refused(sf: SfCourier, line: Line) -> None:
    line.will(said("8252"), said(data={"routeResps": []}), placed())
    with pytest.raises(VendorRefused, match="code_8252"):
        sf.cancel(PICKUP.id)


@pytest.mark.parametrize(
    ("told", "state", "detail"),
    [
        ([], ParcelState.ORDERED, ""),
        ([("50", "已收取快件"), ("31", "到达")], ParcelState.COLLECTED, ""),
        ([("50", ""), ("80", "已签收，感谢使用顺丰")], ParcelState.ARRIVED, ""),
        ([("80", "已签收"), ("8000", "在官网可查看签收人信息")], ParcelState.ARRIVED, ""),
        ([("50", ""), ("80", "您的快件已由前台代收")], ParcelState.COLLECTED, Detail.OTHER_SIGNED),
        ([("50", ""), ("80", "已由家人代收"), ("8000", "可查看签收人")], ParcelState.COLLECTED, Detail.OTHER_SIGNED),
        ([("50", ""), ("125", "已派送至丰巢"), ("80", "已签收")], ParcelState.COLLECTED, Detail.LOCKER),
        ([("50", ""), ("125", "已派送至丰巢"), ("80", "本人签收")], ParcelState.ARRIVED, ""),
        ([("50", ""), ("80", "已放入丰巢柜")], ParcelState.COLLECTED, Detail.LOCKER),
        ([("50", ""), ("70", "无人在家")], ParcelState.COLLECTED, Detail.PROBLEM),
        ([("50", ""), ("70", "无人在家"), ("44", "派送")], ParcelState.COLLECTED, ""),
        ([("50", ""), ("33", "收方拒收")], ParcelState.FAILED, Detail.REFUSED),
        ([("50", ""), ("33", "快件遗失")], ParcelState.FAILED, Detail.LOST),
        ([("50", ""), ("648", "已退回"), ("44", "派送")], ParcelState.FAILED, Detail.RETURNED),
        ([("50", ""), ("99", "退回寄件地"), ("80", "已签收")], ParcelState.FAILED, Detail.HOME),
    ],
)
def test_what_routes_mean(told: list[tuple[str, str]], state: ParcelState, detail: str) -> None:
    listed = [{"acceptTime": f"2026-03-04 1{i}:00:00", "opCode": code, "remark": remark} for i, (code, remark) in enumerate(told)]
    assert state_of(listed) == state_of(listed[::-1]) == (state, detail)


TOO_LONG = b'{"Body":{"WaybillRoute":[]},"x":"' + b"x" * 600_000 + b'"}'
PUSHED = {"Body": {"WaybillRoute": [{"mailno": "SF7444400031887", "orderid": PICKUP.id, "id": "1", "opCode": "80"}] * 2}}


def test_a_push_hints_once_and_the_same_when_replayed(sf: SfCourier, line: Line) -> None:
    line.will(placed())
    sf.order(PICKUP)
    for _ in range(2):
        push = sf.parse_push({}, "/callbacks/sf?key=hidden", json.dumps(PUSHED).encode())
        assert push.hints == (Hint(PICKUP.id),)
        assert push.answer == ACKNOWLEDGED == '{"return_code":"0000","return_msg":"成功"}'.encode()


def test_a_push_finds_the_order_by_its_waybill_and_leaves_out_strangers(sf: SfCourier, line: Line) -> None:
    line.will(placed())
    sf.order(PICKUP)
    told = [{"mailno": "SF7444400031887"}, {"mailno": "SF0", "orderid": DELIVERY.id}, {"mailno": ""}, "?"]
    push = sf.parse_push({}, "/callbacks/sf?key=hidden", json.dumps({"Body": {"WaybillRoute": told}}).encode())
    assert push.hints == (Hint(PICKUP.id),)


LONE = b'{"Body":{"WaybillRoute":[{"orderid":"\\ud800"}]}}'  # half a character


@pytest.mark.parametrize("target", ["/callbacks/sf", "/callbacks/sf?key=", "/callbacks/sf?key=other", "/callbacks/sf?key=\ud800", "//["])
def test_a_push_without_our_secret_is_refused(sf: SfCourier, target: str) -> None:
    with pytest.raises(Forbidden):
        sf.parse_push({}, target, json.dumps(PUSHED).encode())


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"{}", b'{"Body":{"WaybillRoute":{}}}', b'{"Body":' * 50_000, LONE, TOO_LONG])
def test_a_push_that_is_no_route_push_is_refused(sf: SfCourier, body: bytes) -> None:
    with pytest.raises(InvalidInput):
        sf.parse_push({}, "/callbacks/sf?key=hidden", body)
