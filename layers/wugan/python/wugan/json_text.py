"""JSON from outside, read so that nothing but a ValueError can come of it."""

from __future__ import annotations

import json
from typing import Any


def loads(text: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError: no JSON, nested too deeply, or half a character (a lone surrogate) in it."""
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value
