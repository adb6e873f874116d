"""Callbacks of the sandbox: signed as we verify them, repeated until they are taken, and out of order when told so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from infra.sandbox.server import SandboxServer
from tests.contract.vendors.harness import CASE, PATIENT, QUICK, SECRETS, Target, client, config, press, until
from wugan.approval.platform import PlatformDepartment
from wugan.approval.port import Application
from wugan.clock import SystemClock
from wugan.courier.port import Address, Order, ParcelState
from wugan.courier.sandbox import SandboxCourier
from wugan.errors import Forbidden
from wugan.identity.sandbox import SandboxIdentity
from wugan.items.model import Channel
from wugan.outreach.port import Message
from wugan.outreach.sandbox import SandboxMessenger
from wugan.signing import verify

PUSH, FACE, PICKUP, APPROVAL = (f"{CASE}-{kind}-1" for kind in ("push", "face", "pickup", "approval"))
END = Address("测试甲", "13800001234", "青岛市市南区演示路1号")


def send(server: SandboxServer) -> None:
    port = SandboxMessenger(server.url, SECRETS["channel"], SystemClock(), client(PATIENT))
    port.send(Message(PUSH, Channel.WECHAT, "openid-1", "您好，请办理。", None))


def show_face(server: SandboxServer) -> None:
    port = SandboxIdentity(server.url, SECRETS["identity"], SystemClock(), client(PATIENT))
    url = port.start_face(FACE, "测试甲", "370202199001010015", "http://127.0.0.1/back").url
    assert url
    press(url, "pass")


def order(server: SandboxServer) -> SandboxCourier:
    port = SandboxCourier(server.url, SECRETS["courier"], SystemClock(), client(PATIENT))
    port.order(Order(PICKUP, END, END, "旧证"))
    return port


def apply(server: SandboxServer) -> None:
    port = PlatformDepartment(server.url, SECRETS["department"], SystemClock(), client(PATIENT))
    port.submit(Application(APPROVAL, CASE, "item", "v1", "QD", "91370200MA3C00000X", {}, (), (), "2026-12-01"))


Act = Callable[[SandboxServer], Any]
ACTS: list[Any] = [
    pytest.param(send, "channel", PUSH, {"message_id": PUSH, "status": "delivered", "reason": ""}, id="channel"),
    pytest.param(show_face, "identity", FACE, {"check_id": FACE}, id="identity"),
    pytest.param(order, "courier", PICKUP, {"order_id": PICKUP, "state": "collected"}, id="courier"),
    pytest.param(apply, "department", APPROVAL, {"application_id": APPROVAL, "kind": "approved"}, id="department"),
]


@pytest.mark.parametrize(("act", "vendor", "effect", "says"), ACTS)
def test_each_vendor_calls_back_signed_with_its_own_secret(
    quick: SandboxServer, target: Target, now: datetime, act: Act, vendor: str, effect: str, says: dict[str, Any]
) -> None:
    quick.point_at(target.url)
    act(quick)
    body = until(lambda: target.of(effect))[0]
    assert body.items() >= says.items()
    callback = next(r for r in target.received if r.json == body)
    path = f"/callbacks/{vendor}"
    assert callback.path == path
    verify(SECRETS[vendor], callback.headers, path, callback.body, now)
    for other in SECRETS.keys() - {vendor}:
        with pytest.raises(Forbidden):
            verify(SECRETS[other], callback.headers, path, callback.body, now)
    with pytest.raises(Forbidden):
        verify(SECRETS[vendor], callback.headers, path, callback.body + b" ", now)
    with pytest.raises(Forbidden):
        verify(SECRETS[vendor], callback.headers, path, callback.body, now + timedelta(seconds=400))


@pytest.mark.parametrize(("act", "vendor", "effect", "says"), ACTS)
def test_a_callback_told_to_repeat_comes_twice_with_the_same_id(
    quick: SandboxServer, target: Target, act: Act, vendor: str, effect: str, says: dict[str, Any]
) -> None:
    quick.add_rule(match=CASE, callbacks=["repeat"])
    quick.point_at(target.url)
    act(quick)
    until(lambda: states(quick, effect).count(("acknowledged", 2)) == (2 if vendor == "courier" else 1))
    assert says
    first = target.of(effect)[0]
    assert target.of(effect).count(first) == 2


@pytest.mark.parametrize(("act", "vendor", "effect", "says"), ACTS)
def test_a_callback_that_is_not_taken_is_repeated_until_it_is(
    quick: SandboxServer, target: Target, act: Act, vendor: str, effect: str, says: dict[str, Any]
) -> None:
    quick.point_at(target.url)
    target.statuses.extend([500, 503, 429])
    act(quick)
    until(lambda: states(quick, effect) == [("acknowledged", 1)] * (2 if vendor == "courier" else 1))
    assert target.of(effect)[0].items() >= says.items()
    tries = [row["tries"] for row in quick.records("callbacks") if row["vendor"] == vendor]
    assert sum(tries) == len(tries) + 3


def test_callbacks_wait_for_the_target_and_for_secrets(quick: SandboxServer, target: Target) -> None:
    order(quick)
    until(lambda: len(states(quick, PICKUP)) == 2)
    assert states(quick, PICKUP) == [("waiting", 0)] * 2
    quick.point_at(target.url)
    until(lambda: states(quick, PICKUP) == [("acknowledged", 1)] * 2)


def test_an_unreachable_target_is_given_up_in_the_end(quick: SandboxServer) -> None:
    with Target() as gone:
        url = gone.url
    quick.point_at(url)
    send(quick)
    until(lambda: states(quick, PUSH) == [("given_up", 0)])
    assert quick.records("callbacks")[0]["tries"] > 3


def test_what_the_target_refuses_is_not_repeated(quick: SandboxServer, target: Target) -> None:
    target.statuses.append(403)
    quick.point_at(target.url)
    send(quick)
    until(lambda: states(quick, PUSH) == [("refused", 0)])
    assert len(target.of(PUSH)) == 1


def test_a_parcel_told_to_reorder_tells_its_end_before_its_collection(quick: SandboxServer, target: Target) -> None:
    quick.add_rule(match=PICKUP, callbacks=["reorder"])
    quick.point_at(target.url)
    port = order(quick)
    until(lambda: len(target.of(PICKUP)) == 2)
    assert [body["state"] for body in target.of(PICKUP)] == ["arrived", "collected"]
    assert port.query(PICKUP).state is ParcelState.ARRIVED


def test_a_lost_callback_does_not_come_but_the_question_is_answered(quick: SandboxServer, target: Target) -> None:
    quick.add_rule(match=PICKUP, callbacks=["lose"])
    quick.point_at(target.url)
    port = order(quick)
    until(lambda: port.query(PICKUP).state is ParcelState.ARRIVED)
    send(quick)
    until(lambda: target.of(PUSH))
    assert target.of(PICKUP) == []
    assert states(quick, PICKUP) == [("lost", 0)] * 2


def test_a_cancelled_parcel_says_so(server: SandboxServer, target: Target) -> None:
    server.point_at(target.url)
    order(server).cancel(PICKUP)
    until(lambda: [body["state"] for body in target.of(PICKUP)] == ["cancelled"])


def test_an_undelivered_message_says_so_and_another_channel_works(quick: SandboxServer, target: Target) -> None:
    quick.add_rule(match=CASE, wechat="undelivered")
    quick.point_at(target.url)
    send(quick)
    until(lambda: target.of(PUSH))
    assert (target.of(PUSH)[0]["status"], target.of(PUSH)[0]["reason"]) == ("undelivered", "user_blocked")
    port = SandboxMessenger(quick.url, SECRETS["channel"], SystemClock(), client(PATIENT))
    sms = Message(f"{CASE}-push-2", Channel.SMS, "13800001234", "您好，请办理。", None)
    port.send(sms)
    until(lambda: target.of(sms.id))
    assert target.of(sms.id)[0]["status"] == "delivered"


def test_a_repeated_request_gives_no_second_callback(quick: SandboxServer, target: Target) -> None:
    quick.point_at(target.url)
    send(quick)
    send(quick)
    until(lambda: target.of(PUSH))
    other = replace(Message("b-push-1", Channel.APP, "user-1", "您好。", None))
    SandboxMessenger(quick.url, SECRETS["channel"], SystemClock(), client(PATIENT)).send(other)
    until(lambda: target.of(other.id))
    assert len(target.of(PUSH)) == 1


def test_secrets_may_come_with_the_target(target: Target, now: datetime) -> None:
    secret = "f" * 32
    with SandboxServer(config(QUICK)) as server:
        server.point_at(target.url, {"channel": secret})
        port = SandboxMessenger(server.url, secret, SystemClock(), client(PATIENT))
        port.send(Message(PUSH, Channel.APP, "user-1", "您好。", None))
        until(lambda: target.of(PUSH))
    callback = target.received[0]
    verify(secret, callback.headers, callback.path, callback.body, now)


def states(server: SandboxServer, effect: str) -> list[tuple[str, int]]:
    """State and number of acknowledgements of the callbacks of an effect."""
    return [(row["state"], row["acknowledged"]) for row in server.records("callbacks") if row["effect"] == effect]
