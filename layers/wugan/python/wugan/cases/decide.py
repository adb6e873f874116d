"""What may happen to a case, as pure functions: a head and what came in give the change to write, or a domain error.

Each function names its trigger. No function reads a clock, a store or chance: they are handed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from wugan.approval.port import Decision, DecisionKind
from wugan.cases import deadlines, renewal
from wugan.cases.model import (
    PERSON_STAGES,
    Actor,
    Answer,
    Answered,
    Change,
    Event,
    Facts,
    Head,
    Lapse,
    OldCertificate,
    Outcome,
    Stage,
    Wait,
    wait_id,
)
from wugan.cases.ports import Random
from wugan.courier.port import ParcelState
from wugan.detection.model import Hit
from wugan.errors import CaseEnded, Conflict, DeemedRenewed, Forbidden, InvalidInput, NotWaiting, NotYet
from wugan.identity.port import Checked
from wugan.items.model import DeliveryWay, Item, ReturnWay

POLL_EVERY = timedelta(days=1)  # how often a silent courier is asked
COURIER_LIMIT = timedelta(days=15)  # after this an official looks for the parcel
MOST_TRIES = 3  # of a courier, before an official takes over
MOST_FAILED_CHECKS = 5
MOST_CHECKS = 20  # of one way for one case: nobody can have codes sent to a phone without end
LEGAL_EXTENSION = 10  # working days (行政许可法 art. 42)


class Step:
    """Builds one change: events are numbered, committed to and chained as they are noted."""

    def __init__(self, head: Head, now: datetime, random: Random, *, after_end: bool = False) -> None:
        if head.ended and not after_end:
            raise CaseEnded(f"the case ended: {head.outcome}")
        self.head, self.now, self.random = head, now, random
        self.events: list[Event] = []
        self.sealed: dict[str, Any] = {}

    def note(self, type: str, actor: Actor, facts: Facts | None = None, *, sealed: Mapping[str, Any] | None = None) -> Step:
        """Append an event; `sealed` sections are encrypted and only named in it."""
        self.sealed |= sealed or {}
        seq = self.head.seq + 1
        event = Event(self.head.case_id, seq, type, self.now, actor, facts or {}, tuple(sorted(sealed or ())))
        event = event.committed(self.random.hex(16), self.head.chain)
        self.events.append(event)
        self.head = replace(self.head, seq=seq, chain=event.chain)
        return self

    def change(self, *, opened: Wait | None = None, answered: Answered | None = None, **more: Any) -> Change:
        """The change as noted so far."""
        working = None if self.head.wait or self.head.ended else self.now
        head = replace(self.head, version=self.head.version + 1, updated_at=self.now, working_since=working)
        return Change(head, tuple(self.events), opened, answered, sealed=self.sealed, **more)

    def update(self, **fields: Any) -> Step:
        """Set fields of the head."""
        self.head = replace(self.head, **fields)
        return self

    def open_wait(self, stage: Stage, due_at: datetime) -> Wait:
        """Let the case wait at `stage`."""
        number = self.head.waits.get(stage.value, 0) + 1
        wait = Wait(self.head.case_id, stage, number, due_at)
        self.update(stage=stage, wait=wait.id, waiting_since=self.now, waits={**self.head.waits, stage.value: number})
        return wait

    def answer(self, answer: Answer, stage: Stage, **fields: Any) -> Answered:
        """Answer the open wait and go on to `stage`."""
        if self.head.wait is None:
            raise NotWaiting("the case does not wait for anybody right now")
        answered = Answered(self.head.wait, answer)
        self.update(answer=answer, stage=stage, wait=None, **fields)
        return answered

    def count(self, kind: str) -> int:
        """Commit one more side effect of this kind; returns its number."""
        number = self.head.attempts.get(kind, 0) + 1
        self.update(attempts={**self.head.attempts, kind: number})
        return number


def _expect(head: Head, *stages: Stage) -> None:
    """Raise unless the case waits at one of these stages."""
    if head.ended:
        raise CaseEnded(f"the case ended: {head.outcome}")
    if head.stage is Stage.PUSH and head.resume in stages:
        raise NotYet("a prompt is being sent right now: try again in a moment")
    if head.wait is None or head.stage not in stages:
        raise NotWaiting(f"the case is at {head.stage.value}, not at {' or '.join(s.value for s in stages)}")


def _ladder_due(head: Head, item: Item) -> datetime:
    """When the person is reminded next, or the case expires."""
    ladder = renewal.ladder(head, item)
    return ladder[min(head.rung, len(ladder) - 1)]


# --- opening and prompting


def open_case(hit: Hit, item: Item, name: str, contacts: Sequence[Mapping[str, Any]], now: datetime, random: Random) -> Change:
    """Detection found a hit (step 1); `name` is the subject's, `contacts` are those who act for it."""
    head = Head(
        case_id=hit.case_id,
        item_code=hit.item_code,
        item_version=hit.item_version,
        subject=hit.subject,
        jurisdiction=hit.jurisdiction,
        fingerprint=hit.fingerprint,
        certificate_no=hit.certificate_no,
        opened_at=now,
        stage=Stage.PUSH,
        old_certificate=OldCertificate.WITH_PERSON if item.certificates.old_returns else OldCertificate.NONE,
        expires_on=hit.due.isoformat() if hit.due else None,
    )
    facts = {
        "item": hit.item_code,
        "item_version": hit.item_version,
        "rule": hit.rule,
        "fields": [c.field for c in hit.changes],
        "conditions": [{"name": c.name, "held": c.held, "reason": c.reason} for c in hit.conditions],
        "records": list(hit.records),
        "as_of": hit.as_of.isoformat(),
        "due": hit.due.isoformat() if hit.due else None,
    }
    changes = [{"field": c.field, "old": c.old, "new": c.new} for c in hit.changes]
    sealed = {"changes": changes, "contacts": [dict(c) for c in contacts], "subject": {"name": name}}
    return Step(head, now, random).note("opened", Actor.SYSTEM, facts, sealed=sealed).change()


def pushed(head: Head, item: Item, channel: str, contact: int, reference: str, now: datetime, random: Random) -> Change:
    """The stage `push` handed a prompt to a channel (step 2)."""
    step = Step(head, now, random)
    attempt = step.count("push")
    step.update(channel=channel, contact=contact, prompted_at=head.prompted_at or now)
    facts = {"channel": channel, "attempt": attempt, "rung": head.rung, "purpose": head.resume.value, "reference": reference}
    step.note("pushed", Actor.SYSTEM, facts)
    return step.change(opened=step.open_wait(head.resume, _prompt_due(step.head, item)))


def _prompt_due(head: Head, item: Item) -> datetime:
    if head.resume is Stage.CORRECTION:
        assert head.paused_at is not None
        return head.paused_at + timedelta(days=item.reminders.correction_days)
    return _ladder_due(head, item)


def push_refused(head: Head, channel: str, reason: str, now: datetime, random: Random) -> Change:
    """A channel refused this person for good: the next one is tried."""
    step = Step(head, now, random)
    facts = {"channel": channel, "attempt": step.count("push"), "reason": reason}
    return step.update(tried=(*head.tried, channel)).note("push_refused", Actor.CHANNEL, facts).change()


def unreachable(head: Head, item: Item, now: datetime, random: Random) -> Change:
    """No channel is left. A first prompt ends on the call list; a later one waits on without a message."""
    step = Step(head, now, random).note("unreachable", Actor.SYSTEM, {"tried": list(head.tried), "purpose": head.resume.value})
    if head.prompted_at is None or (head.resume is Stage.IDENTITY and head.rung == 0):  # nobody was ever reached
        step.update(stage=Stage.CLOSING, answer=Answer.UNREACHABLE, outcome=Outcome.UNREACHABLE, reason="no_channel", task="call")
        return step.change()
    return step.change(opened=step.open_wait(head.resume, _prompt_due(step.head, item)))


def receipt(head: Head, attempt: int, delivered: bool, message_id: str, now: datetime, random: Random) -> Change:
    """A channel told what became of a prompt. An undelivered one that nobody answered yet goes over the next channel."""
    step = Step(head, now, random)
    facts = {"channel": head.channel, "attempt": attempt}
    step.note("delivered_prompt" if delivered else "undelivered", Actor.CHANNEL, facts)
    current = head.attempts.get("push", 0) == attempt
    if delivered or not current or head.wait is None or head.stage is not head.resume or head.stage is not Stage.IDENTITY:
        return step.change(seen=(message_id,))
    answered = step.answer(Answer.UNDELIVERED, Stage.PUSH, tried=(*head.tried, head.channel))
    return step.change(answered=answered, seen=(message_id,))


# --- the person


def identity_started(head: Head, method: str, reference: str, now: datetime, random: Random) -> Change:
    """The person chose a way to prove who they are (step 3); at a later stage, to come back to their case."""
    _check_lock(head, now)
    if head.attempts.get(method, 0) >= MOST_CHECKS:
        raise Forbidden("too many checks were begun for this case: ask a person")
    step = Step(head, now, random, after_end=True)
    facts = {"method": method, "attempt": step.count(method)}
    return step.update(check=f"{method}:{reference}").note("identity_started", Actor.PERSON, facts).change()


def _check_lock(head: Head, now: datetime) -> None:
    if head.locked_until and now < head.locked_until:
        raise Forbidden(f"too many failed checks: try again after {head.locked_until:%Y-%m-%d %H:%M}, or ask a person")


def identity_checked(head: Head, item: Item, result: Checked, now: datetime, random: Random) -> Change | None:
    """The vendor told the result of a check. None when it was told before, or a newer check is under way.

    An older check that passed, begun in another tab, is as good: the person has a session, so the case must go on.
    """
    if result.passed:
        _check_lock(head, now)
    unidentified = head.resume is Stage.IDENTITY and head.stage in (Stage.IDENTITY, Stage.PUSH)
    if head.check.partition(":")[2] != result.reference and not (result.passed and unidentified):
        return None
    step = Step(head, now, random, after_end=True)
    facts: dict[str, Any] = {"level": result.level, "reference": result.reference}
    if not result.passed:
        return _identity_failed(step, facts | {"reason": result.reason})
    step.note("identified", Actor.IDENTITY, facts).update(check="")
    if head.stage is Stage.PUSH and head.resume is Stage.IDENTITY:
        return step.update(resume=Stage.INTENTION).change()  # a reminder is on its way: it leads to the next step
    if head.wait is None or head.stage is not Stage.IDENTITY:
        return step.change()
    answered = step.answer(Answer.IDENTIFIED, Stage.INTENTION, resume=Stage.INTENTION)
    return step.change(answered=answered, opened=step.open_wait(Stage.INTENTION, _ladder_due(step.head, item)))


def _identity_failed(step: Step, facts: dict[str, Any]) -> Change:
    """A code may be typed again; a face check is over. After five failures the case is locked for a day."""
    failed = step.count("identity_failed")
    if failed % MOST_FAILED_CHECKS == 0:
        step.update(locked_until=step.now + timedelta(days=1), check="")
    elif step.head.check.startswith("face:"):
        step.update(check="")
    return step.note("identity_failed", Actor.IDENTITY, facts | {"failed": failed}).change()


def intended(head: Head, text: str, now: datetime, random: Random) -> Change:
    """ "Continue" counts as the application (step 4); `text` is what the person was asked."""
    _expect(head, Stage.INTENTION)
    step = Step(head, now, random).note("intention_confirmed", Actor.PERSON, {"question": text})
    return step.change(answered=step.answer(Answer.CONFIRMED, Stage.DECLARATION, resume=Stage.DECLARATION, applied_at=now))


def declined(head: Head, forever: bool, now: datetime, random: Random) -> Change:
    """The person says no, for now or for this item for ever."""
    _expect(head, Stage.IDENTITY, Stage.INTENTION, Stage.DECLARATION)
    step = Step(head, now, random).note("declined", Actor.PERSON, {"forever": forever})
    answered = step.answer(Answer.DECLINED, Stage.CLOSING, outcome=Outcome.DECLINED, reason="never" if forever else "not_now")
    return step.change(answered=answered, optout=head.item_code if forever else None)


def asked_person(head: Head, now: datetime, random: Random) -> Change:
    """The person wants a human (PIPL art. 24). While the person is asked, the case goes over; later, an official is told to help."""
    step = Step(head, now, random).note("asked_person", Actor.PERSON)
    if head.wait is None or head.stage not in PERSON_STAGES:
        return step.update(task="handle").change()
    answered = step.answer(Answer.ASKED_PERSON, Stage.CLOSING, outcome=Outcome.BY_PERSON, reason="asked_person", task="handle")
    return step.change(answered=answered)


def prefilled(head: Head, item: Item, form: Mapping[str, Any], degraded: Sequence[str], now: datetime, random: Random) -> Change:
    """The stage `declare` fetched the data and filled the form (step 5)."""
    step = Step(head, now, random)
    facts = {"attempt": step.count("declare"), "missing": list(degraded)}
    step.note("form_prepared", Actor.SYSTEM, facts, sealed={"form": form})
    return step.change(opened=step.open_wait(Stage.DECLARATION, _ladder_due(step.head, item)))


def declared(
    head: Head, item: Item, form: Mapping[str, Any], return_way: str | None, delivery_way: str, disputed: Sequence[str],
    now: datetime, random: Random,
) -> Change:  # fmt: skip
    """The person confirmed form and material and chose return and delivery (step 5)."""
    _expect(head, Stage.DECLARATION, Stage.CORRECTION)
    ways = [w.value for w in item.return_ways]
    if (ways or return_way) and return_way not in ways:
        raise InvalidInput(f"choose one of {', '.join(ways) or 'nothing'}", field="return_way")
    if delivery_way not in [w.value for w in item.delivery_ways]:
        raise InvalidInput(f"choose one of {', '.join(w.value for w in item.delivery_ways)}", field="delivery_way")
    correcting = head.stage is Stage.CORRECTION
    step = Step(head, now, random)
    facts = {"return_way": return_way, "delivery_way": delivery_way, "disputed": list(disputed)}
    step.note("corrected" if correcting else "declared", Actor.PERSON, facts, sealed={"form": form})
    old = OldCertificate.NONE if return_way == ReturnWay.NONE_HELD and not head.holds_old else head.old_certificate
    pickup = not correcting and return_way == ReturnWay.COURIER and old is OldCertificate.WITH_PERSON
    answered = step.answer(
        Answer.CORRECTED if correcting else Answer.CONFIRMED,
        Stage.PICKUP if pickup else Stage.APPROVAL,
        old_certificate=old,
        return_way=head.return_way if correcting else return_way,
        delivery_way=delivery_way,
    )
    return step.change(answered=answered)


def withdrawn(head: Head, now: datetime, random: Random) -> Change:
    """The person withdraws, at any time before the decision. Between two waits the next stage finds it."""
    if head.granted or head.stage in (Stage.DELIVERY, Stage.GIVE_BACK, Stage.CLOSING):
        raise Conflict("the decision is made; the case can no longer be withdrawn")
    step = Step(head, now, random).note("withdrawn", Actor.PERSON, {"at_stage": head.stage.value})
    if head.wait is None:
        if head.withdrawing:
            raise Conflict("the case is being withdrawn already")
        return step.update(withdrawing=True).change()
    answered = step.answer(Answer.WITHDRAWN, Stage.CLOSING, withdrawing=True, outcome=Outcome.WITHDRAWN, reason="person")
    return step.change(answered=replace(answered, error="Withdrawn"))


# --- courier


def ordered(head: Head, stage: Stage, waybill: str, now: datetime, random: Random) -> Change:
    """A stage placed a courier order (steps 6 and 8, and the way back of the old certificate)."""
    step = Step(head, now, random)
    facts = {"attempt": step.count(stage.value), "waybill": waybill}
    step.note(f"{stage.value}_ordered", Actor.SYSTEM, facts)
    return step.change(opened=step.open_wait(stage, now + POLL_EVERY))


_PARCELS: dict[tuple[Stage, ParcelState], tuple[Answer, Stage, OldCertificate | None]] = {
    (Stage.PICKUP, ParcelState.COLLECTED): (Answer.COLLECTED, Stage.APPROVAL, OldCertificate.WITH_COURIER),
    (Stage.PICKUP, ParcelState.ARRIVED): (Answer.COLLECTED, Stage.APPROVAL, OldCertificate.WITH_DEPARTMENT),
    (Stage.PICKUP, ParcelState.FAILED): (Answer.FAILED, Stage.PICKUP, None),
    (Stage.DELIVERY, ParcelState.ARRIVED): (Answer.RECEIVED, Stage.CLOSING, None),
    (Stage.DELIVERY, ParcelState.FAILED): (Answer.FAILED, Stage.DELIVERY, None),
    (Stage.GIVE_BACK, ParcelState.ARRIVED): (Answer.RETURNED, Stage.CLOSING, OldCertificate.WITH_PERSON),
    (Stage.GIVE_BACK, ParcelState.FAILED): (Answer.FAILED, Stage.GIVE_BACK, None),
}


def parcel(head: Head, stage: Stage, attempt: int, state: ParcelState, waybill: str, now: datetime, random: Random) -> Change | None:
    """The courier tells where a parcel is. None when that is known already or no longer matters."""
    step = Step(head, now, random)
    facts = {"attempt": attempt, "waybill": waybill, "state": state.value}
    waiting = head.wait == wait_id(head.case_id, stage, attempt) and head.stage is stage
    effect = _PARCELS.get((stage, state))
    if waiting and effect:
        answer, following, old = effect
        step.note(f"{stage.value}_{state.value}", Actor.COURIER, facts)
        fields: dict[str, Any] = {"old_certificate": old} if old else {}
        if answer is Answer.RECEIVED:
            fields["outcome"] = Outcome.DELIVERED
        return step.change(answered=step.answer(answer, following, **fields))
    late = stage is Stage.PICKUP and state is ParcelState.ARRIVED and head.old_certificate is OldCertificate.WITH_COURIER
    if late:
        step.note("pickup_arrived", Actor.COURIER, facts).update(old_certificate=OldCertificate.WITH_DEPARTMENT)
        return step.change()
    return None


def handed_over_counter(head: Head, official: str, now: datetime, random: Random) -> Change:
    """The person fetched the new certificate at the counter (送达方式: pick up)."""
    _expect(head, Stage.DELIVERY)
    if head.delivery_way != DeliveryWay.PICK_UP:
        raise Conflict("this certificate goes by courier")
    step = Step(head, now, random).note("received_at_counter", Actor.OFFICIAL, {"by": official})
    return step.change(answered=step.answer(Answer.RECEIVED, Stage.CLOSING, outcome=Outcome.DELIVERED))


# --- the department


def submitted(head: Head, item: Item, reference: str, package: Mapping[str, Any], now: datetime, random: Random) -> Change:
    """The stage `approve` handed the application to the department (step 7). The clock starts, or runs on after a correction."""
    step = Step(head, now, random)
    attempt = step.count("approval")
    if head.accepted_at and head.paused_at and head.promised_by:
        left = deadlines.span(head.paused_at, head.promised_by)
        step.update(promised_by=deadlines.add_span(now, left), paused_at=None)
    else:
        step.update(accepted_at=now, promised_by=deadlines.period(now, item.limits.promised))
    assert step.head.promised_by is not None
    facts = {"attempt": attempt, "reference": reference, "promised_by": step.head.promised_by.isoformat()}
    step.note("submitted", Actor.SYSTEM, facts, sealed={"application": package})
    return step.change(opened=step.open_wait(Stage.APPROVAL, _supervision_due(step.head, item, now)))


def _supervision_due(head: Head, item: Item, now: datetime) -> datetime:
    """When the next light comes on, the old certificate ends, or the law's last day is over; not before `now`."""
    light = _light_due(head, item)
    return max(now, min(light, renewal.lapses_at(head) or light))


def _light_due(head: Head, item: Item) -> datetime:
    """When the next light comes on, or the law's last day."""
    assert head.accepted_at is not None
    assert head.promised_by is not None
    yellow = head.promised_by - (head.promised_by - head.accepted_at) * 0.1
    last = deadlines.period(head.promised_by, item.limits.legal - item.limits.promised + LEGAL_EXTENSION)
    return {"green": yellow, "yellow": head.promised_by, "red": last}[head.light]


def decided(head: Head, decision: Decision, attempt: int, now: datetime, random: Random) -> Change:
    """The department answered: approved, corrections (all at once), or rejected with reason."""
    if head.attempts.get("approval", 0) != attempt:
        raise NotWaiting("this is not the application that is being decided")
    _expect(head, Stage.APPROVAL)
    actor = Actor.OFFICIAL if decision.by.startswith("desk:") else Actor.DEPARTMENT
    step = Step(head, now, random)
    if renewal.lapses(head, now):
        _lapse(step)  # the sweeper has not come by yet
    if step.head.lapse is Lapse.DEEMED_RENEWED and decision.kind is not DecisionKind.APPROVED:
        raise DeemedRenewed(f"undecided by {head.expires_on}, the renewal counts as granted (行政许可法 art. 50): issue the certificate")
    if decision.kind is DecisionKind.CORRECTION:
        return _correction(step, decision, actor)
    sealed = {"certificate": decision.certificate} if decision.certificate else {"rejection": {"reason": decision.reason}}
    facts: dict[str, Any] = {"by": decision.by, "attempt": attempt}
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


def _correction(step: Step, decision: Decision, actor: Actor) -> Change:
    if not decision.points:
        raise InvalidInput("name all points to correct at once (行政许可法 art. 32)", field="points")
    facts = {"by": decision.by, "points": len(decision.points)}
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


def finished_delivery(head: Head, now: datetime, random: Random) -> Change:
    """Nothing has to travel: the electronic certificate is there at once (国务院令第716号 art. 9–11)."""
    step = Step(head, now, random).note("delivered_electronically", Actor.SYSTEM, {"attempt": 1})
    return step.update(stage=Stage.CLOSING, answer=Answer.DONE, outcome=Outcome.DELIVERED).change()


def awaiting_counter(head: Head, now: datetime, random: Random) -> Change:
    """The new certificate lies at the counter until it is fetched."""
    step = Step(head, now, random)
    step.note("ready_at_counter", Actor.SYSTEM, {"attempt": step.count("delivery")})
    return step.change(opened=step.open_wait(Stage.DELIVERY, now + timedelta(days=90)))


# --- time, and ends


def came_due(head: Head, item: Item, now: datetime, random: Random) -> Change | None:
    """The sweeper found that a wait's time has come. None when the wait only needs a later look (a courier is polled)."""
    if head.wait is None or head.ended:
        return None
    match head.stage:
        case Stage.IDENTITY | Stage.INTENTION | Stage.DECLARATION:
            return _remind_or_expire(head, item, now, random)
        case Stage.CORRECTION:
            return _expire(Step(head, now, random))
        case Stage.APPROVAL:
            return _supervise(head, item, now, random)
        case _:
            return _overdue(Step(head, now, random))


def _remind_or_expire(head: Head, item: Item, now: datetime, random: Random) -> Change:
    """Rungs that went by while nobody swept are one."""
    step, ladder = Step(head, now, random), renewal.ladder(head, item)
    rung = max(head.rung + 1, sum(at <= now for at in ladder))
    if rung >= len(ladder):
        return _expire(step)
    step.note("reminder_due", Actor.SYSTEM, {"rung": rung, "stage": head.stage.value})
    answered = step.answer(Answer.REMIND, Stage.PUSH, rung=rung, tried=(), resume=head.stage)
    return step.change(answered=answered)


def _expire(step: Step) -> Change:
    step.note("expired", Actor.SYSTEM, {"stage": step.head.stage.value})
    answered = step.answer(Answer.EXPIRED, Stage.CLOSING, outcome=Outcome.EXPIRED, reason=f"silent_at_{step.head.stage.value}")
    return step.change(answered=answered)


def _supervise(head: Head, item: Item, now: datetime, random: Random) -> Change | None:
    """Efficiency supervision (电子监察): the old certificate's end, yellow, red, and past the law's last day an official.

    One at a time; None when a twin of this call was faster, and nothing more is due.
    """
    step = Step(head, now, random)
    if renewal.lapses(head, now):
        _lapse(step)
    elif now < _light_due(head, item):
        return None
    elif head.light == "red":
        return _overdue(step)
    else:
        light = "yellow" if head.light == "green" else "red"
        step.note(f"light_{light}", Actor.SYSTEM, {"promised_by": head.promised_by.isoformat() if head.promised_by else None})
        step.update(light=light)
    number = head.waits[Stage.APPROVAL.value]
    again = Wait(head.case_id, Stage.APPROVAL, number, _supervision_due(step.head, item, now))
    return step.change(rescheduled=again)


def _lapse(step: Step) -> None:
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
        step.note("expired_undecided", Actor.SYSTEM, facts).update(lapse=Lapse.EXPIRED_UNDECIDED, task="handle")


def _overdue(step: Step) -> Change:
    step.note("overdue", Actor.SYSTEM, {"stage": step.head.stage.value})
    reason = f"overdue_at_{step.head.stage.value}"
    outcome = step.head.outcome or Outcome.BY_PERSON
    return step.change(answered=step.answer(Answer.OVERDUE, Stage.CLOSING, outcome=outcome, reason=reason, task="handle"))


def cancelled(head: Head, now: datetime, random: Random) -> Change:
    """The stage `cancel` dropped what was under way after a withdrawal."""
    step = Step(head, now, random).note("cancelled", Actor.SYSTEM, {"holds_old": head.holds_old})
    return step.update(stage=Stage.CLOSING, answer=Answer.WITHDRAWN, outcome=Outcome.WITHDRAWN, reason="person", withdrawing=False).change()


def handed_over(head: Head, code: str, detail: str, now: datetime, random: Random) -> Change:
    """The system must not, or cannot, go on: an official takes the case (转人工)."""
    step = Step(head, now, random).note("handed_over", Actor.SYSTEM, {"reason": code, "detail": detail, "stage": head.stage.value})
    outcome = head.outcome if head.outcome and head.outcome is not Outcome.DELIVERED else Outcome.BY_PERSON
    step.update(stage=Stage.CLOSING, answer=Answer.ASKED_PERSON, wait=None, withdrawing=False, outcome=outcome, reason=code, task="handle")
    return step.change()


def notified(head: Head, reference: str, now: datetime, random: Random) -> Change | None:
    """The person was told how it ended. None when it was told before."""
    if head.attempts.get("notice"):
        return None
    step = Step(head, now, random)
    step.count("notice")
    facts = {"outcome": head.outcome.value if head.outcome else None, "channel": head.channel, "reference": reference}
    return step.note("notified", Actor.SYSTEM, facts).change()


def closed(head: Head, now: datetime, random: Random) -> Change:
    """The end. What remains to be done by hand stays on the bureau's list."""
    step = Step(head, now, random)
    step.note("closed", Actor.SYSTEM, {"outcome": head.outcome.value if head.outcome else None, "reason": head.reason})
    return step.update(stage=Stage.CLOSED, wait=None).change()


def task_done(head: Head, official: str, now: datetime, random: Random) -> Change:
    """An official did what the call list or the task asked for."""
    if head.task is None:
        raise Conflict("there is nothing left to do")
    step = Step(head, now, random, after_end=True)
    step.note("task_done", Actor.OFFICIAL, {"task": head.task, "by": official})
    return step.update(task=None).change()
