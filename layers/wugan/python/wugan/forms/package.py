"""The materials of an application (申报材料): made from the confirmed form, or referred to where they are shared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from wugan.forms.prefill import Filled
from wugan.items.model import Item, ReturnWay

LOST = "declared_lost"  # the origin of an old certificate that does not come back (声明遗失作废)


def materials(item: Item, fields: Sequence[Filled], return_way: str | None) -> list[dict[str, Any]]:
    """One entry for each material: name, origin, content where we made it, and the content's SHA-256."""
    content = application_text(item, fields)
    digest = hashlib.sha256(content.encode()).hexdigest()
    return [
        {"name": m.name, "origin": LOST if m.origin == "old_certificate" and return_way == ReturnWay.NONE_HELD else m.origin}
        | ({"content": content, "sha256": digest} if m.origin == "generated" else {})
        for m in item.materials
    ]


def application_text(item: Item, fields: Sequence[Filled]) -> str:
    """The application as JSON text that says of each field where it comes from; the pages render it for people."""
    rows = [{"label": f.label, "value": f.final, "source": f.source, "as_of": f.as_of, "disputed": f.disputed} for f in fields]
    return json.dumps({"item": item.name, "fields": rows}, ensure_ascii=False, sort_keys=True, indent=1)
