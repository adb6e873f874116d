"""A draft on moto: tables, buckets, the simulation's state machine and its function, then the version in use."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.component.web.test_bench import CODE, WIDER
from tests.support.aws import Stack, invoke
from tests.support.deliveries import DAY, Holder, deliver
from wugan import bootstrap
from wugan.bench.statistics import counted
from wugan.items.release import Act
from wugan.registry import intake


@pytest.fixture
def scanned(stack: Stack, tmp_path: Path) -> Stack:
    """Registries are there."""
    intake.take_in(deliver(tmp_path / "drops", [Holder(n, 40 if n < 6 else 100) for n in range(9)]), tmp_path / "clean", DAY, buckets=2)
    files = bootstrap.registry_files()
    files.publish_clean("nightly-1", tmp_path / "clean")
    files.make_current("nightly-1")
    return stack


def test_from_a_draft_to_a_version_in_use(scanned: Stack) -> None:
    bench = bootstrap.bench()
    found = bench.simulate(bench.check(WIDER), WIDER, "李事项")
    scanned.until(lambda: bench.simulation(found).result is not None, "the simulation ran")
    looked = bench.simulation(found)
    assert looked.counts
    assert (looked.counts.hits, looked.counts.before, looked.counts.newly, looked.failed) == (9, 6, 3, False)
    assert "simulate" in scanned.invoked
    published = bench.publish(found, "李事项")
    newest = bootstrap.item_store().releases(CODE)[-1]
    assert (newest.act, newest.version, newest.simulation, newest.by) == (Act.PUBLISH, published.version, found, "李事项")
    before = bench.simulation(found)
    invoke("simulate", {"simulation": found})  # again, by a state machine that did not hear the first time
    assert bench.simulation(found) == before
    bench.retire(CODE, "李事项")
    assert CODE not in {item.code for _, item in bootstrap.item_store().current(scanned.clock.now())}


def test_the_nightly_statistics_are_the_same_when_they_run_twice(stack: Stack) -> None:
    assert stack.departments
    first = invoke("statistics", {"source": "schedule"})
    kept = bootstrap.statistics_text().read()
    assert invoke("statistics", {"source": "schedule"}) == first
    assert bootstrap.statistics_text().read() == kept
    assert counted(kept).at == stack.clock.now()
