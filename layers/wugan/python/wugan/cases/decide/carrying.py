"""Certificates on their way (steps 6 and 8)."""

from __future__ import annotations

from datetime import datetime, timedelta

from wugan.cases.decide.parcels import FETCHING_LIMIT
from wugan.cases.decide.step import Step, expect
from wugan.cases.model import (
    Actor,
    Answer,
    Change,
    Head,
    Outcome,
    Stage,
)
from wugan.cases.ports import Random
from wugan.courier.slots import Slot
from wugan.errors import Conflict
from wugan.items.model import DeliveryWay

POLL_EVERY = timedelta(days=1)  # how often a silent courier is asked
MOST_TRIES = 3  # of a courier, before an official takes over


def ordered(head: Head, stage: Stage, waybill: str, slot: Slot | None, now: datetime, random: Random) -> Change:
    """A stage placed a courier order (steps 6 and 8, and the way back of the old certificate), for a slot or as soon as may be."""
    step = Step(head, now, random)
    facts = {"attempt": step.count(stage.value), "waybill": waybill, "slot": str(slot) if slot else ""}
    step.note(f"{stage.value}_ordered", Actor.SYSTEM, facts).update(parcels={**head.parcels, stage.value: ()})
    return step.change(opened=step.open_wait(stage, now + POLL_EVERY))


def finished_delivery(head: Head, now: datetime, random: Random) -> Change:
    """Nothing has to travel: the electronic certificate is there at once (国务院令第716号 art. 9–11)."""
    step = Step(head, now, random).note("delivered_electronically", Actor.SYSTEM, {"attempt": 1})
    return step.update(stage=Stage.CLOSING, answer=Answer.DONE, outcome=Outcome.DELIVERED).change()


def awaiting_counter(head: Head, now: datetime, random: Random) -> Change:
    """The new certificate lies at the counter until it is fetched."""
    step = Step(head, now, random)
    step.note("ready_at_counter", Actor.SYSTEM, {"attempt": step.count("delivery")}).update(parcels={**head.parcels, "delivery": ()})
    return step.change(opened=step.open_wait(Stage.DELIVERY, now + FETCHING_LIMIT))


def handed_over_counter(head: Head, official: str, now: datetime, random: Random) -> Change:
    """The person fetched the new certificate at the counter (送达方式: pick up)."""
    expect(head, Stage.DELIVERY)
    if head.delivery_way != DeliveryWay.PICK_UP:
        raise Conflict("this certificate goes by courier")
    step = Step(head, now, random).note("received_at_counter", Actor.OFFICIAL, {"by": official})
    return step.change(answered=step.answer(Answer.RECEIVED, Stage.CLOSING, outcome=Outcome.DELIVERED))
