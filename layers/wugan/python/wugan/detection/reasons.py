"""Why a condition came out as it did, and what would have to differ: plain Chinese without personal data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wugan.detection import features
from wugan.detection.expression import features_in
from wugan.detection.features import ADDRESSES, FEATURES, SUBJECT_FIELDS
from wugan.detection.model import Condition
from wugan.detection.row import Row
from wugan.detection.rule import Rule, RuleCondition
from wugan.items.model import RenewalTrigger, SubjectField

Say = Callable[[Rule, Row, bool | None], str]


@dataclass(frozen=True)
class _Wording:
    """How one kind of condition is told."""

    reason: Say
    needed: Say


def told(condition: RuleCondition, rule: Rule, row: Row, held: bool | None) -> Condition:
    """The condition with its reason; where it did not hold, with what it needs."""
    wording = _WORDINGS.get(condition.name)
    if wording is None:
        return _when(condition, row, held)
    return Condition(condition.name, held, wording.reason(rule, row, held), "" if held else wording.needed(rule, row, held))


def _when(condition: RuleCondition, row: Row, held: bool | None) -> Condition:
    from wugan.detection.words import value_words, words  # with the parser's cost, and only for items with a `when`

    names = dict.fromkeys(features_in(condition.expression))
    now = "，".join(f"{FEATURES[n].title}现为{value_words(n, FEATURES[n].python(row))}" for n in names)
    said = words(condition.expression)
    if held:
        return Condition(condition.name, held, f"满足附加条件：{said}")
    return Condition(condition.name, held, f"{'不满足' if held is False else '缺少数据，无法判断'}附加条件：{said}", f"须{said}（{now}）")


def _in_force(_: Rule, row: Row, held: bool | None) -> str:
    if row.certificate is None:
        return "证照库中没有该证照"
    if held:
        return "证照有效"
    return "证照已失效" if row.certificate.status != "valid" else "证照有效期已过"


def _changed(rule: Rule, row: Row, held: bool | None) -> str:
    fields = _fields(rule, row, held)
    if held:
        return f"登记信息与证照不一致：{fields}"
    return "登记信息与证照一致" if held is False else f"登记或证照缺少数据，无法比对：{fields}"


def _change_needed(rule: Rule, row: Row, held: bool | None) -> str:
    if held is None:
        return f"登记和证照须都载有{_fields(rule, row, held)}，且不一致"
    return f"登记信息须在下列至少一项与证照不一致：{'、'.join(SUBJECT_FIELDS[f] for f in rule.item.changing)}"


def _fields(rule: Rule, row: Row, held: bool | None) -> str:
    """The fields of which the comparison came out so."""
    return "、".join(SUBJECT_FIELDS[f] for f in rule.item.changing if FEATURES[features.changed(f)].python(row) is held)


def _expires_soon(rule: Rule, row: Row, held: bool | None) -> str:
    left = FEATURES["days_to_expiry"].python(row)
    if left is None:
        return "证照未载明有效期截止日"
    if held:
        return f"证照将在{left}天后到期" if left else "证照今天到期"
    return "证照有效期已过" if int(str(left)) < 0 else f"距有效期届满超过{_window(rule)}天"


def _expiry_needed(rule: Rule, row: Row, held: bool | None) -> str:  # noqa: ARG001
    left = FEATURES["days_to_expiry"].python(row)
    return f"有效期须在{_window(rule)}天内届满" + ("" if left is None else f"（{_now(int(str(left)))}）")


def _now(left: int) -> str:
    return f"现距届满{left}天" if left >= 0 else f"已过期{-left}天"


def _window(rule: Rule) -> int:
    assert isinstance(rule.item.trigger, RenewalTrigger)
    return rule.item.trigger.expires_within_days


def _newly_covered(rule: Rule, row: Row, held: bool | None) -> str:
    covered, days = FEATURES["scope_covers_phrase"].python(row), FEATURES["days_since_scope_change"].python(row)
    if covered is None:
        return "登记库中没有经营范围"
    if not covered:
        return f"经营范围不含“{rule.phrase}”"
    if days is None:
        return "登记库中没有经营范围变更日期"
    if int(str(days)) < 0:
        return f"经营范围变更日期晚于今天，含“{rule.phrase}”"
    said = f"近{_within(rule)}天内" if held else f"不在近{_within(rule)}天内"
    return f"经营范围{said}变更，含“{rule.phrase}”"


def _covering_needed(rule: Rule, row: Row, held: bool | None) -> str:  # noqa: ARG001
    return f"经营范围须含“{rule.phrase}”（不在“不含”之列），并在近{_within(rule)}天内变更"


def _within(rule: Rule) -> int:
    return int(getattr(rule.item.trigger, "within_days", 0))


def _jurisdiction(_: Rule, row: Row, held: bool | None) -> str:  # noqa: ARG001
    if held is None:
        return "无法判断所属审批部门"
    return "属于本事项实施范围" if held else "不属于本事项实施范围"


def _jurisdiction_needed(rule: Rule, row: Row, held: bool | None) -> str:  # noqa: ARG001
    return f"须属于：{'、'.join(rule.item.jurisdictions.values())}"


def _active(_: Rule, row: Row, held: bool | None) -> str:
    if row.business is None:
        return "登记库中没有该主体"
    return "主体存续" if held else "主体已注销或吊销"


def _unmoved(rule: Rule, row: Row, held: bool | None) -> str:
    if held is None:
        return "无法判断是否迁移"
    if not held:
        return "地址发生迁移"
    return "仅路名或门牌号变更，未迁移" if _address_changed(rule, row) else "地址未变"


def _address_changed(rule: Rule, row: Row) -> bool:
    return any(FEATURES[features.changed(f)].python(row) for f in ADDRESSES if f in rule.item.changing)


def _on_its_road(rule: Rule, row: Row, held: bool | None) -> str:
    if held is None:
        return "无法判断是否仅门牌号变更"
    if not held:
        return "地址变更不限于门牌号"
    return "仅门牌号变更，未迁移" if _address_changed(rule, row) else "地址未变"


def _premises_unmoved(rule: Rule, row: Row, held: bool | None) -> str:
    if held and SubjectField.PREMISES_ADDRESS not in rule.item.changing:
        return "地址未变"
    if held and not FEATURES[features.changed(SubjectField.PREMISES_ADDRESS)].python(row):
        return "地址未变"
    return _unmoved(rule, row, held)


def _owns(_: Rule, row: Row, held: bool | None) -> str:  # noqa: ARG001
    if held is None:
        return "登记库中没有经营场所地址"
    return "经营场所为自有产权" if held else "经营场所未查到自有产权登记"


def _fixed(yes: str, no: str) -> Say:
    return lambda _rule, _row, held: yes if held else no


def _need(text: str) -> Say:
    return lambda _rule, _row, _held: text


_STAY = "地址变更须仅涉及路名或门牌号，且新旧地址都载明区市"
_WORDINGS = {
    "certificate_in_force": _Wording(_in_force, _need("证照状态须为有效，且有效期未过")),
    "changed": _Wording(_changed, _change_needed),
    "expires_soon": _Wording(_expires_soon, _expiry_needed),
    "newly_covered": _Wording(_newly_covered, _covering_needed),
    "not_filed": _Wording(_fixed("尚未办理备案", "已办理过备案"), _need("须没有有效的同类备案")),
    "jurisdiction": _Wording(_jurisdiction, _jurisdiction_needed),
    "active": _Wording(_active, _need("主体须在登记库中，且存续")),
    "not_blacklisted": _Wording(_fixed("不在严重违法失信名单中", "在严重违法失信名单中"), _need("须不在严重违法失信名单中")),
    "owns_premises": _Wording(_owns, _need("不动产登记须显示主体拥有其经营场所")),
    "same_place": _Wording(_unmoved, _need(_STAY)),
    "same_road": _Wording(_on_its_road, _need("地址变更须仅涉及门牌号，且新旧地址都载明区市和路名")),
    "same_premises": _Wording(_premises_unmoved, _need(f"生产经营{_STAY}")),
}
