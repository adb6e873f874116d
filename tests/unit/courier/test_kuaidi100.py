from __future__ import annotations

import json
from datetime import timedelta
from hashlib import md5, sha256
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest

from tests.unit.courier.conftest import DELIVERY, NOW, PICKUP, TIMED, Line
from wugan.clock import FixedClock
from wugan.courier.kuaidi100 import ACKNOWLEDGED, Kuaidi100Account, Kuaidi100Courier, order_sign, push_sign, query_sign, trace_state
from wugan.courier.port import Detail, Hint, OrderInDoubt, Parcel, ParcelState
from wugan.courier.waybills import Entry, MemoryWaybills
from wugan.errors import Forbidden, InvalidInput, NotFound, VendorRefused, VendorUnavailable
from wugan.http import JsonClient

BACK = "https://wugan.example/callbacks/kuaidi100"
TARGET = f"/callbacks/kuaidi100?order={PICKUP.id}"


@pytest.fixture
def account(line: Line) -> Kuaidi100Account:
    return Kuaidi100Account("KEY", "SECRET", "CUSTOMER", "hidden", "jd", "13900005678", BACK, order_url=line.url, query_url=line.url)


@pytest.fixture
def hundred(account: Kuaidi100Account, waybills: MemoryWaybills, clock: FixedClock, client: JsonClient) -> Kuaidi100Courier:
    return Kuaidi100Courier(account, waybills, clock, client)


def said(data: Any = None, code: str = "200") -> dict[str, Any]:
    return {"result": code == "200", "returnCode": code, "message": "测试甲", "data": data or {}}


SUBSCRIBED = {"result": True, "returnCode": "200", "message": "提交成功"}
ABORT = {"status": "abort", "message": "3天查询无记录"}
PLACED = said({"taskId": "9FC293CA", "orderId": "20066771", "kuaidinum": "JD0001", "attach": None})


def detail(status: int) -> dict[str, Any]:
    return said({"taskId": "9FC293CA", "status": status, "kuaidinum": "JD0001"})


def trace(state: str, words: str = "") -> dict[str, Any]:
    return {"message": "ok", "state": state, "nu": "JD0001", "data": [{"context": words}, {"context": "前台代收"}]}


def pushed(line: Line, message: Any, **more: str) -> bytes:
    salt = json.loads(line.form(0)["param"])["salt"]
    param = json.dumps(message, ensure_ascii=False)
    return urlencode({"sign": push_sign(param, salt).upper(), "param": param, **more}).encode()


def test_signatures_are_as_documented() -> None:
    def upper(text: str) -> str:
        return md5(text.encode()).hexdigest().upper()

    assert order_sign('{"a":"旧证"}', "1576123932000", "KEY", "SECRET") == upper('{"a":"旧证"}1576123932000KEYSECRET')
    assert query_sign("{}", "KEY", "CUSTOMER") == upper("{}KEYCUSTOMER")
    assert push_sign("{}", "SALT") == upper("{}SALT").lower()


def test_an_order_byte_by_byte(hundred: Kuaidi100Courier, line: Line) -> None:
    line.will(PLACED)
    assert hundred.order(PICKUP) == Parcel(PICKUP.id, "JD0001", ParcelState.ORDERED)
    salt = json.loads(line.form()["param"])["salt"]
    assert len(salt) == 32
    third = sha256(PICKUP.id.encode()).hexdigest()[:32]
    param = (
        '{"kuaidicom":"jd","recManName":"审批窗口","recManMobile":"13900005678","recManPrintAddr":"青岛市市北区样例街2号",'
        '"sendManName":"测试甲","sendManMobile":"13800001234","sendManPrintAddr":"山东省青岛市市南区演示路1号","cargo":"旧证",'
        f'"payment":"SHIPPER","callBackUrl":"{BACK}?order={PICKUP.id}","salt":"{salt}","thirdOrderId":"{third}","op":"1",'
        f'"pollCallBackUrl":"{BACK}?order={PICKUP.id}","resultv2":"4"}}'
    )
    t = str(int(NOW.timestamp() * 1000))
    sign = order_sign(param, t, "KEY", "SECRET")
    assert line.bodies[-1].decode() == f"method=bOrder&key=KEY&sign={sign}&t={t}&param={quote_plus(param)}"


def test_the_secrets_do_not_show(account: Kuaidi100Account) -> None:
    assert not any(secret in repr(account) for secret in ("SECRET", "CUSTOMER", "hidden", "'KEY'"))


def test_after_a_timeout_the_repeat_is_the_same_order(hundred: Kuaidi100Courier, line: Line, clock: FixedClock) -> None:
    line.will(None, PLACED)
    with pytest.raises(VendorUnavailable):
        hundred.order(PICKUP)
    clock.move(hours=40)
    assert hundred.order(PICKUP).waybill == "JD0001"
    assert line.form(0)["param"] == line.form(1)["param"]


def test_once_a_repeat_would_be_a_second_order_it_is_in_doubt(hundred: Kuaidi100Courier, line: Line, clock: FixedClock) -> None:
    line.will(None)
    with pytest.raises(VendorUnavailable):
        hundred.order(PICKUP)
    clock.move(hours=48)
    with pytest.raises(OrderInDoubt):
        hundred.order(PICKUP)
    with pytest.raises(OrderInDoubt):
        hundred.cancel(PICKUP.id)


def test_a_placed_order_is_asked_for_days_later_and_not_placed_again(hundred: Kuaidi100Courier, line: Line, clock: FixedClock) -> None:
    line.will(PLACED, detail(1))
    hundred.order(PICKUP)
    clock.move(days=5)
    assert hundred.order(PICKUP) == Parcel(PICKUP.id, "JD0001", ParcelState.ORDERED)
    assert (line.form()["method"], json.loads(line.form()["param"])) == ("detail", {"taskId": "9FC293CA"})


def test_a_refusal_names_the_code_and_nobody(hundred: Kuaidi100Courier, line: Line) -> None:
    line.will(said(code="400"))
    with pytest.raises(VendorRefused, match=r"^code_400$"):
        hundred.order(PICKUP)


@pytest.mark.parametrize(
    "answer", [b"<html>", 503, {}, said(code="500"), said(code="501"), said(code="503"), said(code="601"), said({"orderId": "1"})]
)
def test_what_is_not_understood_is_repeated(hundred: Kuaidi100Courier, line: Line, answer: Any) -> None:
    line.will(answer)
    with pytest.raises(VendorUnavailable) as caught:
        hundred.order(PICKUP)
    assert "测试" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "state", "follow_up"),
    [
        (0, ParcelState.ORDERED, ""),
        (1, ParcelState.ORDERED, ""),
        (9, ParcelState.CANCELLED, ""),
        (99, ParcelState.FAILED, Detail.DROPPED),
        (610, ParcelState.FAILED, Detail.NOT_COLLECTED),
    ],
)
def test_what_an_order_is(hundred: Kuaidi100Courier, line: Line, status: int, state: ParcelState, follow_up: str) -> None:
    line.will(PLACED, detail(status))
    hundred.order(PICKUP)
    assert hundred.query(PICKUP.id) == Parcel(PICKUP.id, "JD0001", state, follow_up)


def test_an_unknown_status_is_not_guessed(hundred: Kuaidi100Courier, line: Line) -> None:
    line.will(PLACED, detail(777))
    hundred.order(PICKUP)
    with pytest.raises(VendorUnavailable):
        hundred.query(PICKUP.id)


@pytest.mark.parametrize("status", [10, 13, 15, 155])
def test_once_collected_the_trace_tells(hundred: Kuaidi100Courier, line: Line, status: int) -> None:
    line.will(PLACED, detail(status), trace("301", "已签收"))
    hundred.order(PICKUP)
    assert hundred.query(PICKUP.id).state is ParcelState.ARRIVED
    param = '{"com":"jd","num":"JD0001","phone":"13900005678","resultv2":"4"}'
    assert line.bodies[-1].decode() == f"customer=CUSTOMER&sign={query_sign(param, 'KEY', 'CUSTOMER')}&param={quote_plus(param)}"


def test_the_trace_is_asked_for_once_in_half_an_hour(hundred: Kuaidi100Courier, line: Line, clock: FixedClock) -> None:
    line.will(PLACED, detail(10), trace("0"), detail(10), detail(10), trace("301"))
    hundred.order(PICKUP)
    assert hundred.query(PICKUP.id).state is ParcelState.COLLECTED
    clock.move(minutes=29)
    assert hundred.query(PICKUP.id).state is ParcelState.COLLECTED
    clock.move(minutes=2)
    assert hundred.query(PICKUP.id).state is ParcelState.ARRIVED


def test_without_a_trace_the_order_tells(hundred: Kuaidi100Courier, line: Line) -> None:
    line.will(PLACED, detail(10), {"result": False, "returnCode": "500", "message": "查询无结果，请隔段时间再查"})
    hundred.order(PICKUP)
    assert hundred.query(PICKUP.id) == Parcel(PICKUP.id, "JD0001", ParcelState.COLLECTED)


@pytest.mark.parametrize(
    ("state", "words", "meant"),
    [
        ("0", "", (ParcelState.COLLECTED, "")),
        ("5", "", (ParcelState.COLLECTED, "")),
        ("102", "", (ParcelState.ORDERED, "")),
        ("3", "已签收", (ParcelState.ARRIVED, "")),
        ("3", "已签收，门卫代收", (ParcelState.COLLECTED, Detail.OTHER_SIGNED)),
        ("301", "本人签收", (ParcelState.ARRIVED, "")),
        ("301", "签收人在丰巢柜领取", (ParcelState.COLLECTED, Detail.LOCKER)),
        ("303", "本人", (ParcelState.COLLECTED, Detail.OTHER_SIGNED)),
        ("304", "", (ParcelState.COLLECTED, Detail.LOCKER)),
        ("501", "", (ParcelState.COLLECTED, Detail.LOCKER)),
        ("2", "电话无人接听", (ParcelState.COLLECTED, Detail.PROBLEM)),
        ("204", "快件丢失", (ParcelState.FAILED, Detail.LOST)),
        ("14", "", (ParcelState.FAILED, Detail.REFUSED)),
        ("4", "", (ParcelState.FAILED, Detail.HOME)),
        ("6", "", (ParcelState.FAILED, Detail.RETURNED)),
    ],
)
def test_what_a_trace_means(state: str, words: str, meant: tuple[ParcelState, str]) -> None:
    assert trace_state(trace(state, words)) == meant


def test_cancelling_twice_or_what_is_unknown_is_a_success(hundred: Kuaidi100Courier, line: Line) -> None:
    hundred.cancel(PICKUP.id)
    with pytest.raises(NotFound):
        hundred.query(PICKUP.id)
    line.will(PLACED, said())
    hundred.order(PICKUP)
    hundred.cancel(PICKUP.id)
    hundred.cancel(PICKUP.id)
    assert json.loads(line.form()["param"]) == {"taskId": "9FC293CA", "orderId": "20066771", "cancelMsg": "暂时不寄件了"}
    assert hundred.query(PICKUP.id).state is hundred.order(PICKUP).state is ParcelState.CANCELLED


@pytest.mark.parametrize("status", [9, 99])
def test_a_cancellation_whose_answer_was_lost_is_settled_by_the_repeat(hundred: Kuaidi100Courier, line: Line, status: int) -> None:
    line.will(PLACED, None, detail(0), said(code="500"), detail(status))
    hundred.order(PICKUP)
    with pytest.raises(VendorUnavailable):
        hundred.cancel(PICKUP.id)
    hundred.cancel(PICKUP.id)
    assert hundred.query(PICKUP.id).state is ParcelState.CANCELLED


def test_what_was_collected_cannot_be_cancelled(hundred: Kuaidi100Courier, line: Line) -> None:
    line.will(PLACED, said(code="400"), detail(10), trace("1"))
    hundred.order(PICKUP)
    with pytest.raises(VendorRefused, match="already_collected"):
        hundred.cancel(PICKUP.id)


def test_a_trace_push_hints_the_same_when_replayed_and_counts_as_an_answer(hundred: Kuaidi100Courier, line: Line) -> None:
    line.will(PLACED, detail(10))
    hundred.order(PICKUP)
    body = pushed(line, {"status": "shutdown", "lastResult": trace("304", "已投柜")})
    for _ in range(2):
        push = hundred.parse_push({}, TARGET, body)
        assert push.hints == (Hint(PICKUP.id),)
        assert push.answer == ACKNOWLEDGED == '{"result":true,"returnCode":"200","message":"成功"}'.encode()
    assert hundred.query(PICKUP.id) == Parcel(PICKUP.id, "JD0001", ParcelState.COLLECTED, Detail.LOCKER)


@pytest.mark.parametrize("last", [{}, {"lastResult": {"state": "0", "data": []}}])
def test_an_aborted_watch_is_told(hundred: Kuaidi100Courier, line: Line, last: dict[str, Any]) -> None:
    line.will(PLACED, detail(10), SUBSCRIBED)
    hundred.order(PICKUP)
    hundred.parse_push({}, TARGET, pushed(line, {"status": "abort", "message": "3天查询无记录", **last}))
    assert hundred.query(PICKUP.id) == Parcel(PICKUP.id, "JD0001", ParcelState.COLLECTED, Detail.SILENT)


def test_an_aborted_watch_before_the_collection_is_told(hundred: Kuaidi100Courier, line: Line) -> None:
    line.will(PLACED, detail(1), SUBSCRIBED)
    hundred.order(PICKUP)
    hundred.parse_push({}, TARGET, pushed(line, ABORT))
    assert hundred.query(PICKUP.id) == Parcel(PICKUP.id, "JD0001", ParcelState.ORDERED, Detail.SILENT)


def test_after_an_abort_pushes_are_asked_for_again_once_a_day(hundred: Kuaidi100Courier, line: Line, clock: FixedClock) -> None:
    line.will(PLACED, detail(10), SUBSCRIBED, detail(10), detail(10), None)
    hundred.order(PICKUP)
    hundred.parse_push({}, TARGET, pushed(line, ABORT))
    hundred.query(PICKUP.id)
    form, salt = line.form(), json.loads(line.form(0)["param"])["salt"]
    assert form["schema"] == "json"
    assert json.loads(form["param"]) == {
        "company": "jd", "number": "JD0001", "key": "KEY",
        "parameters": {"callbackurl": f"{BACK}?order={PICKUP.id}", "salt": salt, "resultv2": "4", "phone": "13900005678"},
    }  # fmt: skip
    hundred.query(PICKUP.id)
    clock.move(days=1)
    hundred.parse_push({}, TARGET, pushed(line, ABORT))
    assert hundred.query(PICKUP.id).detail == Detail.SILENT, "a subscription that fails is no news of the parcel"


def test_a_watch_that_ended_tells_the_last_state_and_the_question_what_follows(
    hundred: Kuaidi100Courier, line: Line, clock: FixedClock
) -> None:
    line.will(PLACED, detail(10), detail(10), trace("301", "本人签收"))
    hundred.order(PICKUP)
    hundred.parse_push({}, TARGET, pushed(line, {"status": "shutdown", "lastResult": trace("304", "已投柜")}))
    assert hundred.query(PICKUP.id).detail == Detail.LOCKER
    clock.move(minutes=31)
    assert hundred.query(PICKUP.id).state is ParcelState.ARRIVED


@pytest.mark.parametrize("answer", [None, b"<html>", 503])
def test_a_question_that_failed_counts_as_one(hundred: Kuaidi100Courier, line: Line, clock: FixedClock, answer: Any) -> None:
    """Kuaidi100 locks a waybill that is asked for too often, whatever became of our question."""
    line.will(PLACED, detail(10), answer, detail(10), detail(10), trace("301"))
    hundred.order(PICKUP)
    with pytest.raises(VendorUnavailable):
        hundred.query(PICKUP.id)
    clock.move(minutes=29)
    assert hundred.query(PICKUP.id).state is ParcelState.COLLECTED
    clock.move(minutes=2)
    assert hundred.query(PICKUP.id).state is ParcelState.ARRIVED


def test_an_answer_without_a_state_takes_nothing_back(hundred: Kuaidi100Courier, line: Line, clock: FixedClock) -> None:
    line.will(PLACED, detail(10), trace("304"), detail(10), {"result": False, "returnCode": "500", "message": "查询过于频繁"})
    hundred.order(PICKUP)
    assert hundred.query(PICKUP.id).detail == Detail.LOCKER
    clock.move(minutes=31)
    assert hundred.query(PICKUP.id).detail == Detail.LOCKER


@pytest.mark.parametrize(
    ("days", "said_so"),
    [
        (0, {"dayType": "今天", "pickupStartTime": "09:00", "pickupEndTime": "11:00"}),
        (1, {"dayType": "明天", "pickupStartTime": "09:00", "pickupEndTime": "11:00"}),
        (2, {"dayType": "后天", "pickupStartTime": "09:00", "pickupEndTime": "11:00"}),
        (3, {"remark": "请于2026-03-05 09:00-11:00上门取件"}),
    ],
)
def test_when_to_come(hundred: Kuaidi100Courier, line: Line, clock: FixedClock, days: int, said_so: dict[str, str]) -> None:
    clock.at = NOW.replace(day=5, hour=8) - timedelta(days=days)
    line.will(PLACED)
    hundred.order(TIMED)
    param = json.loads(line.form()["param"])
    assert {k: v for k, v in param.items() if k in ("dayType", "pickupStartTime", "pickupEndTime", "remark")} == said_so


def test_an_orders_callback_brings_what_a_lost_answer_held(hundred: Kuaidi100Courier, line: Line) -> None:
    line.will(None, detail(1))
    with pytest.raises(VendorUnavailable):
        hundred.order(PICKUP)
    message = {"kuaidicom": "jd", "kuaidinum": "JD0001", "status": "200", "data": {"orderId": "20066771", "status": 1}}
    push = hundred.parse_push({}, TARGET, pushed(line, message, taskId="9FC293CA"))
    assert push.hints == (Hint(PICKUP.id),)
    assert hundred.query(PICKUP.id) == Parcel(PICKUP.id, "JD0001", ParcelState.ORDERED)


def test_a_signature_is_good_for_one_order_and_one_message(hundred: Kuaidi100Courier, line: Line) -> None:
    line.will(PLACED)
    hundred.order(PICKUP)
    body = pushed(line, {"status": "polling", "lastResult": trace("0")})
    refused = (
        (f"/callbacks/kuaidi100?order={DELIVERY.id}", body),
        ("/callbacks/kuaidi100", body),
        (TARGET, body[:-1]),
        (TARGET, b"param=%7B%7D"),
        ("/callbacks/kuaidi100?order=\ud800", body),
        ("//[", body),
    )
    for target, content in refused:
        with pytest.raises(Forbidden):
            hundred.parse_push({}, target, content)


@pytest.mark.parametrize("param", ["[]", "[" * 100_000, '{"kuaidinum":"\\ud800"}', '{"kuaidinum":' + "9" * 5000 + "}"])
def test_a_signed_push_that_is_no_object_is_refused(hundred: Kuaidi100Courier, line: Line, param: str) -> None:
    line.will(PLACED)
    hundred.order(PICKUP)
    sign = push_sign(param, json.loads(line.form()["param"])["salt"])
    with pytest.raises(InvalidInput):
        hundred.parse_push({}, TARGET, urlencode({"sign": sign, "param": param}).encode())


def test_an_order_that_went_elsewhere_gives_no_hint(hundred: Kuaidi100Courier, line: Line, waybills: MemoryWaybills) -> None:
    line.will(PLACED)
    hundred.order(PICKUP)
    placed = waybills.find(PICKUP.id)
    assert placed
    assert waybills.release(placed)
    waybills.claim(Entry(PICKUP.id, "sf", NOW))
    assert hundred.parse_push({}, TARGET, pushed(line, {"status": "polling", "lastResult": trace("3")})).hints == ()
    assert waybills.find(PICKUP.id) == Entry(PICKUP.id, "sf", NOW)
