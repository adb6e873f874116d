"""Opening a case, and prompting (steps 1 and 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from wugan.cases import renewal
from wugan.cases.decide.step import Step
from wugan.cases.model import (
    Actor,
    Answer,
    Change,
    Head,
    OldCertificate,
    Outcome,
    Stage,
    Task,
)
from wugan.cases.ports import Random
from wugan.detection.model import Hit
from wugan.items.model import Item


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


def held(head: Head, until: datetime, reason: str, now: datetime, random: Random) -> Change:
    """The person's plan allows the prompt only later (quiet hours, caps, a better hour): the case waits for that moment."""
    step = Step(head, now, random)
    facts = {"until": until.isoformat(), "reason": reason, "rung": head.rung, "purpose": head.resume.value}
    step.note("prompt_held", Actor.SYSTEM, facts)
    return step.change(opened=step.open_wait(Stage.PUSH, until))


def pushed(
    head: Head, item: Item, channel: str, contact: int, reference: str, now: datetime, random: Random,
    *, message: str = "", reason: str = "",
) -> Change:  # fmt: skip
    """The stage `push` handed a prompt to a channel (step 2). `message` is the id of the message, which may be about several cases."""
    step = Step(head, now, random)
    attempt = step.count("push")
    step.update(channel=channel, contact=contact, prompted_at=head.prompted_at or now)
    facts = {"channel": channel, "attempt": attempt, "rung": head.rung, "purpose": head.resume.value, "reference": reference}
    step.note("pushed", Actor.SYSTEM, facts | ({"message": message} if message else {}) | ({"reason": reason} if reason else {}))
    step.update(rung=_rung_at(step.head, item, now))
    wait = step.open_wait(head.resume, _prompt_due(step.head, item))
    return step.update(prompt_wait=wait.id).change(opened=wait)


def _rung_at(head: Head, item: Item, now: datetime) -> int:
    """Rungs that a prompt was too late for are not caught up on."""
    ladder = renewal.ladder(head, item)
    return max(head.rung, sum(at <= now for at in ladder[:-1]))


def _prompt_due(head: Head, item: Item) -> datetime:
    if head.resume is Stage.CORRECTION:
        assert head.paused_at is not None
        return head.paused_at + timedelta(days=item.reminders.correction_days)
    return ladder_due(head, item)


def ladder_due(head: Head, item: Item) -> datetime:
    """When the person is reminded next, or the case expires."""
    ladder = renewal.ladder(head, item)
    return ladder[min(head.rung, len(ladder) - 1)]


def push_refused(head: Head, channel: str, reason: str, now: datetime, random: Random) -> Change:
    """A channel refused this person for good: the next one is tried."""
    step = Step(head, now, random)
    facts = {"channel": channel, "attempt": step.count("push"), "reason": reason}
    return step.update(tried=(*head.tried, channel)).note("push_refused", Actor.CHANNEL, facts).change()


def unreachable(head: Head, item: Item, reason: str, now: datetime, random: Random) -> Change:
    """Messages cannot help: an official calls. A first prompt ends there; after a later one the case waits on without a message."""
    step = Step(head, now, random).ask(Task.CALL)
    facts = {"tried": list(head.tried), "purpose": head.resume.value, "reason": reason}
    step.note("unreachable", Actor.SYSTEM, facts)
    if head.prompted_at is None or (head.resume is Stage.IDENTITY and head.rung == 0):  # nobody was ever reached
        step.update(stage=Stage.CLOSING, answer=Answer.UNREACHABLE, outcome=Outcome.UNREACHABLE, reason="no_channel")
        return step.change()
    return step.change(opened=step.open_wait(head.resume, _prompt_due(step.head, item)))


def receipt(
    head: Head, attempt: int, delivered: bool, message_id: str, now: datetime, random: Random, *, channel: str = ""
) -> Change:  # fmt: skip
    """A channel told what became of a prompt. An undelivered one that nobody answered yet goes over the next channel."""
    step, channel = Step(head, now, random), channel or head.channel
    facts = {"channel": channel, "attempt": attempt}
    step.note("delivered_prompt" if delivered else "undelivered", Actor.CHANNEL, facts)
    current = head.attempts.get("push", 0) == attempt
    if delivered or not current or head.wait is None or head.wait != head.prompt_wait:
        return step.change(seen=(message_id,))
    answered = step.answer(Answer.UNDELIVERED, Stage.PUSH, tried=(*head.tried, channel))
    return step.change(answered=answered, seen=(message_id,))
