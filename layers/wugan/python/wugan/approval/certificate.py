"""The electronic certificate that a department's platform sends (电子证照): checked before it is taken in.

Its file is PDF or OFD (GB/T 36905-2018, GB/T 33190). A detached signature over the file's bytes is checked with the department's
public key: where one is configured every file must be signed, and a signature without a key is refused, since nobody could check it.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from datetime import date
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from wugan.errors import InvalidInput

MOST_BYTES = 1_000_000
LONGEST_NUMBER = 100
MAGIC = (b"%PDF-", b"PK\x03\x04")  # an OFD file is a ZIP file
KEPT = ("number", "valid_from", "valid_until", "file_base64", "file_sha256", "file_signature")
ED25519 = "ed25519"


def check(certificate: Mapping[str, Any], public_key: str = "") -> dict[str, Any]:
    """What is kept of the certificate. Raises InvalidInput naming the field.

    `public_key`: `ed25519:` and the base64 of its 32 bytes; empty when the department does not sign. SM2 is refused: `cryptography`
    does not know the curve.
    """
    number = _text(certificate, "number")
    if len(number) > LONGEST_NUMBER:
        raise _wrong("number", f"at most {LONGEST_NUMBER} characters")
    _dates(certificate)
    content = _file(certificate)
    _signature(certificate, content, public_key)
    return {name: certificate[name] for name in KEPT if certificate.get(name)}


def _file(certificate: Mapping[str, Any]) -> bytes:
    encoded = _text(certificate, "file_base64")
    if len(encoded) > MOST_BYTES * 4 // 3 + 4:
        raise _wrong("file_base64", f"at most {MOST_BYTES} bytes")
    try:
        content = b64decode(encoded, validate=True)
    except (NotBase64, ValueError):
        raise _wrong("file_base64", "not base64") from None
    if len(content) > MOST_BYTES:
        raise _wrong("file_base64", f"at most {MOST_BYTES} bytes")
    if hashlib.sha256(content).hexdigest() != _text(certificate, "file_sha256").lower():
        raise _wrong("file_sha256", "the file does not fit its hash")
    if not content.startswith(MAGIC):
        raise _wrong("file_base64", "neither PDF nor OFD")
    return content


def _signature(certificate: Mapping[str, Any], content: bytes, public_key: str) -> None:
    given = certificate.get("file_signature")
    if not public_key and not given:
        return
    if not public_key:
        raise _wrong("file_signature", "no key is configured for this department's signatures")
    if not given:
        raise _wrong("file_signature", "this department signs its files")
    kind, _, value = public_key.partition(":")
    if kind != ED25519:
        raise _wrong("file_signature", f"signatures of the kind {kind} cannot be checked here")
    try:
        Ed25519PublicKey.from_public_bytes(b64decode(value, validate=True)).verify(b64decode(str(given), validate=True), content)
    except (InvalidSignature, NotBase64, ValueError):
        raise _wrong("file_signature", "the signature does not fit the file") from None


def _dates(certificate: Mapping[str, Any]) -> None:
    start = _day(certificate, "valid_from")
    if certificate.get("valid_until") and _day(certificate, "valid_until") <= start:
        raise _wrong("valid_until", "must be later than valid_from")


def _day(certificate: Mapping[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(_text(certificate, name))
    except ValueError:
        raise _wrong(name, "a date such as 2026-11-23") from None


def _text(certificate: Mapping[str, Any], name: str) -> str:
    value = certificate.get(name)
    if not isinstance(value, str) or not value:
        raise _wrong(name, "the new certificate needs this")
    return value


def _wrong(name: str, why: str) -> InvalidInput:
    return InvalidInput(why, field=f"certificate.{name}")
