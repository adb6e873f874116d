"""Capabilities: only what we gave out opens, for its purpose, until its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wugan.errors import LinkExpired, LinkInvalid
from wugan.links import Keyring

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=180)
KEYS = Keyring(lambda: "a secret of the tests")
LINK = KEYS.link("case-1", LATER)


def test_a_link_opens_its_case() -> None:
    assert KEYS.case_of(LINK, NOW) == "case-1"
    assert KEYS.case_of(LINK, LATER) == "case-1"


def test_the_same_case_and_expiry_give_the_same_link() -> None:
    assert KEYS.link("case-1", LATER) == LINK
    assert len({LINK, KEYS.link("case-2", LATER), KEYS.link("case-1", LATER + timedelta(seconds=1))}) == 3


@given(st.integers(0, len(LINK) - 1), st.sampled_from("ABCabc012-_.é"))
def test_a_forged_link_is_refused(place: int, letter: str) -> None:
    forged = LINK[:place] + letter + LINK[place + 1 :]
    if forged != LINK:
        with pytest.raises(LinkInvalid):
            KEYS.case_of(forged, NOW)


@given(st.integers(0, len(LINK) - 1))
def test_a_link_cut_short_is_refused(length: int) -> None:
    with pytest.raises(LinkInvalid):
        KEYS.case_of(LINK[:length], NOW)


@given(st.text())
def test_any_text_is_refused_and_never_a_crash(text: str) -> None:
    with pytest.raises(LinkInvalid):
        KEYS.case_of(text, NOW)


@given(st.sampled_from(["session", "check", "desk", "desk-invite", "csrf"]))
def test_a_token_of_another_purpose_is_refused(purpose: str) -> None:
    with pytest.raises(LinkInvalid):
        KEYS.open(purpose, LINK, NOW)
    with pytest.raises(LinkInvalid):
        KEYS.case_of(KEYS.seal(purpose, {"c": "case-1"}, LATER), NOW)


def test_a_link_of_another_secret_is_refused() -> None:
    with pytest.raises(LinkInvalid):
        Keyring(lambda: "another").case_of(LINK, NOW)


def test_a_link_past_its_time_is_told_apart() -> None:
    with pytest.raises(LinkExpired):
        KEYS.case_of(LINK, LATER + timedelta(seconds=1))


def test_claims_come_back_without_the_expiry() -> None:
    assert KEYS.open("desk", KEYS.seal("desk", {"n": "王", "j": "QD"}, LATER), NOW) == {"n": "王", "j": "QD"}


def test_codes_are_ten_letters_and_digits_and_tell_cases_apart() -> None:
    codes = {KEYS.code(f"case-{n}") for n in range(500)}
    assert len(codes) == 500
    assert all(len(code) == 10 and code.isalnum() and code.isupper() for code in codes)
    assert KEYS.code("case-1") == KEYS.code("case-1")
