"""A callback is believed only when it is signed, whole, for its path, and fresh."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wugan.errors import Forbidden
from wugan.signing import SIGNATURE_HEADER, TIME_HEADER, TOLERANCE_SECONDS, sign, verify

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
PATH, BODY = "/callbacks/courier", b'{"id":"1"}'


def headers(**more: str) -> dict[str, str]:
    return {TIME_HEADER: STAMP, SIGNATURE_HEADER: sign("s", STAMP, PATH, BODY)} | more


def test_a_known_signature() -> None:
    # printf '1\n/p\nbody' | openssl dgst -sha256 -hmac key
    assert sign("key", "1", "/p", b"body") == "ab1300fa9b9a3a2e02255df79a78aa55ad4297122ea4af22a38b17cfb15c7319"


@given(st.text(min_size=1), st.text(), st.binary())
def test_what_is_signed_verifies_in_any_case_of_the_header_names(secret: str, path: str, body: bytes) -> None:
    signed = {TIME_HEADER.upper(): STAMP, SIGNATURE_HEADER.lower(): sign(secret, STAMP, path, body)}
    verify(secret, signed, path, body, NOW)


@given(st.integers(-TOLERANCE_SECONDS, TOLERANCE_SECONDS))
def test_a_fresh_message_is_taken(seconds: int) -> None:
    verify("s", headers(), PATH, BODY, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [TOLERANCE_SECONDS + 1, -TOLERANCE_SECONDS - 1, 86_400])
def test_a_stale_message_is_refused_though_it_is_signed(seconds: int) -> None:
    with pytest.raises(Forbidden) as caught:
        verify("s", headers(), PATH, BODY, NOW + timedelta(seconds=seconds))
    assert caught.value.field == TIME_HEADER


@pytest.mark.parametrize(
    ("secret", "path", "body", "changed", "field"),
    [
        ("t", PATH, BODY, {}, SIGNATURE_HEADER),
        ("s", "/callbacks/channel", BODY, {}, SIGNATURE_HEADER),
        ("s", PATH, BODY + b" ", {}, SIGNATURE_HEADER),
        ("s", PATH, BODY, {SIGNATURE_HEADER: ""}, SIGNATURE_HEADER),
        ("s", PATH, BODY, {SIGNATURE_HEADER: "é"}, SIGNATURE_HEADER),
        ("s", PATH, BODY, {SIGNATURE_HEADER: "\udce9"}, SIGNATURE_HEADER),
        ("s", PATH + "\udce9", BODY, {}, SIGNATURE_HEADER),
        ("s", PATH, BODY, {TIME_HEADER: str(int(STAMP) + 1)}, SIGNATURE_HEADER),
        ("s", PATH, BODY, {TIME_HEADER: ""}, TIME_HEADER),
        ("s", PATH, BODY, {TIME_HEADER: "²"}, TIME_HEADER),
        ("s", PATH, BODY, {TIME_HEADER: "-1"}, TIME_HEADER),
        ("s", PATH, BODY, {TIME_HEADER: "9" * 13}, TIME_HEADER),
    ],
)
def test_a_forged_message_is_refused(secret: str, path: str, body: bytes, changed: dict[str, str], field: str) -> None:
    with pytest.raises(Forbidden) as caught:
        verify(secret, headers() | changed, path, body, NOW)
    assert caught.value.field == field
