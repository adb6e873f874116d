"""Strict reading of the small text forms that the C2SP formats share."""

from __future__ import annotations

import base64
import binascii

from wugan.errors import InvalidInput

MOST_NUMBER = 2**63 - 1


def b64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648, section 4)."""
    return base64.b64encode(data).decode()


def unb64(text: str, field: str) -> bytes:
    """The bytes of base64 in its one canonical form. Raises InvalidInput."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not text or b64(data) != text:
        raise InvalidInput("no base64", field=field)
    return data


def sha256_of(text: str, field: str) -> bytes:
    """A hash of 32 bytes from its base64. Raises InvalidInput."""
    data = unb64(text, field)
    if len(data) != 32:
        raise InvalidInput("a hash has 32 bytes", field=field)
    return data


def number(text: str, field: str) -> int:
    """A decimal of ASCII digits without leading zeroes, below 2^63. Raises InvalidInput."""
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or (len(text) > 1 and text[0] == "0") or int(text) > MOST_NUMBER:
        raise InvalidInput("no decimal number without leading zeroes", field=field)
    return int(text)


def utf8(data: bytes, field: str) -> str:
    """Text without control characters other than the newline. Raises InvalidInput."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise InvalidInput("no UTF-8", field=field) from None
    if any(c < " " and c != "\n" for c in text):
        raise InvalidInput("a control character other than the newline", field=field)
    return text
