"""The 20 pilot items: as the policy lists them, and each rule pinned down by its personas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.item_files import ITEMS
from wugan.detection import checks, personas
from wugan.items import catalogue
from wugan.items.model import ChangeTrigger, Item, RenewalTrigger, ReturnWay

QD, LX, PD = "青岛市行政审批服务局", "莱西市行政审批服务局", "平度市行政审批服务局"
POLICY = {
    1: ("建筑业企业资质简单变更", "change", {"QD": QD}),
    2: ("工程设计企业资质变更", "change", {"QD": QD}),
    3: ("工程勘察企业资质变更", "change", {"QD": QD}),
    4: ("工程监理企业资质变更", "change", {"QD": QD}),
    5: ("施工图审查机构认定变更", "change", {"QD": QD}),
    6: ("粮食收购资格变更（仅限自有产权经营企业或经营者）", "change", {"QD": QD}),
    7: ("粮食收购资格延续（仅限自有产权经营企业或经营者）", "renewal", {"QD": QD}),
    8: ("电影放映单位变更主要登记事项备案", "change", {"QD": QD}),
    9: ("集中式供水单位卫生许可变更法人", "change", {"QD": QD}),
    10: ("集中式供水单位卫生许可变更名称", "change", {"QD": QD}),
    11: ("集中式供水单位卫生许可变更注册地址、供水地址门牌号（非迁移）", "change", {"QD": QD}),
    12: ("涉水产品许可证变更注册地址、生产地址（路名、路牌）", "change", {"QD": QD}),
    13: ("涉水产品许可证变更申请单位和实际生产企业名称", "change", {"QD": QD}),
    14: (
        "消毒产品生产企业变更：单位名称、法定代表人（负责人）、注册地址、生产地址路名、门牌号（非迁移厂址）",
        "change",
        {"QD": QD},
    ),
    15: ("民办非企业单位登记证书到期换发", "renewal", {"QD": QD, "LX": LX, "PD": PD}),
    16: ("社会团体登记证书到期换发", "renewal", {"QD": QD, "LX": LX, "PD": PD}),
    17: ("基金会到期换证", "renewal", {"QD": QD, "PD": PD}),
    18: ("经营性人力资源服务机构从事职业中介活动许可延续", "renewal", {"PD": PD, "LX": LX}),
    19: ("经营性人力资源服务机构开展人力资源服务业备案", "filing", {"PD": PD, "LX": LX}),
    20: ("从事出版物零售业务变更法定代表人或经营负责人", "change", {"PD": PD}),
}
CATALOGUE = catalogue.load_folder(ITEMS)
each_item = pytest.mark.parametrize("item", CATALOGUE.items, ids=lambda item: item.code)


def test_all_files_are_good() -> None:
    assert list(map(str, CATALOGUE.problems)) == []


def test_they_are_the_policys_items() -> None:
    assert {i.number: (i.name, i.kind, {**i.jurisdictions}) for i in CATALOGUE.items} == POLICY


@each_item
def test_every_persona_comes_out(item: Item) -> None:
    assert [outcome.message for outcome in personas.run(item) if not outcome.passed] == []


@each_item
def test_the_file_is_named_after_the_code_and_names_the_schema(item: Item) -> None:
    lines = (ITEMS / f"{item.code}.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# yaml-language-server: $schema=item.schema.json"


@each_item
def test_the_prompt_names_the_bureau_says_free_and_where_to_check(item: Item) -> None:
    for words in ("{subject}", "{bureau}", "不收任何费用", "山东政务服务网", "拒绝"):
        assert words in item.texts.prompt


@each_item
def test_the_ladder_ends_before_the_demonstration_does(item: Item) -> None:
    assert item.reminders.expire_after_days <= 45


def test_renewals_are_asked_for_at_90_60_and_45_days_at_the_latest() -> None:
    triggers = [i.trigger for i in CATALOGUE.items if isinstance(i.trigger, RenewalTrigger)]
    assert len(triggers) == 5
    assert {(t.expires_within_days, *t.remind_days_before) for t in triggers} == {(90, 60, 45), (75, 60, 45)}


def test_some_items_need_no_pickup_and_ladders_differ() -> None:
    assert {bool(i.return_ways) for i in CATALOGUE.items} == {True, False}
    for item in CATALOGUE.items:  # nobody is made to send back what is lost
        assert (ReturnWay.NONE_HELD in item.return_ways) == item.certificates.old_returns, item.code
    assert len({tuple(i.reminders.after_days) for i in CATALOGUE.items}) >= 3


@each_item
def test_a_dirty_row_of_each_kind_is_among_the_personas(item: Item) -> None:
    rows = [row for p in item.personas for row in p.records.values()]
    codes = [row.get("credit_code") or row.get("producer_code") or "" for row in rows]
    values = [value for row in rows for value in row.values()]
    assert any(code != code.upper() for code in codes)
    assert any(value in (None, "", "无") for value in values)


def test_the_example_in_the_docs_is_a_good_item(tmp_path: Path) -> None:
    text = (ITEMS.parent / "docs" / "items.md").read_text(encoding="utf-8")
    path = tmp_path / "example.yaml"
    path.write_text(text.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    assert checks.check(catalogue.load_file(path)) == []


def weakened(item: Item) -> Iterator[tuple[str, Item]]:
    """The item with one part of its rule taken away or moved by one."""
    for requirement in item.requires:
        yield f"without {requirement}", item.model_copy(update={"requires": [r for r in item.requires if r != requirement]})
    if isinstance(item.trigger, ChangeTrigger):
        for field in item.trigger.change:
            rest = [f for f in item.trigger.change if f != field]
            yield f"blind to {field}", item.model_copy(update={"trigger": item.trigger.model_copy(update={"change": rest})})
        return
    window = "expires_within_days" if item.kind == "renewal" else "within_days"
    for step in (-1, 1):
        days = getattr(item.trigger, window) + step
        yield f"{window} {days}", item.model_copy(update={"trigger": item.trigger.model_copy(update={window: days})})


@pytest.mark.parametrize("weak", [pytest.param(weak, id=f"{i.code} {how}") for i in CATALOGUE.items for how, weak in weakened(i)])
def test_the_personas_notice_every_weakening_of_the_rule(weak: Item) -> None:
    assert any(not outcome.passed for outcome in personas.run(weak))
