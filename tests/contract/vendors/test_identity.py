"""The contract of the identity port."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import pytest

from infra.sandbox.server import SandboxServer
from tests.contract.vendors.harness import CASE, FAULTS, SECRETS, client, config, press, times
from wugan.clock import SystemClock
from wugan.errors import VendorRefused, VendorUnavailable
from wugan.identity.port import IdentityVerifier, Started
from wugan.identity.sandbox import SandboxIdentity
from wugan.memory.vendors import MemoryIdentity

NAME, ID_NUMBER, MOBILE = "测试甲", "370202199001010015", "13800001234"  # invented; the check digit holds
BACK = "http://127.0.0.1/identity/back"
FACE, CODE = f"{CASE}-face-1", f"{CASE}-code-1"


class Bench(Protocol):
    """A port, and what lies behind it."""

    @property
    def port(self) -> IdentityVerifier: ...

    def fail(self, fault: str) -> None: ...
    def unknown(self, person: str) -> None: ...
    def show_face(self, started: Started, *, passed: bool) -> None: ...
    def read_code(self, started: Started) -> str: ...
    def sent(self) -> int: ...


class InMemory:
    def __init__(self) -> None:
        self.port = MemoryIdentity(SystemClock())

    def fail(self, fault: str) -> None:
        self.port.fail("before" if fault == "error_before" else "after")

    def unknown(self, person: str) -> None:
        self.port.unknown.add(person)

    def show_face(self, started: Started, *, passed: bool) -> None:
        self.port.finish_face(started.reference, passed=passed)

    def read_code(self, started: Started) -> str:
        return self.port.codes[started.reference]

    def sent(self) -> int:
        return len(self.port.codes)


@dataclass
class AtSandbox:
    server: SandboxServer

    def __post_init__(self) -> None:
        self.port = SandboxIdentity(self.server.url, SECRETS["identity"], SystemClock(), client())

    def fail(self, fault: str) -> None:
        self.server.add_rule(match=CASE, fault=fault)

    def unknown(self, person: str) -> None:
        self.server.add_rule(match=person, identity="refused")

    def show_face(self, started: Started, *, passed: bool) -> None:
        assert started.url
        answer = press(started.url, "pass" if passed else "fail")
        assert (answer.status, answer.headers["Location"]) == (303, BACK)

    def read_code(self, started: Started) -> str:
        (text,) = (r["text"] for r in self.server.records("messages") if r["reference"] == f"sms-{started.reference}")
        found = re.search(r"\b[0-9]{6}\b", text)
        assert found
        return found[0]

    def sent(self) -> int:
        return len(self.server.records("messages"))


@pytest.fixture(params=["memory", "sandbox"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        yield InMemory()
    else:
        with SandboxServer(config()) as server:
            yield AtSandbox(server)


def face(bench: Bench) -> Started:
    return bench.port.start_face(FACE, NAME, ID_NUMBER, BACK)


@pytest.mark.parametrize(("passed", "reason"), [(True, ""), (False, "face_mismatch")])
def test_a_face_check_has_a_page_and_then_a_result(bench: Bench, passed: bool, reason: str) -> None:
    started = face(bench)
    assert started.url
    assert bench.port.check_face(started.reference) is None
    bench.show_face(started, passed=passed)
    checked = bench.port.check_face(started.reference)
    assert checked
    assert (checked.reference, checked.passed, checked.level, checked.reason) == (started.reference, passed, "face", reason)
    assert checked.at.tzinfo


def test_what_a_face_check_came_to_first_stays(bench: Bench) -> None:
    started = face(bench)
    bench.show_face(started, passed=False)
    bench.show_face(started, passed=True)
    checked = bench.port.check_face(started.reference)
    assert checked
    assert not checked.passed


def test_the_same_id_is_the_same_face_check(bench: Bench) -> None:
    assert face(bench) == face(bench)
    assert bench.port.start_face(f"{CASE}-face-2", NAME, ID_NUMBER, BACK) != face(bench)


def test_a_code_is_sent_and_only_it_passes(bench: Bench) -> None:
    started = bench.port.start_code(CODE, MOBILE)
    code = bench.read_code(started)
    wrong = bench.port.check_code(started.reference, "x")
    assert (wrong.passed, wrong.level, wrong.reason) == (False, "code", "code_wrong")
    right = bench.port.check_code(started.reference, code)
    assert (right.passed, right.level, right.reason, started.url) == (True, "code", "", None)


def test_the_same_id_sends_one_code(bench: Bench) -> None:
    assert bench.port.start_code(CODE, MOBILE) == bench.port.start_code(CODE, MOBILE)
    assert bench.sent() == 1


def test_five_wrong_codes_end_the_check(bench: Bench) -> None:
    started = bench.port.start_code(CODE, MOBILE)
    for _ in range(5):
        bench.port.check_code(started.reference, "x")
    checked = bench.port.check_code(started.reference, bench.read_code(started))
    assert (checked.passed, checked.reason) == (False, "too_many_attempts")


def test_whom_the_vendor_does_not_know_it_refuses(bench: Bench) -> None:
    bench.unknown(ID_NUMBER)
    bench.unknown(MOBILE)
    with pytest.raises(VendorRefused) as refusal:
        face(bench)
    assert ID_NUMBER not in str(refusal.value)
    with pytest.raises(VendorRefused):
        bench.port.start_code(CODE, MOBILE)
    assert bench.sent() == 0


def test_a_reference_that_nobody_gave_out_is_refused(bench: Bench) -> None:
    with pytest.raises(VendorRefused):
        bench.port.check_face("face-none")
    with pytest.raises(VendorRefused):
        bench.port.check_code("code-none", "000000")


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_the_same_id_is_one_check(bench: Bench, fault: str) -> None:
    bench.fail(fault)
    with pytest.raises(VendorUnavailable):
        bench.port.start_code(CODE, MOBILE)
    assert bench.sent() == (0 if fault == "error_before" else 1)
    started = bench.port.start_code(CODE, MOBILE)
    assert bench.sent() == 1
    code = bench.read_code(started)
    bench.fail(fault)
    with pytest.raises(VendorUnavailable):
        bench.port.check_code(started.reference, code)
    assert bench.port.check_code(started.reference, code).passed


@pytest.mark.parametrize("fault", FAULTS)
def test_asking_for_a_result_survives_a_fault(bench: Bench, fault: str) -> None:
    started = face(bench)
    bench.show_face(started, passed=True)
    bench.fail(fault)
    with pytest.raises(VendorUnavailable):
        bench.port.check_face(started.reference)
    checked = bench.port.check_face(started.reference)
    assert checked
    assert checked.passed


@pytest.mark.parametrize("number", ["", "370202199001010011", "37020219900101001", "汉字"])
def test_the_sandbox_refuses_an_identity_number_whose_check_digit_fails(server: SandboxServer, number: str) -> None:
    with pytest.raises(VendorRefused, match="person_unknown"):
        AtSandbox(server).port.start_face(FACE, NAME, number, BACK)
    assert times(server, "faces", FACE) == 0


def test_a_face_scripted_to_fail_once_fails_the_first_check_of_its_case_only(server: SandboxServer) -> None:
    server.add_rule(match=CASE, identity="fail_once")
    bench = AtSandbox(server)
    results = []
    for attempt in (1, 2):
        started = bench.port.start_face(f"{CASE}-face-{attempt}", NAME, ID_NUMBER, BACK)
        bench.show_face(started, passed=True)
        checked = bench.port.check_face(started.reference)
        results.append(checked and checked.passed)
    assert results == [False, True]


def test_a_wrong_secret_starts_nothing(server: SandboxServer) -> None:
    port = SandboxIdentity(server.url, "0" * 32, SystemClock(), client())
    with pytest.raises(VendorUnavailable, match="401, signature_wrong"):
        port.start_code(CODE, MOBILE)
    assert server.records("codes") == []
