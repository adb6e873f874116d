"""The department (step 7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wugan.approval.port import Decision, DecisionKind
from wugan.cases import deadlines, renewal
from wugan.cases.decide.carrying import POLL_EVERY
from wugan.cases.decide.step import Step, expect
from wugan.cases.model import (
    Actor,
    Answer,
    Change,
    Facts,
    Head,
    Lapse,
    OldCertificate,
    Outcome,
    Stage,
    Task,
)
from wugan.cases.ports import Random
from wugan.errors import DeemedRenewed, InvalidInput, NotWaiting
from wugan.items.model import Item

LEGAL_EXTENSION = 10  # working days (行政许可法 art. 42)


def submitted(head: Head, item: Item, reference: str, package: Mapping[str, Any], now: datetime, random: Random) -> Change:
    """The stage `approve` handed the application to the department (step 7). The clock starts, or runs on after a correction."""
    step = Step(head, now, random)
    attempt = step.count("approval")
    if head.accepted_at and head.paused_at and head.promised_by:
        left = deadlines.span(head.paused_at, head.promised_by)
        step.update(promised_by=deadlines.add_span(now, left), paused_at=None)
    else:
        step.update(accepted_at=now, promised_by=deadlines.period(now, item.limits.promised))
    step.update(proposal="", proposed_by="")
    assert step.head.promised_by is not None
    facts = {"attempt": attempt, "reference": reference, "promised_by": step.head.promised_by.isoformat()}
    step.note("submitted", Actor.SYSTEM, facts, sealed={"application": package})
    return step.change(opened=step.open_wait(Stage.APPROVAL, supervision_due(step.head, item, now)))


def supervision_due(head: Head, item: Item, now: datetime) -> datetime:
    """When the next light comes on, the old certificate ends, or the law's last day is over; not before `now`.

    Once a day while the old certificate is with a courier.
    """
    light = light_due(head, item)
    asked = now + POLL_EVERY if head.old_certificate is OldCertificate.WITH_COURIER else light  # the courier may be silent
    return max(now, min(light, renewal.lapses_at(head) or light, asked))


def light_due(head: Head, item: Item) -> datetime:
    """When the next light comes on, or the law's last day."""
    assert head.accepted_at is not None
    assert head.promised_by is not None
    yellow = head.promised_by - (head.promised_by - head.accepted_at) * 0.1
    extension = 0 if head.extended else LEGAL_EXTENSION  # which the promised date has in it already
    last = deadlines.period(head.promised_by, item.limits.legal - item.limits.promised + extension)
    return {"green": yellow, "yellow": head.promised_by, "red": last}[head.light]


def decided(head: Head, decision: Decision, attempt: int, now: datetime, random: Random) -> Change:
    """The department answered: approved, corrections (all at once), or rejected with reason."""
    if head.attempts.get("approval", 0) != attempt:
        raise NotWaiting("this is not the application that is being decided")
    expect(head, Stage.APPROVAL)
    actor = Actor.OFFICIAL if decision.by.startswith("desk:") else Actor.DEPARTMENT
    proposed = {"proposed_by": head.proposed_by} if head.proposal else {}
    step = Step(head, now, random).update(proposal="", proposed_by="")
    if renewal.lapses(head, now):
        note_lapse(step)  # the sweeper has not come by yet
    if step.head.lapse is Lapse.DEEMED_RENEWED and decision.kind is not DecisionKind.APPROVED:
        raise DeemedRenewed(f"undecided by {head.expires_on}, the renewal counts as granted (行政许可法 art. 50): issue the certificate")
    if decision.kind is DecisionKind.CORRECTION:
        return _correction(step, decision, actor, proposed)
    sealed = {"certificate": decision.certificate} if decision.certificate else {"rejection": {"reason": decision.reason}}
    facts: dict[str, Any] = {"by": decision.by, "attempt": attempt, **proposed}
    if decision.kind is DecisionKind.APPROVED:
        if not decision.certificate:
            raise InvalidInput("an approval brings the new certificate's data", field="certificate")
        step.note("approved", actor, facts | {"certificate_no": decision.certificate["number"]}, sealed=sealed)
        return step.change(answered=step.answer(Answer.APPROVED, Stage.DELIVERY, decided=True), seen=(decision.id,))
    if not decision.reason:
        raise InvalidInput("a rejection tells its reason (行政许可法 art. 38)", field="reason")
    step.note("rejected", actor, facts | {"reason_code": decision.reason_code}, sealed=sealed)
    answered = step.answer(
        Answer.REJECTED, Stage.CLOSING, decided=True, outcome=Outcome.REJECTED, reason=decision.reason_code or "rejected"
    )
    return step.change(answered=answered, seen=(decision.id,))


def _correction(step: Step, decision: Decision, actor: Actor, proposed: Facts) -> Change:
    if not decision.points:
        raise InvalidInput("name all points to correct at once (行政许可法 art. 32)", field="points")
    facts = {"by": decision.by, "points": len(decision.points), **proposed}
    step.note("correction_required", actor, facts, sealed={"corrections": list(decision.points)})
    answered = step.answer(
        Answer.CORRECTION,
        Stage.PUSH,
        paused_at=step.now,
        resume=Stage.CORRECTION,
        corrections=step.head.corrections + 1,
        tried=(),
    )
    return step.change(answered=answered, seen=(decision.id,))


def note_lapse(step: Step) -> None:
    """The old certificate ended undecided. The law renews it if it was applied for in time and lay whole with the department."""
    head = step.head
    applied, submitted = head.applied_at or head.accepted_at, head.waiting_since
    assert head.expires_on
    assert applied
    assert submitted
    in_time = renewal.in_time(head.expires_on, applied)
    facts = {
        "expires_on": head.expires_on,
        "applied_on": applied.date().isoformat(),
        "in_time": in_time,
        "submitted_on": submitted.date().isoformat(),
    }
    if in_time and submitted < renewal.ends_at(head.expires_on):
        step.note("deemed_renewed", Actor.SYSTEM, facts).update(lapse=Lapse.DEEMED_RENEWED)
    else:
        step.note("expired_undecided", Actor.SYSTEM, facts).update(lapse=Lapse.EXPIRED_UNDECIDED).ask(Task.HANDLE)
