"""An electronic certificate is taken in only whole, of a kind that people can read, and signed where the department signs."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wugan.approval.certificate import MOST_BYTES, check
from wugan.errors import InvalidInput

PDF = b"%PDF-1.7 a certificate"


def zipped(name: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), "<x/>")
    return made.getvalue()


OFD = zipped("OFD.xml")
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))  # the same in every process: it is in the names of tests
PUBLIC = f"ed25519:{base64.b64encode(KEY.public_key().public_bytes_raw()).decode()}"


def certificate(content: bytes = PDF, **more: Any) -> dict[str, Any]:
    return {
        "number": "QD-1",
        "valid_from": "2026-11-24",
        "valid_until": "2031-11-23",
        "file_base64": base64.b64encode(content).decode(),
        "file_sha256": hashlib.sha256(content).hexdigest(),
    } | more


def signed(content: bytes = PDF, over: bytes = PDF) -> dict[str, Any]:
    return certificate(content, file_signature=base64.b64encode(KEY.sign(over)).decode())


def refused(given: dict[str, Any], key: str = "") -> tuple[str | None, str]:
    with pytest.raises(InvalidInput) as found:
        check(given, key)
    return found.value.field, found.value.detail


@pytest.mark.parametrize("content", [PDF, OFD])
def test_a_whole_certificate_is_kept_and_nothing_else_of_the_message(content: bytes) -> None:
    assert check(certificate(content, extra="x")) == certificate(content)


def test_a_certificate_may_have_no_end() -> None:
    assert "valid_until" not in check(certificate(valid_until=None))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": ""}, "number"),
        ({"number": 7}, "number"),
        ({"number": "1" * 101}, "number"),
        ({"number": "QD\x001"}, "number"),
        ({"number": "QD\n1"}, "number"),
        ({"number": " QD-1"}, "number"),
        ({"number": "<script>"}, "number"),
        ({"number": "QD\u202e1"}, "number"),
        ({"valid_from": "24.11.2026"}, "valid_from"),
        ({"valid_from": "20261123"}, "valid_from"),
        ({"valid_from": "2026-W48-1"}, "valid_from"),
        ({"valid_until": "20311123"}, "valid_until"),
        ({"valid_until": "2026-11-24"}, "valid_until"),
        ({"valid_until": "never"}, "valid_until"),
        ({"file_base64": ""}, "file_base64"),
        ({"file_base64": "not base64!"}, "file_base64"),
        ({"file_base64": "汉字"}, "file_base64"),
        ({"file_sha256": ""}, "file_sha256"),
        ({"file_sha256": "0" * 64}, "file_sha256"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], field: str) -> None:
    assert refused(certificate() | change)[0] == f"certificate.{field}"


@pytest.mark.parametrize("number", ["鲁02A0017", "（2026）第0017号", "鲁〔2026〕1 号", "QD-1/2", "JY13702020001234"])
def test_numbers_as_departments_give_them_are_kept(number: str) -> None:
    assert check(certificate(number=number))["number"] == number


@pytest.mark.parametrize(
    "content", [b"<html>", b"MZ\x90\x00", b" %PDF-1.7", b"PK\x03\x04 nothing", zipped("word/document.xml"), zipped("a/OFD.xml")]
)
def test_a_file_that_is_neither_pdf_nor_ofd_is_refused(content: bytes) -> None:
    assert refused(certificate(content)) == ("certificate.file_base64", "neither PDF nor OFD")


def test_a_file_that_is_too_large_is_refused() -> None:
    assert check(certificate(PDF.ljust(MOST_BYTES)))
    assert refused(certificate(PDF.ljust(MOST_BYTES + 1)))[0] == "certificate.file_base64"


def test_a_signed_file_is_taken_in_with_its_signature() -> None:
    assert check(signed(), PUBLIC)["file_signature"]


@pytest.mark.parametrize(
    ("given", "key", "why"),
    [
        (signed(), "", "no key is configured for this department's signatures"),
        (certificate(), PUBLIC, "this department signs its files"),
        (signed(over=OFD), PUBLIC, "the signature does not fit the file"),
        (certificate(file_signature="not base64!"), PUBLIC, "the signature does not fit the file"),
        (signed(), f"ed25519:{base64.b64encode(bytes(32)).decode()}", "the signature does not fit the file"),
        (signed(), "ed25519:short", "the signature does not fit the file"),
        (signed(), "sm2:AAAA", "signatures of the kind sm2 cannot be checked here"),
    ],
)
def test_a_signature_that_cannot_be_trusted_is_refused(given: dict[str, Any], key: str, why: str) -> None:
    assert refused(given, key) == ("certificate.file_signature", why)
