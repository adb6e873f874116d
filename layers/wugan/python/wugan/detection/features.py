"""The named facts that rules are made of. Each gives a condition in three values: held, failed, or the data does not tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import assert_never

from wugan.detection.model import Condition, FieldChange
from wugan.items.model import ChangeTrigger, FilingTrigger, Item, Jurisdiction, RenewalTrigger, Requirement, SubjectField
from wugan.registry import normalise
from wugan.registry.model import Business, Certificate, Subject
from wugan.registry.normalise import Address

FIELD_NAMES = {
    SubjectField.NAME: "名称",
    SubjectField.LEGAL_REPRESENTATIVE: "法定代表人",
    SubjectField.PERSON_IN_CHARGE: "负责人",
    SubjectField.REGISTERED_ADDRESS: "注册地址",
    SubjectField.PREMISES_ADDRESS: "生产经营地址",
    SubjectField.PRODUCER_NAME: "实际生产企业名称",
}
ADDRESSES = frozenset({SubjectField.REGISTERED_ADDRESS, SubjectField.PREMISES_ADDRESS})
_BUREAU_OF = {"莱西市": Jurisdiction.LX, "平度市": Jurisdiction.PD}


@dataclass(frozen=True)
class Comparison:
    """One field on the certificate and in the registry, normalised; `changed` is None when either side says nothing."""

    field: SubjectField
    old: str | None
    new: str | None
    changed: bool | None


@dataclass(frozen=True)
class Facts:
    """What a rule looks at: one item, one subject, one of its certificates (none for a filing)."""

    item: Item
    subject: Subject
    certificate: Certificate | None
    sensed_on: date  # the day the trigger's window counts from
    comparisons: tuple[Comparison, ...] = ()

    @property
    def changes(self) -> tuple[FieldChange, ...]:
        """The fields that changed, in the item's order."""
        return tuple(FieldChange(c.field.value, c.old, c.new) for c in self.comparisons if c.changed)


def facts(item: Item, subject: Subject, certificate: Certificate | None, sensed_on: date) -> Facts:
    """Gather what the item's rule looks at."""
    fields = item.trigger.change if isinstance(item.trigger, ChangeTrigger) and certificate else []
    compared = tuple(compare(f, subject, certificate) for f in fields) if certificate else ()
    return Facts(item, subject, certificate, sensed_on, compared)


def compare(field: SubjectField, subject: Subject, certificate: Certificate) -> Comparison:
    """Compare one field after normalisation. A superseded district name, a bracket or a space is no change."""
    old, new = getattr(certificate, field.value), _registered(field, subject, certificate)
    if field in ADDRESSES:
        return _compare_addresses(field, normalise.address(old), normalise.address(new))
    before, after = normalise.name(old), normalise.name(new)
    return Comparison(field, before, after, None if before is None or after is None else before != after)


def _registered(field: SubjectField, subject: Subject, certificate: Certificate) -> str | None:
    if field is SubjectField.PRODUCER_NAME:
        producer = subject.producers.get(normalise.credit_code(certificate.producer_code) or "")
        return producer.name if producer else None
    return getattr(subject.business, field.value, None)


def _compare_addresses(field: SubjectField, before: Address | None, after: Address | None) -> Comparison:
    changed = None if before is None or after is None else not before.same(after)
    return Comparison(field, before.text if before else None, after.text if after else None, changed)


def conditions(given: Facts) -> tuple[Condition, ...]:
    """Every condition of the item's rule for these facts."""
    own = (*_trigger(given), in_jurisdiction(given))
    return own + tuple(_REQUIREMENTS[r](given) for r in given.item.requires)


def _trigger(given: Facts) -> Iterable[Condition]:
    trigger = given.item.trigger
    match trigger:
        case ChangeTrigger():
            return certificate_in_force(given), changed(given)
        case RenewalTrigger():
            return certificate_in_force(given), expires_soon(given, trigger)
        case FilingTrigger():
            return newly_covered(given, trigger), not_filed(given)
        case _:
            assert_never(trigger)


def certificate_in_force(given: Facts) -> Condition:
    """The certificate is valid and its last day is not past; one without a last day does not end."""
    certificate = given.certificate
    if certificate is None:
        return Condition("certificate_in_force", None, "证照库中没有该证照")
    if certificate.status != "valid":
        return Condition("certificate_in_force", False, "证照已失效")
    if certificate.valid_until and certificate.valid_until < given.subject.as_of:
        return Condition("certificate_in_force", False, "证照有效期已过")
    return Condition("certificate_in_force", True, "证照有效")


def changed(given: Facts) -> Condition:
    """Any of the item's fields changed: true if one did, unknown if one cannot be told, else false."""
    fields = [FIELD_NAMES[c.field] for c in given.comparisons if c.changed]
    if fields:
        return Condition("changed", True, f"登记信息与证照不一致：{'、'.join(fields)}")
    missing = [FIELD_NAMES[c.field] for c in given.comparisons if c.changed is None]
    if missing:
        return Condition("changed", None, f"登记或证照缺少数据，无法比对：{'、'.join(missing)}")
    return Condition("changed", False, "登记信息与证照一致")


def expires_soon(given: Facts, trigger: RenewalTrigger) -> Condition:
    """The certificate's last day lies within the window, today included."""
    last = given.certificate.valid_until if given.certificate else None
    if last is None:
        return Condition("expires_soon", None, "证照未载明有效期截止日")
    left = (last - given.sensed_on).days
    if left < 0:
        return Condition("expires_soon", False, "证照有效期已过")
    if left > trigger.expires_within_days:
        return Condition("expires_soon", False, f"距有效期届满超过{trigger.expires_within_days}天")
    return Condition("expires_soon", True, f"证照将在{left}天后到期")


def newly_covered(given: Facts, trigger: FilingTrigger) -> Condition:
    """The business scope covers the phrase, outside any exclusion, and was changed within the window."""
    business, phrase = given.subject.business, trigger.newly_covers
    if business is None or normalise.text(business.scope) is None:
        return Condition("newly_covered", None, "登记库中没有经营范围")
    if not covers(business.scope, phrase):
        return Condition("newly_covered", False, f"经营范围不含“{phrase}”")
    if business.scope_changed_on is None:
        return Condition("newly_covered", None, "登记库中没有经营范围变更日期")
    earliest = given.sensed_on - timedelta(days=trigger.within_days)
    recent = earliest <= business.scope_changed_on <= given.sensed_on
    said = f"近{trigger.within_days}天内" if recent else f"不在近{trigger.within_days}天内"
    return Condition("newly_covered", recent, f"经营范围{said}变更，含“{phrase}”")


def covers(scope: str | None, phrase: str) -> bool:
    """Whether a business scope names the phrase other than to exclude it, as in 人力资源服务（不含职业中介活动）."""
    said, wanted = normalise.name(scope), normalise.name(phrase)
    return bool(said and wanted) and str(wanted) in _without_exclusions(str(said))


def _without_exclusions(scope: str) -> str:
    opening, *parts = scope.split("(")
    kept = [p.partition(")")[2] if p.startswith(("不含", "不包括", "除")) else f"({p}" for p in parts]
    return "".join([opening, *kept])


def not_filed(given: Facts) -> Condition:
    """No certificate of the item's type is in force."""
    kind = given.item.certificates.type
    filed = any(c.type == kind and c.status == "valid" for c in given.subject.certificates)
    return Condition("not_filed", not filed, "已办理过备案" if filed else "尚未办理备案")


def in_jurisdiction(given: Facts) -> Condition:
    """The item is offered by the bureau that the certificate or the registration belongs to."""
    where = jurisdiction(given)
    if where is None:
        return Condition("jurisdiction", None, "无法判断所属审批部门")
    offered = where in given.item.jurisdictions
    return Condition("jurisdiction", offered, "属于本事项实施范围" if offered else "不属于本事项实施范围")


def jurisdiction(given: Facts) -> str | None:
    """Of the certificate as issued; for a filing of the registration. Never read from the credit code: one in nine is generic."""
    if given.certificate is not None:
        return given.certificate.jurisdiction
    return registered_in(given.subject.business) if given.subject.business else None


def registered_in(business: Business) -> Jurisdiction | None:
    """Which bureau a registration belongs to: by the registering body, else by the district of the registered address."""
    body = normalise.name(business.registering_body) or ""
    for area, bureau in _BUREAU_OF.items():
        if area in body:
            return bureau
    if "青岛" in body:
        return Jurisdiction.QD
    place = normalise.address(business.registered_address)
    return _BUREAU_OF.get(place.district, Jurisdiction.QD) if place and place.district else None


def active(given: Facts) -> Condition:
    """The subject is registered and in normal operation."""
    business = given.subject.business
    if business is None:
        return Condition("active", None, "登记库中没有该主体")
    held = business.status == "active"
    return Condition("active", held, "主体存续" if held else "主体已注销或吊销")


def not_blacklisted(given: Facts) -> Condition:
    """No listing as seriously dishonest runs today."""
    today = given.subject.as_of
    listed = any(b.since <= today and (b.until is None or b.until >= today) for b in given.subject.blacklistings)
    return Condition("not_blacklisted", not listed, "在严重违法失信名单中" if listed else "不在严重违法失信名单中")


def owns_premises(given: Facts) -> Condition:
    """The real-estate registry names the subject as owner of its premises, or of its registered address if no premises are known."""
    business = given.subject.business
    place = normalise.address(business.premises_address or business.registered_address) if business else None
    if place is None:
        return Condition("owns_premises", None, "登记库中没有经营场所地址")
    owned = (normalise.address(p.address) for p in given.subject.properties)
    held = any(o is not None and o.same(place) for o in owned)
    return Condition("owns_premises", held, "经营场所为自有产权" if held else "经营场所未查到自有产权登记")


def same_place(given: Facts) -> Condition:
    """No changed address of the item was moved (see `stays`)."""
    return _unmoved(given, Requirement.SAME_PLACE, ADDRESSES)


def same_premises(given: Facts) -> Condition:
    """The premises were not moved (see `stays`); the registered address may be."""
    return _unmoved(given, Requirement.SAME_PREMISES, frozenset({SubjectField.PREMISES_ADDRESS}))


def _unmoved(given: Facts, requirement: Requirement, fields: frozenset[SubjectField]) -> Condition:
    answers = [_stays(c) for c in given.comparisons if c.field in fields and c.changed]
    if False in answers:
        return Condition(requirement.value, False, "地址发生迁移")
    if None in answers:
        return Condition(requirement.value, None, "无法判断是否迁移")
    return Condition(requirement.value, True, "仅路名或门牌号变更，未迁移" if answers else "地址未变")


def _stays(comparison: Comparison) -> bool | None:
    before, after = normalise.address(comparison.old), normalise.address(comparison.new)
    return stays(before, after) if before and after else None


def stays(before: Address, after: Address) -> bool | None:
    """Whether an address was renamed or renumbered where it is.

    Both must lie in the same district (after the alias table), the same town and the same building or room, as far as
    both say; and either the road is the same (another number), or the number is the same (a renamed road). Unknown when
    a district is missing or neither road nor number can be compared.
    """
    if before.district is None or after.district is None:
        return None
    pairs = [(before.district, after.district), (before.town, after.town), (before.rest, after.rest)]
    if any(a is not None and b is not None and a != b for a, b in pairs):
        return False
    if before.road and before.road == after.road:
        return True
    if before.number and before.number == after.number:
        return True if before.road and after.road else None
    return False if before.road and after.road else None


_REQUIREMENTS: dict[Requirement, Callable[[Facts], Condition]] = {
    Requirement.ACTIVE: active,
    Requirement.NOT_BLACKLISTED: not_blacklisted,
    Requirement.OWNS_PREMISES: owns_premises,
    Requirement.SAME_PLACE: same_place,
    Requirement.SAME_PREMISES: same_premises,
}
