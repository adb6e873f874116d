"""Cases at every stage, made by the decisions themselves and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.support import people
from wugan.approval.port import Decision, DecisionKind
from wugan.cases import decide
from wugan.cases.model import Change, Event, Head, OldCertificate, Stage, effect_id
from wugan.clock import BEIJING
from wugan.courier.port import Parcel, ParcelState
from wugan.identity.port import Checked
from wugan.memory.stores import SeededRandom

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=BEIJING)
ITEM = people.items()[1]
FORM: dict[str, list[object]] = {"fields": []}
PASSED = Checked("r1", True, "face", NOW)


@dataclass
class Case:
    """A head with its trace; `do` takes one decision at `now`."""

    head: Head
    events: list[Event]
    now: datetime = NOW
    random: SeededRandom = field(default_factory=SeededRandom)

    def do(self, decision: Callable[..., Change | None], *given: Any) -> Change:
        """Take a decision that changes something."""
        change = self.ask(decision, *given)
        assert change
        return change

    def ask(self, decision: Callable[..., Change | None], *given: Any) -> Change | None:
        """Take a decision that may find nothing to change."""
        change = decision(self.head, *given, self.now, self.random)
        if change:
            self.head = change.head
            self.events += change.events
        return change

    def move(self, **delta: float) -> Case:
        """Let time pass."""
        self.now += timedelta(**delta)
        return self


def opened() -> Case:
    """Found by detection, nobody told yet."""
    found = people.found(ITEM)
    change = decide.open_case(found.hit, ITEM, found.name, [asdict(c) for c in found.contacts], NOW, SeededRandom(7))
    return Case(change.head, list(change.events))


def pushed(case: Case) -> Change:
    """Prompted over WeChat."""
    return case.do(decide.pushed, ITEM, "wechat", 0, "m1")


def identified(case: Case) -> Change:
    """Started a face check and passed it."""
    case.do(decide.identity_started, "face", PASSED.reference)
    return case.do(decide.identity_checked, ITEM, PASSED)


def declared(case: Case, return_way: str | None = "courier", delivery_way: str = "courier") -> Change:
    """Confirmed the form."""
    return case.do(decide.declared, ITEM, FORM, return_way, delivery_way, [])


def decision(case: Case, kind: DecisionKind, **more: Any) -> Decision:
    """What the department says of the application under way."""
    number = case.head.attempts.get("approval", 0)
    return Decision(f"d{number}", effect_id(case.head.case_id, "approval", number), kind, "platform:x", **more)


def corrections(case: Case) -> Change:
    """The department wants two points mended."""
    wanted = decision(case, DecisionKind.CORRECTION, points=("第一项", "第二项"))
    return case.do(decide.decided, wanted, case.head.attempts["approval"])


def approved(case: Case) -> Change:
    """The department approved."""
    granted = decision(case, DecisionKind.APPROVED, certificate={"number": "NEW-1"})
    return case.do(decide.decided, granted, case.head.attempts["approval"])


def rejected(case: Case) -> Change:
    """The department rejected."""
    refused = decision(case, DecisionKind.REJECTED, reason_code="not_met", reason="条件不符")
    return case.do(decide.decided, refused, case.head.attempts["approval"])


def submitted(case: Case) -> Change:
    """Handed to the department."""
    return case.do(decide.submitted, ITEM, "ref", {"form": {}})


def parcel(case: Case, stage: Stage, state: ParcelState, attempt: int = 1, detail: str = "") -> Change | None:
    """The courier tells a state and what there is to say of it."""
    return case.ask(decide.parcel, stage, attempt, Parcel(effect_id(case.head.case_id, stage.value, attempt), "W1", state, detail))


_WAY: list[tuple[Stage, Callable[[Case], object]]] = [
    (Stage.IDENTITY, pushed),
    (Stage.INTENTION, identified),
    (Stage.DECLARATION, lambda c: (c.do(decide.intended, "?"), c.do(decide.prefilled, ITEM, FORM, []))),
    (Stage.PICKUP, lambda c: (declared(c), c.do(decide.ordered, Stage.PICKUP, "W1", None))),
    (Stage.APPROVAL, lambda c: (parcel(c, Stage.PICKUP, ParcelState.COLLECTED), submitted(c))),
    (Stage.DELIVERY, lambda c: (approved(c), c.do(decide.ordered, Stage.DELIVERY, "W2", None))),
]
_BRANCHES: dict[Stage, Callable[[Case], object]] = {
    Stage.CORRECTION: lambda c: (corrections(c), pushed(c)),
    Stage.GIVE_BACK: lambda c: (rejected(c), c.do(decide.ordered, Stage.GIVE_BACK, "W3", None)),
}
WAITS = [stage for stage, _ in _WAY] + list(_BRANCHES)


def waiting(stage: Stage) -> Case:
    """A case that waits at a stage."""
    case = opened()
    for reached, step in _WAY:
        step(case)
        if reached is stage or (reached is Stage.APPROVAL and stage in _BRANCHES):
            break
    if stage in _BRANCHES:
        _BRANCHES[stage](case)
    assert (case.head.stage, bool(case.head.wait)) == (stage, True)
    return case


def over() -> Case:
    """A case from the first prompt to its end."""
    case = waiting(Stage.DELIVERY)
    parcel(case, Stage.DELIVERY, ParcelState.ARRIVED)
    case.do(decide.notified, "n1")
    case.do(decide.closed)
    assert case.head.ended
    assert case.head.old_certificate is OldCertificate.WITH_COURIER
    return case
