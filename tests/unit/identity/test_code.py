"""The way without a face: the right code, once, in time, within five tries."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wugan.clock import FixedClock
from wugan.errors import VendorRefused, VendorUnavailable
from wugan.identity.code import LIFE, MOST_TRIES, CodeCheck, MemoryCodeStore, SentCode, Verifier
from wugan.identity.port import Checked, Started


class Office:
    def __init__(self, key: str = "key") -> None:
        self.clock = FixedClock(datetime(2026, 11, 24, 4, 0, tzinfo=UTC))
        self.store, self.sent = MemoryCodeStore(), list[tuple[str, str, str]]()
        self.check = CodeCheck(self.store, lambda *sent: self.sent.append(sent), lambda: key, self.clock)

    def start(self, id: str = "case-code-1") -> str:
        assert self.check.start_code(id, "19900000001") == Started(id, None)
        return self.sent[-1][2]

    def says(self, code: str, reference: str = "case-code-1") -> str:
        found = self.check.check_code(reference, code)
        assert (found.reference, found.level, found.at) == (reference, "code", self.clock.now())
        assert found.passed is (not found.reason)
        return found.reason or "passed"


def wrong(code: str) -> str:
    return str((int(code) + 1) % 1_000_000).zfill(6)


def test_the_right_code_passes_once() -> None:
    office = Office()
    code = office.start()
    assert (len(code), code.isdigit(), office.sent[0][:2]) == (6, True, ("case-code-1", "19900000001"))
    assert [office.says(wrong(code)), office.says(code), office.says(code)] == ["wrong_code", "passed", "no_more_tries"]


def test_after_five_tries_even_the_right_code_is_too_late() -> None:
    office = Office()
    code = office.start()
    assert [office.says(wrong(code)) for _ in range(MOST_TRIES)] == ["wrong_code"] * MOST_TRIES
    assert office.says(code) == "no_more_tries"


def test_a_code_ends() -> None:
    office = Office()
    code = office.start()
    office.clock.at += LIFE
    assert office.says(code) == "expired"


def test_a_repeat_sends_the_same_code_and_gives_no_new_tries() -> None:
    office = Office()
    code = office.start()
    office.says(wrong(code))
    assert office.start() == code
    assert office.store.codes["case-code-1"].tries == 1


def test_a_code_is_good_for_its_own_check_only() -> None:
    office = Office()
    first, second = office.start("case-code-1"), office.start("case-code-2")
    assert first != second
    assert office.says(first, "case-code-2") == "wrong_code"


def test_an_unknown_reference_is_a_failure() -> None:
    assert Office().says("000000", "other") == "no_more_tries"


def test_the_code_is_not_kept() -> None:
    office = Office()
    code = office.start()
    assert code not in repr(office.store)
    other = Office(key="another")
    other.start()
    assert other.store.codes["case-code-1"].digest != office.store.codes["case-code-1"].digest


def test_of_two_taps_at_once_one_passes() -> None:
    office = Office()
    code = office.start()

    class Twin(MemoryCodeStore):
        def attempt(self, reference: str, most: int) -> SentCode | None:
            found = super().attempt(reference, most)
            self.spend(reference)  # between our try and our answer the other tap passes
            return found

    twin = Twin(office.store.codes)
    late = CodeCheck(twin, print, lambda: "key", office.clock)
    assert late.check_code("case-code-1", code).reason == "no_more_tries"


@given(st.text(max_size=8))
def test_no_text_breaks_the_comparison(code: str) -> None:
    office = Office()
    sent = office.start()
    assert (office.says(code) == "passed") is (code == sent)


def test_a_message_that_could_not_be_sent_can_be_sent_again() -> None:
    office = Office()

    def fail(*_: str) -> None:
        raise VendorUnavailable("down")

    with pytest.raises(VendorUnavailable):
        CodeCheck(office.store, fail, lambda: "key", office.clock).start_code("case-code-1", "19900000001")
    assert office.says(office.start()) == "passed"


class Face:
    def start_face(self, id: str, name: str, id_number: str, return_url: str, intention: str = "", meta_info: str = "") -> Started:  # noqa: ARG002
        return Started(id, return_url)

    def check_face(self, reference: str) -> Checked | None:  # noqa: ARG002
        return None


def test_both_halves_make_the_port() -> None:
    office = Office()
    verifier = Verifier(Face(), office.check)
    assert verifier.start_face("i", "张三", "1", "back") == Started("i", "back")
    assert verifier.check_face("i") is None
    verifier.start_code("c", "19900000001")
    assert verifier.check_code("c", office.sent[-1][2]).passed


def test_without_a_face_vendor_the_code_is_left() -> None:
    verifier = Verifier(None, Office().check)
    with pytest.raises(VendorRefused):
        verifier.start_face("i", "张三", "1", "back")
    with pytest.raises(VendorRefused):
        verifier.check_face("i")
