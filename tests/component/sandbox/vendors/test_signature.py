"""The sandbox's own signature agrees with ours, both ways."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from infra.sandbox.vendors.signature import fault_of, signed_headers
from wugan.signing import SIGNATURE_HEADER, TIME_HEADER, sign, verify

AT = 1_795_000_000
SECRET, PATH, BODY = "s" * 16, "/department/applications", '{"id":"一"}'.encode()


@given(secret=st.text(min_size=1), path=st.text(), body=st.binary(), at=st.integers(1, 10**10))
def test_what_either_side_signs_the_other_verifies(secret: str, path: str, body: bytes, at: int) -> None:
    theirs = signed_headers(secret, path, body, at)
    verify(secret, theirs, path, body, datetime.fromtimestamp(at, UTC))
    ours = Headers({TIME_HEADER: str(at), SIGNATURE_HEADER: sign(secret, str(at), path, body)})
    assert fault_of(secret, ours, path, body, at) is None


def test_a_known_signature() -> None:
    headers = signed_headers("key", "/p", b"body", 1)
    # printf '1\n/p\nbody' | openssl dgst -sha256 -hmac key
    assert headers["X-Wugan-Signature"] == "ab1300fa9b9a3a2e02255df79a78aa55ad4297122ea4af22a38b17cfb15c7319"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"secret": "t" * 16}, "signature_wrong"),
        ({"path": "/department/other"}, "signature_wrong"),
        ({"body": BODY + b" "}, "signature_wrong"),
        ({"at": AT + 301}, "timestamp_stale"),
        ({"at": AT - 301}, "timestamp_stale"),
        ({"at": AT + 300}, None),
        ({"headers": Headers()}, "timestamp_missing"),
        ({"headers": Headers({"X-Wugan-Timestamp": "²"})}, "timestamp_missing"),
        ({"headers": Headers({"X-Wugan-Timestamp": str(AT)})}, "signature_wrong"),
        ({"headers": Headers({"X-Wugan-Timestamp": str(AT), "X-Wugan-Signature": "é"})}, "signature_wrong"),
    ],
)
def test_a_signature_that_does_not_hold_is_named(change: dict[str, object], fault: str | None) -> None:
    received: dict[str, object] = {"secret": SECRET, "headers": Headers(signed_headers(SECRET, PATH, BODY, AT))}
    received |= {"path": PATH, "body": BODY, "at": AT} | change
    assert fault_of(**received) == fault  # type: ignore[arg-type]
