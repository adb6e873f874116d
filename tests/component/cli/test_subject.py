"""`wugan subject show …`, offline and with a stack's stores."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner, Result

from tests.component.cli.conftest import Deliver
from tests.support import people
from tests.support.template import ROOT
from tests.unit.cases import made
from wugan import bootstrap
from wugan.cases.context import Context
from wugan.cli.main import app
from wugan.clock import FixedClock
from wugan.links import Keyring
from wugan.memory.stores import MemoryCaseStore, MemoryItemStore, MemoryLookup, MemoryWaitStore, SeededRandom

ITEM = people.items()[1]
PERSONAL = ("测试甲", "370202199001010015", "19900000001", "openid-a")


def run(*args: str) -> Result:
    return CliRunner().invoke(app, ["subject", "show", *args])


def test_offline(deliver: Deliver) -> None:
    where = ("--registry", str(deliver(people.subject(ITEM))), "--items", str(ROOT / "items"), "--day", "2026-11-23")
    text, body = run(people.CODE, *where).stdout, json.loads(run(people.CODE, *where, "--json").stdout)
    for said in (
        "青岛试新建设有限公司",
        "QD-TEST-0001",
        "at risk: 登记的名称与证照不一致",
        "cases: not looked up offline",
        "sms: 可联系1位",
    ):
        assert said in text
    assert (body["subject"], body["as_of"], body["cases_known"]) == (people.CODE, "2026-11-23", False)
    assert body["certificates"][0]["mismatches"][0]["covers"][0]["hits"]
    assert [p for p in PERSONAL if p in text + json.dumps(body, ensure_ascii=False)] == []


def test_a_code_that_nobody_knows(deliver: Deliver) -> None:
    result = run("91370202MA3C7XKB5X", "--registry", str(deliver(people.subject(ITEM))))
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert "hold nothing under 91370202MA3C7XKB5X" in result.stderr


def test_items_that_are_wrong_do_not_keep_the_others_out(deliver: Deliver) -> None:
    registry = deliver(replace(people.subject(ITEM), contacts=()))
    (registry / "bad.yaml").write_text("code: x\n", encoding="utf-8")
    result = run(people.CODE, "--registry", str(registry), "--items", str(registry))
    assert result.exit_code == 0
    assert "bad.yaml:" in result.stderr
    assert "wechat: 登记库中没有联系人" in result.stdout


def test_with_a_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    store, items = MemoryCaseStore(MemoryWaitStore()), MemoryItemStore()
    items.publish(ITEM, made.NOW)
    over = made.over().head
    store.heads[over.case_id] = over
    store.optouts.add((people.CODE, ITEM.code))
    lookup = MemoryLookup(people.TODAY, {people.CODE: people.subject(ITEM)})
    context = Context(store, items, lookup, Keyring(lambda: "x"), FixedClock(made.NOW), SeededRandom(), lambda: "")
    monkeypatch.setattr(bootstrap, "context", lambda: context)
    text, body = run(people.CODE).stdout, json.loads(run(people.CODE, "--json").stdout)
    assert f"{over.case_id} {ITEM.name}" in text
    assert "opted out: " in text
    assert [(c["outcome"], c["ended"]) for c in body["cases"]] == [("delivered", True)]
    assert body["cases_known"]
