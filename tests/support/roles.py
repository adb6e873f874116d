"""What the role of each function allows, read from the template: strings like `dynamodb:GetItem Cases`."""

from __future__ import annotations

import re
from typing import Any

from tests.support.template import resources, template


def functions() -> dict[str, dict[str, Any]]:
    """Properties of the functions by their verb, which is the folder's name."""
    found = resources("AWS::Serverless::Function").values()
    return {f["Properties"]["CodeUri"].removeprefix("functions/").strip("/"): f["Properties"] for f in found}


def listed(value: Any) -> list[Any]:
    """One or many, as many."""
    return value if isinstance(value, list) else [value]


def statements(policies: list[Any]) -> list[dict[str, Any]]:
    """The statements of a role's policies, grants looked up."""
    found: list[dict[str, Any]] = []
    for policy in policies:
        document = template()["Resources"][policy["Ref"]]["Properties"]["PolicyDocument"] if "Ref" in policy else policy
        found += document["Statement"]
    return found


def granted(policies: list[Any]) -> set[str]:
    """Every `action resource` that the policies allow."""
    return {f"{action} {name_of(r)}" for s in statements(policies) for action in listed(s["Action"]) for r in listed(s["Resource"])}


def name_of(resource: Any) -> str:
    """A resource of a statement in short: its logical id and what follows, or the end of its ARN."""
    match resource:
        case str():
            return resource
        case {"Ref": name}:
            return str(name)
        case {"Fn::GetAtt": [name, _]}:
            return str(name)
        case {"Fn::If": [_, first, _]}:
            return name_of(first)
        case {"Fn::Sub": str(text)}:
            short = re.sub(r"^arn:.*\$\{AWS::AccountId\}:", "", text)
            return re.sub(r"^\$\{(\w+)\.Arn\}", r"\1", short)
    raise AssertionError(f"no resource of a statement: {resource}")
