"""Who had which certificate when (证照流转): read off the events alone, both directions, without gaps.

Only what was told counts: a holding begins with the event that says so. The old certificate is with the person from the moment
they declare to have it, the new one with the department from its decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from wugan.cases.decide.parcels import News
from wugan.cases.model import Event, Stage
from wugan.courier.port import ParcelState
from wugan.items.model import ReturnWay


class Certificate(StrEnum):
    """Which paper."""

    OLD = "old"
    NEW = "new"


class Holder(StrEnum):
    """Who has it."""

    PERSON = "person"
    COURIER = "courier"
    DEPARTMENT = "department"
    LOCKER = "locker"  # or a shop, a pick-up point
    SOMEBODY_ELSE = "somebody_else"
    UNKNOWN = "unknown"  # lost, or the person denies what the courier says


@dataclass(frozen=True)
class Holding:
    """One certificate in one pair of hands. `until` None: still; `waybill` of the parcel it is, or came, in; `event_seq` says so."""

    certificate: Certificate
    holder: Holder
    since: datetime
    until: datetime | None
    waybill: str
    event_seq: int


_PAPER = {Stage.PICKUP: Certificate.OLD, Stage.DELIVERY: Certificate.NEW, Stage.GIVE_BACK: Certificate.OLD}
_SENDER = {Stage.PICKUP: Holder.PERSON, Stage.DELIVERY: Holder.DEPARTMENT, Stage.GIVE_BACK: Holder.DEPARTMENT}
_RECEIVER = {Stage.PICKUP: Holder.DEPARTMENT, Stage.DELIVERY: Holder.PERSON, Stage.GIVE_BACK: Holder.PERSON}
_BY_NEWS = {
    News.COLLECTED: Holder.COURIER,
    News.REFUSED: Holder.COURIER,
    News.RETURNED: Holder.COURIER,
    News.LOCKER: Holder.LOCKER,
    News.OTHER_SIGNED: Holder.SOMEBODY_ELSE,
    News.LOST: Holder.UNKNOWN,
}
_BY_EVENT = {
    "approved": (Certificate.NEW, Holder.DEPARTMENT),
    "ready_at_counter": (Certificate.NEW, Holder.DEPARTMENT),
    "received_at_counter": (Certificate.NEW, Holder.PERSON),
    "delivered_electronically": (Certificate.NEW, Holder.PERSON),
}


def custody(events: Iterable[Event]) -> list[Holding]:
    """The holdings of the old certificate, then of the new one, each in order; the last of each is open."""
    held: dict[Certificate, list[Holding]] = {Certificate.OLD: [], Certificate.NEW: []}
    waybills: dict[Stage, str] = {}
    for event in events:
        moved, stage = _moved(event), _stage(event)
        if stage and event.facts.get("waybill"):
            waybills[stage] = str(event.facts["waybill"])
        if moved:
            _hand_on(held[moved[0]], Holding(*moved, event.at, None, waybills.get(stage, "") if stage else "", event.seq))
    return held[Certificate.OLD] + held[Certificate.NEW]


def holder(holdings: Sequence[Holding], certificate: Certificate) -> Holder | None:
    """Who has it now; None when there is no such paper."""
    return next((h.holder for h in holdings if h.certificate is certificate and h.until is None), None)


def _hand_on(held: list[Holding], following: Holding) -> None:
    """What is in the same hands still, by the same parcel, is one holding."""
    if held and (held[-1].holder, held[-1].waybill) == (following.holder, following.waybill):
        return
    if held:
        held[-1] = replace(held[-1], until=following.since)
    held.append(following)


def _stage(event: Event) -> Stage | None:
    """The stage whose parcel an event is about."""
    if event.type in ("received_by_person", "denied_by_person"):
        return Stage(event.facts["stage"])
    return next((stage for stage in _PAPER if event.type.startswith(f"{stage.value}_")), None)


def _moved(event: Event) -> tuple[Certificate, Holder] | None:
    """Which certificate an event says is in whose hands."""
    stage = _stage(event)
    if stage is None:
        declared = event.type == "declared" and event.facts.get("return_way") in (ReturnWay.COURIER, ReturnWay.HAND_IN)
        return (Certificate.OLD, Holder.PERSON) if declared else _BY_EVENT.get(event.type)
    found = _in_hands(event, stage)
    return (_PAPER[stage], found) if found else None


def _in_hands(event: Event, stage: Stage) -> Holder | None:
    what = event.type.removeprefix(f"{stage.value}_")
    if what in ("received_by_person", News.ARRIVED):
        return _RECEIVER[stage]
    if what == "denied_by_person":
        return Holder.UNKNOWN
    if what in (News.HOME, "resent") or (what == News.FAILED and stage is not Stage.PICKUP):
        return _SENDER[stage]
    if what in (News.PROBLEM, News.SILENT):
        return Holder.COURIER if event.facts["state"] == ParcelState.COLLECTED else None
    return _BY_NEWS.get(News(what)) if what in set(News) else None
