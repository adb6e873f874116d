"""How the two clouds are called (腾讯云、阿里云): signing and the shape of an answer, shared by messages and identity.

Written from the signature documents and not by the official SDKs, which hide what a caller here must know: whether a failed request can
have reached the vendor (docs/adr/0011, with what they weigh). The published vectors and, byte by byte, both SDKs' own signatures agree with
these (`tests/unit/outreach`).
"""

from __future__ import annotations

import re
from typing import Any

from wugan import json_text
from wugan.errors import VendorUnavailable, WuganError

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,79}|-?[0-9]{1,7}")


class CloudError(WuganError):
    """The cloud itself answered with an error: `detail` is its code. Whoever calls decides what the code means."""

    code = "vendor_unavailable"
    status = 503


def object_of(content: bytes) -> dict[str, Any]:
    """A JSON object. Raises VendorUnavailable: what was not understood may have been done."""
    try:
        value = json_text.loads(content)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise VendorUnavailable("the answer is no JSON object")
    return value


def short(said: object) -> str:
    """A vendor's code for a log or an event: what does not look like one is left out, since it may be personal data."""
    text = str(said)
    return text if _CODE.fullmatch(text) else "unreadable"
