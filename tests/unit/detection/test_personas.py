"""Personas: what a persona leaves out, and how a wrong expectation is told."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from wugan.detection import personas
from wugan.items import catalogue
from wugan.items.model import Item, Persona

ITEMS = Path(__file__).parents[3] / "items"


@cache
def items() -> dict[int, Item]:
    return {i.number: i for i in catalogue.load_folder(ITEMS).items}


def run(number: int, records: dict[str, dict[str, str | None]], *, hit: bool, fields: list[str] | None = None) -> personas.PersonaResult:
    persona = Persona.model_validate({"name": "测试", "records": records, "hit": hit, "fields": fields or []})
    (result,) = personas.run(items()[number].model_copy(update={"personas": [persona]}))
    return result


@pytest.mark.parametrize("number", range(1, 21))
def test_the_catalogues_personas_pass(number: int) -> None:
    results = personas.run(items()[number])
    assert [r.message for r in results if not r.passed] == []
    assert {r.hit for r in results} == {True, False}


@pytest.mark.parametrize(
    ("number", "records", "fields"),
    [
        (10, {"business": {"name": "新名"}, "certificate": {"name": "旧名"}}, ["name"]),
        (9, {"business": {"legal_representative": "新"}, "certificate": {"legal_representative": "旧"}}, ["legal_representative"]),
        (13, {"certificate": {"producer_name": "旧厂"}, "producer": {"name": "新厂"}}, ["producer_name"]),
        (7, {"certificate": {}, "property": {}}, []),
        (15, {"certificate": {}}, []),
        (19, {}, []),
    ],
)
def test_defaults_make_the_rest_hit(number: int, records: dict[str, Any], fields: list[str]) -> None:
    assert run(number, records, hit=True, fields=fields).passed


@pytest.mark.parametrize(
    ("number", "records"),
    [
        (10, {"certificate": {}}),
        (10, {"certificate": {"name": "只有证上写的名称"}}),
        (10, {"business": {"name": "没有证照"}}),
        (9, {"business": {"legal_representative": None}, "certificate": {"legal_representative": "旧"}}),
        (13, {"certificate": {"producer_name": "旧厂"}}),
        (7, {"certificate": {}}),
        (15, {"certificate": {}, "blacklist": {}}),
        (15, {"certificate": {"jurisdiction": "XX"}}),
        (19, {"certificate": {}}),
    ],
)
def test_defaults_change_nothing_by_themselves(number: int, records: dict[str, Any]) -> None:
    assert run(number, records, hit=False).passed


def test_a_wrong_expectation_is_told() -> None:
    result = run(10, {"certificate": {}}, hit=True, fields=["name"])
    assert not result.passed
    assert result.message == "测试: expected a hit, got no hit (登记信息与证照一致)"


def test_wrong_fields_are_told() -> None:
    records: dict[str, dict[str, str | None]] = {"business": {"name": "新名"}, "certificate": {"name": "旧名"}}
    result = run(1, records, hit=True, fields=["registered_address"])
    assert result.message == "测试: expected fields ['registered_address'], got ['name']"


@pytest.mark.parametrize("number", [1, 7, 15, 19])
@pytest.mark.parametrize("today", ["1900-01-01", "9998-12-31"])
def test_the_first_and_the_last_day_can_be_counted_from(number: int, today: str) -> None:
    persona = Persona.model_validate({"name": "测试", "records": {"certificate": {}, "blacklist": {}}, "hit": False, "today": today})
    assert personas.run(items()[number].model_copy(update={"personas": [persona]}))


@pytest.mark.parametrize("today", ["0001-01-01", "1899-12-31", "9999-01-01"])
def test_a_day_from_which_nothing_can_be_counted_is_refused(today: str) -> None:
    with pytest.raises(ValidationError, match="today"):
        Persona.model_validate({"name": "测试", "records": {"blacklist": {}}, "hit": False, "today": today})
