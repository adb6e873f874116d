"""Our carriers of messages and our face checks as black boxes against the vendors' protocols, which were written apart from them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from infra.sandbox.script import Delays
from infra.sandbox.server import SandboxServer
from infra.sandbox.vendors import settings
from tests.contract.vendors.harness import CASE, STILL, client, config, press, until
from tests.contract.vendors.test_real_couriers import Came, Target
from wugan.clock import Clock, FixedClock, SystemClock
from wugan.clouds.aliyun import AliyunCloud
from wugan.clouds.tencent import TencentCloud
from wugan.errors import Forbidden, InvalidInput, VendorRefused, VendorUnavailable
from wugan.identity.aliyun import AliyunFace
from wugan.identity.tencent import TencentFace
from wugan.items.model import Channel
from wugan.outreach import city_app, sms_aliyun, sms_tencent, wechat
from wugan.outreach.carrier import Carrier, Field, Source, Template
from wugan.outreach.port import Message
from wugan.outreach.receipts import Receipt, Status
from wugan.outreach.tokens import MemoryTokenStore, Token

KEY = secrets.token_hex(16)
TEXT, LINK = "【审批局】请办理换证", "http://127.0.0.1/a"
SOON = STILL.model_copy(update={"receipt": 0.01, "batch": 0.02})
NUMBER = "370202199001010015"
CHANNELS = {"wechat": Channel.WECHAT, "sms_tencent": Channel.SMS, "sms_aliyun": Channel.SMS, "city_app": Channel.APP}
ADDRESSES = {Channel.WECHAT: "openid-1", Channel.SMS: "13800001234", Channel.APP: "user-1"}
STORE = dict[str, Any]


def accounts(url: str) -> settings.Accounts:
    return settings.Accounts(
        wechat=settings.Wechat(app_id="wx1", app_secret=KEY, token=KEY, templates={"T": "{{thing1.DATA}}"}, callback=f"{url}/wechat"),
        sms_tencent=settings.SmsTencent(
            secret_id="AKID", secret_key=KEY, sdk_app_id="1400", sign_names=("审批局",), templates={"T": "{1}：{2}"}, callback=f"{url}/t"
        ),
        sms_aliyun=settings.SmsAliyun(
            access_key_id="LTAI", access_key_secret=KEY, sign_names=("审批局",), templates={"T": "${text}：${link}"}, callback=f"{url}/a"
        ),
        city_app=settings.CityApp(client_id="city", client_secret=KEY, callback=f"{url}/city"),
        faceid_tencent=settings.FaceidTencent(secret_id="AKID2", secret_key=KEY, rule_ids=("1",)),
        cloudauth_aliyun=settings.CloudauthAliyun(access_key_id="LTAI2", access_key_secret=KEY, scene_ids=(1000,)),
    )


@dataclass
class Pair:
    """A carrier of ours, and the vendor behind it."""

    name: str
    server: SandboxServer
    target: Target
    tokens: MemoryTokenStore

    def carrier(self, *, key: str = KEY, clock: Clock | None = None) -> Carrier:
        clock, http, url = clock or SystemClock(), client(), self.server.url
        if self.name == "wechat":
            shared = wechat.WechatTokens(url, "wx1", key, self.tokens, clock, http)
            return wechat.Wechat(url, Template("T", (Field("thing1", Source.TEXT),)), shared, http)
        if self.name == "city_app":
            return city_app.CityApp(url, city_app.CityAppTokens(url, "city", key, self.tokens, clock, http), http)
        template = Template("T", (Field("text", Source.TEXT), Field("link", Source.LINK)))
        if self.name == "sms_tencent":
            cloud = TencentCloud(url, "sms", "2021-01-11", "ap-guangzhou", "AKID", key, clock, http)
            return sms_tencent.TencentSms(cloud, "1400", "审批局", template, clock)
        aliyun = AliyunCloud(url, "2017-05-25", "LTAI", key, clock, lambda: secrets.token_hex(16), http)
        return sms_aliyun.AliyunSms(aliyun, "审批局", template)

    def message(self, number: int = 1) -> Message:
        channel = CHANNELS[self.name]
        return Message(f"{CASE}-push-{number}", channel, ADDRESSES[channel], TEXT, LINK)

    def sent(self) -> list[dict[str, Any]]:
        return [m for m in self.server.records("messages") if m["vendor"] == self.name]


@pytest.fixture
def server_of() -> Iterator[Callable[..., tuple[SandboxServer, Target]]]:
    with Target() as target:
        running: list[SandboxServer] = []

        def make(delays: Delays = STILL.model_copy(update={"receipt": 3600})) -> tuple[SandboxServer, Target]:  # noqa: B008
            running.append(SandboxServer(config(delays, vendors=accounts(target.url))).__enter__())
            return running[-1], target

        yield make
        for server in running:
            server.__exit__(None, None, None)


TOKENS = ("wechat", "city_app")  # sign no timestamp, and ask for a token instead


@pytest.fixture(params=list(CHANNELS))
def pair_of(request: pytest.FixtureRequest, server_of: Callable[..., tuple[SandboxServer, Target]]) -> Callable[..., Pair]:
    return lambda *delays: Pair(request.param, *server_of(*delays), MemoryTokenStore())


@pytest.fixture
def pair(pair_of: Callable[..., Pair]) -> Pair:
    return pair_of()


def test_a_message_arrives_with_its_link(pair: Pair) -> None:
    reference = pair.carrier().submit(pair.message())
    [sent] = pair.sent()
    assert "请办理换证" in sent["text"]
    assert sent["link"] == LINK
    assert sent["reference"].startswith(reference) or reference in sent["reference"]


def test_a_repeat_is_dropped_where_our_side_counts_on_it(pair: Pair) -> None:
    carrier = pair.carrier()
    first, again = carrier.submit(pair.message()), carrier.submit(pair.message())
    dropped = carrier.repeat_safe > timedelta(0)
    assert len(pair.sent()) == (1 if dropped else 2)
    assert (first == again) is dropped


def test_a_person_who_cannot_be_reached_is_a_refusal(pair: Pair) -> None:
    pair.server.add_rule(match=pair.message().address, channel="refused")
    with pytest.raises(VendorRefused):
        pair.carrier().submit(pair.message())
    assert pair.sent() == []


@pytest.mark.parametrize("fault", ["error_before", "error_after", "malformed", "slow"])
def test_a_fault_is_never_taken_for_a_success(pair: Pair, fault: str) -> None:
    carrier = pair.carrier()
    carrier.submit(pair.message(0))  # the token is there
    pair.server.add_rule(match=CASE, fault=fault)
    pair.server.add_rule(match=wechat.client_msg_id(pair.message().id), fault=fault)
    with pytest.raises(VendorUnavailable):
        carrier.submit(pair.message())
    until(lambda: len(pair.sent()) == (1 if fault == "error_before" else 2))


def test_a_wrong_key_sends_nothing(pair: Pair) -> None:
    with pytest.raises(VendorUnavailable):
        pair.carrier(key="wrong").submit(pair.message())
    assert pair.sent() == []


@pytest.mark.parametrize("pair_of", [name for name in CHANNELS if name not in TOKENS], indirect=True)
@pytest.mark.parametrize("minutes", [-20, 20])
def test_a_wrong_clock_sends_nothing_where_the_vendor_looks_at_it(pair: Pair, minutes: int) -> None:
    clock = FixedClock(datetime.now(UTC) + timedelta(minutes=minutes))
    with pytest.raises(VendorUnavailable):
        pair.carrier(clock=clock).submit(pair.message())
    assert pair.sent() == []


@pytest.mark.parametrize("pair_of", TOKENS, indirect=True)
def test_a_token_that_is_refused_is_renewed_once(pair: Pair) -> None:
    carrier = pair.carrier()
    carrier.submit(pair.message())
    for name, token in list(pair.tokens.tokens.items()):
        pair.tokens.tokens[name] = Token("expired", token.expires_at)
    carrier.submit(pair.message(2))
    assert len(pair.sent()) == 2
    assert all(token.value != "expired" for token in pair.tokens.tokens.values())


def test_a_vendor_that_is_down_is_unavailable_and_comes_back(pair: Pair) -> None:
    pair.server.down(pair.name, 3600)
    with pytest.raises(VendorUnavailable):
        pair.carrier().submit(pair.message())
    pair.server.down(pair.name, 0)
    pair.carrier().submit(pair.message())
    assert len(pair.sent()) == 1


def heard(pair: Pair, came: Came, references: dict[str, str]) -> dict[str, Status]:
    return {one.message_id: one.status for one in receipts_of(pair, came, references)}


def receipts_of(pair: Pair, came: Came, references: dict[str, str]) -> tuple[Receipt, ...]:
    if pair.name == "wechat":
        query = {name: values[0] for name, values in parse_qs(urlsplit(came.target).query).items()}
        wechat.check_event(KEY, query["signature"], query["timestamp"], query["nonce"], datetime.now(UTC))
        return wechat.event_receipts(came.body, references.get).receipts
    if pair.name == "sms_tencent":
        batch = sms_tencent.receipts(came.body, references.get)
    else:
        batch = (sms_aliyun if pair.name == "sms_aliyun" else city_app).receipts(came.body)
    assert batch.bad == ()
    return batch.receipts


ANSWERS = {"wechat": wechat.ANSWER, "sms_tencent": sms_tencent.ANSWER, "sms_aliyun": sms_aliyun.ANSWER, "city_app": city_app.ANSWER}


def test_receipts_are_read_and_our_answer_is_what_the_vendor_waits_for(pair_of: Callable[..., Pair]) -> None:
    pair = pair_of(SOON)
    pair.target.answer = lambda _: ANSWERS[pair.name]
    bad = pair.message(2).id if pair.name != "wechat" else wechat.client_msg_id(pair.message(2).id)
    pair.server.add_rule(match=bad, channel="undelivered")
    carrier = pair.carrier()
    references = {carrier.submit(pair.message(n)): pair.message(n).id for n in (1, 2)}
    expected = {pair.message(1).id: Status.DELIVERED, pair.message(2).id: Status.UNDELIVERED}

    def all_heard() -> dict[str, Status]:
        return {k: v for came in list(pair.target.received) for k, v in heard(pair, came, references).items()}

    until(lambda: all_heard() == expected)
    until(lambda: all(c["state"] == "acknowledged" and c["tries"] == 1 for c in pair.server.records("callbacks")))


def test_what_became_of_a_message_can_be_asked(pair_of: Callable[..., Pair]) -> None:
    pair = pair_of(SOON)
    carrier, begun = pair.carrier(), datetime.now(UTC)
    reference = carrier.submit(pair.message())
    until(lambda: pair.sent()[0]["status"] == "delivered")
    if pair.name in ("wechat", "city_app"):
        with pytest.raises(VendorUnavailable):
            carrier.trace(pair.message(), begun)
        return
    found = carrier.trace(pair.message(), begun)
    assert found is not None
    assert (found.reference, found.status) in ((reference, Status.DELIVERED), (pair.message().id, Status.DELIVERED))


def test_a_forged_event_of_wechat_is_refused() -> None:
    now = datetime.now(UTC)
    with pytest.raises(Forbidden):
        wechat.check_event(KEY, "0" * 40, str(int(now.timestamp())), "1", now)


@pytest.mark.parametrize("pair_of", ["wechat"], indirect=True)
def test_an_event_that_wechat_signed_is_refused_when_it_comes_again_later(pair_of: Callable[..., Pair]) -> None:
    pair = pair_of(SOON)
    pair.target.answer = lambda _: wechat.ANSWER
    pair.carrier().submit(pair.message())
    until(lambda: pair.target.received)
    query = {name: values[0] for name, values in parse_qs(urlsplit(pair.target.received[0].target).query).items()}
    signed = query["signature"], query["timestamp"], query["nonce"]
    wechat.check_event(KEY, *signed, datetime.now(UTC))
    with pytest.raises(Forbidden, match="timestamp"):
        wechat.check_event(KEY, *signed, datetime.now(UTC) + timedelta(seconds=305))


def test_a_receipt_that_comes_again_is_the_same_receipt(pair_of: Callable[..., Pair]) -> None:
    """What drops a repeat is its key: equal in every repeat, of whatever vendor."""
    pair = pair_of(SOON)
    words = iter([b"no", b"no"])
    pair.target.answer = lambda _: next(words, ANSWERS[pair.name])  # the vendor did not understand us, and repeats
    references = {pair.carrier().submit(pair.message()): pair.message().id}
    until(lambda: len(pair.target.received) >= 3, seconds=20)
    keys = [[one.id for one in receipts_of(pair, came, references)] for came in list(pair.target.received)[:3]]
    assert keys[0] == keys[1] == keys[2] != []


@pytest.mark.parametrize("module", [sms_tencent, sms_aliyun, city_app])
def test_what_is_no_receipt_is_refused(module: Any) -> None:
    with pytest.raises(InvalidInput):
        module.receipts(b"<html>", *([{}.get] if module is sms_tencent else []))


@dataclass
class Faces:
    """A face check of ours, and the vendor behind it."""

    name: str
    server: SandboxServer

    def verifier(self, *, key: str = KEY, clock: Clock | None = None) -> TencentFace | AliyunFace:
        clock, http, url = clock or SystemClock(), client(), self.server.url
        if self.name == "faceid_tencent":
            return TencentFace(TencentCloud(url, "faceid", "2018-03-01", "ap-guangzhou", "AKID2", key, clock, http), "1", clock)
        cloud = AliyunCloud(url, "2019-03-07", "LTAI2", key, clock, lambda: secrets.token_hex(16), http)
        return AliyunFace(cloud, "1000", clock)


@pytest.fixture(params=["faceid_tencent", "cloudauth_aliyun"])
def faces(request: pytest.FixtureRequest, server_of: Callable[..., tuple[SandboxServer, Target]]) -> Faces:
    return Faces(request.param, server_of()[0])


@pytest.mark.parametrize(("button", "passed"), [("pass", True), ("fail", False)])
def test_a_face_is_checked(faces: Faces, button: str, passed: bool) -> None:
    verifier = faces.verifier()
    started = verifier.start_face(f"{CASE}-face-1", "测试甲", NUMBER, "http://127.0.0.1/back")
    assert verifier.check_face(started.reference) is None
    assert started.url
    press(started.url, button)
    checked = verifier.check_face(started.reference)
    assert checked
    assert (checked.passed, checked.reference) == (passed, started.reference)


def test_a_spoken_intention_is_bound_to_the_face(server_of: Callable[..., tuple[SandboxServer, Target]]) -> None:
    base = Faces("faceid_tencent", server_of()[0]).verifier()
    assert isinstance(base, TencentFace)
    verifier = replace(base, spoken=True)
    started = verifier.start_face(f"{CASE}-face-1", "测试甲", NUMBER, "http://127.0.0.1/back", "我确认办理换证")
    assert started.url
    press(started.url, "pass")
    checked = verifier.check_face(started.reference)
    assert checked
    assert checked.passed


def test_nobodys_number_is_refused(faces: Faces) -> None:
    with pytest.raises(VendorRefused):
        faces.verifier().start_face(f"{CASE}-face-1", "测试甲", "370202199001010011", "http://127.0.0.1/back")


def test_a_wrong_key_or_clock_checks_nobody(faces: Faces) -> None:
    late = FixedClock(datetime.now(UTC) + timedelta(minutes=20))
    for verifier in (faces.verifier(key="wrong"), faces.verifier(clock=late)):
        with pytest.raises(VendorUnavailable):
            verifier.start_face(f"{CASE}-face-1", "测试甲", NUMBER, "http://127.0.0.1/back")
    assert faces.server.records("faces") == []


@pytest.mark.parametrize("fault", ["error_before", "error_after", "malformed", "slow"])
def test_a_fault_is_unavailable_and_the_next_try_works(faces: Faces, fault: str) -> None:
    faces.server.add_rule(match="", fault=fault)
    verifier = faces.verifier()
    with pytest.raises(VendorUnavailable):
        verifier.start_face(f"{CASE}-face-1", "测试甲", NUMBER, "http://127.0.0.1/back")
    assert verifier.start_face(f"{CASE}-face-1", "测试甲", NUMBER, "http://127.0.0.1/back").url
