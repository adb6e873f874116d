"""Bringing answers to the state machine, and the sweeper that makes up for everything that got lost on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from wugan.cases import decide
from wugan.cases.callbacks import Callbacks
from wugan.cases.context import Context
from wugan.cases.counting import Counting
from wugan.cases.model import Change, Event, Head, Lapse, OldCertificate, Stage, WaitRecord, effect_id
from wugan.cases.ports import Executions, WaitStore
from wugan.cases.stages import Ending
from wugan.clock import Clock
from wugan.errors import NotFound, VendorRefused, VendorUnavailable

PENDING_AFTER = timedelta(minutes=1)
IDLE_AFTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Resume:
    """Where token and answer meet: whoever came second wakes this."""

    waits: WaitStore
    executions: Executions
    clock: Clock

    def resume(self, wait_id: str) -> bool:
        """Send the answer when both are there; False when one is missing or it was sent before."""
        wait = self.waits.get(wait_id)
        if wait.answer is None or wait.task_token is None or wait.sent_at is not None:
            return False
        if wait.error:
            self.executions.fail(wait.task_token, wait.error, wait.case_id)
        else:
            self.executions.succeed(wait.task_token, json.loads(wait.answer))
        self.waits.sent(wait_id, self.clock.now())
        return True


@dataclass
class Swept:
    """What one sweep did, by count."""

    due: int = 0
    polled: int = 0
    resumed: int = 0
    started: int = 0
    asked: int = 0  # carriers that told what became of a message
    counted: int = 0  # messages, by the behaviour model
    handed_over: int = 0
    deemed_renewed: list[str] = field(default_factory=list)  # ids of cases, as in the next
    expired_undecided: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)  # classes of errors


@dataclass(frozen=True)
class Sweep:
    """Runs every minute, and may run twice or not at all: every step is repeatable."""

    resumer: Resume
    callbacks: Callbacks
    ending: Ending
    context: Context
    executions: Executions
    counting: Counting
    describe: Callable[[BaseException], str] = lambda error: type(error).__name__

    def sweep(self) -> dict[str, Any]:
        """Answer what came due, resume what was answered, start what was opened, hand over what fell down."""
        swept, now = Swept(), self.context.clock.now()
        for wait in self.resumer.waits.due_before(now):
            self._guarded(swept, lambda w=wait: self._due(w, swept))  # type: ignore[misc]
        for wait in self.resumer.waits.pending_before(now - PENDING_AFTER):
            self._guarded(swept, lambda w=wait: self._pending(w, swept))  # type: ignore[misc]
        for head in self.context.store.working_before(now - IDLE_AFTER):
            self._guarded(swept, lambda h=head: self._idle(h, swept))  # type: ignore[misc]
        for key in self.counting.people.due_before(now):
            self._guarded(swept, lambda k=key: self._look(k, swept))  # type: ignore[misc]
        return asdict(swept)

    def _guarded(self, swept: Swept, step: Callable[[], None]) -> None:
        """One case that fails must not keep the others from being swept."""
        try:
            step()
        except Exception as error:
            swept.failed.append(self.describe(error))

    def _due(self, wait: WaitRecord, swept: Swept) -> None:
        head = self.context.store.head(wait.case_id)
        if head.wait != wait.id:
            self.resumer.waits.drop(wait.id)
            return
        if wait.stage in decide.CARRIED and self._poll(head, wait, swept):
            return
        if wait.stage is Stage.APPROVAL and head.old_certificate is OldCertificate.WITH_COURIER:
            self._ask_courier(head, Stage.PICKUP, swept)
        item, now = self.context.item(head), self.context.clock.now()
        noted: list[Event] = []

        def due(head: Head) -> Change | None:
            change = decide.came_due(head, item, now, self.context.random) if head.wait == wait.id else None
            noted[:] = change.events if change else ()
            return change

        head = self.context.apply(wait.case_id, due)
        if head.wait == wait.id and wait.stage is Stage.APPROVAL and not noted:
            self.resumer.waits.reschedule(wait.id, decide.supervision_due(head, item, now))
        swept.due += 1
        swept.deemed_renewed += [e.case_id for e in noted if e.type == Lapse.DEEMED_RENEWED]
        swept.expired_undecided += [e.case_id for e in noted if e.type == Lapse.EXPIRED_UNDECIDED]

    def _poll(self, head: Head, wait: WaitRecord, swept: Swept) -> bool:
        """Ask a silent courier; False when it has been silent for too long."""
        if head.delivery_way == "pick_up" and wait.stage is Stage.DELIVERY:
            return False
        head, now = self._ask_courier(head, wait.stage, swept), self.context.clock.now()
        if head.wait != wait.id:
            return True
        assert head.waiting_since is not None
        if now - head.waiting_since >= decide.courier_limit(head):
            return False
        self.resumer.waits.reschedule(wait.id, now + decide.POLL_EVERY)
        return True

    def _ask_courier(self, head: Head, stage: Stage, swept: Swept) -> Head:
        """Ask where a stage's newest parcel is; when it has not arrived for days, an official looks for it."""
        with suppress(NotFound, VendorRefused, VendorUnavailable):
            head = self.callbacks.parcel(effect_id(head.case_id, stage.value, head.attempts[stage.value]))
        swept.polled += 1
        now, wait = self.context.clock.now(), head.wait
        return self.context.apply(
            head.case_id, lambda h: decide.sought(h, stage, now, self.context.random) if wait and h.wait == wait else None
        )

    def _pending(self, wait: WaitRecord, swept: Swept) -> None:
        if self.resumer.resume(wait.id):
            swept.resumed += 1

    def _look(self, key: str, swept: Swept) -> None:
        """What became of a person's messages: asked where nothing was heard, counted when the time to answer is over."""
        swept.asked += self.callbacks.ask(key)
        swept.counted += self.counting.count(key)

    def _idle(self, head: Head, swept: Swept) -> None:
        match self.executions.status(head.case_id):
            case "MISSING":
                self.executions.start(head.case_id, head.flags())
                swept.started += 1
            case "RUNNING":
                return
            case _:
                self.fell_down(head.case_id)
                swept.handed_over += 1

    def fell_down(self, case_id: str) -> None:
        """An execution failed: the case goes to an official and is closed, so that it is never silently lost."""
        self.ending.hand_over(case_id, "execution_failed")
        self.ending.close(case_id)
