"""How a change to a case is built, and who may change it when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from wugan.cases.model import (
    Actor,
    Answer,
    Answered,
    Change,
    Event,
    Facts,
    Head,
    Outcome,
    Stage,
    Task,
    Wait,
)
from wugan.cases.ports import Random
from wugan.errors import CaseEnded, Conflict, NotWaiting, NotYet


class Step:
    """Builds one change: events are numbered, committed to and chained as they are noted."""

    def __init__(self, head: Head, now: datetime, random: Random, *, after_end: bool = False) -> None:
        if head.ended and not after_end:
            raise CaseEnded(f"the case ended: {head.outcome}")
        self.head, self.now, self.random = head, now, random
        self.events: list[Event] = []
        self.sealed: dict[str, Any] = {}
        self.asked: list[Task] = []
        self.done: list[Task] = []

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
        delivered = self.head.delivered_at or (self.now if self.head.outcome is Outcome.DELIVERED else None)
        head = replace(self.head, version=self.head.version + 1, updated_at=self.now, working_since=working, delivered_at=delivered)
        asked, done = tuple(self.asked), tuple(self.done)
        return Change(head, tuple(self.events), opened, answered, sealed=self.sealed, asked=asked, done=done, **more)

    def update(self, **fields: Any) -> Step:
        """Set fields of the head."""
        self.head = replace(self.head, **fields)
        return self

    def ask(self, task: Task) -> Step:
        """Give officials a task; one that they have already stays as it is."""
        if task not in self.head.tasks:
            self.asked.append(task)
            self.update(tasks=(*self.head.tasks, task))
        return self

    def put_off(self, task: Task, until: datetime) -> Step:
        """A task stays, and stands on its list from then on. Raises Conflict when there is none of this kind."""
        if task not in self.head.tasks:
            raise Conflict("there is nothing left to do")
        self.asked.append(task)
        return self.update(put_off={**self.head.put_off, task.value: until})

    def finish(self, task: Task) -> Step:
        """A task is over. Raises Conflict when there is none of this kind."""
        if task not in self.head.tasks:
            raise Conflict("there is nothing left to do")
        self.done.append(task)
        left = {name: at for name, at in self.head.put_off.items() if name != task.value}
        return self.update(tasks=tuple(t for t in self.head.tasks if t is not task), put_off=left)

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


def expect(head: Head, *stages: Stage) -> None:
    """Raise unless the case waits at one of these stages."""
    if head.ended:
        raise CaseEnded(f"the case ended: {head.outcome}")
    if head.stage is Stage.PUSH and head.wait is None and head.resume in stages:
        raise NotYet("a prompt is being sent right now: try again in a moment")
    if head.wait is None or head.asked_for not in stages:
        raise NotWaiting(f"the case is at {head.stage.value}, not at {' or '.join(s.value for s in stages)}")
