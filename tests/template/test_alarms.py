"""Alarms on our own metrics watch what the functions emit."""

from __future__ import annotations

import json
from dataclasses import asdict
from types import SimpleNamespace

import pytest

from tests.support.aws import invoke
from tests.support.template import template
from wugan import bootstrap, config
from wugan.cases.model import Lapse
from wugan.cases.resume import Swept


@pytest.mark.parametrize("lapse", Lapse)
def test_a_certificate_that_ended_undecided_raises_its_alarm(
    lapse: Lapse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    swept = asdict(Swept()) | {lapse.value: ["a case"]}
    monkeypatch.setattr(bootstrap, "sweep", lambda: SimpleNamespace(sweep=lambda: swept))
    monkeypatch.setattr(bootstrap, "settings", lambda: config.Settings({config.STAGE: "dev"}))
    invoke("sweep", {})
    (emitted,) = (json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line)
    (described,) = emitted["_aws"]["CloudWatchMetrics"]
    wanted = [a["Properties"] for a in template("infra/alarms.yaml")["Resources"].values() if a["Properties"].get("Namespace") == "Wugan"]
    (alarm,) = [a for a in wanted if a["MetricName"] == f"Swept_{lapse}"]
    dimensions = {d["Name"]: "dev" if d["Value"] == {"Ref": "Stage"} else d["Value"] for d in alarm["Dimensions"]}
    assert described["Namespace"] == "Wugan"
    assert [sorted(names) for names in described["Dimensions"]] == [sorted(dimensions)]
    assert {name: emitted[name] for name in dimensions} == dimensions
    assert {m["Name"]: emitted[m["Name"]] for m in described["Metrics"] if emitted[m["Name"]] != [0.0]} == {alarm["MetricName"]: [1.0]}
