"""One messenger for all channels, recipients of rehearsal, callback secrets, templates, shared tokens, and what never arrived."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wugan.clock import FixedClock
from wugan.config import PRODUCTION
from wugan.errors import Forbidden, InvalidInput, VendorRefused, VendorUnavailable
from wugan.http import JsonClient, untouched
from wugan.items.model import Channel
from wugan.outreach.carrier import Field, NotSent, Source, Template, as_sent_or_not
from wugan.outreach.channels import DELIVERED, FAILED, SILENT, Channels, Rehearsal
from wugan.outreach.port import Message
from wugan.outreach.receipts import Receipt, Status, check_secret
from wugan.outreach.tokens import MemoryTokenStore, SharedToken, Token


class Sender:
    def __init__(self) -> None:
        self.sent: list[Message] = []

    def send(self, message: Message) -> str:
        self.sent.append(message)
        return "r"

    def poll(self, message: Message) -> Receipt | None:
        return Receipt("r", message.id, Status.DELIVERED) if message in self.sent else None


def to(address: str, channel: Channel = Channel.SMS) -> Message:
    return Message("case-push-1", channel, address, "【某局】您好【此处】", "https://portal.example/c/t?x=1")


def test_each_channel_has_its_own_messenger() -> None:
    sms, app = Sender(), Sender()
    channels = Channels({Channel.SMS: sms, Channel.APP: app})
    assert channels.send(to("19900000001")) == "r"
    assert (len(sms.sent), len(app.sent)) == (1, 0)
    with pytest.raises(VendorRefused, match="channel_not_configured"):
        channels.send(to("openid-a", Channel.WECHAT))


@pytest.mark.parametrize(
    ("address", "status"),
    [(a, Status.DELIVERED) for a in sorted(DELIVERED)]
    + [(a, Status.UNDELIVERED) for a in sorted(FAILED)]
    + [(a, None) for a in sorted(SILENT)],
)
def test_recipients_of_rehearsal_never_reach_a_vendor(address: str, status: Status | None) -> None:
    vendor = Sender()
    rehearsal = Rehearsal(vendor, "rehearsal")
    assert rehearsal.send(to(address)) == "rehearsal:case-push-1"
    assert vendor.sent == []
    told = rehearsal.poll(to(address))
    assert (told and (told.message_id, told.status)) == (("case-push-1", status) if status else None)


def test_real_recipients_do_reach_the_vendor() -> None:
    vendor = Sender()
    assert Rehearsal(vendor, "rehearsal").send(to("19900000001")) == "r"
    assert len(vendor.sent) == 1
    assert Rehearsal(vendor, "rehearsal").poll(to("19900000001")) == Receipt("r", "case-push-1", Status.DELIVERED)


def test_production_knows_no_rehearsal() -> None:
    with pytest.raises(InvalidInput, match="stage"):
        Rehearsal(Sender(), PRODUCTION)


@pytest.mark.parametrize(("given_secret", "expected"), [("", ""), ("a", ""), ("a", "b"), ("", "b"), ("密", "b"), ("\udce9", "b")])
def test_a_callback_without_its_secret_is_refused(given_secret: str, expected: str) -> None:
    check_secret("s3cret", "s3cret")
    with pytest.raises(Forbidden):
        check_secret(given_secret, expected)


def test_templates_take_text_link_and_path() -> None:
    template = Template("T", (Field("b", Source.TEXT), Field("a", Source.LINK), Field("c", Source.PATH), Field("d", Source.TEXT, 3)))
    filled = template.fill(to("x"))
    assert list(filled.items()) == [("b", "您好【此处】"), ("a", "https://portal.example/c/t?x=1"), ("c", "c/t?x=1"), ("d", "您好…")]
    assert template.fill(Message("i", Channel.SMS, "x", "好", None)) == {"b": "好", "a": "", "c": "", "d": "好"}


@given(st.text(max_size=30), st.integers(1, 30))
def test_no_variable_is_longer_than_it_may_be(text: str, most: int) -> None:
    [value] = Template("T", (Field("a", Source.TEXT, most),)).fill(Message("i", Channel.SMS, "x", text, None)).values()
    assert len(value) <= most


def test_an_older_token_never_takes_a_newers_place(clock: FixedClock) -> None:
    store, newer = MemoryTokenStore(), Token("new", clock.wall() + timedelta(hours=2))
    store.put("n", newer)
    store.put("n", Token("old", clock.wall() + timedelta(hours=1)))
    assert store.get("n") == newer


def test_what_replaces_a_refused_token_may_end_earlier(clock: FixedClock) -> None:
    store, ends = MemoryTokenStore(), clock.wall() + timedelta(hours=2)
    store.put("n", Token("refused", ends))
    token = SharedToken("n", store, lambda _: Token("next", ends - timedelta(hours=1)), clock)
    assert token.renewed("refused") == "next"
    assert token.value() == "next"
    assert token.renewed("refused") == "next"


def test_two_that_renew_at_once_both_get_a_token(clock: FixedClock) -> None:
    numbers = iter(range(9))
    store = MemoryTokenStore()

    def fetch(force: bool) -> Token:
        assert not force
        return Token(f"t{next(numbers)}", clock.wall() + timedelta(hours=2))

    first, second = (SharedToken("n", store, fetch, clock) for _ in range(2))
    refused = first.value()
    assert [first.renewed(refused), second.renewed(refused), second.value()] == ["t1", "t1", "t1"]


def failure(url: str) -> VendorUnavailable:
    with pytest.raises(VendorUnavailable) as found:
        JsonClient(connect_seconds=0.5, read_seconds=0.2).fetch("POST", url, b"", {})
    return found.value


def test_without_a_connection_the_vendor_did_nothing() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    error = failure(f"http://127.0.0.1:{port}/")
    assert untouched(error)
    assert isinstance(as_sent_or_not(error), NotSent)


def test_with_a_connection_and_no_answer_it_may_have_acted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = failure(f"http://127.0.0.1:{silent.getsockname()[1]}/")
    assert not untouched(error)
    assert as_sent_or_not(error) is error
