"""WeChat: requests byte by byte, what each answer means, the shared token, and the events."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support.fake_vendor import FakeVendor, broke_off, said
from wugan.clock import FixedClock
from wugan.errors import Forbidden, InvalidInput, VendorRefused, VendorUnavailable
from wugan.http import Answer
from wugan.items.model import Channel
from wugan.outreach import wechat
from wugan.outreach.carrier import Field, NotSent, Source, Template
from wugan.outreach.port import Message
from wugan.outreach.receipts import Batch, Receipt, Status
from wugan.outreach.tokens import MemoryTokenStore, Token
from wugan.outreach.wechat import Wechat, WechatTokens

TEMPLATE = Template("T1", (Field("thing1", Source.TEXT, 4),))
MESSAGE = Message("case-push-1", Channel.WECHAT, "openid-a", "【某局】请尽快换证。", "https://portal.example/c/token")
BASE = "https://wechat.example"
SENT = {"errcode": 0, "errmsg": "ok", "msgid": 200228332}
CLIENT_ID = hashlib.sha256(b"case-push-1").hexdigest()[:32]


class Account:
    """An account whose token is at hand, unless a test says otherwise."""

    def __init__(self, clock: FixedClock, *answers: object, token: str | None = "t1", subscription: bool = False) -> None:
        self.clock, self.client, self.store = clock, FakeVendor(*answers), MemoryTokenStore()
        if token:
            self.store.put("wechat:app", Token(token, clock.wall() + timedelta(hours=2)))
        tokens = WechatTokens(BASE, "app", "secret", self.store, clock, self.client)
        self.wechat = Wechat(BASE, TEMPLATE, tokens, self.client, subscription)

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(a.body) for a in self.client.asked]

    @property
    def urls(self) -> list[str]:
        return [a.url.removeprefix(BASE) for a in self.client.asked]


def token(value: str, seconds: object = 7200) -> Answer:
    return said({"access_token": value, "expires_in": seconds})


def test_a_template_message(clock: FixedClock) -> None:
    account = Account(clock, said(SENT))
    assert account.wechat.submit(MESSAGE) == "200228332"
    assert account.urls == ["/cgi-bin/message/template/send?access_token=t1"]
    assert account.client.asked[0].body.decode() == (
        '{"touser":"openid-a","template_id":"T1","url":"https://portal.example/c/token",'
        f'"client_msg_id":"{CLIENT_ID}","data":{{"thing1":{{"value":"请尽快…"}}}}}}'
    )


def test_a_subscription_message_has_no_id_to_drop_repeats_by(clock: FixedClock) -> None:
    account = Account(clock, said({"errcode": 0, "errmsg": "ok"}), subscription=True)
    assert account.wechat.submit(MESSAGE) == CLIENT_ID
    assert account.urls == ["/cgi-bin/message/subscribe/bizsend?access_token=t1"]
    assert account.client.asked[0].body.decode() == (
        '{"touser":"openid-a","template_id":"T1","page":"https://portal.example/c/token","data":{"thing1":{"value":"请尽快…"}}}'
    )
    assert account.wechat.repeat_safe == timedelta(0) < Account(clock).wechat.repeat_safe < timedelta(minutes=10)


@pytest.mark.parametrize("code", [40003, 43004, 43019, 43101])
def test_who_cannot_be_reached_is_refused(clock: FixedClock, code: int) -> None:
    with pytest.raises(VendorRefused):
        Account(clock, said({"errcode": code, "errmsg": "openid-a"})).wechat.submit(MESSAGE)


@pytest.mark.parametrize("code", [45009, 40037, 47003, 48001])
def test_what_is_not_about_the_person_was_not_sent(clock: FixedClock, code: int) -> None:
    with pytest.raises(NotSent):
        Account(clock, said({"errcode": code})).wechat.submit(MESSAGE)


def test_a_repeat_that_wechat_reports_is_a_success(clock: FixedClock) -> None:
    assert Account(clock, said({"errcode": 45065, "msgid": 5})).wechat.submit(MESSAGE) == "5"


@pytest.mark.parametrize(
    "answer", [broke_off(), b"", b"[]", b'{"errcode":"0"}', b'{"errcode":true}', said({"errcode": -1}), Answer(502, b"", "")]
)
def test_what_may_have_been_sent_is_neither_sent_nor_not(clock: FixedClock, answer: object) -> None:
    with pytest.raises(VendorUnavailable) as failure:
        Account(clock, answer).wechat.submit(MESSAGE)
    assert not isinstance(failure.value, NotSent)


def test_the_first_to_need_a_token_fetches_it_for_all(clock: FixedClock) -> None:
    account = Account(clock, token("t2"), said(SENT), said(SENT), token=None)
    account.wechat.submit(MESSAGE)
    account.wechat.submit(MESSAGE)
    assert account.urls == ["/cgi-bin/stable_token"] + ["/cgi-bin/message/template/send?access_token=t2"] * 2
    assert account.client.asked[0].body == b'{"grant_type":"client_credential","appid":"app","secret":"secret","force_refresh":false}'
    assert account.store.get("wechat:app") == Token("t2", clock.wall() + timedelta(hours=2))


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_an_expired_token_is_renewed_once(clock: FixedClock, code: int) -> None:
    account = Account(clock, said({"errcode": code}), token("t2"), said(SENT))
    assert account.wechat.submit(MESSAGE) == "200228332"
    assert account.urls[-1].endswith("=t2")
    account = Account(clock, said({"errcode": code}), token("t2"), said({"errcode": code}))
    with pytest.raises(NotSent):
        account.wechat.submit(MESSAGE)


def test_a_token_that_the_normal_mode_gives_again_is_forced(clock: FixedClock) -> None:
    account = Account(clock, said({"errcode": 40001}), token("t1"), token("t2"), said(SENT))
    account.wechat.submit(MESSAGE)
    assert [b.get("force_refresh") for b in account.bodies] == [None, False, True, None]


def test_a_token_that_another_lambda_renewed_is_taken(clock: FixedClock) -> None:
    account = Account(clock, said(SENT))
    account.store.put("wechat:app", Token("t9", clock.wall() + timedelta(hours=3)))
    assert account.wechat.tokens.shared.renewed("t1") == "t9"
    assert account.urls == []


def test_a_token_near_its_end_is_not_used(clock: FixedClock) -> None:
    account = Account(clock, token("t2"), said(SENT))
    clock.move(minutes=118, seconds=1)
    account.wechat.submit(MESSAGE)
    assert account.urls[-1].endswith("=t2")


@pytest.mark.parametrize(
    "answer",
    [broke_off(), b"", said({"errcode": 40125}), token(""), token("t2", 0), token("t2", "7200"), token("t2", True), Answer(500, b"", "")],
)
def test_without_a_token_nothing_was_sent(clock: FixedClock, answer: object) -> None:
    with pytest.raises(NotSent):
        Account(clock, answer, token=None).wechat.submit(MESSAGE)


@pytest.mark.parametrize("seconds", [10**12, 10**19])
def test_a_token_is_kept_a_day_at_most(clock: FixedClock, seconds: int) -> None:
    account = Account(clock, token("t2", seconds), said(SENT), token=None)
    account.wechat.submit(MESSAGE)
    assert account.store.get("wechat:app") == Token("t2", clock.wall() + timedelta(days=1))


def test_secrets_do_not_show(clock: FixedClock) -> None:
    assert "t1" not in repr(Token("t1", clock.wall()))


# --- events


def signature(timestamp: str, nonce: str = "n") -> str:
    return hashlib.sha1("".join(sorted(("token", timestamp, nonce))).encode()).hexdigest()


def seconds(at: datetime) -> str:
    return str(int(at.timestamp()))


def test_a_signed_event_passes(clock: FixedClock) -> None:
    now = seconds(clock.wall())
    wechat.check_event("token", signature(now), now, "n", clock.wall() + timedelta(seconds=300))


def test_a_known_signature() -> None:
    """sha1sum of `1409735669noncetoken`."""
    at = datetime.fromisoformat("2014-09-03T09:14:29+00:00")
    wechat.check_event("token", "e1f0a2e634093eeb64a37daf30639888f9fbdf8c", "1409735669", "nonce", at)


@pytest.mark.parametrize("skew", [-301, 301])
def test_an_old_or_future_event_is_refused(clock: FixedClock, skew: int) -> None:
    then = seconds(clock.wall() + timedelta(seconds=skew))
    with pytest.raises(Forbidden, match="timestamp"):
        wechat.check_event("token", signature(then), then, "n", clock.wall())


@pytest.mark.parametrize(
    ("secret", "given"), [("token", ""), ("token", "0" * 40), ("token", "签名"), ("token", "\udce9"), ("other", None), ("", None)]
)
def test_a_wrong_signature_is_refused(clock: FixedClock, secret: str, given: str | None) -> None:
    now = seconds(clock.wall())
    with pytest.raises(Forbidden, match="signature"):
        wechat.check_event(secret, signature(now) if given is None else given, now, "n", clock.wall())


def test_a_timestamp_that_is_no_number_is_refused(clock: FixedClock) -> None:
    with pytest.raises(Forbidden, match="timestamp"):
        wechat.check_event("token", signature("now"), "now", "n", clock.wall())


def event(status: str, name: str = "TEMPLATESENDJOBFINISH", reference: str = "200163840") -> bytes:
    """As in WeChat's document."""
    return f"""<xml><ToUserName><![CDATA[gh_7f083739789a]]></ToUserName><FromUserName><![CDATA[openid-a]]></FromUserName>
<CreateTime>1395658984</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{name}]]></Event>
<MsgID>{reference}</MsgID><Status><![CDATA[{status}]]></Status></xml>""".encode()


def known(reference: str) -> str | None:
    return {"200163840": "case-push-1"}.get(reference)


@pytest.mark.parametrize(
    ("said_status", "receipt"),
    [
        ("success", Receipt("wechat:200163840:delivered", "case-push-1", Status.DELIVERED)),
        ("failed:user block", Receipt("wechat:200163840:undelivered", "case-push-1", Status.UNDELIVERED, "user_block")),
        ("failed: system failed", Receipt("wechat:200163840:undelivered", "case-push-1", Status.UNDELIVERED, "system_failed")),
        ("failed:system failed", Receipt("wechat:200163840:undelivered", "case-push-1", Status.UNDELIVERED, "system_failed")),
        ("whatever openid-a", Receipt("wechat:200163840:undelivered", "case-push-1", Status.UNDELIVERED, "failed")),
        pytest.param(
            "failed:" + "9" * 5000, Receipt("wechat:200163840:undelivered", "case-push-1", Status.UNDELIVERED, "failed"), id="digits"
        ),
    ],
)
def test_the_result_of_a_template_message(said_status: str, receipt: Receipt) -> None:
    for _ in range(2):  # a repeat has the same key
        assert wechat.event_receipts(event(said_status), known) == Batch((receipt,))


def test_other_events_and_other_messages_are_none_of_ours() -> None:
    assert wechat.event_receipts(event("success", name="subscribe"), known) == Batch(())
    assert wechat.event_receipts(event("success", reference="7"), known) == Batch((), unknown=1)


def subscribed(*rows: tuple[str, str]) -> bytes:
    """As in the guide to 订阅通知."""
    lists = "".join(
        f"<List><TemplateId>T</TemplateId><MsgID>{msgid}</MsgID><ErrorCode>{code}</ErrorCode><ErrorStatus>x</ErrorStatus></List>"
        for msgid, code in rows
    )
    event = "<MsgType>event</MsgType><Event>subscribe_msg_sent_event</Event>"
    return f"<xml><ToUserName>gh</ToUserName>{event}<SubscribeMsgSentEvent>{lists}</SubscribeMsgSentEvent></xml>".encode()


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        ("0", "delivered", ""),
        ("43101", "undelivered", "refused_or_used_up"),
        ("47003", "undelivered", "code_47003"),
        ("x y", "undelivered", "failed"),
    ],
)
def test_the_result_of_a_subscription_message(code: str, status: str, reason: str) -> None:
    found = wechat.event_receipts(subscribed(("200163840", code)), known)
    assert found == Batch((Receipt(f"wechat:200163840:{status}", "case-push-1", Status(status), reason),))


def test_several_results_in_one_event_are_each_read() -> None:
    found = wechat.event_receipts(subscribed(("200163840", "0"), ("8", "0")), known)
    assert ([one.message_id for one in found.receipts], found.unknown) == (["case-push-1"], 1)


DISGUISED = (
    '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY a "success">]>'
    "<xml><Event>TEMPLATESENDJOBFINISH</Event><MsgID>200163840</MsgID><Status>&a;</Status></xml>"
)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"<xml>", event(""), event("success", reference=""), subscribed(), subscribed(("1", "")),
        b"<xml>" + b" " * 20_000 + b"</xml>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><xml><Event>&a;</Event></xml>',
        DISGUISED.encode("utf-16"), DISGUISED.encode("utf-16-le"), DISGUISED.replace("utf-16", "utf-32").encode("utf-32"),
        b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE x+AD4-<xml/>',
        b"<xml>\0</xml>", "<xml>é</xml>".encode("latin-1"), event("success", reference="9" * 201),
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        wechat.event_receipts(body, known)


def test_an_event_is_read_as_utf_8_whatever_it_says_of_itself() -> None:
    for encoding in ("foo", "idna", "latin-1"):
        body = f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + event("success")
        assert len(wechat.event_receipts(body, known).receipts) == 1


def test_the_parser_itself_refuses_a_document_type() -> None:
    with pytest.raises(InvalidInput, match="document type"):
        ElementTree.fromstring("<!DOCTYPE x><x/>", ElementTree.XMLParser(target=wechat._NoDoctype()))


def test_every_event_is_answered_alike() -> None:
    assert wechat.ANSWER == b"success"
