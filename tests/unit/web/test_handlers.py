"""The Lambda handlers of the pages: what they log, and what never reaches a log."""

from __future__ import annotations

import importlib.util
import json
from types import ModuleType, SimpleNamespace

import pytest
from aws_lambda_powertools import Logger

from tests.browser.serve import rest_event
from tests.browser.town import MOBILE, NAME
from tests.support.template import ROOT
from tests.unit.web.client import Client
from wugan import bootstrap
from wugan.aws import runtime

CONTEXT = SimpleNamespace(function_name="f", memory_limit_in_mb=128, invoked_function_arn="arn", aws_request_id="r-1")


def load(name: str) -> ModuleType:
    """The module of a function, as Lambda imports it."""
    spec = importlib.util.spec_from_file_location(f"handler_of_{name}", ROOT / "functions" / name / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("applicant", "GET", "/c/{link}"),
        ("desk", "GET", "/desk/cases/{case_id}"),
        ("callbacks", "POST", "/callbacks/department/{jurisdiction}"),
    ],
)
def test_a_log_line_names_the_route_and_nothing_else(
    client: Client, link: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, method: str, path: str
) -> None:
    town = client.town
    monkeypatch.setattr(bootstrap, name, lambda: getattr(town, name))
    monkeypatch.setattr(runtime, "logger", Logger(service=f"of-{name}"))  # one that writes where this test reads
    module = load(name)
    target = path.format(link=link, case_id=town.head(link).case_id, jurisdiction="QD")
    headers = {"Cookie": "wugan_desk=secret", "Content-Type": "application/json"}
    event = rest_event(module.app, method, target, headers, b'{"secret": 1}' if method == "POST" else b"")
    response = module.handler(event, CONTEXT)
    logged = "".join(capsys.readouterr())
    line = json.loads(logged.splitlines()[-1])
    assert (line["route"], line["method"], line["status"]) == (path, method, response["statusCode"])
    assert line["milliseconds"] >= 0
    assert [word for word in (link, town.head(link).subject, "secret", NAME, MOBILE) if word in logged] == []
