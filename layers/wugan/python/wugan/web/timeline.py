"""The eight steps of the policy as a case went through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from wugan.cases.model import Event, Head, OldCertificate, Stage
from wugan.items.model import ReturnWay


@dataclass(frozen=True)
class Step:
    """One step: done at a time, under way, still to come, not needed, or not reached before the end."""

    name: str
    state: str  # done | now | later | skipped | unreached
    at: datetime | None = None
    waybills: tuple[str, ...] = ()


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
_WAYBILLS = {"回收旧证": "pickup_ordered", "新证照送达": "delivery_ordered"}
PICKUP = "回收旧证"


def timeline(head: Head, events: Sequence[Event]) -> list[Step]:
    """All eight steps. A reminder or a correction leads back to the step it prompts for."""
    stage = head.resume if head.stage is Stage.PUSH and head.prompted_at else head.stage
    return [_step(name, types, stage in stages, head, events) for name, types, stages in _STEPS]


def _step(name: str, types: tuple[str, ...], now: bool, head: Head, events: Sequence[Event]) -> Step:
    at = next((e.at for e in events if e.type in types), None)
    waybills = tuple(str(e.facts["waybill"]) for e in events if e.type == _WAYBILLS.get(name))
    if at:
        return Step(name, "done", at, waybills)
    if now:
        return Step(name, "now", None, waybills)
    ended = head.stage in (Stage.CLOSING, Stage.CLOSED, Stage.GIVE_BACK)
    if name == PICKUP and _needless(head, events):
        return Step(name, "skipped")
    return Step(name, "unreached" if ended else "later", None, waybills)


def _needless(head: Head, events: Sequence[Event]) -> bool:
    """Whether no courier fetches an old certificate."""
    declared = any(e.type == "declared" for e in events)
    return head.old_certificate is OldCertificate.NONE or (declared and head.return_way != ReturnWay.COURIER)
