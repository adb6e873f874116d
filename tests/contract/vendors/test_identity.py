"""The contract of the identity port."""

from __future__ import annotations

from typing import Protocol

import pytest

from tests.contract.vendors.harness import CASE, FAULTS
from wugan.clock import SystemClock
from wugan.errors import VendorRefused, VendorUnavailable
from wugan.identity.code import CodeCheck, MemoryCodeStore, Verifier
from wugan.identity.port import IdentityVerifier, Started
from wugan.items.model import Channel
from wugan.memory.vendors import MemoryIdentity, MemoryMessenger
from wugan.outreach.port import Message

NAME, ID_NUMBER, MOBILE = "测试甲", "370202199001010015", "13800001234"  # invented; the check digit holds
BACK = "http://127.0.0.1/identity/back"
FACE, CODE = f"{CASE}-face-1", f"{CASE}-code-1"


class Bench(Protocol):
    """A port, and what lies behind it."""

    @property
    def port(self) -> IdentityVerifier: ...

    def fail(self, fault: str) -> None: ...
    def unknown(self, person: str) -> None: ...
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


class OurCode:
    """The real code check, with channels that fail as they are told."""

    def __init__(self) -> None:
        self.messages = MemoryMessenger()
        clock = SystemClock()
        self.port = Verifier(None, CodeCheck(MemoryCodeStore(), self._send, lambda: "a key of the tests", clock))

    def _send(self, id: str, mobile: str, code: str) -> None:
        self.messages.send(Message(id, Channel.SMS, mobile, code, None))

    def fail(self, fault: str) -> None:
        self.messages.fail("before" if fault == "error_before" else "after")

    def unknown(self, person: str) -> None:
        self.messages.blocked.add(person)

    def read_code(self, started: Started) -> str:
        return self.messages.messages[started.reference].text

    def sent(self) -> int:
        return len(self.messages.messages)


@pytest.fixture
def bench() -> InMemory:
    return InMemory()


@pytest.fixture(params=[InMemory, OurCode])
def codes(request: pytest.FixtureRequest) -> Bench:
    made: Bench = request.param()
    return made


def face(bench: InMemory) -> Started:
    return bench.port.start_face(FACE, NAME, ID_NUMBER, BACK)


@pytest.mark.parametrize(("passed", "reason"), [(True, ""), (False, "face_mismatch")])
def test_a_face_check_has_a_page_and_then_a_result(bench: InMemory, passed: bool, reason: str) -> None:
    started = face(bench)
    assert started.url
    assert bench.port.check_face(started.reference) is None
    bench.show_face(started, passed=passed)
    checked = bench.port.check_face(started.reference)
    assert checked
    assert (checked.reference, checked.passed, checked.level, checked.reason) == (started.reference, passed, "face", reason)
    assert checked.at.tzinfo


def test_what_a_face_check_came_to_first_stays(bench: InMemory) -> None:
    started = face(bench)
    bench.show_face(started, passed=False)
    bench.show_face(started, passed=True)
    checked = bench.port.check_face(started.reference)
    assert checked
    assert not checked.passed


def test_the_same_id_is_the_same_face_check(bench: InMemory) -> None:
    assert face(bench) == face(bench)
    assert bench.port.start_face(f"{CASE}-face-2", NAME, ID_NUMBER, BACK) != face(bench)


def test_a_code_is_sent_and_only_it_passes(codes: Bench) -> None:
    started = codes.port.start_code(CODE, MOBILE)
    code = codes.read_code(started)
    wrong = codes.port.check_code(started.reference, "x")
    assert (wrong.passed, wrong.level, bool(wrong.reason)) == (False, "code", True)
    right = codes.port.check_code(started.reference, code)
    assert (right.passed, right.level, right.reason, started.url) == (True, "code", "", None)


def test_the_same_id_sends_one_code(codes: Bench) -> None:
    assert codes.port.start_code(CODE, MOBILE) == codes.port.start_code(CODE, MOBILE)
    assert codes.sent() == 1


def test_five_wrong_codes_end_the_check(codes: Bench) -> None:
    started = codes.port.start_code(CODE, MOBILE)
    for _ in range(5):
        codes.port.check_code(started.reference, "x")
    checked = codes.port.check_code(started.reference, codes.read_code(started))
    assert (checked.passed, bool(checked.reason)) == (False, True)


def test_whom_the_vendor_does_not_know_it_refuses(bench: InMemory) -> None:
    bench.unknown(ID_NUMBER)
    with pytest.raises(VendorRefused) as refusal:
        face(bench)
    assert ID_NUMBER not in str(refusal.value)


def test_a_mobile_that_takes_nothing_is_refused(codes: Bench) -> None:
    codes.unknown(MOBILE)
    with pytest.raises(VendorRefused):
        codes.port.start_code(CODE, MOBILE)
    assert codes.sent() == 0


def test_a_reference_that_nobody_gave_out_is_refused(bench: InMemory) -> None:
    with pytest.raises(VendorRefused):
        bench.port.check_face("face-none")
    with pytest.raises(VendorRefused):
        bench.port.check_code("code-none", "000000")


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_the_same_id_is_one_check(codes: Bench, fault: str) -> None:
    codes.fail(fault)
    with pytest.raises(VendorUnavailable):
        codes.port.start_code(CODE, MOBILE)
    assert codes.sent() == (0 if fault == "error_before" else 1)
    started = codes.port.start_code(CODE, MOBILE)
    assert codes.sent() == 1
    assert codes.port.check_code(started.reference, codes.read_code(started)).passed


@pytest.mark.parametrize("fault", FAULTS)
def test_asking_for_a_result_survives_a_fault(bench: InMemory, fault: str) -> None:
    started = face(bench)
    bench.show_face(started, passed=True)
    bench.fail(fault)
    with pytest.raises(VendorUnavailable):
        bench.port.check_face(started.reference)
    checked = bench.port.check_face(started.reference)
    assert checked
    assert checked.passed
