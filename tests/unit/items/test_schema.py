"""The JSON Schema beside the items."""

from __future__ import annotations

import json
import subprocess
import sys

from jsonschema import Draft202012Validator

from tests.support.item_files import GOOD, ITEMS
from wugan.items import source
from wugan.items.schema import schema

HELD = ITEMS / "item.schema.json"


def test_the_file_is_what_the_model_generates() -> None:
    assert HELD.read_text(encoding="utf-8") == schema(), "renew it: python -m wugan.items.schema > items/item.schema.json"


def test_it_can_be_printed() -> None:
    printed = subprocess.run([sys.executable, "-m", "wugan.items.schema"], capture_output=True, check=True, encoding="utf-8")
    assert printed.stdout == schema()


def test_it_accepts_all_items_and_refuses_a_bad_one() -> None:
    Draft202012Validator.check_schema(json.loads(schema()))
    validator = Draft202012Validator(json.loads(schema()))
    for path in ITEMS.glob("*.yaml"):
        assert list(validator.iter_errors(source.read(path).data)) == [], path.name
    good = source.read(GOOD).data
    assert not validator.is_valid(good | {"colour": "red"})
    assert not validator.is_valid(good | {"form": [{"name": "a_b", "label": "甲", "source": "business.nme"}]})
    assert not validator.is_valid(good | {"trigger": {"change": ["boss"]}})
