"""The published document: valid, whole, and true of the table."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest

from tests.component.web.api.caller import Caller, told
from wugan.web.api import models, openapi, problems
from wugan.web.api.operation import Access
from wugan.web.api.operations import OPERATIONS


@pytest.fixture
def document(caller: Caller) -> dict[str, Any]:
    found: dict[str, Any] = told(Caller(caller.town).get("/openapi.json"))
    return found


def test_it_is_public_and_of_version_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert {o["operationId"] for path in document["paths"].values() for o in path.values()} == {o.id for o in OPERATIONS}


def test_it_says_where_and_in_chinese_what(document: dict[str, Any], caller: Caller) -> None:
    assert document["servers"] == [{"url": caller.town.public_url}]
    said = [o["summary"] for path in document["paths"].values() for o in path.values()]
    assert len({*said}) == len(OPERATIONS) == len(openapi.SUMMARIES)
    assert all(re.search("[\u4e00-\u9fff]", words) and len(words) <= 24 for words in said)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    named = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named <= set(document["components"]["schemas"])


def test_schemas_are_schemas_and_their_examples_fit(document: dict[str, Any]) -> None:
    schemas, shown = document["components"]["schemas"], 0
    for name, schema in schemas.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        for example in schema.get("examples", ()):
            jsonschema.validate(example, {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}})
            shown += 1
    assert shown > 10


def test_every_body_has_an_example(document: dict[str, Any]) -> None:
    for path in document["paths"].values():
        for operation in path.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                assert "example" in content


def test_objects_have_no_fields_beyond_those_told(document: dict[str, Any]) -> None:
    assert all(s.get("additionalProperties") is False for s in document["components"]["schemas"].values() if s["type"] == "object")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.id)
def test_each_operation_tells_what_it_asks_for_and_how_it_refuses(document: dict[str, Any], operation: Any) -> None:
    told_of = document["paths"][operation.path][operation.method.lower()]
    assert told_of["description"]
    names = {p["name"] for p in told_of["parameters"] if p["required"]}
    assert ("Idempotency-Key" in names) == (operation.method == "POST")
    responses = told_of["responses"]
    assert {str(s) for s in operation.answers} | {"400", "429", "500"} <= set(responses)
    assert {str(kind.status) for kind in operation.refuses} <= set(responses)
    assert ({"401", "403", "410"} <= set(responses)) == (operation.access is not Access.NOBODY)
    assert ({"409", "413", "415", "422"} <= set(responses)) == (operation.method == "POST")
    for status, response in responses.items():
        if int(status) >= 400 and status != "429":
            assert list(response["content"]) == [problems.PROBLEM]


def test_no_token_is_part_of_an_address() -> None:
    assert {name for o in OPERATIONS for name in o.path.split("/") if name.startswith("{")} == {"{code}"}
    assert {name for o in OPERATIONS if o.query for name in o.query.model_fields} == {"cursor", "limit"}


@pytest.mark.parametrize("code", [*problems.known(), problems.UNEXPECTED])
def test_the_type_of_each_problem_can_be_looked_up(caller: Caller, code: str) -> None:
    found = told(Caller(caller.town).get(f"/problems/{code}"))
    assert found["code"] == code
    assert models.ProblemKind.model_validate(found)


def test_an_unknown_problem(caller: Caller) -> None:
    assert Caller(caller.town).get("/problems/nothing").status == 404
