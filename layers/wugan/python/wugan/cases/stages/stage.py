"""What all stages with side effects do: begin once, commit once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from wugan.cases import decide
from wugan.cases.context import Context
from wugan.cases.model import Change, Head, Stage
from wugan.errors import StaleHead

Flags = dict[str, Any]


@dataclass(frozen=True)
class StageService:
    """What every stage does: begin once, commit once, and tell a repeat what the first time told."""

    context: Context

    def _begin(self, case_id: str, stage: Stage) -> Head | None:
        """The head when this stage has work to do; None when it was done before, or the person is withdrawing."""
        head = self.context.store.head(case_id)
        begins = head.stage is stage or (stage is Stage.GIVE_BACK and head.stage is Stage.CLOSING and head.holds_old)
        return head if begins and head.wait is None and not head.withdrawing else None

    def _repeat(self, case_id: str) -> Flags:
        """What a stage that was done before tells the state machine again; of a withdrawal it learns here."""
        return self._standing(self.context.store.head(case_id))

    def _standing(self, head: Head) -> Flags:
        return head.flags() if head.withdrawing else dict(head.output)

    def _commit(self, head: Head, decision: Callable[[Head, datetime], Change]) -> Flags:
        """Commit what a stage did. When somebody was first, decide again on the new head, unless the stage is over."""
        stage, begun, now = head.stage, head.attempts, self.context.clock.now()
        while True:
            change = decision(head, now)
            flags = change.head.flags()
            try:
                self.context.store.commit(replace(change, head=replace(change.head, output=flags)))
            except StaleHead:
                head = self.context.store.head(head.case_id)
                if head.stage is not stage or head.wait is not None or head.withdrawing:
                    return self._standing(head)
                if head.attempts != begun:
                    raise  # a twin of this call was faster: begin again with the next id
                continue
            return flags

    def _to_person(self, case_id: str, code: str, detail: str) -> Flags:
        """The system must not go on by itself: an official takes the case, and reads why."""
        random = self.context.random
        return self._end(case_id, lambda h, now: None if h.reason == code else decide.handed_over(h, code, detail, now, random))

    def _end(self, case_id: str, decision: Callable[[Head, datetime], Change | None]) -> Flags:
        """Commit an end, whatever else happens to the case meanwhile."""
        now = self.context.clock.now()

        def ending(head: Head) -> Change | None:
            change = None if head.ended else decision(head, now)
            return change and replace(change, head=replace(change.head, output=change.head.flags()))

        return self.context.apply(case_id, ending).flags()
