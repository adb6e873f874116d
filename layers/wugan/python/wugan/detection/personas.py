"""Personas (rule tests): records written in an item, run against its own rule. Publishing refuses an item whose personas fail.

What a persona leaves out: the business record always exists; a certificate, property, blacklist or producer record exists
only when it is written (`{}` is a record of defaults). A field that only the business or only the certificate names is the
same on the other, so what is not written is unchanged; a written `null` is missing data. Otherwise the subject is an active
enterprise of the item's first jurisdiction, its certificate valid (for a renewal until 30 days from today), its scope covers
what a filing wants since today, its property is at its premises, and a blacklisting began 30 days ago and runs on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, TypeVar

from wugan.detection.evaluate import evaluate
from wugan.detection.model import Verdict
from wugan.items.model import FilingTrigger, Item, Kind, Persona, RenewalTrigger
from wugan.items.problem import Problem
from wugan.items.said import Said, said
from wugan.registry.model import Blacklisting, Business, Certificate, Property, Subject

Record = dict[str, Any]
T = TypeVar("T", Business, Certificate, Property, Blacklisting)

_CODE, _PRODUCER_CODE = "91370203MA0000001G", "91370214MA000000X5"
_SHARED = {
    "name": "青岛示例有限公司",
    "legal_representative": "张示例",
    "person_in_charge": "李示例",
    "registered_address": "山东省青岛市市北区示例路1号",
    "premises_address": "山东省青岛市市北区示例路1号",
}


@dataclass(frozen=True)
class PersonaResult:
    """How one persona came out."""

    name: str
    expected: bool
    hit: bool
    expected_fields: tuple[str, ...]
    fields: tuple[str, ...]
    reasons: tuple[str, ...]  # of the conditions that did not hold

    @property
    def passed(self) -> bool:
        """Hit as expected, and for a change in exactly the expected fields."""
        return self.hit == self.expected and self.fields == self.expected_fields

    @property
    def message(self) -> Said:
        """One line for the author of a persona that did not pass."""
        if self.hit != self.expected:
            return said("persona_hit" if self.expected else "persona_no_hit", name=self.name, why="; ".join(self.reasons))
        return said("persona_fields", name=self.name, wanted=list(self.expected_fields), found=list(self.fields))


def run(item: Item) -> list[PersonaResult]:
    """Run every persona of the item."""
    return [_result(item, p) for p in item.personas]


def check(item: Item) -> list[Problem]:
    """The personas that do not come out as they say."""
    return [Problem(("personas", i), result.message) for i, result in enumerate(run(item)) if not result.passed]


def subject_of(item: Item, persona: Persona) -> Subject:
    """The subject that a persona's records describe."""
    given = {registry: dict(record) for registry, record in persona.records.items()}
    business, certificate = given.get("business", {}), given.get("certificate")
    shared = _SHARED | _told(certificate or {}) | _told(business)
    where = _jurisdiction(item, certificate)
    base = _business_defaults(item, persona.today, where) | shared | business
    producer = given.get("producer")
    if certificate is not None:
        certificate = _certificate_defaults(item, persona.today, where, producer) | shared | certificate
    registered = _build(Business, base)
    return Subject(
        credit_code=registered.credit_code,
        as_of=persona.today,
        business=registered,
        certificates=(_build(Certificate, certificate),) if certificate is not None else (),
        properties=_property(given.get("property"), registered),
        blacklistings=_blacklisting(given.get("blacklist"), persona.today),
        producers=_producers(producer, certificate, base),
    )


def _result(item: Item, persona: Persona) -> PersonaResult:
    verdicts = evaluate(item, "persona", subject_of(item, persona))
    hits = [v.hit for v in verdicts if v.hit]
    found = sorted({c.field for h in hits for c in h.changes})
    expected = sorted(f.value for f in persona.fields) if item.kind is Kind.CHANGE else []
    return PersonaResult(persona.name, persona.hit, bool(hits), tuple(expected), tuple(found), _reasons(verdicts))


def _reasons(verdicts: list[Verdict]) -> tuple[str, ...]:
    return tuple(c.reason for v in verdicts for c in v.conditions if not c.held) or (() if verdicts else ("没有该类证照",))


def _told(record: Mapping[str, Any]) -> Record:
    """The fields that both registries carry and this record fills."""
    return {k: v for k, v in record.items() if k in _SHARED and v is not None}


def _jurisdiction(item: Item, certificate: Record | None) -> str:
    return str((certificate or {}).get("jurisdiction") or next(iter(item.jurisdictions)))


def _body(item: Item, where: str) -> str:
    return next((body for j, body in item.jurisdictions.items() if j.value == where), "其他审批部门")


def _business_defaults(item: Item, today: date, where: str) -> Record:
    filing = isinstance(item.trigger, FilingTrigger)
    return {
        "credit_code": _CODE,
        "entity_type": "enterprise",
        "scope": item.trigger.newly_covers if isinstance(item.trigger, FilingTrigger) else "一般项目：企业管理咨询",
        "scope_changed_on": today if filing else None,
        "changed_on": today,
        "registering_body": _body(item, where),
        "status": "active",
        "version": "1",
    }


def _certificate_defaults(item: Item, today: date, where: str, producer: Record | None) -> Record:
    renewal = isinstance(item.trigger, RenewalTrigger)
    return {
        "certificate_no": "示例-1",
        "type": item.certificates.type,
        "credit_code": _CODE,
        "producer_code": None if producer is None else producer.get("credit_code", _PRODUCER_CODE),
        "producer_name": None if producer is None else producer.get("name", _SHARED["name"]),
        "issued_on": None,
        "valid_until": today + timedelta(days=30) if renewal else None,
        "issuing_body": _body(item, where),
        "jurisdiction": where,
        "status": "valid",
        "version": "1",
    }


def _property(record: Record | None, business: Business) -> tuple[Property, ...]:
    if record is None:
        return ()
    place = business.premises_address or business.registered_address or _SHARED["premises_address"]
    base = {"credit_code": _CODE, "address": place, "certificate_no": "示例不动产-1", "version": "1"}
    return (_build(Property, base | record),)


def _blacklisting(record: Record | None, today: date) -> tuple[Blacklisting, ...]:
    if record is None:
        return ()
    base = {"credit_code": _CODE, "reason": "示例", "since": today - timedelta(days=30), "until": None, "version": "1"}
    return (_build(Blacklisting, base | record),)


def _producers(record: Record | None, certificate: Record | None, business: Record) -> dict[str, Business]:
    if record is None:
        return {}
    printed = certificate or {}
    same = {"name": printed.get("producer_name") or _SHARED["name"], "credit_code": printed.get("producer_code") or _PRODUCER_CODE}
    producer = _build(Business, business | same | record)
    return {producer.credit_code: producer}


def _build(kind: type[T], record: Record) -> T:
    """The row; columns and dates were checked when the item was read."""
    days = {f.name for f in fields(kind) if "date" in str(f.type)}
    row: Record = {k: date.fromisoformat(v) if k in days and isinstance(v, str) else v for k, v in record.items()}
    return kind(**row)
