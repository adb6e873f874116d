"""`wugan items publish` against the stack's tables and buckets (moto): the gate reads the newest run's clean files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.component.items.test_cli import renewal
from tests.support.aws import storage
from tests.support.deliveries import DAY, Holder, deliver
from wugan import bootstrap
from wugan.cli.items import app
from wugan.registry import intake

CODE = "social-group-certificate-renewal"


@pytest.fixture(autouse=True)
def _stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with storage(monkeypatch):
        yield


def publish(path: Path, *more: str, code: int = 0) -> Any:
    result = CliRunner().invoke(app, ["publish", str(path), *more, "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_from_the_first_publishing_to_a_refused_one(tmp_path: Path) -> None:
    first = publish(renewal(tmp_path, 90))
    assert first["simulated"] == {}

    intake.take_in(deliver(tmp_path / "drops", [Holder(n, 100) for n in range(30)]), tmp_path / "clean", DAY, buckets=2)
    files = bootstrap.registry_files()
    files.publish_clean("nightly-1", tmp_path / "clean")
    files.make_current("nightly-1")

    wider = renewal(tmp_path, 120)
    refused = publish(wider, code=1)
    assert (refused["items"], [p["field"] for p in refused["problems"]]) == ([], ["trigger"])
    assert [v for v, _ in bootstrap.item_store().current(bootstrap.clock().now())] == [first["items"][0]["version"]]

    accepted = publish(wider, "--accept")
    version = accepted["items"][0]["version"]
    assert accepted["simulated"] == refused["simulated"]
    note = {"run": "nightly-1", "as_of": "2026-11-23", "hits": 30, "before": 0, "newly": 30, "no_longer": 0, "accepted": True}
    assert bootstrap.item_store().note(CODE, version) == note
    assert publish(wider)["simulated"] == {}
    assert bootstrap.item_store().note(CODE, version) == note
