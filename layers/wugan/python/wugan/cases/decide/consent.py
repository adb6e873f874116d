"""Consent: given apart for a face check (PIPL art. 29), and withdrawn as easily as it was given (art. 15)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from wugan.cases.decide.delegation import doer, section
from wugan.cases.decide.step import Step
from wugan.cases.model import Change, Head
from wugan.cases.ports import Random
from wugan.errors import Conflict

NEEDED_TO_COME_BACK = ("role", "name", "id_number", "mobile")  # of the contact who acted, to see the case again


def face_consented(head: Head, text: str, agent: str, now: datetime, random: Random) -> Change | None:
    """Separate consent, before anything is handed to the face vendor; `text` is what was agreed to. None when it stands already."""
    if head.face_consent:
        return None
    actor, facts = doer(agent)
    step = Step(head, now, random, after_end=True).update(face_consent=now)
    return step.note("face_consented", actor, {**facts, "text": text}).change()


def face_consent_withdrawn(head: Head, now: datetime, random: Random) -> Change | None:
    """No face check any more, unless it is agreed to anew; one under way counts no more. None when there is no consent."""
    if head.face_consent is None:
        return None
    actor, facts = doer("")
    check = "" if head.check.startswith("face:") else head.check
    step = Step(head, now, random, after_end=True).update(face_consent=None, check=check)
    return step.note("face_consent_withdrawn", actor, facts).change()


def processing_stopped(head: Head, contacts: Sequence[Mapping[str, Any]], now: datetime, random: Random) -> Change | None:
    """Consent withdrawn after the end: what the law's archive (电子归档) does not need is erased, and every delegation is over.

    Before the decision, withdrawing consent is withdrawing the application; between decision and delivery the law's duty to deliver stands.
    """
    if not head.ended:
        raise Conflict("the case is not over: withdraw the application, or wait until the result has come")
    if head.stopped_at:
        return None
    kept = [_minimal(c) if i == head.contact else {} for i, c in enumerate(contacts)]
    strangers: dict[str, Any] = {section(n): {} for n, d in head.delegations.items() if d.identified_at is None}
    over = {n: d if d.revoked_at else replace(d, revoked_at=now) for n, d in head.delegations.items()}
    actor, facts = doer("")
    step = Step(head, now, random, after_end=True).update(stopped_at=now, face_consent=None, delegations=over)
    return step.note("consent_withdrawn", actor, facts, sealed={"contacts": kept, **strangers}).change()


def _minimal(contact: Mapping[str, Any]) -> dict[str, Any]:
    return {name: contact[name] for name in NEEDED_TO_COME_BACK if name in contact}
