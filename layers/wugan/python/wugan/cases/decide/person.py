"""What the person does (steps 3 to 5), at any time until the decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from wugan.cases.decide.delegation import doer, entrusted
from wugan.cases.decide.prompting import ladder_due
from wugan.cases.decide.step import Step, expect
from wugan.cases.model import (
    PERSON_STAGES,
    Actor,
    Answer,
    Change,
    Head,
    OldCertificate,
    Outcome,
    Power,
    Stage,
    Task,
)
from wugan.cases.ports import Random
from wugan.errors import Conflict, InvalidInput, Locked
from wugan.identity.port import Checked
from wugan.items.model import Item, ReturnWay

CHECK_DAY = timedelta(days=1)  # in which checks are counted, and which a lock lasts
MOST_FAILED_CHECKS = 5
MOST_CHECKS = 20  # begun, by either way: nobody can have codes sent to a phone without end


def identity_started(head: Head, method: str, reference: str, now: datetime, random: Random, agent: str = "") -> Change:
    """The person chose a way to prove who they are (step 3); at a later stage, to come back to their case."""
    may_begin_check(head, now)
    step = Step(head, now, random, after_end=True)
    actor, facts = doer(agent)
    facts = {**facts, "method": method, "attempt": step.count(method)}
    step.update(begun_at=head.begun_at or now, checks_begun=(*_within_a_day(head.checks_begun, now), now))
    return step.update(check=f"{method}:{reference}", checking=agent).note("identity_started", actor, facts).change()


def no_check_before(head: Head, now: datetime) -> datetime | None:
    """When an identity check may be begun again; None: now."""
    begun = _within_a_day(head.checks_begun, now)
    waits = [head.locked_until] if head.locked_until and locked(head, now) else []
    waits += [begun[-MOST_CHECKS] + CHECK_DAY] if len(begun) >= MOST_CHECKS else []
    return max(waits, default=None)


def may_begin_check(head: Head, now: datetime) -> None:
    """Raise Locked while nobody may begin an identity check."""
    until = no_check_before(head, now)
    if until:
        raise Locked(f"too many checks: try again after {until:%Y-%m-%d %H:%M}, or ask a person", until)


def locked(head: Head, now: datetime) -> bool:
    """Whether no identity check may pass for now, one under way neither."""
    return head.locked_until is not None and now < head.locked_until


def _check_lock(head: Head, now: datetime) -> None:
    if head.locked_until and locked(head, now):
        raise Locked(f"too many failed checks: try again after {head.locked_until:%Y-%m-%d %H:%M}, or ask a person", head.locked_until)


def _within_a_day(moments: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
    return tuple(at for at in moments if now - at < CHECK_DAY)


def identity_checked(head: Head, item: Item, result: Checked, now: datetime, random: Random, agent: str | None = None) -> Change | None:
    """The vendor told the result of a check, of the person or of this agent. None when it was told before, or a newer check is under way.

    An older check that passed, begun in another tab, is as good: the person has a session, so the case must go on. A code that is
    typed wrong counts whichever check it belongs to: beginning another must not make guessing free.
    """
    if result.passed:
        _check_lock(head, now)
    elif locked(head, now):
        return None  # a lock grows no longer by what is tried under it
    unidentified = head.resume is Stage.IDENTITY and head.stage in (Stage.IDENTITY, Stage.PUSH)
    current = head.check.partition(":")[2] == result.reference
    guessed = not result.passed and result.level == "code"
    if not (current or guessed or (result.passed and (unidentified or agent))):
        return None
    who = head.checking if agent is None else agent
    step = Step(head, now, random, after_end=True)
    facts: dict[str, Any] = {**doer(who)[1], "level": result.level, "reference": result.reference}
    if not result.passed:
        return _identity_failed(step, facts | {"reason": result.reason}, current)
    step.note("identified", Actor.IDENTITY, facts).update(checks_failed=())
    if current:
        step.update(check="")
    if who in head.delegations:
        return step.update(delegations={**head.delegations, who: replace(head.delegations[who], identified_at=now)}).change()
    if head.stage is Stage.PUSH and head.wait is None and head.resume is Stage.IDENTITY:
        return step.update(resume=Stage.INTENTION).change()  # a reminder is on its way: it leads to the next step
    if head.wait is None or head.asked_for is not Stage.IDENTITY:
        return step.change()
    answered = step.answer(Answer.IDENTIFIED, Stage.INTENTION, resume=Stage.INTENTION)
    return step.change(answered=answered, opened=step.open_wait(Stage.INTENTION, ladder_due(step.head, item)))


def _identity_failed(step: Step, facts: dict[str, Any], current: bool) -> Change:
    """A code may be typed again; a face check is over. After five failures within a day the case is locked for a day."""
    failed, lately = step.count("identity_failed"), (*_within_a_day(step.head.checks_failed, step.now), step.now)
    step.update(checks_failed=lately)
    if len(lately) >= MOST_FAILED_CHECKS:
        step.update(locked_until=step.now + CHECK_DAY, checks_failed=(), check="")
    elif current and step.head.check.startswith("face:"):
        step.update(check="")
    return step.note("identity_failed", Actor.IDENTITY, facts | {"failed": failed}).change()


def intended(head: Head, text: str, now: datetime, random: Random, agent: str = "") -> Change:
    """ "Continue" counts as the application (step 4); `text` is what the person was asked."""
    expect(head, Stage.INTENTION)
    entrusted(head, agent, Power.DECLARE, now)
    actor, facts = doer(agent)
    step = Step(head, now, random).note("intention_confirmed", actor, {**facts, "question": text})
    return step.change(answered=step.answer(Answer.CONFIRMED, Stage.DECLARATION, resume=Stage.DECLARATION, applied_at=now))


def declined(head: Head, forever: bool, now: datetime, random: Random, agent: str = "") -> Change:
    """The person says no, for now or for this item for ever."""
    expect(head, Stage.IDENTITY, Stage.INTENTION, Stage.DECLARATION)
    entrusted(head, agent, Power.DECLARE, now)
    actor, facts = doer(agent)
    step = Step(head, now, random).note("declined", actor, {**facts, "forever": forever})
    answered = step.answer(Answer.DECLINED, Stage.CLOSING, outcome=Outcome.DECLINED, reason="never" if forever else "not_now")
    return step.change(answered=answered, optout=head.item_code if forever else None)


def asked_person(head: Head, now: datetime, random: Random, agent: str = "", *, known: bool = True) -> Change | None:
    """The person wants a human (PIPL art. 24). While the person is asked, the case goes over; later, an official is told to help.

    So is one when it is not `known` who asks: nobody but the person ends what the person began. None when officials have been told already.
    """
    step, told = Step(head, now, random), Task.HANDLE in head.tasks
    stays = head.wait is None or head.asked_for not in PERSON_STAGES or not (known or head.resume is Stage.IDENTITY)
    if stays and told:
        return None
    step.note("asked_person", *doer(agent)).ask(Task.HANDLE)
    if stays:
        return step.change()
    answered = step.answer(Answer.ASKED_PERSON, Stage.CLOSING, outcome=Outcome.BY_PERSON, reason="asked_person")
    return step.change(answered=answered)


def prefilled(head: Head, item: Item, form: Mapping[str, Any], degraded: Sequence[str], now: datetime, random: Random) -> Change:
    """The stage `declare` fetched the data and filled the form (step 5)."""
    step = Step(head, now, random)
    facts = {"attempt": step.count("declare"), "missing": list(degraded)}
    step.note("form_prepared", Actor.SYSTEM, facts, sealed={"form": form})
    return step.change(opened=step.open_wait(Stage.DECLARATION, ladder_due(step.head, item)))


def declared(
    head: Head, item: Item, form: Mapping[str, Any], return_way: str | None, delivery_way: str, disputed: Sequence[str],
    now: datetime, random: Random, agent: str = "", requests: Sequence[Mapping[str, Any]] = (),
) -> Change:  # fmt: skip
    """The person confirmed form and material and chose return and delivery (step 5).

    `requests` are all disputes, when one of them is new: they go to the keepers of their registries (数据更正) and block nothing.
    """
    expect(head, Stage.DECLARATION, Stage.CORRECTION)
    entrusted(head, agent, Power.DECLARE, now)
    ways = [w.value for w in item.return_ways]
    if (ways or return_way) and return_way not in ways:
        raise InvalidInput(f"choose one of {', '.join(ways) or 'nothing'}", field="return_way")
    if delivery_way not in [w.value for w in item.delivery_ways]:
        raise InvalidInput(f"choose one of {', '.join(w.value for w in item.delivery_ways)}", field="delivery_way")
    correcting = head.asked_for is Stage.CORRECTION
    step = Step(head, now, random)
    actor, who = doer(agent)
    if requests:
        named = [{"field": r["field"], "source": r["source"], "as_of": r["as_of"]} for r in requests]
        step.note("disputed", actor, {**who, "fields": named}, sealed={"disputes": list(requests)}).ask(Task.KEEPER)
    facts = {**who, "return_way": return_way, "delivery_way": delivery_way, "disputed": list(disputed)}
    step.note("corrected" if correcting else "declared", actor, facts, sealed={"form": form})
    old = OldCertificate.NONE if return_way == ReturnWay.NONE_HELD and not head.holds_old else head.old_certificate
    pickup = not correcting and return_way == ReturnWay.COURIER and old is OldCertificate.WITH_PERSON
    answered = step.answer(
        Answer.CORRECTED if correcting else Answer.CONFIRMED,
        Stage.PICKUP if pickup else Stage.APPROVAL,
        old_certificate=old,
        return_way=head.return_way if correcting else return_way,
        delivery_way=delivery_way,
    )
    return step.change(answered=answered)


def withdrawn(head: Head, now: datetime, random: Random) -> Change:
    """The person withdraws, at any time before the decision. Between two waits the next stage finds it."""
    if head.granted or head.stage in (Stage.DELIVERY, Stage.GIVE_BACK, Stage.CLOSING):
        raise Conflict("the decision is made; the case can no longer be withdrawn")
    step = Step(head, now, random).note("withdrawn", Actor.PERSON, {"at_stage": head.stage.value})
    if head.wait is None:
        if head.withdrawing:
            raise Conflict("the case is being withdrawn already")
        return step.update(withdrawing=True).change()
    answered = step.answer(Answer.WITHDRAWN, Stage.CLOSING, withdrawing=True, outcome=Outcome.WITHDRAWN, reason="person")
    return step.change(answered=replace(answered, error="Withdrawn"))
