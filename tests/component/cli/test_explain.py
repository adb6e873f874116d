"""`wugan explain …`: why an item hits, why not, offline and with a stack's stores."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.component.cli.conftest import Deliver
from tests.support import people
from tests.support.template import ROOT
from tests.unit.cases.made import NOW
from wugan import bootstrap
from wugan.cases import decide
from wugan.cases.model import Change, Event
from wugan.cli.main import app
from wugan.clock import FixedClock
from wugan.detection.rule import rule
from wugan.items.model import Item
from wugan.items.version import version
from wugan.memory.stores import MemoryCaseStore, MemoryItemStore, MemoryLookup, MemoryWaitStore, SeededRandom
from wugan.registry.model import Blacklisting, Subject

ITEM = people.items()[1]  # construction-qualification-change: name, legal representative, registered address
DAY = ("--day", people.TODAY.isoformat())


def run(*args: str) -> Result:
    return CliRunner().invoke(app, ["explain", *args])


def offline(registry: Path, *more: str, item: str = ITEM.code, code: str = people.CODE) -> Result:
    return run(item, code, "--registry", str(registry), "--items", str(ROOT / "items"), *DAY, *more)


def answer(registry: Path, *more: str, item: str = ITEM.code) -> dict[str, Any]:
    result = offline(registry, "--json", *more, item=item)
    assert result.exit_code == 0, result.stderr
    body: dict[str, Any] = json.loads(result.stdout)
    return body


def with_representative(subject: Subject, old: str, new: str) -> Subject:
    assert subject.business
    return replace(
        subject,
        business=replace(subject.business, legal_representative=new),
        certificates=tuple(replace(c, legal_representative=old) for c in subject.certificates),
    )


def test_a_hit_is_told_whole(deliver: Deliver) -> None:
    subject = people.subject(ITEM)
    told = answer(deliver(subject))
    (verdict,) = told["verdicts"]
    hit = people.found(ITEM, subject).hit
    assert (told["version"], told["rule"]) == (version(ITEM), rule(ITEM, version(ITEM)).hash)
    assert (told["subject"], told["as_of"]) == (people.CODE, "2026-11-23")
    assert verdict["changes"] == [{"field": "name", "old": "青岛试旧建设有限公司", "new": "青岛试新建设有限公司"}]
    assert [c["held"] for c in verdict["conditions"]] == [True] * len(rule(ITEM, "").conditions)
    assert verdict["records"] == ["business:business:2", "certificate:licence:1"]
    assert verdict["case"] == {"case_id": hit.case_id, "state": "not_looked_up"}


def test_people_read_the_same(deliver: Deliver) -> None:
    text = offline(deliver(people.subject(ITEM))).stdout
    for said in (
        "QD-TEST-0001: hit, QD",
        "名称: 青岛试旧建设有限公司 → 青岛试新建设有限公司",
        "✓ 证照有效",
        "business:2",
        "not looked up offline",
    ):
        assert said in text


def test_persons_are_masked_unless_asked_for(deliver: Deliver) -> None:
    registry = deliver(with_representative(people.subject(ITEM), "测试乙", "尹甲"))
    masked_output = offline(registry).stdout + offline(registry, "--json").stdout
    assert "测** → 尹*" in masked_output
    assert "测试乙" not in masked_output
    assert "尹甲" not in masked_output
    assert "法定代表人: 测试乙 → 尹甲" in offline(registry, "--show-persons").stdout


def test_no_hit_tells_first_what_failed_and_what_would_have_to_differ(deliver: Deliver) -> None:
    subject = people.subject(ITEM)
    listed = Blacklisting(people.CODE, "测试", date(2026, 1, 1), None, "1")
    same = tuple(replace(c, name="青岛试新建设有限公司") for c in subject.certificates)
    registry = deliver(replace(subject, certificates=same, blacklistings=(listed,)))
    (verdict,) = answer(registry)["verdicts"]
    assert not verdict["hit"]
    assert [(c["name"], c["held"]) for c in verdict["conditions"][:2]] == [("changed", False), ("not_blacklisted", False)]
    assert all(c["held"] for c in verdict["conditions"][2:])
    assert verdict["conditions"][0]["needed"].endswith("名称、法定代表人、注册地址")
    text = offline(registry).stdout
    assert text.index("✗ 登记信息与证照一致") < text.index("✓ 证照有效")


def test_missing_data_is_told_apart_from_a_failure(deliver: Deliver) -> None:
    subject = people.subject(ITEM)
    bare = tuple(replace(c, name="青岛试新建设有限公司", legal_representative=None) for c in subject.certificates)
    (verdict,) = answer(deliver(replace(subject, certificates=bare)))["verdicts"]
    assert (verdict["conditions"][0]["name"], verdict["conditions"][0]["held"]) == ("changed", None)
    assert "法定代表人" in verdict["conditions"][0]["reason"]


def test_a_subject_without_such_a_certificate(deliver: Deliver) -> None:
    told = answer(deliver(people.subject(ITEM)), item="grain-purchase-change")
    assert told["verdicts"] == []
    assert "粮食收购许可证" in told["without"]
    assert ITEM.certificates.type in told["without"]


def test_a_filing_looks_at_the_registration(deliver: Deliver) -> None:
    registry = deliver(people.subject(ITEM))
    told = answer(registry, item="hr-service-filing")
    assert told["without"] == ""
    assert told["verdicts"][0]["certificate_no"] is None
    assert "registration: no hit" in offline(registry, item="hr-service-filing").stdout


@pytest.mark.parametrize(
    ("item", "code", "more", "said"),
    [
        ("construction-qualification-chang", people.CODE, (), "did you mean construction-qualification-change?"),
        (ITEM.code, "91370202MA3C7XKB5X", (), "check digit is wrong"),
        (ITEM.code, " ", (), "credit_code: give the unified social credit code"),
        (ITEM.code, people.CODE, ("--version", "sha256:0"), f"version: only version {version(ITEM)} is here"),
    ],
)
def test_what_is_unknown_is_one_line(deliver: Deliver, item: str, code: str, more: Sequence[str], said: str) -> None:
    result = offline(deliver(people.subject(ITEM)), *more, item=item, code=code)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_code_may_be_written_small(deliver: Deliver) -> None:
    assert offline(deliver(people.subject(ITEM)), code=people.CODE.lower()).exit_code == 0


def test_a_folder_without_feeds_is_told(tmp_path: Path) -> None:
    result = offline(tmp_path)
    assert result.exit_code == 1
    assert "no registry files" in result.stderr


def test_an_item_that_the_delivery_holds_back_says_so(deliver: Deliver) -> None:
    registry = deliver(people.subject(ITEM))
    (registry / "blacklist" / "city.csv").unlink()
    assert answer(registry)["held_back"] == ["blacklist"]
    assert "held back" in offline(registry).stdout


class Registries(MemoryLookup):
    """Registries in which everything is there."""

    def incomplete(self) -> list[str]:
        return []


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryCaseStore:
    """A stack with the item and a subject that it hits."""
    store, items = MemoryCaseStore(MemoryWaitStore()), MemoryItemStore()
    items.publish(ITEM, NOW)
    registries = Registries(people.TODAY, {people.CODE: people.subject(ITEM)})
    for name, made in {"case_store": store, "item_store": items, "lookup": registries, "clock": FixedClock(NOW)}.items():
        monkeypatch.setattr(bootstrap, name, lambda made=made: made)
    return store


def opened(item: Item) -> Change:
    found = people.found(item)
    return decide.open_case(found.hit, item, found.name, [], NOW, SeededRandom())


def case_of(*more: str) -> dict[str, Any]:
    result = run(ITEM.code, people.CODE, "--json", *more)
    assert result.exit_code == 0, result.stderr
    case: dict[str, Any] = json.loads(result.stdout)["verdicts"][0]["case"]
    return case


def test_a_stack_knows_whether_there_is_a_case(store: MemoryCaseStore) -> None:
    assert case_of()["state"] == "none"
    store.create(opened(ITEM))
    case = case_of("--version", version(ITEM))
    assert (case["state"], case["stage"], case["opened_at"]) == ("running", "push", NOW.isoformat())
    assert "running: push, opened 2026-11-23T10:00" in run(ITEM.code, people.CODE).stdout


def test_a_stack_knows_who_opted_out(store: MemoryCaseStore) -> None:
    store.optouts.add((people.CODE, ITEM.code))
    assert case_of()["state"] == "opted_out"


@pytest.mark.usefixtures("store")
def test_a_stack_names_what_it_does_not_know() -> None:
    for args, said in (((ITEM.code, "91370202MA3C7XKB5X"), "hold nothing"), (("nothing", people.CODE), "no item 'nothing'")):
        result = run(*args)
        assert (result.exit_code, result.stdout) == (1, "")
        assert said in result.stderr


def test_the_first_event_of_a_case_carries_the_rule() -> None:
    event: Event = opened(ITEM).events[0]
    assert (event.type, event.facts["rule"]) == ("opened", rule(ITEM, version(ITEM)).hash)
