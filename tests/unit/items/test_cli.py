"""`wugan items …` as people and scripts meet it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.unit.items.conftest import ITEMS, Spoil, line_of
from wugan import bootstrap
from wugan.cli.items import app
from wugan.errors import VendorUnavailable
from wugan.items.schema import schema
from wugan.memory.stores import MemoryItemStore

run = CliRunner().invoke


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryItemStore:
    made = MemoryItemStore()
    monkeypatch.setattr(bootstrap, "item_store", lambda: made)
    return made


def test_validate_the_catalogue() -> None:
    result = run(app, ["validate", str(ITEMS)])
    assert (result.exit_code, result.stderr) == (0, "")
    assert "hr-service-filing" in result.stdout


def test_validate_tells_file_line_and_field(spoil: Spoil) -> None:
    path = spoil("promised: 2", "promised: 25")
    result = run(app, ["validate", str(path)])
    assert result.exit_code == 1
    assert result.stderr == f"{path}:{line_of(path, 'promised')}: limits.promised: is too large; at most 20\n"


def test_validate_runs_the_personas(spoil: Spoil) -> None:
    path = spoil("    hit: true\n    fields: [legal_representative]\n", "    hit: false\n")
    result = run(app, ["validate", str(path), "--json"])
    body = json.loads(result.stdout)
    assert result.exit_code == 1
    assert body["items"] == []
    assert [(p["file"], p["line"], p["field"]) for p in body["problems"]] == [
        (str(path), line_of(path, "name: 法定代表人已变更"), "personas[0]")
    ]


def test_a_path_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    assert run(app, ["validate", str(tmp_path / "none")]).exit_code == 2


def test_publish_and_list(store: MemoryItemStore, spoil: Spoil) -> None:
    bad = spoil("kind: change", "kind: x", "bad.yaml")
    result = run(app, ["publish", str(ITEMS), str(bad), "--json"])
    body = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [p["field"] for p in body["problems"]] == ["kind"]
    assert [i["number"] for i in body["items"]] == list(range(1, 21))
    listed = run(app, ["list", "--json"])
    assert listed.exit_code == 0
    assert json.loads(listed.stdout)["items"] == body["items"]
    assert {i["version"] for i in body["items"]} == {name for name, _ in store.current()}
    assert "water-supply-name" in run(app, ["list"]).stdout


def test_a_store_that_is_down_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> MemoryItemStore:
        raise VendorUnavailable("the table does not answer")

    monkeypatch.setattr(bootstrap, "item_store", down)
    result = run(app, ["list"])
    assert (result.exit_code, result.stderr) == (1, "wugan items: the table does not answer\n")


def test_schema() -> None:
    assert run(app, ["schema"]).stdout == schema()
