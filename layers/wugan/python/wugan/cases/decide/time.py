"""What time brings, when the sweeper finds that a wait came due."""

from __future__ import annotations

from datetime import datetime

from wugan.cases import renewal
from wugan.cases.decide.approval import light_due, note_lapse, supervision_due
from wugan.cases.decide.step import Step
from wugan.cases.model import (
    Actor,
    Answer,
    Change,
    Head,
    Outcome,
    Stage,
    Task,
    Wait,
)
from wugan.cases.ports import Random
from wugan.items.model import Item
from wugan.outreach import schedule


def came_due(head: Head, item: Item, now: datetime, random: Random) -> Change | None:
    """The sweeper found that a wait's time has come. None when the wait only needs a later look (a courier is polled)."""
    if head.wait is None or head.ended:
        return None
    match head.stage:
        case Stage.IDENTITY | Stage.INTENTION | Stage.DECLARATION:
            return _remind_or_expire(head, item, now, random)
        case Stage.CORRECTION:
            return _expire(Step(head, now, random))
        case Stage.PUSH | Stage.CLOSING:
            step = Step(head, now, random)
            return step.change(answered=step.answer(Answer.DUE, head.stage))
        case Stage.APPROVAL:
            return _supervise(head, item, now, random)
        case _:
            return _overdue(Step(head, now, random))


def _remind_or_expire(head: Head, item: Item, now: datetime, random: Random) -> Change:
    """Rungs that went by while nobody swept are one."""
    step, ladder = Step(head, now, random), renewal.ladder(head, item)
    rung = max(head.rung + 1, sum(at <= now for at in ladder))
    if rung >= len(ladder):
        step.ask(Task.CALL)
        return _expire(step, reason=schedule.silence(len(ladder), ladder[-1]))
    step.note("reminder_due", Actor.SYSTEM, {"rung": rung, "stage": head.stage.value})
    answered = step.answer(Answer.REMIND, Stage.PUSH, rung=rung, tried=(), resume=head.stage)
    return step.change(answered=answered)


def _expire(step: Step, **facts: str) -> Change:
    step.note("expired", Actor.SYSTEM, {"stage": step.head.stage.value, **facts})
    answered = step.answer(Answer.EXPIRED, Stage.CLOSING, outcome=Outcome.EXPIRED, reason=f"silent_at_{step.head.stage.value}")
    return step.change(answered=answered)


def _supervise(head: Head, item: Item, now: datetime, random: Random) -> Change | None:
    """Efficiency supervision (电子监察): the old certificate's end, yellow, red, and past the law's last day an official.

    One at a time; None when a twin of this call was faster, and nothing more is due.
    """
    step = Step(head, now, random)
    if renewal.lapses(head, now):
        note_lapse(step)
    elif now < light_due(head, item):
        return None
    elif head.light == "red":
        return _overdue(step)
    else:
        light = "yellow" if head.light == "green" else "red"
        step.note(f"light_{light}", Actor.SYSTEM, {"promised_by": head.promised_by.isoformat() if head.promised_by else None})
        step.update(light=light)
    number = head.waits[Stage.APPROVAL.value]
    again = Wait(head.case_id, Stage.APPROVAL, number, supervision_due(step.head, item, now))
    return step.change(rescheduled=again)


def _overdue(step: Step) -> Change:
    step.note("overdue", Actor.SYSTEM, {"stage": step.head.stage.value})
    reason = f"overdue_at_{step.head.stage.value}"
    outcome = step.head.outcome or Outcome.BY_PERSON
    step.ask(Task.HANDLE)
    return step.change(answered=step.answer(Answer.OVERDUE, Stage.CLOSING, outcome=outcome, reason=reason))
