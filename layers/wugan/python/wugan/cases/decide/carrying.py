"""Certificates on their way (steps 6 and 8)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from wugan.cases.decide.step import Step, expect
from wugan.cases.model import (
    Actor,
    Answer,
    Change,
    Head,
    OldCertificate,
    Outcome,
    Stage,
    wait_id,
)
from wugan.cases.ports import Random
from wugan.courier.port import ParcelState
from wugan.errors import Conflict
from wugan.items.model import DeliveryWay

POLL_EVERY = timedelta(days=1)  # how often a silent courier is asked
COURIER_LIMIT = timedelta(days=15)  # after this an official looks for the parcel
MOST_TRIES = 3  # of a courier, before an official takes over


def ordered(head: Head, stage: Stage, waybill: str, now: datetime, random: Random) -> Change:
    """A stage placed a courier order (steps 6 and 8, and the way back of the old certificate)."""
    step = Step(head, now, random)
    facts = {"attempt": step.count(stage.value), "waybill": waybill}
    step.note(f"{stage.value}_ordered", Actor.SYSTEM, facts)
    return step.change(opened=step.open_wait(stage, now + POLL_EVERY))


PARCELS: dict[tuple[Stage, ParcelState], tuple[Answer, Stage, OldCertificate | None]] = {
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
    effect = PARCELS.get((stage, state))
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


def finished_delivery(head: Head, now: datetime, random: Random) -> Change:
    """Nothing has to travel: the electronic certificate is there at once (国务院令第716号 art. 9–11)."""
    step = Step(head, now, random).note("delivered_electronically", Actor.SYSTEM, {"attempt": 1})
    return step.update(stage=Stage.CLOSING, answer=Answer.DONE, outcome=Outcome.DELIVERED).change()


def awaiting_counter(head: Head, now: datetime, random: Random) -> Change:
    """The new certificate lies at the counter until it is fetched."""
    step = Step(head, now, random)
    step.note("ready_at_counter", Actor.SYSTEM, {"attempt": step.count("delivery")})
    return step.change(opened=step.open_wait(Stage.DELIVERY, now + timedelta(days=90)))


def handed_over_counter(head: Head, official: str, now: datetime, random: Random) -> Change:
    """The person fetched the new certificate at the counter (送达方式: pick up)."""
    expect(head, Stage.DELIVERY)
    if head.delivery_way != DeliveryWay.PICK_UP:
        raise Conflict("this certificate goes by courier")
    step = Step(head, now, random).note("received_at_counter", Actor.OFFICIAL, {"by": official})
    return step.change(answered=step.answer(Answer.RECEIVED, Stage.CLOSING, outcome=Outcome.DELIVERED))
