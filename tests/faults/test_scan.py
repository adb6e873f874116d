"""Plan, detect, open and report: killed before and after every call of a port, run again, come late. The report tells the same."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.world.make import SMALLEST, make
from tests.faults.mischief import Killed, Mischief, Watched
from tests.support import people
from wugan.cases import scan as scan_module
from wugan.cases.context import Context
from wugan.cases.opening import Opening
from wugan.cases.scan import BatchFailed, Scan
from wugan.clock import FixedClock
from wugan.links import Keyring
from wugan.memory.registry_files import FolderRegistryFiles
from wugan.memory.stores import MemoryCaseStore, MemoryExecutions, MemoryItemStore, MemoryLookup, MemoryWaitStore, SeededRandom
from wugan.registry.guard import Limits

GUARDED = {
    "files": ("fetch_drops", "publish_clean", "make_current", "published", "put", "get", "names"),
    "items": ("current", "get"),
    "store": ("create", "head", "opted_out"),
    "executions": ("start",),
}
TRIES = 3  # the machine's Retry has more
ITEMS = (1, 2)  # all 20 only take longer


class City:
    """One city's registries, scanned by the real steps in the machine's order. `step` is the one that the mischief is done to."""

    def __init__(self, drops: Path | None, root: Path, step: str = "", mischief: Mischief | None = None) -> None:
        self.mischief, self.step, self.died = mischief or Mischief(), step, 0
        self.clock = FixedClock(datetime.now(UTC))  # the guard looks at the files' age
        self.files, self.items, self.store = FolderRegistryFiles(root), MemoryItemStore(), MemoryCaseStore(MemoryWaitStore())
        self.executions = MemoryExecutions()
        for number in ITEMS:
            self.items.publish(people.items()[number], self.clock.now())
        if drops:
            self.files.deliver(drops)

    def steps(self, step: str) -> tuple[Scan, Opening]:
        """The services of a step."""
        ports: dict[str, Any] = {"files": self.files, "items": self.items, "store": self.store, "executions": self.executions}
        if step == self.step:
            ports = {name: Watched(name, port, self.mischief, GUARDED[name]) for name, port in ports.items()}
        lookup = MemoryLookup(self.clock.now().date())
        context = Context(ports["store"], ports["items"], lookup, Keyring(lambda: "s"), self.clock, SeededRandom(), lambda: "")
        return Scan(ports["files"], ports["items"], self.clock, Limits()), Opening(context, ports["executions"])

    def plan(self, run: str, accept: tuple[str, ...] = ()) -> dict[str, Any]:
        """The machine's first step."""
        plan: dict[str, Any] = self.tried("plan", lambda scan, _: scan.plan(run, accept))
        return plan

    def scan(self, run: str, accept: tuple[str, ...] = (), plan: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the state machine does, from the plan on if there is one; a step that died or failed is tried again."""
        plan = plan or self.plan(run, accept)
        for chunk in plan["chunks"]:
            detected = self.tried("detect", lambda scan, _, c=chunk: scan.detect(run, c["buckets"]))  # type: ignore[misc]
            for batch in detected["batches"]:
                self.tried("open", lambda scan, opening, b=batch: scan.open(run, b, opening))  # type: ignore[misc]
        report: dict[str, Any] = self.tried("report", lambda scan, _: scan.report(run))
        assert self.files.get(run, "report.json") == report
        return report

    def tried(self, step: str, call: Callable[[Scan, Opening], Any]) -> Any:
        """Run a step until it is done."""
        for _ in range(TRIES):
            try:
                return call(*self.steps(step))
            except (Killed, BatchFailed):
                self.died += 1
        raise AssertionError(f"{step} is never done")


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    """Two buckets, two chunks, several batches: as many steps as a city's, and quick."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"LEAST_BUCKETS": 2, "SUBJECTS_PER_CHUNK": 300, "HITS_PER_BATCH": 4}.items():
            patch.setattr(scan_module, name, value)
        yield


@pytest.fixture(scope="module")
def drops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    make(folder, SMALLEST)
    return folder


@cache
def quiet(drops: Path, root: Path, step: str) -> tuple[dict[str, Any], list[str]]:
    """A scan in which nothing goes wrong, and what a step calls."""
    city = City(drops, root / f"quiet-{step}", step)
    report = city.scan("run")
    assert report["fates"]["opened"] == report["hits"] > 0
    assert len(list(city.files.names("run", "chunks/"))) == 2
    assert len(list(city.files.names("run", "fates/"))) > 2
    return report, city.mischief.calls


@cache
def planned(drops: Path, root: Path) -> tuple[Path, dict[str, Any]]:
    """Where a city's files lie once a scan was planned, and the plan: half of a scan's time."""
    return root / "planned", City(drops, root / "planned").plan("run")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("quiet")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["plan", "detect", "open", "report"])
def test_killed_at_every_call(drops: Path, root: Path, tmp_path: Path, step: str, when: str) -> None:
    report, calls = quiet(drops, root, step)
    for at in _telling(calls):
        if step == "plan":
            city, plan = City(drops, tmp_path / str(at), step, Mischief(at, when)), None
        else:
            folder, plan = planned(drops, root)
            city = City(None, Path(shutil.copytree(folder, tmp_path / str(at))), step, Mischief(at, when))
        assert city.scan("run", plan=plan) == report, calls[at - 1]
        assert city.files.current_run() == "run"
        assert len(city.store.heads) == report["hits"]


def _telling(calls: list[str]) -> list[int]:
    """Calls to strike at: the first three of each kind and the last, since batches and hits are all alike."""
    places: dict[str, list[int]] = {}
    for at, name in enumerate(calls, start=1):
        places.setdefault(name, []).append(at)
    return sorted({at for found in places.values() for at in (*found[:3], found[-1])})


def test_every_guarded_call_is_made(drops: Path, root: Path) -> None:
    """A call that no step makes would never be killed."""
    called = {call for step in ("plan", "detect", "open", "report") for call in quiet(drops, root, step)[1]}
    assert called == {f"{port}.{method}" for port, methods in GUARDED.items() for method in methods}


def test_every_step_twice_changes_nothing(drops: Path, root: Path, tmp_path: Path) -> None:
    city = City(drops, tmp_path)
    tried = city.tried

    def twice(step: str, call: Callable[[Scan, Opening], Any]) -> Any:
        first = tried(step, call)
        assert tried(step, call) == first
        return first

    city.tried = twice  # type: ignore[method-assign]
    assert city.scan("run") == quiet(drops, root, "plan")[0]


def test_a_repeated_plan_keeps_to_what_it_planned_although_something_else_was_delivered(drops: Path, tmp_path: Path) -> None:
    city = City(drops, tmp_path)
    scan, _ = city.steps("plan")
    planned = scan.plan("run")
    (tmp_path / "registry" / "licence").rename(tmp_path / "gone")
    assert scan.plan("run") == planned


def test_a_late_repeat_of_an_old_plan_does_not_turn_lookups_back(drops: Path, tmp_path: Path) -> None:
    city = City(drops, tmp_path)
    city.scan("monday")
    city.clock.move(minutes=5)
    city.scan("tuesday")
    city.steps("plan")[0].plan("monday")
    assert city.files.current_run() == "tuesday"


def test_a_hit_that_fails_leaves_the_others_of_its_batch_alone(drops: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    city, poisoned = City(drops, tmp_path), list[str]()
    create = city.store.create

    def poison(change: Any) -> None:
        if not poisoned:
            poisoned.append(change.head.case_id)
        if change.head.case_id == poisoned[0]:
            raise RuntimeError("this one never works")
        create(change)

    monkeypatch.setattr(city.store, "create", poison)
    scan, opening = city.steps("open")
    for chunk in scan.plan("run")["chunks"]:
        for batch in scan.detect("run", chunk["buckets"])["batches"]:
            with suppress(BatchFailed):
                scan.open("run", batch, opening)
    report = scan.report("run")
    assert report["fates"] == {"opened": report["hits"] - 1, "failed:RuntimeError": 1}
    assert report["unopened"] == 1
    assert len(city.store.heads) == report["hits"] - 1
