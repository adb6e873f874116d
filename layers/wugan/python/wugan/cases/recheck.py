"""Whether a case still holds in today's registries (再次核验), and what changed there since the application."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from wugan.cases.model import Head
from wugan.cases.ports import SubjectLookup
from wugan.detection.evaluate import still_qualifies
from wugan.errors import VendorUnavailable
from wugan.forms.prefill import Filled, prefill
from wugan.items.model import Item
from wugan.registry.model import Subject

REGISTRIES = frozenset({"business", "certificate", "property"})  # whose rows may change; contacts and the case itself are no evidence


@dataclass(frozen=True)
class Difference:
    """A field of the application that a registry tells otherwise today."""

    label: str
    source: str
    then: str | None
    now: str | None


@dataclass(frozen=True)
class Recheck:
    """What today's registries say of a case. `holds` is None while they cannot be asked."""

    holds: bool | None
    reason: str = ""
    as_of: date | None = None
    differences: tuple[Difference, ...] = ()


def holds(head: Head, item: Item, subject: Subject) -> tuple[bool, str]:
    """Whether the registries still bear the case out; else why not, without personal data.

    A certificate that ended on the way does not undo an application to renew it: its last day counts.
    """
    if head.expires_on:
        subject = replace(subject, as_of=min(subject.as_of, date.fromisoformat(head.expires_on)))
    return still_qualifies(item, head.item_version, subject, head.fingerprint, head.opened_at.date())


def recheck(lookup: SubjectLookup, head: Head, item: Item, fields: Sequence[Filled]) -> Recheck:
    """Ask the registries of today; one that is down keeps nobody from reading the case."""
    try:
        subject = lookup.subject(head.subject)
    except VendorUnavailable:
        return Recheck(None)
    still, reason = holds(head, item, subject)
    return Recheck(still, reason, subject.as_of, tuple(_differences(head, item, subject, fields)))


def _differences(head: Head, item: Item, subject: Subject, fields: Sequence[Filled]) -> list[Difference]:
    today = {f.name: f.value for f in prefill(item, subject, head.certificate_no, {}, {})}
    told = [f for f in fields if f.source.partition(".")[0] in REGISTRIES and f.name in today]
    return [Difference(f.label, f.source, f.value, today[f.name]) for f in told if f.value != today[f.name]]
