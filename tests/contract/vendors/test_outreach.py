"""The contract of the message port."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Protocol

import pytest

from infra.sandbox.server import SandboxServer
from infra.sandbox.vendors.settings import Accounts
from infra.sandbox.vendors.settings import CityApp as CityAppAccount
from tests.contract.vendors.harness import CASE, FAULTS, SECRET, client, config
from wugan.clock import SystemClock
from wugan.errors import VendorRefused, VendorUnavailable
from wugan.items.model import Channel
from wugan.memory.vendors import MemoryMessenger
from wugan.outreach import city_app
from wugan.outreach.failover import Failover
from wugan.outreach.port import Message, Messenger
from wugan.outreach.sendlog import MemorySendLog
from wugan.outreach.tokens import MemoryTokenStore

VENDORS = Accounts(city_app=CityAppAccount(client_id="city", client_secret=SECRET))
PROMPT = Message(f"{CASE}-push-1", Channel.APP, "user-1", "【青岛行政审批】您的证照可免申请变更。", "http://127.0.0.1/a#t")


class Bench(Protocol):
    """A port, and what lies behind it."""

    @property
    def port(self) -> Messenger: ...

    def fail(self, fault: str) -> None: ...
    def block(self, address: str) -> None: ...
    def received(self) -> list[Message]: ...


class InMemory:
    def __init__(self) -> None:
        self.port = MemoryMessenger()

    def fail(self, fault: str) -> None:
        self.port.fail("before" if fault == "error_before" else "after")

    def block(self, address: str) -> None:
        self.port.blocked.add(address)

    def received(self) -> list[Message]:
        return list(self.port.messages.values())


@dataclass
class AtSandbox:
    server: SandboxServer

    secret: str = SECRET

    def __post_init__(self) -> None:
        clock, http, url = SystemClock(), client(), self.server.url
        tokens = city_app.CityAppTokens(url, "city", self.secret, MemoryTokenStore(), clock, http)
        self.port = Failover([(city_app.CityApp(url, tokens, http), 1.0)], MemorySendLog(), clock, Random(1))

    def fail(self, fault: str) -> None:
        self.server.add_rule(match=CASE, fault=fault)

    def block(self, address: str) -> None:
        self.server.add_rule(match=address, channel="refused")

    def received(self) -> list[Message]:
        return [Message(r["id"], Channel(r["channel"]), r["to"], r["text"], r["link"]) for r in self.server.records("messages")]


@pytest.fixture(params=["memory", "city_app"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        yield InMemory()
    else:
        with SandboxServer(config(vendors=VENDORS)) as server:
            yield AtSandbox(server)


def test_a_message_arrives_as_it_was_written(bench: Bench) -> None:
    assert bench.port.send(PROMPT)
    assert bench.received() == [PROMPT]


def test_a_message_needs_no_link(bench: Bench) -> None:
    bench.port.send(replace(PROMPT, link=None))
    assert bench.received()[0].link is None


def test_the_same_id_is_delivered_once_under_one_reference(bench: Bench) -> None:
    assert bench.port.send(PROMPT) == bench.port.send(PROMPT)
    assert len(bench.received()) == 1


def test_another_id_is_another_message(bench: Bench) -> None:
    other = replace(PROMPT, id=f"{CASE}-push-2")
    assert bench.port.send(PROMPT) != bench.port.send(other)
    assert bench.received() == [PROMPT, other]


def test_a_blocked_address_is_refused_and_gets_nothing(bench: Bench) -> None:
    bench.block(PROMPT.address)
    with pytest.raises(VendorRefused) as refusal:
        bench.port.send(PROMPT)
    assert PROMPT.address not in str(refusal.value)
    assert bench.received() == []


def test_what_was_delivered_before_the_block_is_still_a_success_when_repeated(bench: Bench) -> None:
    reference = bench.port.send(PROMPT)
    bench.block(PROMPT.address)
    assert bench.port.send(PROMPT) == reference


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_the_same_id_is_delivered_once(bench: Bench, fault: str) -> None:
    bench.fail(fault)
    with pytest.raises(VendorUnavailable):
        bench.port.send(PROMPT)
    assert len(bench.received()) == (0 if fault == "error_before" else 1)
    bench.port.send(PROMPT)
    assert bench.received() == [PROMPT]


def test_a_wrong_secret_is_no_refusal_of_the_person() -> None:
    with SandboxServer(config(vendors=VENDORS)) as server:
        with pytest.raises(VendorUnavailable):
            AtSandbox(server, "0" * 32).port.send(PROMPT)
        assert server.records("messages") == []
