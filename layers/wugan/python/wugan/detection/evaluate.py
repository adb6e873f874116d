"""Items for one subject, each answer with its explanation: the changed fields, every condition, the records that were read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from wugan.detection import features, reasons
from wugan.detection.expression import features_in
from wugan.detection.features import ADDRESSES, FEATURES, sides
from wugan.detection.model import Condition, FieldChange, Hit, Verdict
from wugan.detection.predicate import Judge, RuleBook, judge
from wugan.detection.row import Row
from wugan.detection.rule import rule
from wugan.items.model import Item, RenewalTrigger, SubjectField
from wugan.registry import normalise
from wugan.registry.model import Subject


def evaluate(item: Item, version: str, subject: Subject, sensed_on: date | None = None) -> list[Verdict]:
    """One verdict for each certificate of the item's type, or one for a filing.

    `version` is the item's published version. `sensed_on` is the day the trigger's window counts from: the subject's day,
    or for a case that runs already, the day it was opened. A condition that the data cannot answer is not met.
    """
    one = judge(rule(item, version))
    return [verdict(one, row) for row in one.rows(subject, sensed_on or subject.as_of)]


def hits(item: Item, version: str, subject: Subject) -> list[Hit]:
    """Only the hits among the verdicts."""
    return [v.hit for v in evaluate(item, version, subject) if v.hit]


def explained(book: RuleBook, subject: Subject) -> list[Hit]:
    """The hits of all rules for one subject."""
    return [_hit(one, row, _conditions(one, row)) for one, row in book.held(subject)]


def still_qualifies(item: Item, version: str, subject: Subject, fingerprint: str, sensed_on: date | None = None) -> tuple[bool, str]:
    """Whether the hit with this fingerprint holds in today's records; else why not, in plain Chinese without personal data."""
    verdicts = evaluate(item, version, subject, sensed_on)
    found = {v.hit.fingerprint for v in verdicts if v.hit}
    if fingerprint in found:
        return True, "仍符合办理条件"
    if found:
        return False, "登记信息在立案后又有变化，与立案时的办理内容不同"
    return False, "；".join(_failures(v.conditions for v in verdicts)) or "证照库中已没有该类证照"


def verdict(one: Judge, row: Row) -> Verdict:
    """Every condition of the rule for what it looks at, and the hit if all of them hold."""
    conditions = _conditions(one, row)
    held = all(c.held for c in conditions)
    return Verdict(_hit(one, row, conditions) if held else None, conditions, row.certificate.certificate_no if row.certificate else None)


def changes(item: Item, row: Row) -> tuple[FieldChange, ...]:
    """The item's fields that changed, in the item's order, both sides in one form."""
    found = (f for f in item.changing if FEATURES[features.changed(f)].python(row))
    return tuple(FieldChange(f.value, *(_form(f, side) for side in sides(f, row))) for f in found)


def _form(field: SubjectField, value: str | None) -> str | None:
    if field not in ADDRESSES:
        return normalise.name(value)
    place = normalise.address(value)
    return place.text if place else None


def _failures(verdicts: Iterable[tuple[Condition, ...]]) -> list[str]:
    return list(dict.fromkeys(c.reason for conditions in verdicts for c in conditions if not c.held))


def _conditions(one: Judge, row: Row) -> tuple[Condition, ...]:
    pairs = zip(one.rule.conditions, one.tests, strict=True)
    return tuple(reasons.told(condition, one.rule, row, test(row)) for condition, test in pairs)


def _hit(one: Judge, row: Row, conditions: tuple[Condition, ...]) -> Hit:
    item, certificate = one.rule.item, row.certificate
    return Hit(
        item_code=item.code,
        item_version=one.rule.version,
        subject=row.subject.credit_code,
        jurisdiction=str(FEATURES[one.rule.where].python(row)),
        certificate_no=certificate.certificate_no if certificate else None,
        changes=changes(item, row),
        conditions=conditions,
        records=tuple(_records(one, row)),
        due=certificate.valid_until if certificate and isinstance(item.trigger, RenewalTrigger) else None,
        as_of=row.subject.as_of,
        rule=one.rule.hash,
    )


def _records(one: Judge, row: Row) -> Iterator[str]:
    """Name each record that the rule read, as `registry:version`."""
    read = {name for condition in one.rule.conditions for name in features_in(condition.expression)}
    subject, certificate = row.subject, row.certificate
    if subject.business:
        yield f"business:{subject.business.version}"
    if certificate:
        yield f"certificate:{certificate.version}"
    if features.changed(SubjectField.PRODUCER_NAME) in read and (producer := row.producer()):
        yield f"producer:{producer.version}"
    if "owns_premises" in read:
        yield from (f"property:{p.version}" for p in subject.properties)
    yield from (f"blacklist:{b.version}" for b in subject.blacklistings)
