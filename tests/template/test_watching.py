"""What watches the scan: alarms and dashboard ask for metrics that the report emits, under its dimensions."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support.template import ROOT, template
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


def test_every_alarm_is_explained() -> None:
    explained = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    for resource in template("infra/alarms.yaml")["Resources"].values():
        if resource["Type"].endswith("Alarm"):
            assert f"`{resource['Properties']['AlarmName']['Fn::Sub'].removeprefix('wugan-${Stage}-')}`" in explained


def test_the_template_s_limits_are_those_of_the_guard() -> None:
    parameters = template()["Parameters"]
    assert parameters["RegistryShrinkPercent"]["Default"] == Limits().shrink_percent
    assert parameters["RegistryStaleDays"]["Default"] == Limits().stale_days
