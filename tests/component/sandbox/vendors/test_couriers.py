"""SF, EMS and Kuaidi100 as they answer a client that follows the documents, and one that does not."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from infra.sandbox.script import Delays
from infra.sandbox.vendors import ems
from infra.sandbox.vendors.push import beijing
from tests.component.sandbox.conftest import ACCOUNTS, SM4_KEY, STILL, Raw

ID = "case-pickup-1"
QUICK = STILL.model_copy(update={"collect": 0.01, "arrive": 0.01})
ENDS = [
    {"contactType": 1, "contact": "测试甲", "mobile": "13800001234", "province": "山东省", "city": "青岛市", "address": "测试路1号"},
    {"contactType": 2, "contact": "审批局", "mobile": "13800005678", "address": "青岛市测试路2号"},
]
SF_ORDER = {"language": "zh-CN", "orderId": ID, "contactInfoList": ENDS, "cargoDetails": [{"name": "证照"}]}
EMS_END = {"name": "测试甲", "mobile": "13800001234", "prov": "山东省", "city": "青岛市", "county": "市南区", "address": "测试路1号"}
EMS_ORDER = {
    **{"ecommerceUserId": "1", "logisticsOrderNo": ID, "bizProductNo": "1", "createdTime": "2026-11-24 08:00:00"},
    **{"sender": EMS_END, "receiver": EMS_END, "cargos": [{"cargoName": "证照"}]},
}
KD_ORDER = {
    **{"kuaidicom": "jd", "recManName": "审批局", "recManMobile": "13800005678", "recManPrintAddr": "青岛市测试路2号"},
    **{"sendManName": "测试甲", "sendManMobile": "13800001234", "sendManPrintAddr": "青岛市测试路1号", "cargo": "证照"},
    **{"callBackUrl": "http://127.0.0.1:9/kd", "salt": "salty", "thirdOrderId": ID},
}


def ems_call(raw: Raw, code: str, data: Any, key: str = SM4_KEY, **changed: str) -> dict[str, Any]:
    body = ems.encrypt(json.dumps(data, ensure_ascii=False), key)
    form = {"apiCode": code, "senderNo": "1100", "authorization": "auth", "timeStamp": beijing(time.time()), "logitcsInterface": body}
    answer: dict[str, Any] = raw.http.post("/amp-prod-api/f/amp/api/open", data=form | changed).get_json()
    return answer


def test_sf_takes_an_order_once(raw: Raw) -> None:
    made = raw.sf_business("EXP_RECE_CREATE_ORDER", SF_ORDER)
    waybill = made["msgData"]["waybillNoInfoList"][0]["waybillNo"]
    assert (made["success"], made["errorCode"], waybill[:2]) == (True, "S0000", "SF")
    again = raw.sf_business("EXP_RECE_CREATE_ORDER", SF_ORDER)
    assert again == {"success": False, "errorCode": "8016", "errorMsg": "重复下单", "msgData": None}
    asked = raw.sf_business("EXP_RECE_SEARCH_ORDER_RESP", {"orderId": ID})
    assert asked["msgData"]["waybillNoInfoList"][0]["waybillNo"] == waybill
    assert len(raw.box.book.parcels) == 1
    assert raw.box.book.parcels.get(ID).times == 2  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"msgDigest": "x"}, "A1006"),
        ({"partnerID": "other"}, "A1004"),
        ({"serviceCode": "EXP_NOTHING"}, "A1004"),
        ({"requestID": ""}, "A1001"),
        ({"timestamp": "x"}, "A1006"),
    ],
)
def test_sf_refuses_at_its_gateway(raw: Raw, changed: dict[str, str], code: str) -> None:
    assert raw.sf("EXP_RECE_CREATE_ORDER", SF_ORDER, **changed)["apiResultCode"] == code
    assert len(raw.box.book.parcels) == 0


@pytest.mark.parametrize(
    ("end", "field", "code"), [(0, "address", "1010"), (0, "contact", "1011"), (0, "mobile", "1012"), (1, "address", "1014")]
)
def test_sf_names_what_is_missing(raw: Raw, end: int, field: str, code: str) -> None:
    ends = [dict(e) for e in ENDS]
    ends[end][field] = ""
    if field == "address":
        ends[end] = {k: v for k, v in ends[end].items() if k not in ("province", "city")}
    assert raw.sf_business("EXP_RECE_CREATE_ORDER", SF_ORDER | {"contactInfoList": ends})["errorCode"] == code


def test_sf_cancels_before_collection_only(raw: Raw) -> None:
    cancel = {"orderId": ID, "dealType": 2}
    assert raw.sf_business("EXP_RECE_UPDATE_ORDER", cancel)["errorCode"] == "8018"
    raw.sf_business("EXP_RECE_CREATE_ORDER", SF_ORDER)
    assert raw.sf_business("EXP_RECE_UPDATE_ORDER", cancel)["msgData"]["resStatus"] == 2
    assert raw.sf_business("EXP_RECE_UPDATE_ORDER", cancel)["errorCode"] == "8037"


@pytest.mark.parametrize(
    ("plan", "codes"),
    [
        ("arrive", ["50", "44", "80"]),
        ("locker", ["50", "44", "125"]),
        ("return_delivery", ["50", "44", "33", "99", "648"]),
        ("lost", ["50"]),
        ("stall", []),
    ],
)
def test_sf_follows_the_script(raw_of: Callable[..., Raw], until: Any, plan: str, codes: list[str]) -> None:
    raw = raw_of(QUICK)
    raw.rule(match="case", courier=plan)
    order = SF_ORDER | {"orderId": "case-delivery-1"}
    raw.sf_business("EXP_RECE_CREATE_ORDER", order)
    look = {"trackingType": "2", "trackingNumber": ["case-delivery-1"]}

    def seen() -> list[str]:
        found = raw.sf_business("EXP_RECE_SEARCH_ROUTES", look)
        return [r["opCode"] for r in found["msgData"]["routeResps"][0]["routes"]]

    until(lambda: seen() == codes)


def test_ems_takes_an_order_and_answers_a_repeat_alike(raw: Raw) -> None:
    made = ems_call(raw, "020003", [EMS_ORDER])
    assert made["retCode"] == "00000"
    assert ems_call(raw, "020003", [EMS_ORDER])["retBody"] == made["retBody"]
    waybill = json.loads(made["retBody"])["waybillNo"]
    assert json.loads(ems_call(raw, "040001", {"waybillNo": waybill})["retBody"]) == {"responseItems": []}
    assert ems_call(raw, "020006", {"logisticsOrderNo": ID, "waybillNo": waybill, "cancelReason": "x"})["retCode"] == "00000"
    assert raw.box.book.parcels.get(ID).state == "cancelled"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("data", "changed", "fault"),
    [
        ([EMS_ORDER], {"authorization": "x"}, "authorization"),
        ([EMS_ORDER], {"logitcsInterface": "|$4|AAAA"}, "decryption"),
        ([EMS_ORDER], {"apiCode": "999999"}, "parameter"),
        ([EMS_ORDER | {"receiver": EMS_END | {"county": ""}}], {}, "parameter"),
    ],
)
def test_ems_refuses(raw: Raw, data: Any, changed: dict[str, str], fault: str) -> None:
    assert ems_call(raw, "020003", data, **changed)["retCode"] == ems.CODES[fault]
    assert len(raw.box.book.parcels) == 0


def test_ems_reads_no_body_under_another_key(raw: Raw) -> None:
    other = base64.b64encode(b"0123456789abcdef").decode()
    assert ems_call(raw, "020003", [EMS_ORDER], key=other)["retCode"] == ems.CODES["decryption"]


def test_kuaidi100_takes_a_repeat_as_new_after_two_days(raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (raw.kuaidi100("bOrder", KD_ORDER) for _ in range(2))
    assert first == second
    assert len(raw.box.book.parcels) == 1
    now = raw.box.now()
    monkeypatch.setattr(raw.box, "now", lambda: now + 48 * 3600 + 1)
    third = raw.kuaidi100("bOrder", KD_ORDER)
    assert third["data"]["taskId"] != first["data"]["taskId"]
    assert len(raw.box.book.parcels) == 2
    detail = raw.kuaidi100("detail", {"taskId": first["data"]["taskId"]})["data"]
    assert (detail["kuaidinum"], detail["status"]) == (first["data"]["kuaidinum"], 0)
    cancelled = raw.kuaidi100("cancel", {k: first["data"][k] for k in ("taskId", "orderId")} | {"cancelMsg": "x"})
    assert cancelled["result"] is True
    assert raw.kuaidi100("detail", {"taskId": first["data"]["taskId"]})["data"]["status"] == 9


@pytest.mark.parametrize(
    ("param", "changed", "code"),
    [
        (KD_ORDER, {"sign": "0" * 32}, "503"),
        (KD_ORDER, {"key": "other"}, "601"),
        (KD_ORDER | {"recManName": ""}, {}, "400"),
        (KD_ORDER | {"kuaidicom": "nobody"}, {}, "400"),
    ],
)
def test_kuaidi100_refuses(raw: Raw, param: dict[str, str], changed: dict[str, str], code: str) -> None:
    answer = raw.kuaidi100("bOrder", param, **changed)
    assert (answer["result"], answer["returnCode"]) == (False, code)
    assert len(raw.box.book.parcels) == 0


def test_kuaidi100_answers_for_a_waybill_every_half_hour(raw_of: Callable[..., Raw], until: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ACCOUNTS.kuaidi100
    slow = ACCOUNTS.kuaidi100.model_copy(update={"query_seconds": 1800})
    raw = raw_of(QUICK, ACCOUNTS.model_copy(update={"kuaidi100": slow}))
    number = raw.kuaidi100("bOrder", KD_ORDER)["data"]["kuaidinum"]
    until(lambda: raw.box.book.parcels.get(ID).state == "arrived")  # type: ignore[union-attr]
    asked = {"com": "jd", "num": number}
    assert raw.kuaidi100_query(asked)["state"] == "3"
    assert raw.kuaidi100_query(asked)["result"] is False
    now = raw.box.now()
    monkeypatch.setattr(raw.box, "now", lambda: now + 1801)
    assert raw.kuaidi100_query(asked)["data"][0]["statusCode"] == "301"


def test_kuaidi100_pushes_orders_and_traces_signed_with_the_salt(raw_of: Callable[..., Raw], until: Any, listener: Any) -> None:
    raw = raw_of(QUICK)
    listener.answer = {"result": True, "returnCode": "200", "message": "成功"}
    raw.kuaidi100("bOrder", KD_ORDER | {"callBackUrl": f"{listener.url}/order", "pollCallBackUrl": f"{listener.url}/trace", "op": "1"})
    until(lambda: any(r["path"] == "/trace" and '"shutdown"' in r["form"]["param"] for r in listener.received))
    for push in listener.received:
        assert push["form"]["sign"] == hashlib.md5(f"{push['form']['param']}salty".encode()).hexdigest().upper()
    states = [json.loads(r["form"]["param"])["data"]["status"] for r in listener.received if r["path"] == "/order"]
    assert states == [0, 1, 10]
    assert raw.kuaidi100_query({"com": "jd", "num": raw.box.book.parcels.get(ID).reference})["ischeck"] == "1"  # type: ignore[union-attr]


def test_sf_pushes_routes_and_repeats_what_is_not_acknowledged(raw_of: Callable[..., Raw], until: Any, listener: Any) -> None:
    raw = raw_of(QUICK)
    listener.refusals = 1
    listener.answer = {"return_code": "0000", "return_msg": "成功"}
    raw.box.point_at(listener.url)
    raw.sf_business("EXP_RECE_CREATE_ORDER", SF_ORDER)
    until(lambda: len(listener.received) == 4)
    assert {r["path"] for r in listener.received} == {"/callbacks/sf/s3cret"}
    rows = [r["json"]["Body"]["WaybillRoute"][0] for r in listener.received]
    assert sorted({row["opCode"] for row in rows}) == ["44", "50", "80"]
    assert len({row["id"] for row in rows}) == 3
    assert {row["orderid"] for row in rows} == {ID}


def test_ems_pushes_encrypted(raw_of: Callable[..., Raw], until: Any, listener: Any) -> None:
    raw = raw_of(QUICK)
    listener.answer = {"serialNo": "1", "code": "00000", "codeMessage": "成功", "senderNo": "1100"}
    raw.box.point_at(listener.url)
    ems_call(raw, "020003", [EMS_ORDER])
    until(lambda: len(listener.received) == 3)
    told = [json.loads(ems.decrypt(r["json"]["logitcsInterface"], SM4_KEY) or "") for r in listener.received]
    assert sorted(row["opCode"] for row in told) == ["203", "702", "704"]
    assert all(r["json"]["method"] == "040002" for r in listener.received)


def test_a_courier_that_is_down_answers_503_and_moves_nothing(raw_of: Callable[..., Raw], until: Any) -> None:
    raw = raw_of(Delays(collect=0.05, arrive=0.05))
    raw.sf_business("EXP_RECE_CREATE_ORDER", SF_ORDER)
    down = raw.http.post("/_sandbox/down", json={"vendor": "sf", "seconds": 0.4})
    assert down.status_code == 200
    assert raw.sf_answer("EXP_RECE_SEARCH_ORDER_RESP", {"orderId": ID}).status_code == 503
    assert raw.box.book.parcels.get(ID).state == "ordered"  # type: ignore[union-attr]
    until(lambda: raw.box.book.parcels.get(ID).state == "arrived")  # type: ignore[union-attr]


@pytest.mark.parametrize("off", [-301, 301])
def test_a_request_of_another_time_is_refused(raw: Raw, monkeypatch: pytest.MonkeyPatch, off: int) -> None:
    now = raw.box.now()
    monkeypatch.setattr(raw.box, "now", lambda: now - off)
    assert raw.sf("EXP_RECE_CREATE_ORDER", SF_ORDER)["apiResultCode"] == "A1002"
    assert ems_call(raw, "020003", [EMS_ORDER])["retCode"] == ems.CODES["time"]
    assert len(raw.box.book.parcels) == 0


def at_eight(raw: Raw, monkeypatch: pytest.MonkeyPatch, hour: int) -> tuple[Any, Any, Any]:
    """What three couriers say, at eight in the morning, to an order for an hour of the day."""
    now = raw.box.now()
    eight = now - (now + 8 * 3600) % 86400 + 8 * 3600
    begin, end = beijing(eight + (hour - 8) * 3600), beijing(eight + (hour - 6) * 3600)
    monkeypatch.setattr(time, "time", lambda: eight)
    monkeypatch.setattr(raw.box, "clock", lambda: eight)
    times = {"dayType": "今天", "pickupStartTime": begin[11:16], "pickupEndTime": end[11:16]}
    return (
        raw.sf_business("EXP_RECE_CREATE_ORDER", SF_ORDER | {"sendStartTm": begin})["errorCode"],
        ems_call(raw, "020003", [EMS_ORDER | {"logisticsOrderNo": "c-pickup-2", "pickupPreBeginTime": begin, "pickupPreEndTime": end}])[
            "retCode"
        ],
        raw.kuaidi100("bOrder", KD_ORDER | {"thirdOrderId": "c-pickup-3"} | times)["returnCode"],
    )


def test_a_time_of_collection_that_is_past_is_refused(raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    assert at_eight(raw, monkeypatch, 7) == ("S0001", ems.CODES["parameter"], "400")
    assert at_eight(raw, monkeypatch, 9) == ("S0000", ems.DONE, "200")


def test_where_the_customers_days_pass_faster_any_time_is_taken(raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    raw.box.config = raw.box.config.model_copy(update={"pickup_times": False})
    assert at_eight(raw, monkeypatch, 7) == ("S0000", ems.DONE, "200")
