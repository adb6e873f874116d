"""GB 11643: shape, day of birth, check."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wugan.identity.number import valid

SOMEBODY = "370202198503072617"  # invented


@pytest.mark.parametrize("number", [SOMEBODY, "37020219900307205X", "370202199001010015"])
def test_a_number_that_fits(number: str) -> None:
    assert valid(number)


@pytest.mark.parametrize(
    "number", ["", SOMEBODY[:17], SOMEBODY + "1", "37020219900307205x", "070202198503072617", "370202198513072617", "３70202198503072617"]
)
def test_a_number_that_does_not(number: str) -> None:
    assert not valid(number)


@given(st.integers(min_value=0, max_value=17), st.integers(min_value=1, max_value=9))
def test_one_wrong_digit_is_always_found(place: int, more: int) -> None:
    wrong = str((int(SOMEBODY[place]) + more) % 10)
    assert not valid(SOMEBODY[:place] + wrong + SOMEBODY[place + 1 :])
