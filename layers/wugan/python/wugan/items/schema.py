"""The JSON Schema of an item file, for editors. `python -m wugan.items.schema > items/item.schema.json` renews it."""

from __future__ import annotations

import json

from wugan.items.model import Item


def schema() -> str:
    """The schema as JSON text (draft 2020-12), as `items/item.schema.json` holds it."""
    body = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Item.model_json_schema()}
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    print(schema(), end="")
