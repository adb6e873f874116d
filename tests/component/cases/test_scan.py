"""The scan's steps on a folder: what stops it, what stays current, and what the report tells."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support import people
from wugan.cases import scan as scan_module
from wugan.cases.context import Context
from wugan.cases.opening import Opening
from wugan.cases.scan import Scan
from wugan.clock import FixedClock
from wugan.detection import search
from wugan.detection.evaluate import explained
from wugan.errors import InvalidInput
from wugan.links import Keyring
from wugan.memory.registry_files import FolderRegistryFiles
from wugan.memory.stores import MemoryCaseStore, MemoryExecutions, MemoryItemStore, MemoryLookup, MemoryWaitStore, SeededRandom
from wugan.registry.feeds import FEEDS
from wugan.registry.guard import Limits

ITEM = people.items()[1]
Row = dict[str, object]


class Bureau:
    """Delivers rows, and scans them."""

    def __init__(self, root: Path) -> None:
        self.root, self.clock = root, FixedClock(datetime.now(UTC))
        self.files, self.items = FolderRegistryFiles(root / "files"), MemoryItemStore()
        self.items.publish(ITEM, self.clock.now())
        self.store = MemoryCaseStore(MemoryWaitStore())
        context = Context(
            self.store, self.items, MemoryLookup(people.TODAY), Keyring(lambda: "s"), self.clock, SeededRandom(), lambda: ""
        )  # fmt: skip
        self.scan, self.opening = Scan(self.files, self.items, self.clock, Limits()), Opening(context, MemoryExecutions())
        self.rows: dict[str, Sequence[Row]] = {
            "business": [vars(people.business())],
            "licence": [vars(people.certificate(ITEM, certificate_no=f"QD-{n}", name=f"青岛旧{n}有限公司")) for n in range(10)],
            "contact": [vars(people.contact())],
        }

    def deliver(self) -> None:
        for feed, rows in self.rows.items():
            path = self.root / "drops" / feed / "a.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, FEEDS[feed].names)
                writer.writeheader()
                writer.writerows({k: str(v or "") for k, v in row.items()} for row in rows)
        self.files.deliver(self.root / "drops")

    def run(self, run: str, accept: Sequence[str] = (), mode: str = "full") -> dict[str, Any]:
        """Deliver and scan; returns the report."""
        self.deliver()
        return self.go(run, accept, mode)

    def go(self, run: str, accept: Sequence[str] = (), mode: str = "full") -> dict[str, Any]:
        """Scan what lies there."""
        for chunk in self.scan.plan(run, accept, mode)["chunks"]:
            for batch in self.scan.detect(run, chunk["buckets"])["batches"]:
                self.scan.open(run, batch, self.opening)
        return self.scan.report(run)


@pytest.fixture
def bureau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bureau:
    monkeypatch.setattr(scan_module, "LEAST_BUCKETS", 2)  # for one subject; quick
    return Bureau(tmp_path)


def test_rows_are_counted_and_items_are_held_back_until_their_feeds_come(bureau: Bureau) -> None:
    report = bureau.run("first")
    assert (report["status"], report["findings"], report["unreachable"], report["disagreements"]) == ("done", [], 0, 0)
    assert report["rows"] == {"business": 1, "licence": 10, "property": 0, "contact": 1, "blacklist": 0}
    assert (report["held"], report["hits"]) == ({ITEM.code: ["blacklist"]}, 0)  # no list came, so nobody is cleared


def with_blacklist(bureau: Bureau) -> None:
    """An empty list that came whole clears everybody."""
    bureau.rows["blacklist"], bureau.rows["property"] = [], []


def test_hits_are_counted_by_jurisdiction_and_fate(bureau: Bureau) -> None:
    with_blacklist(bureau)
    first, second = bureau.run("first"), bureau.run("second")
    assert first["items"] == {ITEM.code: {"QD": {"hits": 10, "opened": 10}}}
    assert second["items"] == {ITEM.code: {"QD": {"hits": 10, "already_open": 10}}}


def test_whom_no_channel_of_the_item_reaches_is_counted_when_the_case_is_opened(bureau: Bureau) -> None:
    with_blacklist(bureau)
    bureau.rows["contact"] = [vars(replace(people.contact(), mobile=None, wechat_openid=None, app_user=None))]
    first, second = bureau.run("first"), bureau.run("second")
    assert (first["fates"], first["unreachable"]) == ({"opened": 10}, 10)
    assert first["items"] == {ITEM.code: {"QD": {"hits": 10, "opened": 10, "unreachable": 10}}}
    assert (second["fates"], second["unreachable"]) == ({"already_open": 10}, 0)


def test_who_wants_no_prompts_is_counted(bureau: Bureau) -> None:
    with_blacklist(bureau)
    bureau.store.optouts.add((people.CODE, ITEM.code))
    assert bureau.run("first")["fates"] == {"opted_out": 10}


def test_a_feed_that_shrank_stops_the_scan_and_lookups_keep_the_last_good_files(bureau: Bureau) -> None:
    with_blacklist(bureau)
    bureau.run("first")
    cases = set(bureau.store.heads)
    bureau.rows["licence"] = [vars(people.certificate(ITEM, certificate_no=f"QD-{n}", name=f"青岛另{n}有限公司")) for n in range(8)]
    report = bureau.run("second")
    assert report["status"] == "stopped"
    (finding,) = report["findings"]
    assert (finding["code"], finding["feed"]) == ("shrink", "licence")
    assert finding["detail"].startswith("8 rows, 10 at the last good run: 20.0 % fewer, the limit is 10 %")
    assert (report["hits"], report["failed_chunks"], report["unopened"]) == (0, 0, 0)
    assert bureau.files.current_run() == "first"
    assert set(bureau.store.heads) == cases
    assert bureau.files.get("second", "report.json") == report

    assert bureau.go("third")["status"] == "stopped"  # a stopped run is nothing to compare with
    accepted = bureau.go("fourth", ["shrink"])
    assert (accepted["status"], accepted["findings"], accepted["accepted"]) == ("done", [], [finding])
    assert bureau.files.current_run() == "fourth"
    assert bureau.go("fifth")["status"] == "done"  # the accepted run is the measure now


def test_a_feed_that_shrinks_a_little_each_time_stops_the_scan(bureau: Bureau) -> None:
    with_blacklist(bureau)

    def left(count: int) -> None:
        names = [vars(people.certificate(ITEM, certificate_no=f"QD-{n}", name=f"青岛另{n}有限公司")) for n in range(count)]
        bureau.rows["licence"] = names

    for run, count, status in (("first", 20, "done"), ("second", 18, "done"), ("third", 17, "stopped")):
        left(count)
        report = bureau.run(run)
        assert report["status"] == status
    (finding,) = report["findings"]
    assert finding["detail"].startswith("17 rows, 20 at a good run of the last 7 days: 15.0 % fewer, the limit is 10 %")
    assert bureau.go("fourth", ["shrink"])["status"] == "done"
    left(16)
    assert bureau.run("fifth")["status"] == "done"  # what was accepted is the measure now


def test_an_empty_feed_is_not_accepted_as_a_shrunk_one(bureau: Bureau) -> None:
    bureau.rows["licence"] = []
    assert [f["code"] for f in bureau.run("first")["findings"]] == ["empty"]
    assert bureau.files.published() is None
    assert bureau.go("second", ["shrink", "stale"])["status"] == "stopped"
    assert bureau.go("third", ["empty"])["status"] == "done"


def test_old_files_stop_the_scan_by_the_wall_clock(bureau: Bureau) -> None:
    bureau.deliver()
    old = (bureau.clock.wall() - timedelta(days=3, hours=1)).timestamp()
    os.utime(bureau.root / "files" / "registry" / "contact" / "a.csv", (old, old))
    report = bureau.go("first")
    assert [(f["code"], f["feed"]) for f in report["findings"]] == [("stale", "contact")]
    assert bureau.go("second", ["stale"])["status"] == "done"


def test_papers_of_the_last_good_run_that_are_gone_stop_the_scan(bureau: Bureau) -> None:
    bureau.run("first")
    (bureau.root / "files" / "runs" / "first" / "plan.json").unlink()
    assert [f["code"] for f in bureau.go("second")["findings"]] == ["shrink"]
    assert bureau.go("third", ["shrink"])["status"] == "done"


def test_what_cannot_be_accepted_is_refused_before_anything_is_written(bureau: Bureau) -> None:
    bureau.deliver()
    with pytest.raises(InvalidInput, match="accept"):
        bureau.scan.plan("first", ["everything"])
    assert not list(bureau.files.names("first", ""))


def licences(*names: str) -> list[Row]:
    return [vars(people.certificate(ITEM, certificate_no=f"QD-{n}", name=name)) for n, name in enumerate(names)]


def test_a_delta_finds_what_is_new_since_the_last_good_run(bureau: Bureau) -> None:
    with_blacklist(bureau)
    other = "91370203MA0000002C"
    bureau.rows["business"] = [vars(people.business()), vars(replace(people.business(), credit_code=other, name="青岛乙有限公司"))]
    bureau.rows["licence"] = [
        *licences("青岛旧一有限公司"),
        vars(people.certificate(ITEM, certificate_no="B", credit_code=other, name="青岛乙有限公司")),
    ]
    assert bureau.run("first")["hits"] == 1
    again = bureau.run("second", mode="delta")
    assert (again["mode"], again["since"], again["hits"]) == ("delta", "first", 0)
    bureau.rows["business"] = [
        vars(people.business()),
        vars(replace(people.business(), credit_code=other, name="青岛丙有限公司", version="2")),
    ]
    third = bureau.run("third", mode="delta")
    assert (third["since"], third["hits"], third["fates"], third["disagreements"]) == ("second", 1, {"opened": 1}, 0)
    assert bureau.run("fourth")["fates"] == {"already_open": 2}  # everybody again: nothing was missed


def test_an_item_that_the_last_run_did_not_look_at_is_asked_of_everybody(bureau: Bureau) -> None:
    with_blacklist(bureau)
    bureau.run("first")
    another = people.items()[2]
    bureau.items.publish(another, bureau.clock.now())
    bureau.rows["licence"] = [*bureau.rows["licence"], vars(people.certificate(another, certificate_no="X", name="青岛旧有限公司"))]
    bureau.run("second", mode="delta")
    third = people.items()[3]
    bureau.items.publish(third, bureau.clock.now())
    found = bureau.run("third", mode="delta")
    assert found["items"][another.code] == {}
    assert found["mode"] == "delta"


@pytest.mark.parametrize("spoil", ["failed_chunks", "unopened", "disagreements"])
def test_a_delta_after_a_run_that_left_something_looks_at_everybody(bureau: Bureau, spoil: str) -> None:
    with_blacklist(bureau)
    report = bureau.run("first")
    bureau.files.put("first", "report.json", report | {spoil: 1})
    second = bureau.run("second", mode="delta")
    assert (second["mode"], second["since"], second["hits"]) == ("full", None, 10)


def test_an_unknown_mode_is_refused(bureau: Bureau) -> None:
    with pytest.raises(InvalidInput, match="full, delta"):
        bureau.scan.plan("first", mode="half")


def test_an_item_whose_rule_cannot_be_read_is_held_back_alone(bureau: Bureau) -> None:
    with_blacklist(bureau)
    broken = people.items()[2].model_copy(update={"when": "no_such_feature"})
    bureau.items.publish(broken, bureau.clock.now())
    report = bureau.run("first")
    assert (report["held"], report["hits"]) == ({broken.code: ["rule"]}, 10)


def test_hits_on_which_the_engines_do_not_agree_open_no_case(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    with_blacklist(bureau)
    monkeypatch.setattr(search, "explained", lambda book, subject: explained(book, subject)[1:])
    report = bureau.run("first")
    assert (report["hits"], report["disagreements"], report["fates"]) == (9, 1, {"opened": 9})
