"""The contract of the message port."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import pytest

from infra.sandbox.server import SandboxServer
from tests.contract.vendors.harness import CASE, FAULTS, SECRETS, client, config, times
from wugan.clock import SystemClock
from wugan.errors import VendorRefused, VendorUnavailable
from wugan.items.model import Channel
from wugan.memory.vendors import MemoryMessenger
from wugan.outreach.port import Message, Messenger
from wugan.outreach.sandbox import SandboxMessenger

PROMPT = Message(f"{CASE}-push-1", Channel.SMS, "13800001234", "【青岛行政审批】您的证照可免申请变更。", "http://127.0.0.1/a#t")


class Bench(Protocol):
    """A port, and what lies behind it."""

    @property
    def port(self) -> Messenger: ...

    def fail(self, fault: str) -> None: ...
    def block(self, address: str) -> None: ...
    def received(self) -> list[Message]: ...
    def asked(self, id: str) -> int: ...


class InMemory:
    def __init__(self) -> None:
        self.port = MemoryMessenger()

    def fail(self, fault: str) -> None:
        self.port.fail("before" if fault == "error_before" else "after")

    def block(self, address: str) -> None:
        self.port.blocked.add(address)

    def received(self) -> list[Message]:
        return list(self.port.messages.values())

    def asked(self, id: str) -> int:
        return self.port.asked[id]


@dataclass
class AtSandbox:
    server: SandboxServer

    def __post_init__(self) -> None:
        self.port = SandboxMessenger(self.server.url, SECRETS["channel"], SystemClock(), client())

    def fail(self, fault: str) -> None:
        self.server.add_rule(match=CASE, fault=fault)

    def block(self, address: str) -> None:
        self.server.add_rule(match=address, channel="refused")

    def received(self) -> list[Message]:
        return [Message(r["id"], Channel(r["channel"]), r["to"], r["text"], r["link"]) for r in self.server.records("messages")]

    def asked(self, id: str) -> int:
        return sum(r["id"] == id for r in self.server.records("requests"))


@pytest.fixture(params=["memory", "sandbox"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        yield InMemory()
    else:
        with SandboxServer(config()) as server:
            yield AtSandbox(server)


@pytest.mark.parametrize("channel", list(Channel))
def test_a_message_arrives_as_it_was_written(bench: Bench, channel: Channel) -> None:
    message = replace(PROMPT, channel=channel)
    assert bench.port.send(message)
    assert bench.received() == [message]


def test_a_message_needs_no_link(bench: Bench) -> None:
    bench.port.send(replace(PROMPT, link=None))
    assert bench.received()[0].link is None


def test_the_same_id_is_delivered_once_under_one_reference(bench: Bench) -> None:
    assert bench.port.send(PROMPT) == bench.port.send(PROMPT)
    assert len(bench.received()) == 1
    assert bench.asked(PROMPT.id) == 2


def test_another_id_is_another_message(bench: Bench) -> None:
    other = replace(PROMPT, id=f"{CASE}-push-2")
    assert bench.port.send(PROMPT) != bench.port.send(other)
    assert bench.received() == [PROMPT, other]


def test_a_blocked_address_is_refused_and_gets_nothing(bench: Bench) -> None:
    bench.block(PROMPT.address)
    with pytest.raises(VendorRefused, match="address_blocked") as refusal:
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


@pytest.mark.parametrize("address", ["", "12345", "23800001234", "+8613800001234"])
def test_the_sandbox_refuses_what_is_no_mobile_number(server: SandboxServer, address: str) -> None:
    with pytest.raises(VendorRefused, match="address_unknown"):
        AtSandbox(server).port.send(replace(PROMPT, address=address))
    assert times(server, "messages", PROMPT.id) == 0


def test_a_wrong_secret_is_no_refusal_of_the_person(server: SandboxServer) -> None:
    port = SandboxMessenger(server.url, "0" * 32, SystemClock(), client())
    with pytest.raises(VendorUnavailable, match="401, signature_wrong"):
        port.send(PROMPT)
    assert server.records("messages") == []
