"""The SAM template as data, so that what tests create is what is deployed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short tags as their long form."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = str(value).split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


@cache
def template(name: str = "template.yaml") -> dict[str, Any]:
    """A template of the repository."""
    value: dict[str, Any] = yaml.load((ROOT / name).read_text(encoding="utf-8"), Loader=_Loader)
    return value


def resources(of_type: str) -> dict[str, dict[str, Any]]:
    """The resources of a type by logical id."""
    return {name: r for name, r in template()["Resources"].items() if r["Type"] == of_type}


def table(logical_id: str, name: str) -> dict[str, Any]:
    """Arguments of create_table for a table of the template."""
    properties = template()["Resources"][logical_id]["Properties"]
    kept = {k: properties[k] for k in ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode") if k in properties}
    stream = properties.get("StreamSpecification")
    if stream:
        kept["StreamSpecification"] = {"StreamEnabled": True, **stream}
    return kept | {"TableName": name}
