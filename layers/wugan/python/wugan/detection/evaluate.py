"""One item's rule for one subject: the straightforward way, and the reference for any faster one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from wugan.detection import features
from wugan.detection.features import Facts
from wugan.detection.model import Condition, Hit, Verdict
from wugan.items.model import ChangeTrigger, FilingTrigger, Item, RenewalTrigger, Requirement, SubjectField
from wugan.registry import normalise
from wugan.registry.model import Certificate, Subject


def evaluate(item: Item, version: str, subject: Subject, sensed_on: date | None = None) -> list[Verdict]:
    """One verdict for each certificate of the item's type, or one for a filing.

    `version` is the item's published version. `sensed_on` is the day the trigger's window counts from: the subject's day,
    or for a case that runs already, the day it was opened. A condition that the data cannot answer is not met.
    """
    on = sensed_on or subject.as_of
    return [_verdict(version, features.facts(item, subject, c, on)) for c in _certificates(item, subject)]


def hits(item: Item, version: str, subject: Subject) -> list[Hit]:
    """Only the hits among the verdicts."""
    return [v.hit for v in evaluate(item, version, subject) if v.hit]


def still_qualifies(item: Item, version: str, subject: Subject, fingerprint: str, sensed_on: date | None = None) -> tuple[bool, str]:
    """Whether the hit with this fingerprint holds in today's records; else why not, in plain Chinese without personal data."""
    verdicts = evaluate(item, version, subject, sensed_on)
    found = {v.hit.fingerprint for v in verdicts if v.hit}
    if fingerprint in found:
        return True, "仍符合办理条件"
    if found:
        return False, "登记信息在立案后又有变化，与立案时的办理内容不同"
    return False, "；".join(_failures(v.conditions for v in verdicts)) or "证照库中已没有该类证照"


def _failures(verdicts: Iterable[tuple[Condition, ...]]) -> list[str]:
    return list(dict.fromkeys(c.reason for conditions in verdicts for c in conditions if not c.held))


def _certificates(item: Item, subject: Subject) -> Iterator[Certificate | None]:
    if isinstance(item.trigger, FilingTrigger):
        yield None
    else:
        yield from (c for c in subject.certificates if c.type == item.certificates.type)


def _verdict(version: str, given: Facts) -> Verdict:
    conditions = features.conditions(given)
    held = all(c.held for c in conditions)
    return Verdict(_hit(version, given, conditions) if held else None, conditions)


def _hit(version: str, given: Facts, conditions: tuple[Condition, ...]) -> Hit:
    certificate = given.certificate
    return Hit(
        item_code=given.item.code,
        item_version=version,
        subject=given.subject.credit_code,
        jurisdiction=str(features.jurisdiction(given)),
        certificate_no=certificate.certificate_no if certificate else None,
        changes=given.changes,
        conditions=conditions,
        records=tuple(_records(given)),
        due=certificate.valid_until if certificate and isinstance(given.item.trigger, RenewalTrigger) else None,
        as_of=given.subject.as_of,
    )


def _records(given: Facts) -> Iterator[str]:
    """Name each record that the rule read, as `registry:version`."""
    subject, certificate, item = given.subject, given.certificate, given.item
    if subject.business:
        yield f"business:{subject.business.version}"
    if certificate:
        yield f"certificate:{certificate.version}"
    if isinstance(item.trigger, ChangeTrigger) and SubjectField.PRODUCER_NAME in item.trigger.change and certificate:
        producer = subject.producers.get(normalise.credit_code(certificate.producer_code) or "")
        yield from [f"producer:{producer.version}"] if producer else []
    if Requirement.OWNS_PREMISES in item.requires:
        yield from (f"property:{p.version}" for p in subject.properties)
    yield from (f"blacklist:{b.version}" for b in subject.blacklistings)
