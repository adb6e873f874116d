"""What watches the scan and the ledger: alarms and dashboard ask for metrics that the functions emit, under their dimensions."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.aws import invoke
from tests.support.template import ROOT, template
from wugan import bootstrap, config
from wugan.ledger.monitor import Finding, Kind
from wugan.ledger.problem import Contradicted, Forked, NotProved
from wugan.ledger.watch import Watched
from wugan.registry.guard import Limits

REPORT = (ROOT / "functions" / "report" / "handler.py").read_text(encoding="utf-8")
DIMENSIONS = [{"Name": "stage", "Value": {"Ref": "Stage"}}, {"Name": "service", "Value": "wugan"}]


WATCHED = {"ScanStopped": "ScanStopped", "EnginesDisagree": "EnginesDisagree", "ChunksFailed": "FailedChunks", "HitsLeft": "HitsLeft"}


@pytest.mark.parametrize(("name", "metric"), WATCHED.items())
def test_alarms_watch_what_the_report_emits(name: str, metric: str) -> None:
    alarm: dict[str, Any] = template("infra/alarms.yaml")["Resources"][name]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Dimensions"]) == ("Wugan", metric, DIMENSIONS)
    assert f'"{metric}"' in REPORT


def test_the_dashboard_shows_what_the_report_emits() -> None:
    body = template("infra/dashboard.yaml")["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    rows = [m for w in json.loads(body)["widgets"] for m in w["properties"]["metrics"]]
    first = next(i for i, m in enumerate(rows) if m[0] == "Wugan")
    assert rows[first][2:] == ["stage", "${Stage}", "service", "wugan"]
    shown = set(re.findall(r'"(Hits\w*|CasesOpened|ScanStopped|EnginesDisagree|FailedChunks|QuarantinedRows)"', body))
    assert {"HitsUnreachable", "ScanStopped", "EnginesDisagree"} <= shown
    assert all(f'"{name}"' in REPORT for name in shown)


SEQUENCER = {
    "LedgerForked": "LedgerForked",
    "EventsHeld": "LeavesHeld",
    "SequencerSilent": "LeavesAdded",
    "WitnessesSilent": "WitnessesSilent",
    "WitnessContradicts": "WitnessContradicts",
}


REFUSES = [(Forked("two logs", field="checkpoint"), "LedgerForked"), (Contradicted("w saw more", size=7), "WitnessContradicts")]


@pytest.mark.parametrize(("error", "counted"), REFUSES)
@pytest.mark.parametrize(("name", "metric"), SEQUENCER.items())
def test_alarms_watch_what_the_sequencer_emits(
    name: str, metric: str, error: NotProved, counted: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also when it refuses to go on."""

    def forked() -> Any:
        raise error

    monkeypatch.setattr(bootstrap, "settings", lambda: config.Settings({config.STAGE: "dev"}))
    monkeypatch.setattr(bootstrap, "sequencer", lambda: SimpleNamespace(run=forked))
    with pytest.raises(type(error)):
        invoke("sequence", {})
    (emitted,) = (json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line)
    alarm: dict[str, Any] = template("infra/alarms.yaml")["Resources"][name]["Properties"]
    dimensions = {d["Name"]: "dev" if d["Value"] == {"Ref": "Stage"} else d["Value"] for d in alarm["Dimensions"]}
    assert (alarm["Namespace"], alarm["MetricName"]) == ("Wugan", metric)
    assert emitted["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [sorted(dimensions, reverse=True)]
    assert {n: emitted[n] for n in dimensions} == dimensions
    assert emitted[metric] == [1.0 if metric == counted else 0.0]


def test_the_dashboard_shows_the_sequencer() -> None:
    body = template("infra/dashboard.yaml")["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    (rows,) = [w["properties"]["metrics"] for w in json.loads(body)["widgets"] if w["properties"]["title"] == "Ledger"]
    assert set(SEQUENCER.values()) <= {row[1] for row in rows}


def test_every_alarm_is_explained() -> None:
    explained = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    for resource in template("infra/alarms.yaml")["Resources"].values():
        if resource["Type"].endswith("Alarm"):
            assert f"`{resource['Properties']['AlarmName']['Fn::Sub'].removeprefix('wugan-${Stage}-')}`" in explained


def test_the_template_s_limits_are_those_of_the_guard() -> None:
    parameters = template()["Parameters"]
    assert parameters["RegistryShrinkPercent"]["Default"] == Limits().shrink_percent
    assert parameters["RegistryStaleDays"]["Default"] == Limits().stale_days


@pytest.mark.parametrize("name", ["LedgerBroken", "LedgerUnwatched"])
def test_alarms_watch_what_the_monitor_emits(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    kept: list[str] = []
    found = (Finding(Kind.FORKED_CHECKPOINT, index=3), Finding(Kind.EDITED_EVENT, "case", 2, 7))
    monkeypatch.setattr(bootstrap, "settings", lambda: config.Settings({config.STAGE: "dev"}))
    monkeypatch.setattr(bootstrap, "monitor_state", lambda: SimpleNamespace(read=lambda: "", write=kept.append))
    monkeypatch.setattr(bootstrap, "watch", lambda: SimpleNamespace(run=lambda seen, share: Watched(seen, 9, findings=found[:share])))
    assert invoke("monitor", {})["LedgerFindings"] == 2
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    alarm: dict[str, Any] = template("infra/alarms.yaml")["Resources"][name]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Dimensions"]) == ("Wugan", "LedgerFindings", DIMENSIONS)
    whole, *named = lines
    assert (whole["stage"], whole["service"], whole["LedgerFindings"]) == ("dev", "wugan", [2.0])
    assert [sorted(d) for d in whole["_aws"]["CloudWatchMetrics"][0]["Dimensions"]] == [["service", "stage"]]
    assert {line["finding"] for line in named} == {"forked_checkpoint", "edited_event"}
    assert len(kept) == 1


def test_every_finding_is_explained() -> None:
    explained = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    assert [kind for kind in Kind if f"`{kind}`" not in explained] == []
