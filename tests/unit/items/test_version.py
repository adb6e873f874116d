"""Versions depend on the content and on nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.item_files import GOOD, Spoil
from wugan.items import catalogue, source
from wugan.items.model import Item
from wugan.items.version import version

DATA: dict[str, Any] = source.read(GOOD).data
VERSION = version(Item.model_validate(DATA))


def shuffled(value: Any, draw: st.DrawFn) -> Any:
    """The same mapping with its keys in another order, at every level; lists keep theirs."""
    if isinstance(value, list):
        return [shuffled(v, draw) for v in value]
    if isinstance(value, dict):
        return {key: shuffled(value[key], draw) for key in draw(st.permutations(list(value)))}
    return value


@st.composite
def reorderings(draw: st.DrawFn) -> Any:
    return shuffled(DATA, draw)


@settings(max_examples=25, deadline=None)
@given(reorderings())
def test_the_order_of_keys_does_not_matter(data: dict[str, Any]) -> None:
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "item.yaml"
        path.write_text(text, encoding="utf-8")
        assert version(catalogue.load_file(path)) == VERSION


def test_its_shape() -> None:
    assert re.fullmatch(r"sha256:[0-9a-f]{16}", VERSION)


def test_a_default_written_out_is_the_same_content(spoil: Spoil) -> None:
    assert version(catalogue.load_file(spoil(", required: false}", "}"))) != VERSION
    assert version(catalogue.load_file(spoil("source: business.name}", "source: business.name, required: true}"))) == VERSION


@pytest.mark.parametrize(
    ("old", "new"),
    [("promised: 2", "promised: 3"), ("[wechat, sms]", "[sms, wechat]"), ("不用跑腿", "不必跑腿")],
)
def test_any_change_of_content_is_another_version(spoil: Spoil, old: str, new: str) -> None:
    assert version(catalogue.load_file(spoil(old, new))) != VERSION


def test_stored_and_read_again_it_is_the_same() -> None:
    item = Item.model_validate(DATA)
    assert version(Item.model_validate_json(item.model_dump_json())) == VERSION
