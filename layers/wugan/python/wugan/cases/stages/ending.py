"""After a withdrawal, and the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wugan.approval.port import Department
from wugan.cases import decide
from wugan.cases.model import Head, OldCertificate, effect_id
from wugan.cases.stages.stage import Flags, StageService
from wugan.courier.port import Courier, OrderInDoubt
from wugan.errors import VendorRefused


@dataclass(frozen=True)
class Cancel(StageService):
    """After a withdrawal."""

    courier: Callable[[str], Courier]
    department: Callable[[str], Department]  # both by jurisdiction

    def cancel(self, case_id: str) -> Flags:
        """After a withdrawal: drop what is under way at the courier and the department."""
        head = self.context.store.head(case_id)
        dropped = True
        if head.old_certificate is OldCertificate.WITH_PERSON:
            dropped = self._each(head, "pickup", self.courier(head.jurisdiction).cancel)
        self._each(head, "approval", self.department(head.jurisdiction).cancel)
        decision = decide.cancelled if dropped else decide.cancelled_in_doubt
        return self._end(case_id, lambda h, now: decision(h, now, self.context.random) if h.withdrawing else None)

    def _each(self, head: Head, kind: str, drop: Callable[[str], None]) -> bool:
        """Drop every side effect of a kind, with the one that may have been begun and not committed. False: a courier may still come."""
        begun = head.attempts.get(kind) or head.stage.value == kind
        numbers = range(1, head.attempts.get(kind, 0) + 2) if begun else ()
        certain = [_dropped(drop, effect_id(head.case_id, kind, number)) for number in numbers]
        return all(certain)


def _dropped(drop: Callable[[str], None], effect: str) -> bool:
    try:
        drop(effect)
    except OrderInDoubt:
        return False
    except VendorRefused:
        return True  # collected or decided already: what comes of it goes back or is ignored
    return True


@dataclass(frozen=True)
class Ending(StageService):
    """The end, whoever brings it about."""

    def hand_over(self, case_id: str, code: str) -> Flags:
        """The system cannot go on: an official takes the case."""
        return self._to_person(case_id, code, "")

    def close(self, case_id: str) -> Flags:
        """End the case."""
        return self._end(case_id, lambda h, now: decide.closed(h, now, self.context.random))
