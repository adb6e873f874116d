"""`wugan case` against the deployed system, as an operator uses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.rehearsal.test_journey import ALL_EIGHT, ANY_TIME
from tests.rehearsal.town import Play, Town
from tests.support.template import ROOT
from wugan.cases.model import Stage
from wugan.web import texts

WUGAN = Path(sys.executable).with_name("wugan")


def wugan(town: Town, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, with the stack's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WUGAN_"))}
    environment = {**kept, **town.environment, "COLUMNS": "200"}
    return subprocess.run([WUGAN, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


def as_json(town: Town, *arguments: str) -> Any:
    """What the command prints for programs."""
    done = wugan(town, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_show_for_programs(town: Town, delivered: Play) -> None:
    """The whole trace in order: why, each prompt, identity, intention, what was confirmed, waybills, decision, delivery."""
    shown = as_json(town, "case", "show", delivered.case_id)
    events = shown["events"]
    assert [e["type"] for e in events if e["type"] not in ANY_TIME] == [t for t in ALL_EIGHT if t not in ANY_TIME]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert sorted(e["at"] for e in events) == [e["at"] for e in events]
    assert shown["trace_holds"] is True
    first = {e["type"]: e["facts"] for e in reversed(events)}
    assert first["opened"]["item_version"] == delivered.head.item_version
    assert first["opened"]["fields"] == [c["field"] for c in shown["changes"]]
    assert all(c["old"] != c["new"] for c in shown["changes"])
    assert all(c["held"] for c in first["opened"]["conditions"])
    assert first["pushed"]["channel"]
    assert first["identified"]["level"] == "face"
    assert delivered.item.name in first["intention_confirmed"]["question"]
    assert first["declared"]["return_way"] == "courier"
    assert first["pickup_ordered"]["waybill"] != first["delivery_ordered"]["waybill"]
    assert first["approved"]["certificate_no"]
    assert {e["actor"] for e in events} >= {"system", "channel", "identity", "person", "courier", "department"}


def test_show_for_people(town: Town, delivered: Play) -> None:
    """The same as a tree, with old and new values and every step's name."""
    done = wugan(town, "case", "show", delivered.case_id)
    assert done.returncode == 0, done.stderr
    order = [
        done.stdout.index(texts.EVENTS[t])
        for t in ("opened", "pushed", "intention_confirmed", "declared", "submitted", "approved", "closed")
    ]
    assert order == sorted(order)
    change = as_json(town, "case", "show", delivered.case_id)["changes"][0]
    assert f"{change['old']} → {change['new']}" in done.stdout
    assert "trace holds" in done.stdout


def test_list(town: Town, delivered: Play) -> None:
    listed = as_json(town, "case", "list", "--item", delivered.item.code, "--outcome", "delivered")
    assert delivered.case_id in [h["case_id"] for h in listed]
    assert {h["outcome"] for h in listed} == {"delivered"}
    assert len(as_json(town, "case", "list", "--limit", "3")) == 3
    of_subject = as_json(town, "case", "list", "--subject", delivered.head.subject)
    assert delivered.case_id in [h["case_id"] for h in of_subject]


def test_withdraw(town: Town) -> None:
    """On a person's word; a second time it is refused, in one line."""
    play = town.take()
    assert play.head.stage is Stage.IDENTITY
    assert wugan(town, "case", "withdraw", play.case_id).stdout == f"withdrawn: {play.case_id}\n"
    play.ended("withdrawn")
    again = wugan(town, "case", "withdraw", play.case_id)
    assert again.returncode == 1
    assert again.stderr.count("\n") == 1


def test_unknown_case(town: Town) -> None:
    for command in ("show", "withdraw"):
        done = wugan(town, "case", command, "nobodysnobodysnobodys00000")
        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr == "wugan: case_id: no such case\n"
