"""What vendors call back with, in their own words: every part is taken in for itself, and the answer is theirs to the byte."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.browser.town import ADDRESS, Town
from tests.support.vendors import SECRETS
from tests.unit.web.client import Client, Reply
from wugan.cases.applicant import Declaration
from wugan.cases.model import effect_id
from wugan.courier.choice import ChosenCourier
from wugan.courier.port import ParcelState, Push
from wugan.courier.waybills import Entry
from wugan.outreach.sendlog import Attempt, State

JSON = {"Content-Type": "application/json;charset=UTF-8"}
SMS = f"/callbacks/sms/QD/tencent?key={SECRETS['sms_key']}"
ALIYUN = f"/callbacks/sms/QD/aliyun?key={SECRETS['sms_key']}"
APP = f"/callbacks/app/QD?key={SECRETS['app_key']}"


def send(client: Client, path: str, value: Any, headers: dict[str, str] | None = None) -> Reply:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return client.request("POST", path, body, headers or JSON)


def prompt(town: Town, link: str, carrier: str = "tencent", reference: str = "sid-1") -> str:
    """The first prompt of a case, as if it had gone out over a carrier."""
    id = effect_id(town.head(link).case_id, "push", 1)
    attempt = Attempt(id, 0, carrier, town.clock.wall())
    town.send_log.begin(attempt)
    town.send_log.settle(attempt, State.SENT, reference)
    return id


def told(town: Town, link: str) -> list[str]:
    """What the case knows of its prompt's way."""
    events = [e.type for e in town.store.events(town.head(link).case_id)]
    return [type for type in events if type in ("delivered_prompt", "undelivered")]


def row(sid: str = "sid-1", status: str = "SUCCESS") -> dict[str, str]:
    return {"mobile": "13800001234", "report_status": status, "errmsg": "DELIVRD", "sid": sid}


# --- SMS


def test_a_receipt_is_taken_in_once_and_answered_to_the_byte(town: Town, client: Client, link: str) -> None:
    id = prompt(town, link)
    for _ in range(2):
        reply = send(client, SMS, [row(), row()])
        assert (reply.status, reply.content) == (200, b'{"result":0,"errmsg":"OK"}')
        assert reply.headers["Content-Type"] == "application/json"
    assert told(town, link) == ["delivered_prompt"]
    assert [a.heard for a in town.send_log.attempts(id)] == ["delivered"]


def test_a_receipt_of_failure_sends_the_case_to_the_next_channel(town: Town, client: Client, link: str) -> None:
    prompt(town, link)
    assert send(client, SMS, [row(status="FAIL")]).status == 200
    assert told(town, link) == ["undelivered"]
    assert town.head(link).tried == (town.head(link).channel,)


def test_a_bad_row_loses_no_other_and_is_told_without_its_values(town: Town, client: Client, link: str) -> None:
    prompt(town, link)
    reply = send(client, SMS, [{"sid": "x", "mobile": "13800001234"}, 7, row()])
    assert reply.status == 200
    assert told(town, link) == ["delivered_prompt"]
    assert len(town.told) == 2
    assert "13800001234" not in "".join(town.told)


def test_an_unknown_message_makes_the_vendor_repeat_but_loses_no_other(town: Town, client: Client, link: str) -> None:
    prompt(town, link)
    assert send(client, SMS, [row("not-yet"), row()]).status == 503
    assert told(town, link) == ["delivered_prompt"]


def test_a_receipt_ahead_of_the_case_comes_again(town: Town, client: Client, link: str) -> None:
    ahead = effect_id(town.head(link).case_id, "push", 2)
    rows = [{"biz_id": "b2", "out_id": ahead, "success": True}, {"biz_id": "b1", "out_id": prompt(town, link), "success": True}]
    assert send(client, ALIYUN, rows).status == 503
    assert told(town, link) == ["delivered_prompt"]


def test_aliyuns_receipts_carry_our_id(town: Town, client: Client, link: str) -> None:
    id = prompt(town, link, "aliyun", "b1")
    rows: list[dict[str, Any]] = [{"biz_id": "b1", "out_id": id, "success": True, "phone_number": "13800001234"}]
    rows += [{"biz_id": "b2", "success": True}, {"biz_id": "b3", "out_id": "another-sender", "success": False}]
    rows += [{"biz_id": "b4", "out_id": "b" * 26 + "-push-1", "success": False}]
    reply = send(client, ALIYUN, rows)
    assert (reply.status, reply.content) == (200, '{"code":0,"msg":"接收成功"}'.encode())
    assert told(town, link) == ["delivered_prompt"]


def test_a_receipt_of_a_code_is_noted_and_moves_no_case(town: Town, client: Client, link: str) -> None:
    id = effect_id(town.head(link).case_id, "code", 1)
    town.send_log.begin(Attempt(id, 0, "aliyun", town.clock.wall()))
    assert send(client, ALIYUN, [{"biz_id": "b1", "out_id": id, "success": True}]).status == 200
    assert told(town, link) == []
    assert [a.heard for a in town.send_log.attempts(id)] == ["delivered"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/callbacks/sms/QD/tencent", 403),
        ("/callbacks/sms/QD/tencent?key=", 403),
        ("/callbacks/sms/QD/tencent?key=guessed", 403),
        (SMS.replace("QD", "LX"), 404),
        (SMS.replace("QD", "XX"), 404),
        (SMS.replace("tencent", "sf"), 404),
        (APP.replace("QD", "LX"), 404),
        ("/callbacks/app/QD?key=guessed", 403),
        ("/callbacks/courier/QD/kuaidi100?order=x", 404),
        ("/callbacks/courier/QD/sf?key=guessed", 403),
        ("/callbacks/courier/QD/sf", 403),
        ("/callbacks/wechat/QD", 403),
        ("/callbacks/wechat/LX", 404),
    ],
)
def test_whoever_cannot_prove_to_be_the_vendor_is_refused(town: Town, client: Client, link: str, path: str, status: int) -> None:
    prompt(town, link)
    before = town.head(link)
    assert send(client, path, [row()]).status == status
    assert (town.head(link), told(town, link)) == (before, [])


def test_a_body_past_the_limit_is_refused(client: Client) -> None:
    reply = send(client, SMS, b"[" + b" " * 1_000_000 + b"]")
    assert (reply.status, json.loads(reply.text)["error"]["field"]) == (400, "body")


def test_an_unexpected_error_tells_nothing(town: Town, client: Client, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise RuntimeError("secret words")

    prompt(town, link)
    monkeypatch.setattr(town.store, "head", fail)
    reply = send(client, SMS, [row()])
    assert reply.status == 500
    assert "secret" not in reply.text


# --- the app


def test_the_apps_receipts(town: Town, client: Client, link: str) -> None:
    id = prompt(town, link, "app", "p1")
    reply = send(client, APP, [{"messageId": id, "status": "read"}, {"messageId": id, "status": "delivered"}])
    assert (reply.status, reply.content) == (200, b'{"code":0}')
    assert told(town, link) == ["delivered_prompt"]


# --- WeChat


def signed(town: Town, **more: str) -> str:
    now, nonce = str(int(town.clock.wall().timestamp())), "n1"
    parts = "".join(sorted((SECRETS["wechat_token"], now, nonce)))
    query = {"signature": hashlib.sha1(parts.encode()).hexdigest(), "timestamp": now, "nonce": nonce, **more}
    return "/callbacks/wechat/QD?" + "&".join(f"{name}={value}" for name, value in query.items())


def event(msgid: str) -> bytes:
    return f"<xml><Event>TEMPLATESENDJOBFINISH</Event><MsgID>{msgid}</MsgID><Status>success</Status></xml>".encode()


def test_wechats_question_is_echoed_and_changes_nothing(town: Town, client: Client, link: str) -> None:
    before = town.head(link)
    reply = client.request("GET", signed(town, echostr="8123456789"))
    assert (reply.status, reply.text, reply.headers["Content-Type"]) == (200, "8123456789", "text/plain")
    assert town.head(link) == before


@pytest.mark.parametrize("echo", ["<script>", "", "a" * 65, "%E5%A5%BD"])
def test_nothing_but_letters_and_digits_is_echoed(town: Town, client: Client, echo: str) -> None:
    assert client.request("GET", signed(town, echostr=echo)).status == 400


def test_an_unsigned_question_is_not_echoed(client: Client) -> None:
    assert client.request("GET", "/callbacks/wechat/QD?echostr=1").status == 403


def test_wechats_events_are_taken_in(town: Town, client: Client, link: str) -> None:
    prompt(town, link, "wechat", "77")
    for _ in range(2):
        reply = send(client, signed(town, openid="o"), event("77"), {"Content-Type": "text/xml"})
        assert (reply.status, reply.text, reply.headers["Content-Type"]) == (200, "success", "text/plain")
    assert told(town, link) == ["delivered_prompt"]


def test_an_event_of_an_unknown_message_comes_again_and_another_event_does_not(town: Town, client: Client) -> None:
    xml = {"Content-Type": "text/xml"}
    assert send(client, signed(town), event("78"), xml).status == 503
    assert send(client, signed(town), b"<xml><Event>subscribe</Event></xml>", xml).status == 200
    assert send(client, signed(town, encrypt_type="aes"), event("78"), xml).status == 400


# --- couriers


SF = f"/callbacks/courier/QD/sf?key={SECRETS['sf_push']}"
TAKEN = '{"return_code":"0000","return_msg":"成功"}'.encode()


def picked_up(town: Town, link: str) -> str:
    """A case whose old certificate is being fetched by SF; returns the order."""
    session = town.to_declaration(link)
    item = town.item(link)
    town.applicant.declare(link, session, Declaration({}, {}, item.return_ways[0].value, item.delivery_ways[0].value, ADDRESS, ADDRESS))
    town.carrying.pickup(town.head(link).case_id)
    order = effect_id(town.head(link).case_id, "pickup", 1)
    town.waybills.claim(Entry(order, "sf", town.clock.wall()))
    return order


def route(*orders: str) -> dict[str, Any]:
    rows = [{"orderid": order, "mailno": f"SF{n}", "opCode": "50", "acceptTime": "2026-11-24 10:00:00"} for n, order in enumerate(orders)]
    return {"Body": {"WaybillRoute": rows}}


def test_a_hint_is_asked_about_and_then_acknowledged(town: Town, client: Client, link: str) -> None:
    order = picked_up(town, link)
    town.courier.move(order, ParcelState.COLLECTED)
    for _ in range(2):
        reply = send(client, SF, route(order, order))
        assert (reply.status, reply.content) == (200, TAKEN)
    assert [e.type for e in town.store.events(town.head(link).case_id)].count("pickup_collected") == 1


def test_what_a_push_says_is_not_believed(town: Town, client: Client, link: str) -> None:
    order, before = picked_up(town, link), town.head(link)
    assert send(client, SF, route(order)).status == 200  # it says collected; the courier, asked, does not
    assert town.head(link).stage is before.stage


def test_hints_of_orders_that_are_not_ours_are_nobodys(client: Client) -> None:
    reply = send(client, SF, route("somebody-elses"))
    assert (reply.status, reply.content) == (200, TAKEN)


def test_one_hint_that_fails_loses_no_other_and_the_push_comes_again(town: Town, client: Client, link: str) -> None:
    order = picked_up(town, link)
    town.courier.move(order, ParcelState.COLLECTED)
    unknown = effect_id("0" * 26, "pickup", 1)  # sorts first, and no case of ours
    town.waybills.claim(Entry(unknown, "sf", town.clock.wall()))
    reply = send(client, SF, route(unknown, order))
    assert reply.status >= 400
    assert TAKEN not in reply.content
    assert "pickup_collected" in [e.type for e in town.store.events(town.head(link).case_id)]


def test_while_the_courier_cannot_be_asked_the_push_comes_again(town: Town, client: Client, link: str) -> None:
    order = picked_up(town, link)
    town.courier.fail()
    assert send(client, SF, route(order)).status == 503
    assert send(client, SF, route(order)).status == 200


def test_the_couriers_are_given_the_address_as_it_was_called(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def parse(_: object, name: str, headers: dict[str, str], target: str, body: bytes) -> Push:  # noqa: ARG001
        seen.append(target)
        return Push((), b"{}")

    monkeypatch.setattr(ChosenCourier, "parse_push", parse)
    assert send(client, "/callbacks/courier/LX/kuaidi100?order=a-b%2F1", b"").status == 200
    assert seen == ["/callbacks/courier/LX/kuaidi100?order=a-b%2F1"]


# --- what may be told


def test_no_key_of_an_address_reaches_a_log(
    town: Town, client: Client, link: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> None:
        raise RuntimeError(SECRETS["sms_key"])

    caplog.set_level("DEBUG")
    prompt(town, link)
    send(client, SMS, [row(), {"sid": SECRETS["sms_key"]}])
    send(client, SMS, [row("unknown")])
    monkeypatch.setattr(town.store, "head", fail)
    assert send(client, SMS, [row()]).status == 500
    assert "/callbacks/sms/{jurisdiction}/{vendor}" in caplog.text  # the error is told with its route
    assert SECRETS["sms_key"] not in caplog.text + "".join(town.told)
