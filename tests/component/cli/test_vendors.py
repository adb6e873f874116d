"""`wugan vendors check`: what is wrong is named with its field, before anything is deployed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from tests.support.vendors import SECRETS, document
from wugan.cli.main import app
from wugan.vendors import model


def run(folder: Path, value: Any, *options: str) -> tuple[int, str]:
    file = folder / "vendors.yaml"
    file.write_text(value if isinstance(value, str) else yaml.safe_dump(value, allow_unicode=True), encoding="utf-8")
    result = CliRunner().invoke(app, ["vendors", "check", *options, str(file)])
    return result.exit_code, result.output


def test_it_tells_vendors_callbacks_and_secrets(tmp_path: Path) -> None:
    code, told = run(tmp_path, document("https://vendor.example.cn"))
    assert code == 0
    assert "QD: wechat, sms over tencent, sms over aliyun, app, faces over tencent, sf, ems, desk" in told
    assert "LX: sms over aliyun, faces over aliyun, kuaidi100, approval platform" in told
    assert "/callbacks/sms/QD/tencent?key=<sms_key>" in told
    assert all(name in told for name in SECRETS if name != "registry")


def test_the_compact_text_is_what_a_function_reads(tmp_path: Path) -> None:
    code, text = run(tmp_path, document("https://vendor.example.cn"), "--compact")
    assert code == 0
    assert model.read(text) == model.parse(document("https://vendor.example.cn"))
    assert text.count("\n") == 1


def test_the_override_is_the_text_in_quotes(tmp_path: Path) -> None:
    code, text = run(tmp_path, document("https://vendor.example.cn"), "--override")
    assert code == 0
    name, _, value = text.strip().partition("=")
    assert name == "Vendors"
    assert model.read(json.loads(value)) == model.parse(document("https://vendor.example.cn"))


def test_production_refuses_this_machine_and_a_rehearsal_does_not(tmp_path: Path) -> None:
    value = document("http://127.0.0.1:8080")
    code, told = run(tmp_path, value)
    assert code == 1
    assert "default.wechat.endpoint: production speaks to vendors over https" in told
    assert run(tmp_path, value, "--rehearsal")[0] == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("default: {wechat: {app_id: 1}}", "default.wechat"),
        ("default: [", "line"),
        ("7", "vendors"),
        ("", "vendors"),
        ("defaults: {}", "defaults"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_1(tmp_path: Path, text: str, says: str) -> None:
    code, told = run(tmp_path, text)
    assert code == 1
    assert says in told
    assert len(told.strip().splitlines()) == 1


def test_a_document_that_no_parameter_holds_is_refused(tmp_path: Path) -> None:
    value = document("https://vendor.example.cn")
    place = {"province": "山东省", "city": "青岛市", "county": "市南区"}
    value["default"]["couriers"]["options"][0]["areas"] = [place] * 80
    code, told = run(tmp_path, value)
    assert code == 0
    assert "put the parameter yourself" in told
    value["default"]["couriers"]["options"][0]["areas"] = [place] * 200
    assert run(tmp_path, value)[0] == 1
