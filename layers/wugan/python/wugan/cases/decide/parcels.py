"""What becomes of a parcel once it is ordered (steps 6 and 8): what couriers tell, people say, and officials settle.

News of a parcel are noted once each and only go forward, so that repeats and stragglers change nothing. Only what is certain
answers a wait: a locker or somebody else's signature is no personal receipt, and a certificate that goes home is waited for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from wugan.cases.decide.step import Step, expect
from wugan.cases.model import Actor, Answer, Change, Head, OldCertificate, Outcome, Stage, Task, wait_id
from wugan.cases.ports import Random
from wugan.courier.port import Detail, Parcel, ParcelState
from wugan.errors import Conflict, NotWaiting
from wugan.items.model import DeliveryWay

CARRIED = (Stage.PICKUP, Stage.DELIVERY, Stage.GIVE_BACK)
FETCHING_LIMIT = timedelta(days=90)  # how long a certificate lies ready for the person
PERSONS_LIMIT = timedelta(days=45)  # how long people may take to clear up where a parcel is
COURIER_LIMIT = timedelta(days=15)  # after this of a courier's silence an official takes over
SOUGHT_AFTER = timedelta(days=7)  # after this an official looks for a parcel that has not arrived
SILENT_AFTER = timedelta(days=3)  # the same, when the courier itself says that it has no trace


class News(StrEnum):
    """What may be noted of a parcel, each once; an event's type is the stage and one of these."""

    COLLECTED = "collected"
    SILENT = Detail.SILENT.value
    PROBLEM = Detail.PROBLEM.value
    SOUGHT = "sought"  # an official was asked to look for it
    LOCKER = Detail.LOCKER.value
    OTHER_SIGNED = Detail.OTHER_SIGNED.value
    DENIED = "denied"  # the person does not have it
    REFUSED = Detail.REFUSED.value
    RETURNED = Detail.RETURNED.value
    HOME = Detail.HOME.value
    LOST = Detail.LOST.value
    CLAIMED = "claimed"  # the courier says that it arrived, the person that it did not
    FAILED = "failed"
    ARRIVED = "arrived"


class Settlement(StrEnum):
    """What an official found out about a parcel."""

    RECEIVED = "received"  # whom it is for has it
    LOST = "lost"
    HOME = "home"  # its sender has it again
    RESEND = "resend"  # a new parcel is to be sent


_RANK = {
    News.COLLECTED: 1, News.SILENT: 1, News.PROBLEM: 1, News.LOCKER: 2, News.OTHER_SIGNED: 2, News.REFUSED: 3, News.RETURNED: 3,
    News.HOME: 4, News.LOST: 4, News.CLAIMED: 5, News.ARRIVED: 6, News.FAILED: 1,
}  # fmt: skip
TROUBLES = frozenset(  # what somebody has to clear up
    {News.LOCKER, News.OTHER_SIGNED, News.DENIED, News.REFUSED, News.RETURNED, News.HOME, News.LOST}
)
_OLD = {
    News.LOCKER: OldCertificate.WITH_COURIER, News.OTHER_SIGNED: OldCertificate.WITH_COURIER, News.COLLECTED: OldCertificate.WITH_COURIER,
    News.PROBLEM: OldCertificate.WITH_COURIER, News.SILENT: OldCertificate.WITH_COURIER, News.REFUSED: OldCertificate.WITH_COURIER,
    News.RETURNED: OldCertificate.WITH_COURIER, News.ARRIVED: OldCertificate.WITH_DEPARTMENT, News.HOME: OldCertificate.WITH_PERSON,
    News.LOST: OldCertificate.LOST,
}  # fmt: skip
_ANSWERS: dict[tuple[Stage, News], tuple[Answer, Stage]] = {
    **{
        (Stage.PICKUP, news): (Answer.COLLECTED, Stage.APPROVAL)
        for news in (News.COLLECTED, News.PROBLEM, News.SILENT, News.LOCKER, News.OTHER_SIGNED, News.ARRIVED)
    },
    (Stage.PICKUP, News.LOST): (Answer.LOST, Stage.APPROVAL),  # the department decides without it
    (Stage.PICKUP, News.HOME): (Answer.FAILED, Stage.PICKUP),
    (Stage.PICKUP, News.FAILED): (Answer.FAILED, Stage.PICKUP),
    (Stage.DELIVERY, News.ARRIVED): (Answer.RECEIVED, Stage.CLOSING),
    (Stage.DELIVERY, News.FAILED): (Answer.FAILED, Stage.DELIVERY),
    (Stage.GIVE_BACK, News.ARRIVED): (Answer.RETURNED, Stage.CLOSING),
    (Stage.GIVE_BACK, News.FAILED): (Answer.FAILED, Stage.GIVE_BACK),
    (Stage.GIVE_BACK, News.LOST): (Answer.LOST, Stage.CLOSING),
}


def parcel(head: Head, stage: Stage, attempt: int, told: Parcel, now: datetime, random: Random) -> Change | None:
    """The courier tells where a parcel is. None when that is known already or no longer matters."""
    known = head.parcels.get(stage.value, ())
    news = _news(told, known)
    waiting = _awaits(head, stage, attempt)
    if news is None or attempt != head.attempts.get(stage.value) or not (waiting or _late(head, stage, news)):
        return None
    if news is News.ARRIVED and News.DENIED in known:
        news = News.CLAIMED
    if news in known or any(_RANK.get(News(k), 0) > _RANK[news] for k in known) or News.HOME in known:
        return None
    facts = {"attempt": attempt, "waybill": told.waybill, "state": told.state.value}
    if news is News.FAILED:
        facts["detail"] = told.detail if told.state is ParcelState.FAILED else told.state.value
    step = _noted(Step(head, now, random, after_end=True), stage, news, Actor.COURIER, facts)
    answers = waiting and (news is not News.SILENT or told.state is ParcelState.COLLECTED)
    unexpected = stage is Stage.PICKUP and not waiting and head.old_certificate is OldCertificate.WITH_PERSON
    at_home = stage is Stage.PICKUP and news is News.HOME and waiting  # and is fetched there again
    return _come_to(step, stage, news, answers=answers, unclear=unexpected or (news in TROUBLES and not at_home))


def _news(told: Parcel, known: Sequence[str]) -> News | None:
    match told.state:
        case ParcelState.ARRIVED:
            return News.ARRIVED
        case ParcelState.ORDERED:
            return News.SILENT if told.detail == Detail.SILENT else None
        case ParcelState.CANCELLED:
            return News.FAILED  # not by us, or nobody would wait
        case ParcelState.COLLECTED:
            told_more = (Detail.LOCKER, Detail.OTHER_SIGNED, Detail.PROBLEM, Detail.SILENT)
            silent_still = told.detail == Detail.SILENT and News.SILENT in known  # perhaps since before it was collected
            return News(told.detail) if told.detail in told_more and not silent_still else News.COLLECTED
        case ParcelState.FAILED:
            told_more = (Detail.REFUSED, Detail.RETURNED, Detail.HOME, Detail.LOST)
            return News(told.detail) if told.detail in told_more else News.FAILED


def _awaits(head: Head, stage: Stage, attempt: int) -> bool:
    return head.stage is stage and head.wait == wait_id(head.case_id, stage, attempt)


def _late(head: Head, stage: Stage, news: News) -> bool:
    """Whether the old certificate may still be on its way to the bureau, though nobody waits for it."""
    if stage is not Stage.PICKUP or head.stage is Stage.PICKUP or news in (News.FAILED, News.SILENT):
        return False
    under_way = (OldCertificate.WITH_PERSON, OldCertificate.WITH_COURIER, OldCertificate.LOST)
    return head.old_certificate in under_way and Stage.GIVE_BACK.value not in head.attempts


def _noted(step: Step, stage: Stage, news: News, actor: Actor, facts: Mapping[str, Any]) -> Step:
    """Note what became of the stage's newest parcel."""
    step.note(f"{stage.value}_{news}", actor, facts)
    return step.update(parcels=_with(step.head, stage, news))


def _with(head: Head, stage: Stage, news: News) -> dict[str, tuple[str, ...]]:
    return {**head.parcels, stage.value: (*head.parcels.get(stage.value, ()), news.value)}


def _come_to(step: Step, stage: Stage, news: News, *, answers: bool, unclear: bool) -> Change:
    """What follows from news: where the old certificate is, what officials have to do, whether the case goes on."""
    if stage is Stage.PICKUP and (answers or news is not News.SILENT):
        step.update(old_certificate=_OLD.get(news, step.head.old_certificate))
    if stage is Stage.GIVE_BACK and news in (News.ARRIVED, News.LOST):
        step.update(old_certificate=OldCertificate.WITH_PERSON if news is News.ARRIVED else OldCertificate.LOST)
    answer = _ANSWERS.get((stage, news)) if answers else None
    if unclear:
        step.ask(Task.PARCEL)
    elif answer or news in (News.ARRIVED, News.HOME, News.LOST):
        _cleared(step, stage)
    if answer is None:
        return step.change()
    if answer[0] is Answer.RECEIVED:
        step.update(outcome=Outcome.DELIVERED)
    return step.change(answered=step.answer(*answer))


def _cleared(step: Step, stage: Stage) -> None:
    """Nothing of this parcel is left to find out; what is of another keeps its task."""
    others = {_last(step.head, other) for other in CARRIED if other is not stage}
    if Task.PARCEL in step.head.tasks and others.isdisjoint({*TROUBLES, News.CLAIMED}):
        step.finish(Task.PARCEL)


def _by_courier(head: Head) -> Stage:
    """The stage at which the person waits for a courier. Raises NotWaiting, Conflict."""
    expect(head, Stage.DELIVERY, Stage.GIVE_BACK)
    if head.stage is Stage.DELIVERY and head.delivery_way != DeliveryWay.COURIER:
        raise Conflict("this certificate does not come by courier")
    return head.stage


def _newest(head: Head, stage: Stage, **more: Any) -> dict[str, Any]:
    return {"attempt": head.attempts.get(stage.value, 0), "stage": stage.value, **more}


def confirmed_receipt(head: Head, received: bool, now: datetime, random: Random) -> Change | None:
    """The person says whether they have the certificate that a courier carried. None when they said so before.

    To deny it is possible where a courier says that somebody else, a locker or the person has it, also after the end.
    """
    if received:
        stage = _by_courier(head)
        step = Step(head, now, random).note("received_by_person", Actor.PERSON, _newest(head, stage))
        step.update(parcels=_with(head, stage, News.ARRIVED))
        return _come_to(step, stage, News.ARRIVED, answers=True, unclear=False)
    delivered = head.outcome is Outcome.DELIVERED and head.delivery_way == DeliveryWay.COURIER
    stage = Stage.DELIVERY if delivered else _by_courier(head)
    known = head.parcels.get(stage.value, ())
    if News.DENIED in known:
        return None
    if not {News.ARRIVED, News.LOCKER, News.OTHER_SIGNED} & set(known):
        raise NotWaiting("the courier does not say yet that it was delivered")
    step = Step(head, now, random, after_end=True).note("denied_by_person", Actor.PERSON, _newest(head, stage))
    return step.update(parcels=_with(head, stage, News.DENIED)).ask(Task.PARCEL).change()


def chose_redelivery(head: Head, way: DeliveryWay, form: Mapping[str, Any], now: datetime, random: Random) -> Change:
    """A certificate came home: the person has it sent again (`form` with the address), or fetches the new one at the counter."""
    stage = _by_courier(head)
    if not may_choose_redelivery(head):
        raise NotWaiting("the certificate is not back at the bureau")
    if way is DeliveryWay.ELECTRONIC or (way is DeliveryWay.PICK_UP and stage is Stage.GIVE_BACK):
        raise Conflict("choose a courier, or ask the bureau")
    step = Step(head, now, random)
    step.note("redelivery_chosen", Actor.PERSON, _newest(head, stage, way=way.value), sealed={"form": form})
    if stage is Stage.DELIVERY:
        step.update(delivery_way=way.value)
    return _sent_again(step, stage)


def may_choose_redelivery(head: Head) -> bool:
    """Whether a certificate came home and the person says what to do with it."""
    return head.wait is not None and head.stage in CARRIED[1:] and _last(head, head.stage) == News.HOME


def _last(head: Head, stage: Stage) -> str:
    """What was told last of the stage's newest parcel; that somebody looks for it does not count."""
    return next((news for news in reversed(head.parcels.get(stage.value, ())) if news != News.SOUGHT), "")


def _sent_again(step: Step, stage: Stage) -> Change:
    _cleared(step, stage)
    return step.change(answered=step.answer(Answer.RESEND, stage))


def in_question(head: Head) -> Stage | None:
    """The stage whose parcel an official may settle: the one that is waited for, or one of which something is unclear."""
    if head.wait and head.stage in CARRIED:
        return head.stage
    if _old_under_way(head):
        return Stage.PICKUP
    return Stage.DELIVERY if _last(head, Stage.DELIVERY) == News.DENIED else None


def _old_under_way(head: Head) -> bool:
    return head.old_certificate is OldCertificate.WITH_COURIER and Stage.GIVE_BACK.value not in head.attempts


def settled(head: Head, stage: Stage, what: Settlement, official: str, now: datetime, random: Random) -> Change:
    """An official found out what became of the stage's parcel. Raises NotWaiting, Conflict when nothing is to be settled so."""
    waiting = bool(head.wait) and head.stage is stage
    if waiting and stage is Stage.DELIVERY:
        _by_courier(head)
    if stage is not in_question(head) and not (stage is Stage.PICKUP and _old_under_way(head)):
        raise NotWaiting("there is no parcel to settle")
    step, facts = Step(head, now, random, after_end=True), _newest(head, stage, by=official)
    if what is Settlement.RESEND:
        if not waiting:
            raise Conflict("nobody waits for this parcel: nothing is sent again")
        step.note(f"{stage.value}_resent", Actor.OFFICIAL, facts)
        if stage is Stage.PICKUP:
            step.update(old_certificate=OldCertificate.WITH_PERSON)
        return _sent_again(step, stage)
    news = {Settlement.RECEIVED: News.ARRIVED, Settlement.LOST: News.LOST, Settlement.HOME: News.HOME}[what]
    if _last(head, stage) == news:
        raise Conflict("this is known already")
    unclear = stage is not Stage.PICKUP and news is not News.ARRIVED  # it is to be sent again, or made good
    return _come_to(_noted(step, stage, news, Actor.OFFICIAL, facts), stage, news, answers=waiting, unclear=unclear)


def sought(head: Head, stage: Stage, now: datetime, random: Random) -> Change | None:
    """A parcel has not arrived for days: an official looks for it. None before that, and when somebody looks already."""
    known = head.parcels.get(stage.value, ())
    assert head.waiting_since is not None
    after = SILENT_AFTER if News.SILENT in known else SOUGHT_AFTER
    if now - head.waiting_since < after or News.SOUGHT in known or Task.PARCEL in head.tasks:
        return None
    facts = _newest(head, stage, days=(now - head.waiting_since).days)
    return _noted(Step(head, now, random), stage, News.SOUGHT, Actor.SYSTEM, facts).ask(Task.PARCEL).change()


def courier_limit(head: Head) -> timedelta:
    """How long the wait for a parcel may last before an official takes the case over."""
    known = head.parcels.get(head.stage.value, ())
    if {News.HOME, News.LOST} & set(known):
        return FETCHING_LIMIT
    return PERSONS_LIMIT if TROUBLES & set(known) else COURIER_LIMIT


def parcel_events() -> set[str]:
    """The types of the events that are noted of parcels."""
    by_news = {(stage, news) for stage in CARRIED for news in News if news is not News.DENIED} - {(Stage.PICKUP, News.CLAIMED)}
    return {f"{stage.value}_{news}" for stage, news in by_news} | {f"{stage.value}_resent" for stage in CARRIED}
