"""The rules: what hits, what must not, and how a verdict explains itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wugan.detection.evaluate import evaluate, hits, still_qualifies
from wugan.detection.model import Condition, Verdict
from wugan.detection.places import address_changed, address_moved, address_off_road, covers, name_changed, registered_in, stays
from wugan.items import catalogue
from wugan.items.model import ChangeTrigger, FilingTrigger, Item, Jurisdiction, RenewalTrigger, Requirement, SubjectField
from wugan.registry import normalise
from wugan.registry.model import Blacklisting, Business, Certificate, Property, Subject

DAY = date(2026, 11, 23)
CODE, PRODUCER = "91370203MA0000001G", "91370214MA000000X5"
ADDRESS = "山东省青岛市市北区辽阳西路100号3号楼"
CHANGING = [SubjectField.NAME, SubjectField.LEGAL_REPRESENTATIVE, SubjectField.REGISTERED_ADDRESS, SubjectField.PREMISES_ADDRESS]


@cache
def template() -> Item:
    return catalogue.load_file(Path(__file__).parents[3] / "items" / "water-supply-name.yaml")


def item(trigger: ChangeTrigger | RenewalTrigger | FilingTrigger, *requires: Requirement) -> Item:
    """An item of the city with this trigger and these requirements."""
    return template().model_copy(update={"trigger": trigger, "requires": list(requires)})


def change(*fields: SubjectField, requires: tuple[Requirement, ...] = ()) -> Item:
    return item(ChangeTrigger(change=list(fields)), *requires)


RENEWAL = item(RenewalTrigger(expires_within_days=60))
FILING = item(FilingTrigger(newly_covers="人力资源服务", within_days=90))


def business(**values: Any) -> Business:
    made = Business(
        credit_code=CODE,
        name="青岛甲（集团）有限公司",
        entity_type="enterprise",
        legal_representative="张三",
        person_in_charge="李四",
        registered_address=ADDRESS,
        premises_address=ADDRESS,
        scope="一般项目：人力资源服务（不含劳务派遣）",
        scope_changed_on=DAY,
        changed_on=DAY,
        registering_body="青岛市行政审批服务局",
        status="active",
        version="b1",
    )
    return replace(made, **values)


def certificate(**values: Any) -> Certificate:
    made = Certificate(
        certificate_no="证1",
        type=template().certificates.type,
        credit_code=CODE,
        name="青岛甲（集团）有限公司",
        legal_representative="张三",
        person_in_charge="李四",
        registered_address=ADDRESS,
        premises_address=ADDRESS,
        producer_code=None,
        producer_name=None,
        issued_on=None,
        valid_until=DAY + timedelta(days=30),
        issuing_body=None,
        jurisdiction="QD",
        status="valid",
        version="c1",
    )
    return replace(made, **values)


def subject(registered: Business | None, *certificates: Certificate, **values: Any) -> Subject:
    return replace(Subject(CODE, DAY, registered, certificates), **values)


def conditions(verdict: Verdict) -> dict[str, bool | None]:
    return {c.name: c.held for c in verdict.conditions}


def fields_hit(rule: Item, of: Subject) -> list[str]:
    return [c.field for h in hits(rule, "v", of) for c in h.changes]


# ── change ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_changed_field_hits_and_is_explained() -> None:
    (verdict,) = evaluate(change(*CHANGING), "v7", subject(business(name="青岛乙有限公司"), certificate()))
    hit = verdict.hit
    assert hit is not None
    assert [(c.field, c.old, c.new) for c in hit.changes] == [("name", "青岛甲(集团)有限公司", "青岛乙有限公司")]
    assert (hit.item_version, hit.certificate_no, hit.jurisdiction, hit.due, hit.as_of) == ("v7", "证1", "QD", None, DAY)
    assert hit.records == ("business:b1", "certificate:c1")
    assert hit.conditions == verdict.conditions
    assert [c.reason for c in verdict.conditions] == ["证照有效", "登记信息与证照不一致：名称", "属于本事项实施范围"]


def test_only_the_items_own_fields_count() -> None:
    moved = subject(business(name="青岛乙有限公司", legal_representative="王五"), certificate())
    assert fields_hit(change(SubjectField.LEGAL_REPRESENTATIVE), moved) == ["legal_representative"]
    assert fields_hit(change(SubjectField.PERSON_IN_CHARGE), moved) == []
    assert fields_hit(change(*CHANGING), moved) == ["name", "legal_representative"]


def test_each_certificate_of_the_type_has_a_verdict() -> None:
    others = [certificate(certificate_no="证2", name="别名"), certificate(type="food_business", name="别名")]
    verdicts = evaluate(change(SubjectField.NAME), "v", subject(business(), certificate(), *others))
    assert [v.hit.certificate_no if v.hit else None for v in verdicts] == [None, "证2"]
    assert evaluate(change(SubjectField.NAME), "v", subject(business())) == []


_HANDWRITINGS = st.sampled_from(
    [
        lambda s: s.replace("（", "(").replace("）", ")"),
        lambda s: f" {s}　",
        lambda s: s.replace("100", "１００"),
        lambda s: s.replace("山东省", "").replace("市北区", "四方区"),
        lambda s: s.replace("山东省青岛市", ""),
        lambda s: s,
    ]
)


@given(st.lists(_HANDWRITINGS, min_size=8, max_size=8))
def test_what_is_equal_after_normalisation_never_hits(hands: list[Any]) -> None:
    written = {f.value: hand(getattr(business(), f.value)) for f, hand in zip(CHANGING, hands[:4], strict=True)}
    printed = {f.value: hand(getattr(certificate(), f.value)) for f, hand in zip(CHANGING, hands[4:], strict=True)}
    (verdict,) = evaluate(change(*CHANGING), "v", subject(business(**written), certificate(**printed)))
    assert conditions(verdict)["changed"] is False


_VALUES = st.one_of(st.none(), st.sampled_from(["", " ", "-", "青岛乙有限公司", "市南区香港中路1号", "赵六"]), st.text(max_size=12))


@given(st.lists(_VALUES, min_size=4, max_size=4))
def test_a_certificate_that_says_what_the_registry_says_never_hits(values: list[str | None]) -> None:
    said = dict(zip((f.value for f in CHANGING), values, strict=True))
    said["name"] = said["name"] or ""
    assert hits(change(*CHANGING), "v", subject(business(**said), certificate(**said))) == []


@given(st.lists(_VALUES, min_size=4, max_size=4), st.lists(_VALUES, min_size=4, max_size=4))
def test_a_field_that_either_side_leaves_empty_is_no_change(old: list[str | None], new: list[str | None]) -> None:
    names = [f.value for f in CHANGING]
    old, new = [old[0] or "", *old[1:]], [new[0] or "", *new[1:]]
    found = subject(business(**dict(zip(names, new, strict=True))), certificate(**dict(zip(names, old, strict=True))))
    empty = {n for n, a, b in zip(names, old, new, strict=True) if normalise.text(a) is None or normalise.text(b) is None}
    assert not empty & set(fields_hit(change(*CHANGING), found))


def test_unknown_is_not_false() -> None:
    rule = change(SubjectField.LEGAL_REPRESENTATIVE, SubjectField.NAME)
    (verdict,) = evaluate(rule, "v", subject(business(legal_representative=None), certificate()))
    assert conditions(verdict)["changed"] is None
    assert verdict.hit is None
    (verdict,) = evaluate(rule, "v", subject(business(legal_representative=None, name="乙"), certificate()))
    assert conditions(verdict)["changed"] is True


def test_a_producer_is_compared_with_its_own_registration() -> None:
    rule = change(SubjectField.PRODUCER_NAME)
    made = certificate(producer_code=PRODUCER.lower(), producer_name="青岛旧厂")
    known = {PRODUCER: business(credit_code=PRODUCER, name="青岛新厂", version="p1")}
    (hit,) = hits(rule, "v", subject(business(), made, producers=known))
    assert [(c.old, c.new) for c in hit.changes] == [("青岛旧厂", "青岛新厂")]
    assert "producer:p1" in hit.records
    (verdict,) = evaluate(rule, "v", subject(business(), made))
    assert conditions(verdict)["changed"] is None


@pytest.mark.parametrize("printed", [{"status": "void"}, {"valid_until": DAY - timedelta(days=1)}])
def test_a_certificate_that_is_not_in_force_is_not_changed(printed: dict[str, Any]) -> None:
    (verdict,) = evaluate(change(SubjectField.NAME), "v", subject(business(name="乙"), certificate(**printed)))
    assert conditions(verdict) == {"certificate_in_force": False, "changed": True, "jurisdiction": True}
    assert verdict.hit is None


def test_a_certificate_without_end_is_in_force() -> None:
    assert hits(change(SubjectField.NAME), "v", subject(business(name="乙"), certificate(valid_until=None)))


@pytest.mark.parametrize(("where", "held"), [("QD", True), ("PD", False)])
def test_the_jurisdiction_is_the_certificates(where: str, held: bool) -> None:
    (verdict,) = evaluate(change(SubjectField.NAME), "v", subject(business(name="乙"), certificate(jurisdiction=where)))
    assert conditions(verdict)["jurisdiction"] is held
    assert (verdict.hit is not None) is held


# ── renewal ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("days", "held"), [(-1, False), (0, True), (60, True), (61, False), (None, None)])
def test_the_window_of_a_renewal_includes_both_ends(days: int | None, held: bool | None) -> None:
    last = None if days is None else DAY + timedelta(days=days)
    (verdict,) = evaluate(RENEWAL, "v", subject(business(), certificate(valid_until=last)))
    assert conditions(verdict)["expires_soon"] is held
    assert (verdict.hit.due if verdict.hit else None) == (last if held else None)


# ── filing ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("values", "name", "held"),
    [
        ({}, "newly_covered", True),
        ({"scope_changed_on": DAY - timedelta(days=90)}, "newly_covered", True),
        ({"scope_changed_on": DAY - timedelta(days=91)}, "newly_covered", False),
        ({"scope_changed_on": DAY + timedelta(days=1)}, "newly_covered", False),
        ({"scope_changed_on": None}, "newly_covered", None),
        ({"scope": None}, "newly_covered", None),
        ({"scope": "餐饮服务"}, "newly_covered", False),
        ({"registering_body": "平度市行政审批服务局"}, "jurisdiction", False),
        ({"registering_body": None, "registered_address": "莱西市北京路1号"}, "jurisdiction", False),
        ({"registering_body": None, "registered_address": "北京路1号"}, "jurisdiction", None),
    ],
)
def test_a_filing(values: dict[str, Any], name: str, held: bool | None) -> None:
    (verdict,) = evaluate(FILING, "v", subject(business(**values)))
    assert conditions(verdict)[name] is held
    assert (verdict.hit is not None) is (held is True)


def test_what_is_filed_is_not_filed_again() -> None:
    (verdict,) = evaluate(FILING, "v", subject(business(), certificate()))
    assert conditions(verdict)["not_filed"] is False
    assert hits(FILING, "v", subject(business(), certificate(status="void")))


@pytest.mark.parametrize(
    ("scope", "held"),
    [
        ("人力资源服务（不含职业中介活动、劳务派遣服务）", True),
        ("企业管理（不含人力资源服务）；餐饮", False),
        ("企业管理（不含餐饮）；人力资源 服务", True),
        ("企业管理（含人力资源服务）", True),
        ("企业管理(除人力资源服务外", False),
        ("企业管理（不包含人力资源服务）", False),
        ("企业管理（含咨询（不含人力资源服务））", False),
        ("企业管理（含咨询（不含餐饮），人力资源服务）", True),
        ("企业管理(不含:人力资源服务(劳务)),餐饮", False),
        ("企业管理（不含咨询（劳务）、人力资源服务）", False),
        ("企业管理，不含人力资源服务；餐饮", False),
        ("人力资源服务，不含职业中介活动；餐饮", True),
        ("人力资源服务不含职业中介活动", True),
        ("企业管理（人力资源服务除外）", False),
        ("企业管理；人力资源服务（劳务）除外", False),
        ("人力资源服务（职业中介除外）", True),
        ("企业管理（未经批准不得从事人力资源服务）", False),
        ("企业管理，未经批准不得从事人力资源服务等业务；餐饮", False),
        ("人力资源服务（未经批准，不得从事吸收存款等金融服务）", True),
        ("除人力资源服务外的企业管理", False),
        ("一般项目：拆除工程；除尘设备、人力资源服务、户外用品", True),
        ("人力资源服务（除依法须经批准的项目外，凭营业执照依法自主开展经营活动）", True),
        ("企业管理（法律、行政法规、国务院决定禁止的项目除外；人力资源服务", True),
        ("企业管理）人力资源服务", True),
        (None, None),
    ],
)
def test_a_scope_covers_what_it_does_not_exclude(scope: str | None, held: bool | None) -> None:
    assert covers(scope, "人力资源服务") is held


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"registering_body": None, "registered_address": "青岛莱西市烟台路1号"}, Jurisdiction.LX),
        ({"registering_body": "青岛市平度市市场监督管理局"}, Jurisdiction.PD),
        ({"registering_body": "莱西市行政审批服务局"}, Jurisdiction.LX),
        ({"registering_body": "青岛市市北区行政审批服务局"}, Jurisdiction.QD),
        ({"registering_body": "某局", "registered_address": "平度市人民路1号"}, Jurisdiction.PD),
        ({"registering_body": None, "registered_address": "胶南市人民路1号"}, Jurisdiction.QD),
        ({"registering_body": None, "registered_address": None}, None),
    ],
)
def test_where_a_business_is_registered(values: dict[str, Any], where: Jurisdiction | None) -> None:
    row = business(**values)
    assert registered_in(row.registering_body, row.registered_address) == where


# ── requirements ──────────────────────────────────────────────────────────────────────────────────────────────────────


def held(requirement: Requirement, of: Subject, *fields: SubjectField) -> bool | None:
    (verdict,) = evaluate(change(*(fields or (SubjectField.NAME,)), requires=(requirement,)), "v", of)
    return conditions(verdict)[requirement.value]


@pytest.mark.parametrize(
    ("registered", "answer"), [(business(), True), (business(status="cancelled"), False), (business(status="revoked"), False), (None, None)]
)
def test_active(registered: Business | None, answer: bool | None) -> None:
    assert held(Requirement.ACTIVE, subject(registered, certificate())) is answer


@pytest.mark.parametrize(
    ("since", "until", "answer"),
    [(-1, None, False), (0, 0, False), (-9, -1, True), (1, None, True)],
)
def test_not_blacklisted(since: int, until: int | None, answer: bool) -> None:
    end = None if until is None else DAY + timedelta(days=until)
    listing = Blacklisting(CODE, "原因", DAY + timedelta(days=since), end, "1")
    assert held(Requirement.NOT_BLACKLISTED, subject(business(), certificate(), blacklistings=(listing,))) is answer


@pytest.mark.parametrize(
    ("owned", "premises", "answer"),
    [
        ("青岛市四方区辽阳西路１００号3号楼", ADDRESS, True),
        ("青岛市市北区辽阳西路102号3号楼", ADDRESS, False),
        (ADDRESS, "市南区香港中路1号", False),
        (ADDRESS, None, True),
        (None, ADDRESS, False),
    ],
)
def test_owns_premises(owned: str | None, premises: str | None, answer: bool) -> None:
    properties = (Property(CODE, owned, "房1", "r1"),) if owned else ()
    assert held(Requirement.OWNS_PREMISES, subject(business(premises_address=premises), certificate(), properties=properties)) is answer


def test_owns_premises_is_unknown_without_an_address() -> None:
    nowhere = business(premises_address=None, registered_address=None)
    assert held(Requirement.OWNS_PREMISES, subject(nowhere, certificate())) is None


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        ("市北区辽阳西路100号3号楼", "市北区辽阳西路108号3号楼", True),
        ("市北区辽阳西路100号3号楼", "市北区长春路100号3号楼", True),
        ("胶南市海滨路10号", "黄岛区海滨路12号", True),
        ("市北区辽阳西路", "市北区辽阳西路108号", True),
        ("市北区辽阳西路100号", "市北区长春路102号", False),
        ("市北区辽阳西路100号", "市南区辽阳西路100号", False),
        ("市北区辽阳西路100号3号楼", "市北区辽阳西路108号5号楼", False),
        ("平度市南村镇人民路1号", "平度市店子镇人民路1号", False),
        ("辽阳西路100号", "市北区辽阳西路108号", None),
        ("平度市双山村", "平度市人民路1号", None),
    ],
)
def test_renamed_or_renumbered_where_it_is(old: str, new: str, answer: bool | None) -> None:
    before, after = normalise.address(old), normalise.address(new)
    assert before is not None
    assert after is not None
    assert stays(before, after) is stays(after, before) is answer


@pytest.mark.parametrize(
    ("old", "new", "moved", "off_road"),
    [
        ("青岛市市南区中山路1号", "青岛市市南区贵州路1号", False, True),
        ("青岛市市南区中山路1号", "青岛市市南区中山路3号", False, False),
        ("青岛市市南区中山路1号", "青岛市市南区贵州路3号", True, True),
        ("青岛市市南区中山路1号", "市南区中山路１号", False, False),
        ("中山路1号", "青岛市市南区中山路3号", None, None),
        (None, "青岛市市南区中山路3号", False, False),
        ("青岛市黄岛区长江路街道井冈山路658号", "青岛市黄岛区井冈山路658号", False, False),
    ],
)
def test_moved_and_more_than_the_plate_changed(old: str | None, new: str, moved: bool | None, off_road: bool | None) -> None:
    assert (address_moved(old, new), address_off_road(old, new)) == (moved, off_road)


@pytest.mark.parametrize("hidden", ["\u200b", "\ufeff", "\u00ad", "\ufe0f", "\x00", "\x7f"])
def test_what_nobody_sees_is_no_change(hidden: str) -> None:
    assert name_changed(f"青岛甲{hidden}有限公司", "青岛甲有限公司") is False
    assert name_changed(hidden, "青岛甲有限公司") is None
    assert address_changed(f"{ADDRESS}{hidden}", ADDRESS) is False
    assert address_changed(hidden * 5, f" {hidden * 5}") is None


def test_same_road_lets_a_plate_change_and_no_road() -> None:
    both = (SubjectField.REGISTERED_ADDRESS, SubjectField.PREMISES_ADDRESS)
    road = subject(business(premises_address=ADDRESS.replace("辽阳西路", "长春路")), certificate())
    assert held(Requirement.SAME_PLACE, road, *both) is True
    assert held(Requirement.SAME_ROAD, road, *both) is False
    plate = subject(business(registered_address=ADDRESS.replace("100", "102")), certificate())
    assert held(Requirement.SAME_ROAD, plate, *both) is True
    assert reason(change(*both, requires=(Requirement.SAME_ROAD,)), "same_road", plate).reason == "仅门牌号变更，未迁移"
    assert held(Requirement.SAME_ROAD, subject(business(), certificate()), *both) is True


@pytest.mark.parametrize(
    ("days", "held", "words"),
    [(3, True, "证照将在3天后到期"), (0, True, "证照今天到期"), (-1, False, "已过期1天"), (61, False, "现距届满61天")],
)
def test_how_long_a_certificate_lasts_is_told(days: int, held: bool, words: str) -> None:
    told = reason(RENEWAL, "expires_soon", subject(business(), certificate(valid_until=DAY + timedelta(days=days))))
    assert told.held is held
    assert words in told.reason + told.needed


def test_a_scope_that_changes_tomorrow_is_told() -> None:
    told = reason(FILING, "newly_covered", subject(business(scope_changed_on=DAY + timedelta(days=1))))
    assert (told.held, told.reason) == (False, "经营范围变更日期晚于今天，含“人力资源服务”")


def reason(rule: Item, name: str, of: Subject) -> Condition:
    (verdict,) = evaluate(rule, "v", of)
    (found,) = (c for c in verdict.conditions if c.name == name)
    return found


def test_same_place_looks_at_every_changed_address_and_same_premises_at_one() -> None:
    both = (SubjectField.REGISTERED_ADDRESS, SubjectField.PREMISES_ADDRESS)
    office_moved = subject(business(registered_address="市南区香港中路1号"), certificate())
    assert held(Requirement.SAME_PLACE, office_moved, *both) is False
    assert held(Requirement.SAME_PREMISES, office_moved, *both) is True
    plant_moved = subject(business(premises_address="市南区香港中路1号"), certificate())
    assert held(Requirement.SAME_PREMISES, plant_moved, *both) is False
    renumbered = subject(business(registered_address=ADDRESS.replace("100", "102")), certificate())
    assert held(Requirement.SAME_PLACE, renumbered, *both) is True
    assert held(Requirement.SAME_PLACE, subject(business(), certificate()), *both) is True


# ── again, before the decision ────────────────────────────────────────────────────────────────────────────────────────

RULE = change(SubjectField.NAME, requires=(Requirement.ACTIVE, Requirement.NOT_BLACKLISTED))
RENAMED = subject(business(name="青岛乙有限公司"), certificate())


def fingerprint(rule: Item, of: Subject) -> str:
    (hit,) = hits(rule, "v", of)
    return hit.fingerprint


def test_the_same_hit_in_other_handwriting_still_qualifies() -> None:
    tomorrow = subject(business(name="青岛乙 有限公司", version="b2"), certificate(), as_of=DAY + timedelta(days=1))
    assert still_qualifies(RULE, "v", tomorrow, fingerprint(RULE, RENAMED)) == (True, "仍符合办理条件")


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (subject(business(name="青岛丙有限公司"), certificate()), "登记信息在立案后又有变化，与立案时的办理内容不同"),
        (subject(business(), certificate()), "登记信息与证照一致"),
        (subject(business(name="青岛乙有限公司", status="cancelled"), certificate(status="void")), "证照已失效；主体已注销或吊销"),
        (subject(business(name="青岛乙有限公司")), "证照库中已没有该类证照"),
    ],
)
def test_what_changed_since_is_told(now: Subject, reason: str) -> None:
    assert still_qualifies(RULE, "v", now, fingerprint(RULE, RENAMED)) == (False, reason)


def test_the_window_counts_from_the_day_it_was_sensed() -> None:
    found = subject(business(scope_changed_on=DAY - timedelta(days=80)))
    later = replace(found, as_of=DAY + timedelta(days=30))
    key = fingerprint(FILING, found)
    assert still_qualifies(FILING, "v", later, key, sensed_on=DAY)[0]
    assert not still_qualifies(FILING, "v", later, key)[0]


@given(st.sampled_from([RULE, RENEWAL, FILING]), st.text(min_size=1, max_size=6), st.text(min_size=1, max_size=6))
def test_reasons_hold_no_personal_data(rule: Item, name: str, person: str) -> None:
    marked = {"name": f"甲㊙{name}", "legal_representative": f"㊙{person}", "registered_address": f"㊙{name}"}
    found = subject(business(**marked), certificate())
    reasons = "".join(c.reason for v in evaluate(rule, "v", found) for c in v.conditions)
    assert "㊙" not in reasons
    assert "秘" not in reasons
