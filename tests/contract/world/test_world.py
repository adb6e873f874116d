"""The world: deterministic, as dirty as said, and what it records as truth is exactly what detection finds."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from stdnum.cn import ric
from typer.testing import CliRunner

from infra.world import Summary, make
from wugan.cli.world import app
from wugan.detection.evaluate import hits
from wugan.errors import InvalidInput
from wugan.items import catalogue
from wugan.items.model import Item
from wugan.registry import intake, lookup, normalise
from wugan.registry.feeds import FEEDS
from wugan.registry.intake import Report
from wugan.registry.model import Subject

ITEMS = Path(__file__).parents[3] / "items"
DAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return catalogue.load_folder(ITEMS).items


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("world")


@pytest.fixture(scope="module")
def summary(folder: Path) -> Summary:
    return make(folder / "drops", 3_000, seed=11, day=DAY)


@pytest.fixture(scope="module")
def report(folder: Path, summary: Summary) -> Report:
    assert summary.subjects == 3_000
    return intake.take_in(folder / "drops", folder / "clean", DAY)


@pytest.fixture(scope="module")
def subjects(folder: Path, report: Report) -> list[Subject]:
    reader = lookup.local(folder / "clean")
    return [s for bucket in range(report.buckets) for s in reader.subjects(bucket)]


@pytest.fixture(scope="module")
def truth(folder: Path, summary: Summary) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "drops" / "truth.json").read_text(encoding="utf-8"))
    assert content["subjects"] == summary.subjects
    return content


def test_detection_finds_the_truth_exactly(items: list[Item], subjects: list[Subject], truth: dict[str, Any]) -> None:
    assert len(items) == 20
    found = sorted((s.credit_code, i.number) for s in subjects for i in items for _ in hits(i, "v", s))
    assert found == [(h["credit_code"], h["item"]) for h in truth["hits"]]


def test_every_item_is_hit_in_each_of_its_jurisdictions(items: list[Item], subjects: list[Subject]) -> None:
    where = {i.number: {h.jurisdiction for s in subjects for h in hits(i, "v", s)} for i in items}
    assert where == {i.number: {j.value for j in i.jurisdictions} for i in items}


def test_near_misses_surround_every_item(truth: dict[str, Any]) -> None:
    hit = {h["credit_code"] for h in truth["hits"]}
    missed = [story for code, story in truth["stories"].items() if code not in hit]
    for number in range(1, 21):
        assert len({s for s in missed if s.startswith(f"{number}: ")}) >= 5


def test_some_who_are_hit_cannot_be_reached(subjects: list[Subject], truth: dict[str, Any], summary: Summary) -> None:
    reachable = {s.credit_code: any(c.mobile or c.wechat_openid or c.app_user for c in s.contacts) for s in subjects}
    assert truth["unreachable"]
    assert not any(reachable[code] for code in truth["unreachable"])
    assert 0.03 <= summary.unreachable / len({h["credit_code"] for h in truth["hits"]}) <= 0.07


def test_the_dirt_is_there(folder: Path, report: Report, subjects: list[Subject]) -> None:
    assert {f.encoding for files in report.files.values() for f in files} == {"parquet", "gb18030"}
    assert {w.code for w in report.warnings} == {"code_form", "code_check", "superseded", "producer_unknown"}
    assert {r.split(".", 1)[1] for r in report.quarantined} >= {"missing_value.credit_code", "bad_date.changed_on", "bad_date.valid_until"}
    assert all(c.duplicates >= 2 for c in report.counts.values())
    rows = f"'{folder}/drops/business/*.parquet'"
    (rates,) = duckdb.execute(f"""
        SELECT avg((coalesce(legal_representative, '-') = '-')::INT), avg((substr(credit_code, 3, 6) = '370200')::INT),
            avg(regexp_matches(registered_address, '胶南市|即墨市|四方区|经济技术开发区')::INT),
            avg((NOT regexp_matches(registered_address, '[0-9０-９]'))::INT), avg((registered_address LIKE '%308国道%')::INT)
        FROM {rows}""").fetchall()
    assert rates[:4] == pytest.approx((0.048, 0.11, 0.185, 0.26), rel=0.25)
    assert rates[4] > 0
    assert 0.95 < sum(normalise.code_passes_check(s.credit_code) for s in subjects) / len(subjects) < 1


def test_people_are_invented(subjects: list[Subject]) -> None:
    contacts = [c for s in subjects for c in s.contacts]
    assert all(ric.is_valid(c.id_number) for c in contacts[:500])
    assert not [c for c in contacts if c.mobile and not c.mobile.startswith("12")]
    assert all(1 <= len(s.contacts) <= 2 for s in subjects)


def _rows(folder: Path) -> dict[str, Any]:
    parquet = sorted(folder.glob("*/*.parquet"))
    read = {str(p.relative_to(folder)): duckdb.execute("SELECT * FROM read_parquet(?)", [str(p)]).fetchall() for p in parquet}
    return read | {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.glob("*/*.csv"))}


def test_the_same_seed_gives_the_same_world(tmp_path: Path) -> None:
    for name, seed in (("one", 4), ("again", 4), ("other", 5)):
        make(tmp_path / name, 600, seed=seed)
    assert _rows(tmp_path / "one") == _rows(tmp_path / "again")
    assert (tmp_path / "one" / "truth.json").read_bytes() == (tmp_path / "again" / "truth.json").read_bytes()
    assert _rows(tmp_path / "one") != _rows(tmp_path / "other")


def test_the_day_can_be_another(tmp_path: Path, items: list[Item]) -> None:
    day = date(2027, 3, 1)
    made = make(tmp_path / "drops", 500, seed=2, day=day)
    intake.take_in(tmp_path / "drops", tmp_path / "clean", day, buckets=1)
    found = [h for s in lookup.local(tmp_path / "clean").subjects(0) for i in items for h in hits(i, "v", s)]
    assert len(found) == made.hits
    assert min(made.items.values()) >= 3


def test_a_world_that_is_too_small_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="at least 500"):
        make(tmp_path, 499)


def test_the_command_tells_what_was_made(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["make", "--subjects", "500", "--seed", "3", "--out", str(tmp_path), "--json"])
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert (told["subjects"], told["seed"], told["day"]) == (500, 3, "2026-11-23")
    assert set(told["rows"]) == set(FEEDS)
    shown = CliRunner().invoke(app, ["make", "--subjects", "500", "--out", str(tmp_path)])
    assert shown.exit_code == 0
    assert "hits of 20 items" in shown.stdout


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["make", "--subjects", "20", "--out", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "subjects: a world needs at least 500 subjects" in result.stderr
