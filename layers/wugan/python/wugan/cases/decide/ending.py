"""The end, whoever brings it about."""

from __future__ import annotations

from datetime import datetime

from wugan.cases.decide.step import Step
from wugan.cases.model import (
    Actor,
    Answer,
    Change,
    Head,
    Outcome,
    Stage,
    Task,
)
from wugan.cases.ports import Random


def cancelled(head: Head, now: datetime, random: Random) -> Change:
    """The stage `cancel` dropped what was under way after a withdrawal."""
    return _cancelled(head, now, random, "person").change()


def cancelled_in_doubt(head: Head, now: datetime, random: Random) -> Change:
    """The same, but nobody can tell whether a courier still comes to the person: an official calls it off."""
    return _cancelled(head, now, random, "pickup_in_doubt").ask(Task.PARCEL).change()


def _cancelled(head: Head, now: datetime, random: Random, reason: str) -> Step:
    step = Step(head, now, random).note("cancelled", Actor.SYSTEM, {"holds_old": head.holds_old})
    return step.update(stage=Stage.CLOSING, answer=Answer.WITHDRAWN, outcome=Outcome.WITHDRAWN, reason=reason, withdrawing=False)


def handed_over(head: Head, code: str, detail: str, now: datetime, random: Random) -> Change:
    """The system must not, or cannot, go on: an official takes the case (转人工)."""
    step = Step(head, now, random).note("handed_over", Actor.SYSTEM, {"reason": code, "detail": detail, "stage": head.stage.value})
    outcome = head.outcome if head.outcome and head.outcome is not Outcome.DELIVERED else Outcome.BY_PERSON
    step.ask(Task.HANDLE)
    step.update(stage=Stage.CLOSING, answer=Answer.ASKED_PERSON, wait=None, withdrawing=False, outcome=outcome, reason=code)
    return step.change()


def notice_held(head: Head, until: datetime, now: datetime, random: Random) -> Change | None:
    """The word at the end waits for the morning. None when it waits already, or was told."""
    if head.wait or head.attempts.get("notice"):
        return None
    step = Step(head, now, random).note("notice_held", Actor.SYSTEM, {"until": until.isoformat()})
    return step.change(opened=step.open_wait(Stage.CLOSING, until))


def notified(head: Head, reference: str, now: datetime, random: Random, *, channel: str = "") -> Change | None:
    """The person was told how it ended. None when it was told before."""
    if head.attempts.get("notice"):
        return None
    step = Step(head, now, random)
    step.count("notice")
    facts = {"outcome": head.outcome.value if head.outcome else None, "channel": channel or head.channel, "reference": reference}
    return step.note("notified", Actor.SYSTEM, facts).change()


def closed(head: Head, now: datetime, random: Random) -> Change:
    """The end. What remains to be done by hand stays on the bureau's list."""
    step = Step(head, now, random)
    step.note("closed", Actor.SYSTEM, {"outcome": head.outcome.value if head.outcome else None, "reason": head.reason})
    return step.update(stage=Stage.CLOSED, wait=None).change()
