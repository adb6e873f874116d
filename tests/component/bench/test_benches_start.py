"""Every bench can still be started: its module comes in, and its measured functions run on a tiny city or a short log."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import __main__ as benches
from tests.bench import bench_engines, bench_ground, bench_layers, bench_ledger, bench_outreach, bench_scan, harness
from tests.bench.city import City, ensure
from wugan.cases.scan import SUBJECTS_PER_CHUNK

NAMES = {
    "chunks", "engines", "floor", "growth", "layers", "ledger", "ledger-delay", "outreach", "pages", "queue", "reference", "scan",
    "subject", "differential",
}  # fmt: skip


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(ensure(City(enterprises=2_000, licences=2_000, buckets=2, bustle=10), tmp_path_factory.mktemp("city")))


def test_every_bench_is_entered() -> None:
    assert benches.main(["no such bench"]) == 2
    assert {*harness.BENCHES} == NAMES


def test_the_scan_the_floor_and_the_loop_run(city: str) -> None:
    assert bench_ground.read_columns(city) > 0
    scanned = [f(city) for f in (bench_ground.scan, bench_scan.predicate_scan)]
    scanned.append(bench_scan.full_scan(city, SUBJECTS_PER_CHUNK))
    assert len({found["digest"] for found in scanned}) == 1


def test_the_ledgers_measures_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_ledger, "ENTRIES", 2_000)
    monkeypatch.setattr(bench_ledger, "PROOFS", 4)
    assert min(bench_ledger.raw(), bench_ledger.append(), bench_ledger.verify_all(), *bench_ledger.proofs()) > 0


def test_the_outreach_runs() -> None:
    assert bench_outreach.run("nothing", "fixed", 1).matters > 0


def test_the_rule_decides_as_sql_does() -> None:
    """Of the engines those that development has; the others come with `make bench`."""
    rows = [*bench_engines._facts(40)]
    truth = bench_engines.by_sql(rows)
    for engine in (bench_engines.Engine("by hand", bench_engines.by_hand), bench_engines.ours()):
        assert [bench_engines._decided(engine, engine.prepare(row)) is True for row in rows] == truth


def test_a_process_of_its_own_is_measured(city: str) -> None:
    assert harness.in_child(bench_ground.read_columns, city).peak > 0


def test_the_layers_are_weighed_and_started(tmp_path: Path) -> None:
    assert bench_layers._size(bench_layers.OURS) > 0
    assert bench_layers._starter([tmp_path], "pass")() > 0
