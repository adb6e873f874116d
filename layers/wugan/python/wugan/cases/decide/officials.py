"""What officials do beside the decision itself: who has a case, more time, the second pair of eyes, tasks by hand."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from enum import StrEnum

from wugan.approval.port import Decision
from wugan.cases import deadlines
from wugan.cases.decide.approval import LEGAL_EXTENSION, decided, light_due, supervision_due
from wugan.cases.decide.step import Step, expect
from wugan.cases.model import Actor, Change, Head, Lapse, Stage, Task, Wait
from wugan.cases.ports import Random
from wugan.errors import Conflict, Forbidden, InvalidInput, NotWaiting
from wugan.items.model import Item

MOST_NOTE = 500  # characters


class CallOutcome(StrEnum):
    """What came of calling a person who could not be reached otherwise (电话联系)."""

    GOES_ON = "goes_on"  # reached; wants to go on, and was told how
    DECLINES = "declines"  # reached; does not want it
    WRONG_NUMBER = "wrong_number"
    NO_ANSWER = "no_answer"
    AT_WINDOW = "at_window"  # it is dealt with at the window


def assigned(head: Head, before: str, officer: str, by: str, now: datetime, random: Random) -> Change:
    """An official takes a case, passes it on, or puts it back (empty). `before` is who had it on the page that was looked at."""
    if head.officer != before:
        raise Conflict("somebody else took or passed on this case meanwhile")
    if officer == before:
        raise Conflict("it is with this official already")
    facts = {"by": by, "from": before, "to": officer}
    return Step(head, now, random).note("assigned", Actor.OFFICIAL, facts).update(officer=officer).change()


def extended(head: Head, item: Item, by: str, reason: str, now: datetime, random: Random) -> Change:
    """Ten more working days, once, before the promised date, with a reason that the person is told (行政许可法 art. 42)."""
    expect(head, Stage.APPROVAL)
    assert head.promised_by is not None
    if head.extended:
        raise Conflict("the promised date was moved before: the law allows it once")
    if now >= head.promised_by:
        raise Conflict("the promised date is over: it cannot be moved any more")
    if head.lapse is Lapse.DEEMED_RENEWED:
        raise Conflict("the law has renewed: there is nothing left to decide")
    reason = _note(reason, "extension")
    until = deadlines.add_span(head.promised_by, LEGAL_EXTENSION)
    step = Step(head, now, random)
    facts = {"by": by, "promised_by": until.isoformat()}
    step.note("extended", Actor.OFFICIAL, facts, sealed={"extension": {"reason": reason}}).update(extended=True, promised_by=until)
    fresh = replace(step.head, light="green")
    step.update(light="green" if now < light_due(fresh, item) else step.head.light)
    number = head.waits[Stage.APPROVAL.value]
    return step.change(rescheduled=Wait(head.case_id, Stage.APPROVAL, number, supervision_due(step.head, item, now)))


def proposed(head: Head, decision: Decision, attempt: int, by: str, now: datetime, random: Random) -> Change:
    """The first pair of eyes: the decision is kept, and takes effect when another official confirms it (四眼)."""
    if head.proposal:
        raise Conflict("a decision is proposed already: another official looks at it")
    decided(head, decision, attempt, now, random)  # what could not be decided cannot be proposed
    facts = {"by": decision.by, "attempt": attempt, "kind": decision.kind.value}
    step = Step(head, now, random).note("proposed", Actor.OFFICIAL, facts, sealed={"proposal": _kept(decision)})
    return step.update(proposal=decision.id, proposed_by=by).change(seen=(f"proposal:{decision.id}",))


def confirmed(head: Head, decision: Decision, attempt: int, by: str, now: datetime, random: Random) -> Change:
    """The second pair of eyes agrees: the decision that was looked at takes effect."""
    _check_second(head, decision.id, by)
    return decided(head, replace(decision, by=f"desk:{by}"), attempt, now, random)


def sent_back(head: Head, proposal: str, by: str, note: str, now: datetime, random: Random) -> Change:
    """The second pair of eyes does not agree, and says why; the case is to be decided anew."""
    expect(head, Stage.APPROVAL)
    _check_second(head, proposal, by)
    facts = {"by": f"desk:{by}", "proposed_by": head.proposed_by}
    step = Step(head, now, random).note("sent_back", Actor.OFFICIAL, facts, sealed={"sent_back": {"note": _note(note, "sent_back")}})
    return step.update(proposal="", proposed_by="").change()


def called(head: Head, outcome: CallOutcome, again: datetime | None, by: str, now: datetime, random: Random) -> Change:
    """What came of a call. Without an answer the task stays until `again`; a wrong number goes to the registry's keeper."""
    step = Step(head, now, random, after_end=True)
    facts = {"by": by, "outcome": outcome.value}
    if outcome is CallOutcome.NO_ANSWER:
        if again is None or again <= now:
            raise InvalidInput("a later day to try again", field="again")
        return step.put_off(Task.CALL, again).note("called", Actor.OFFICIAL, facts | {"again": again.isoformat()}).change()
    step.finish(Task.CALL).note("called", Actor.OFFICIAL, facts)
    if outcome is CallOutcome.WRONG_NUMBER:
        step.ask(Task.KEEPER)
    return step.change()


def task_done(head: Head, task: Task, official: str, now: datetime, random: Random, note: str = "") -> Change:
    """An official did what a task asked for. Of a bad rating it is told how it was settled (GB/T 39734); a call has its own outcome."""
    if task is Task.CALL:
        raise InvalidInput("tell what came of the call", field="outcome")
    if task is Task.FOLLOW_UP or note.strip():
        note = _note(note, "note")
    step = Step(head, now, random, after_end=True).finish(task)
    sealed = {f"note_{task}": {"note": note}} if note else None
    return step.note("task_done", Actor.OFFICIAL, {"task": task.value, "by": official}, sealed=sealed).change()


def _check_second(head: Head, proposal: str, by: str) -> None:
    if not head.proposal or head.proposal != proposal:
        raise NotWaiting("this is not the decision that waits for a second official")
    if head.proposed_by == by:
        raise Forbidden("whoever proposed a decision cannot confirm it", field="by")


def _note(text: str, field: str) -> str:
    """A text of some substance. Raises InvalidInput."""
    if not text.strip() or len(text) > MOST_NOTE:
        raise InvalidInput(f"1 to {MOST_NOTE} characters", field=field)
    return text.strip()


def _kept(decision: Decision) -> dict[str, object]:
    """A decision as it is sealed in the case."""
    return asdict(decision) | {"kind": decision.kind.value}
