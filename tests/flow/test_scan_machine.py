"""The scan's state machine under moto: the registries of a small world in, cases and a report out."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.world.make import SMALLEST, make
from tests.support import people
from tests.support.aws import TODAY, Stack, running
from wugan import bootstrap
from wugan.items.model import Requirement
from wugan.memory.stores import MemoryExecutions
from wugan.registry import intake


@dataclass
class World:
    """The bureaus' drops, and a stack that scans them."""

    stack: Stack
    drops: Path
    executions: MemoryExecutions  # of the cases: what they do is another test's

    @property
    def truth(self) -> Any:
        """What must be found."""
        return json.loads((self.drops / "truth.json").read_text(encoding="utf-8"))

    def scan(self, run: str, accept: Sequence[str] = (), ends: str = "SUCCEEDED") -> dict[str, Any]:
        """Deliver, run the state machine to its end, and read the report."""
        bootstrap.registry_files().deliver(self.drops)
        runs = bootstrap.scan_runs()
        assert runs.start(run, {"accept": accept} if accept else {})
        self.stack.until(lambda: runs.status(run) != "RUNNING", "the scan ends", seconds=180)
        assert runs.status(run) == ends
        report: dict[str, Any] = bootstrap.registry_files().get(run, "report.json")
        return report

    def cases(self) -> list[tuple[str, str]]:
        """(credit code, item) of every case."""
        items = {item.code: item.number for _, item in bootstrap.item_store().current(bootstrap.clock().now())}
        return sorted((h.subject, str(items[code])) for code in items for h in bootstrap.case_store().by_item(code))

    def replace(self, feed: str, content: bytes, name: str = "city.csv") -> None:
        """Deliver something else for a feed."""
        shutil.rmtree(self.drops / feed)
        self.add(feed, content, name)

    def add(self, feed: str, content: bytes, name: str) -> None:
        """Deliver one more file of a feed."""
        (self.drops / feed).mkdir(exist_ok=True)
        (self.drops / feed / name).write_bytes(content)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    make(folder, SMALLEST)
    return folder


@pytest.fixture
def world(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    drops = Path(shutil.copytree(made, tmp_path / "drops"))
    executions = MemoryExecutions()
    with running(monkeypatch) as stack:
        monkeypatch.setattr(bootstrap, "executions", lambda: executions)
        yield World(stack, drops, executions)


def test_a_scan_opens_a_case_for_every_hit_once(world: World) -> None:
    wanted = sorted((h["credit_code"], str(h["item"])) for h in world.truth["hits"])
    report = world.scan("first")
    assert world.cases() == wanted
    assert report["fates"] == {"opened": len(wanted)}
    assert (report["hits"], report["failed_chunks"], report["unopened"], report["held"]) == (len(wanted), 0, 0, {})
    assert report["refused"] == []
    nobody = set(world.truth["unreachable"])  # those whom the world's dirt took the channels from; others never had any
    assert report["unreachable"] >= sum(h["credit_code"] in nobody for h in world.truth["hits"]) > 0
    assert set(world.executions.started) == {h.case_id for c in report["items"] for h in bootstrap.case_store().by_item(c)}
    by_number = {item.code: item.number for _, item in bootstrap.item_store().current(bootstrap.clock().now())}
    counted = {by_number[c]: sum(n["hits"] for n in j.values()) for c, j in report["items"].items() if j}
    assert counted == Counter(h["item"] for h in world.truth["hits"])

    again = world.scan("second")
    assert again["fates"] == {"already_open": len(wanted)}
    assert world.cases() == wanted


def test_bad_rows_and_bad_files_are_set_aside_with_their_reason_and_the_rest_goes_on(world: World) -> None:
    header = "credit_code,reason,since,until,version\n"
    world.add("blacklist", (header + ",没有代码,2026-01-01,,1\n91370202MA3C7XKB5Y,理由,2026-02-30,,2\n").encode(), "more.csv")
    world.add("property", b"code,place\n1,2\n", "wrong.csv")
    report = world.scan("dirty")
    listed = bootstrap.registry_files().clean("dirty")(intake.QUARANTINE).read_text(encoding="utf-8").splitlines()
    rows = [line for line in listed if line.startswith("blacklist,more.csv,")]
    assert rows == [
        "blacklist,more.csv,1,missing_value,credit_code,统一社会信用代码为空",
        "blacklist,more.csv,2,bad_date,since,列入日期不是可用的日期",
    ]
    assert report["quarantined"]["blacklist.bad_date.since"] == sum(r.startswith("blacklist,") and ",bad_date,since," in r for r in listed)
    (refused,) = report["refused"]
    assert (refused["feed"], refused["file"]) == ("property", "wrong.csv")
    assert "credit_code" in refused["field"]
    assert "missing" in refused["detail"]
    assert (report["incomplete"], report["held"]) == (["property"], {})  # a missing owner only hides hits
    assert report["fates"] == {"opened": len(world.truth["hits"])}


def test_an_incomplete_blacklist_holds_back_the_items_that_ask_it(world: World) -> None:
    number = world.truth["hits"][0]["item"]
    free = people.items()[number].model_copy(update={"requires": [Requirement.ACTIVE]})
    bootstrap.item_store().publish(free, TODAY)
    world.replace("blacklist", b"wrong\n1\n")
    report = world.scan("held")
    asking = {
        item.code for _, item in bootstrap.item_store().current(bootstrap.clock().now()) if Requirement.NOT_BLACKLISTED in item.requires
    }
    assert free.code not in asking
    assert report["held"] == {code: ["blacklist"] for code in asking}
    wanted = {(h["credit_code"], str(number)) for h in world.truth["hits"] if h["item"] == number}
    assert wanted <= set(world.cases())
    assert {item for _, item in world.cases()} == {str(number)}


def test_a_delivery_that_shrank_ends_the_execution_and_leaves_cases_and_lookups_alone(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.scan("first")
    cases, files = world.cases(), bootstrap.registry_files()
    assert headlines(capsys)["ScanStopped"] == [0]
    world.replace("licence", (world.drops / "licence" / "pingdu.csv").read_bytes(), "pingdu.csv")
    report = world.scan("second", ends="FAILED")
    assert [(f["code"], f["feed"]) for f in report["findings"]] == [("shrink", "licence")]
    assert (report["status"], report["hits"], world.cases()) == ("stopped", 0, cases)
    assert files.current_run() == "first"
    assert headlines(capsys)["ScanStopped"] == [1]
    assert world.stack.invoked[-2:] == ["plan", "report"]

    accepted = world.scan("third", accept=["shrink"])
    assert [f["code"] for f in accepted["accepted"]] == ["shrink"]
    assert (accepted["status"], files.current_run()) == ("done", "third")


def headlines(capsys: pytest.CaptureFixture[str]) -> Any:
    """The figures of a whole run that the report emitted last."""
    emitted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    (headline,) = [e for e in emitted if "ScanStopped" in e]
    by_item = [e for e in emitted if "item" in e]
    assert all(e["stage"] == "rehearsal" and e["jurisdiction"] for e in by_item)
    assert sum(e["Hits"][0] for e in by_item) == headline["Hits"][0]
    return headline


def test_a_batch_that_fails_is_repeated_and_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: Counter[str] = Counter()
    start = world.executions.start

    def flaky(case_id: str, flags: Any) -> bool:
        calls[case_id] += 1
        if len(calls) == 1 and calls[case_id] == 1:
            raise ConnectionError("the state machine did not answer")
        return start(case_id, flags)

    monkeypatch.setattr(world.executions, "start", flaky)
    report = world.scan("flaky")
    assert sum(report["fates"].values()) == report["hits"] == len(world.truth["hits"])
    assert len(world.cases()) == report["hits"]
    assert report["unopened"] == 0
