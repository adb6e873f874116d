"""Content-addressed versions: the same content has the same version, whoever publishes it and whenever."""

from __future__ import annotations

import hashlib
import json

from wugan.items.model import Item


def canonical(item: Item) -> bytes:
    """The bytes a version stands for: all fields, defaults included, as sorted JSON without white space, UTF-8."""
    return json.dumps(item.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def version(item: Item) -> str:
    """`sha256:` and the first 16 hex digits of the digest."""
    return f"sha256:{hashlib.sha256(canonical(item)).hexdigest()[:16]}"
