"""The electronic certificate that a department's platform sends (电子证照): checked before it is taken in.

Its file is PDF or OFD (GB/T 36905-2018, GB/T 33190). A detached signature over the file's bytes is checked with the department's
public key: where one is configured every file must be signed, and a signature without a key is refused, since nobody could check it.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from datetime import date
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from wugan.errors import InvalidInput

MOST_BYTES = 1_000_000
LONGEST_NUMBER = 100
PDF, ZIP = b"%PDF-", b"PK\x03\x04"
OFD_ENTRY = "OFD.xml"  # GB/T 33190, 7.1: what every OFD file, a ZIP file, begins to be read at
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Of what is not letters and digits, what numbers of documents hold: 鲁（2026）第0017号, QD-1/2, 〔2026〕.
NUMBER_MARKS = frozenset(" -_./#·—()（）[]【】〔〕《》：:、")
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
    if number != number.strip() or not all(c.isalnum() or c in NUMBER_MARKS for c in number):
        raise _wrong("number", "letters, digits, blanks inside, and the marks that document numbers have")
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
    if not content.startswith(PDF) and not _is_ofd(content):
        raise _wrong("file_base64", "neither PDF nor OFD")
    return content


def _is_ofd(content: bytes) -> bool:
    """Whether this is a ZIP file with an OFD's entrance. Only its list of contents is read: nothing is unpacked."""
    if not content.startswith(ZIP):
        return False
    try:
        with ZipFile(BytesIO(content)) as found:
            return OFD_ENTRY in found.namelist()
    except (BadZipFile, ValueError, NotImplementedError, OSError):
        return False


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
    text = _text(certificate, name)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise _wrong(name, "a date such as 2026-11-23") from None
    if not DAY.fullmatch(text):  # Python takes other forms of ISO 8601 as well
        raise _wrong(name, "a date such as 2026-11-23")
    return day


def _text(certificate: Mapping[str, Any], name: str) -> str:
    value = certificate.get(name)
    if not isinstance(value, str) or not value:
        raise _wrong(name, "the new certificate needs this")
    return value


def _wrong(name: str, why: str) -> InvalidInput:
    return InvalidInput(why, field=f"certificate.{name}")
