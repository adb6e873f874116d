"""The eight steps of the policy as a case went through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from wugan.cases.model import Event, Head, OldCertificate, Stage
from wugan.items.model import DeliveryWay, Item, ReturnWay


@dataclass(frozen=True)
class Due:
    """When a step will be over: by a day, or within working days after the step before; or when it was agreed on."""

    by: datetime | None = None
    days: int = 0
    slot: str = ""


@dataclass(frozen=True)
class Step:
    """One step: done at a time, under way, still to come, not needed, or not reached before the end."""

    name: str
    state: str  # done | now | later | skipped | unreached
    at: datetime | None = None
    waybills: tuple[str, ...] = ()
    moves: tuple[Event, ...] = ()  # of the parcel
    due: Due | None = None  # of a step that is under way or to come


_STEPS: tuple[tuple[str, tuple[str, ...], tuple[Stage, ...]], ...] = (
    ("分析研判", ("opened",), ()),
    ("主动推送", ("pushed",), (Stage.PUSH,)),
    ("身份认证", ("identified",), (Stage.IDENTITY,)),
    ("办理意向确认", ("intention_confirmed",), (Stage.INTENTION,)),
    ("申报信息确认", ("declared",), (Stage.DECLARATION,)),
    ("回收旧证", ("pickup_collected", "pickup_arrived"), (Stage.PICKUP,)),
    ("审批办结", ("approved", "rejected"), (Stage.APPROVAL, Stage.CORRECTION)),
    ("新证照送达", ("delivery_arrived", "received_by_person", "received_at_counter", "delivered_electronically"), (Stage.DELIVERY,)),
)
PICKUP, APPROVAL, DELIVERY = "回收旧证", "审批办结", "新证照送达"
_PARCELS = {PICKUP: "pickup_", DELIVERY: "delivery_"}


def timeline(head: Head, events: Sequence[Event], item: Item, slot: str = "") -> list[Step]:
    """All eight steps, done and to come. A reminder or a correction leads back to the step it prompts for."""
    stage = head.resume if head.stage is Stage.PUSH and head.prompted_at else head.stage
    steps = [_step(name, types, stage in stages, head, events) for name, types, stages in _STEPS]
    return [replace(s, due=_due(s.name, head, item, slot)) if s.state in ("now", "later") else s for s in steps]


def _due(name: str, head: Head, item: Item, slot: str) -> Due | None:
    """When it will be over; None where that hangs on the person."""
    if name == PICKUP and slot:
        return Due(slot=slot)
    if name == APPROVAL and not head.paused_at:
        return Due(by=head.promised_by) if head.promised_by else Due(days=item.limits.promised)
    if name == DELIVERY and head.delivery_way != DeliveryWay.ELECTRONIC:
        return Due(days=item.limits.delivery)
    return None


def _step(name: str, types: tuple[str, ...], now: bool, head: Head, events: Sequence[Event]) -> Step:
    at = next((e.at for e in events if e.type in types), None)
    moves = tuple(e for e in events if name in _PARCELS and e.type.startswith(_PARCELS[name]))
    waybills = tuple(str(e.facts["waybill"]) for e in moves if e.type.endswith("_ordered"))
    if at:
        return Step(name, "done", at, waybills, moves)
    if now:
        return Step(name, "now", None, waybills, moves)
    ended = head.stage in (Stage.CLOSING, Stage.CLOSED, Stage.GIVE_BACK)
    if name == PICKUP and _needless(head, events):
        return Step(name, "skipped")
    return Step(name, "unreached" if ended else "later", None, waybills, moves)


def _needless(head: Head, events: Sequence[Event]) -> bool:
    """Whether no courier fetches an old certificate."""
    declared = any(e.type == "declared" for e in events)
    return head.old_certificate is OldCertificate.NONE or (declared and head.return_way != ReturnWay.COURIER)
