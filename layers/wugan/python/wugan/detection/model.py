"""A hit and its explanation."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date

from wugan.items.model import SubjectField

_PERSONAL = frozenset({SubjectField.LEGAL_REPRESENTATIVE.value, SubjectField.PERSON_IN_CHARGE.value})


@dataclass(frozen=True)
class HitKey:
    """What a full scan finds: a hit without its explanation."""

    item_code: str
    subject: str  # credit code
    certificate_no: str | None
    jurisdiction: str


@dataclass(frozen=True)
class FieldChange:
    """One changed field: what the certificate says, what the registry says now. Values may be personal data."""

    field: str
    old: str | None
    new: str | None

    def masked(self) -> FieldChange:
        """The change as it may be shown: of a person's name only the surname."""
        return replace(self, old=_surname(self.old), new=_surname(self.new)) if self.field in _PERSONAL else self


@dataclass(frozen=True)
class Condition:
    """One condition of the rule and how it came out; None means that the data does not tell."""

    name: str
    held: bool | None
    reason: str  # plain Chinese, without personal data
    needed: str = ""  # what would have to differ, where it did not hold


@dataclass(frozen=True)
class Hit:
    """A subject that an item hits: what a case is opened for."""

    item_code: str
    item_version: str
    subject: str  # credit code
    jurisdiction: str
    certificate_no: str | None
    changes: tuple[FieldChange, ...]
    conditions: tuple[Condition, ...]
    records: tuple[str, ...]  # registry:version of each record that was read
    due: date | None  # when the certificate ends, for a renewal
    as_of: date
    rule: str = ""  # the hash of the rule, which a new version of the item may share

    @property
    def key(self) -> HitKey:
        """What a full scan knows of this hit."""
        return HitKey(self.item_code, self.subject, self.certificate_no, self.jurisdiction)

    @property
    def fingerprint(self) -> str:
        """What makes this hit the same hit tomorrow: the certificate and what is to become of it. 160 bits, hex."""
        facts = [self.certificate_no, sorted([c.field, c.old, c.new] for c in self.changes), self.due and self.due.isoformat()]
        return hashlib.sha256(json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:40]

    @property
    def case_id(self) -> str:
        """The case this hit opens: the same hit always gives the same id. 26 characters of base32."""
        key = json.dumps([self.item_code, self.subject, self.fingerprint])
        return base64.b32encode(hashlib.sha256(key.encode()).digest()[:16]).decode().rstrip("=").lower()


@dataclass(frozen=True)
class Verdict:
    """The answer of one item's rule for one subject and one certificate: a hit, or the conditions that failed."""

    hit: Hit | None
    conditions: tuple[Condition, ...]
    certificate_no: str | None = None


def _surname(name: str | None) -> str | None:
    return f"{name[0]}{'*' * (len(name) - 1)}" if name else name
