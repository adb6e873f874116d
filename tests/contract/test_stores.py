"""One contract for the stores in memory and in DynamoDB (moto)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest

from tests.support import people
from tests.support.aws import storage
from wugan import bootstrap, config
from wugan.aws.case_store import MOST_INLINE
from wugan.aws.wait_store import DynamoWaitStore
from wugan.cases.decide import Step
from wugan.cases.model import Actor, Answer, Change, Event, Head, Stage, Task, Wait, broken_link
from wugan.cases.outbox import pending_of
from wugan.cases.ports import CaseStore, Roster, WaitStore
from wugan.cases.queue import NOBODY, Cards, Listing, card
from wugan.clock import BEIJING
from wugan.errors import AlreadyOpen, Conflict, Duplicate, NotFound, NotWaiting, StaleHead
from wugan.items.port import ItemStore
from wugan.items.release import Act, Release
from wugan.items.version import version
from wugan.ledger.port import LedgerRows
from wugan.memory.stores import MemoryCaseStore, MemoryItemStore, MemoryRoster, MemoryWaitStore, SeededRandom
from wugan.signin.official import Official, Role

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=BEIJING)
DUE = NOW + timedelta(days=3)
RANDOM = SeededRandom()
ITEM = people.items()[1]
SECRET = {"contacts": [{"name": "测试甲", "mobile": "19900000001"}], "form": {"fields": [1]}}


@dataclass(frozen=True)
class Stores:
    """The three stores of one implementation."""

    cases: CaseStore
    waits: WaitStore
    items: ItemStore
    ledger: LedgerRows
    roster: Roster


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    if request.param == "memory":
        waits = MemoryWaitStore()
        cases = MemoryCaseStore(waits)
        yield Stores(cases, waits, MemoryItemStore(), cases.ledger, MemoryRoster())
        return
    with storage(monkeypatch):
        table = bootstrap.settings().need(config.WAITS_TABLE)
        yield Stores(bootstrap.case_store(), DynamoWaitStore(table), bootstrap.item_store(), bootstrap.ledger_rows(), bootstrap.roster())


def head(number: int = 1, **more: Any) -> Head:
    """A case that nothing has happened to."""
    code = people.found(ITEM).hit
    base = Head(f"case{number:022d}", ITEM.code, "v1", code.subject, "QD", "f" * 40, "证1", NOW, Stage.PUSH)
    return replace(base, **more)


def begun(number: int = 1, sealed: Mapping[str, Any] | None = None, **more: Any) -> Change:
    """The change that creates a case."""
    return Step(head(number, **more), NOW, RANDOM).note("opened", Actor.SYSTEM, sealed=sealed).change()


def waits_at(before: Head, stage: Stage = Stage.IDENTITY, due: datetime = DUE, **more: Any) -> Change:
    """The change that lets a case wait."""
    step = Step(before, NOW, RANDOM).note("pushed", Actor.SYSTEM).update(**more)
    return step.change(opened=step.open_wait(stage, due))


def answers(before: Head, at: datetime = NOW, error: str | None = None, **more: Any) -> Change:
    """The change that answers a wait."""
    step = Step(before, at, RANDOM).note("identified", Actor.PERSON)
    answered = replace(step.answer(Answer.IDENTIFIED, Stage.INTENTION), error=error)
    return step.change(answered=answered, **more)


def waiting(stores: Stores, number: int = 1, **more: Any) -> Head:
    """A case that waits."""
    change = begun(number)
    stores.cases.create(change)
    change = waits_at(change.head, **more)
    stores.cases.commit(change)
    return change.head


def wait_of(case: Head) -> str:
    """The wait that is open."""
    assert case.wait
    return case.wait


class TestCases:
    """Heads, events, locks."""

    def test_what_is_written_is_read(self, stores: Stores) -> None:
        case = waiting(stores, prompted_at=NOW, tried=("wechat",), attempts={"push": 1})
        assert stores.cases.head(case.case_id) == case
        events = stores.cases.events(case.case_id)
        assert [(e.seq, e.type) for e in events] == [(1, "opened"), (2, "pushed")]
        assert broken_link(events) is None
        assert events[-1].chain == case.chain

    def test_an_unknown_case_is_not_found(self, stores: Stores) -> None:
        with pytest.raises(NotFound):
            stores.cases.head("nobody")
        assert stores.cases.events("nobody") == []
        assert stores.cases.sealed("nobody", "form") is None
        assert stores.cases.unsealed("nobody") == {}

    def test_the_same_hit_opens_one_case(self, stores: Stores) -> None:
        stores.cases.create(begun(sealed=SECRET))
        with pytest.raises(AlreadyOpen):
            stores.cases.create(begun(sealed={"form": "another"}))
        assert len(stores.cases.events(head().case_id)) == 1
        assert stores.cases.sealed(head().case_id, "form") == SECRET["form"]

    def test_who_read_an_older_head_writes_nothing(self, stores: Stores) -> None:
        case = waiting(stores)
        first, second = answers(case), answers(case)
        stores.cases.commit(first)
        with pytest.raises(StaleHead):
            stores.cases.commit(replace(second, sealed={"form": "late"}, seen=("m",), optout=ITEM.code))
        assert stores.cases.head(case.case_id) == first.head
        assert stores.cases.sealed(case.case_id, "form") is None
        assert not stores.cases.opted_out(case.subject, ITEM.code)
        assert len(stores.cases.events(case.case_id)) == 3

    def test_a_message_is_taken_in_once(self, stores: Stores) -> None:
        case = waiting(stores)
        change = Step(case, NOW, RANDOM).note("undelivered", Actor.CHANNEL).change(seen=("m1",))
        stores.cases.commit(change)
        with pytest.raises(Duplicate):
            stores.cases.commit(Step(change.head, NOW, RANDOM).note("undelivered", Actor.CHANNEL).change(seen=("m1",)))
        assert stores.cases.head(case.case_id) == change.head
        stores.cases.commit(Step(change.head, NOW, RANDOM).note("undelivered", Actor.CHANNEL).change(seen=("m2",)))

    def test_another_case_may_be_told_the_same_message(self, stores: Stores) -> None:
        for number in (1, 2):
            case = waiting(stores, number)
            stores.cases.commit(Step(case, NOW, RANDOM).note("undelivered", Actor.CHANNEL).change(seen=("m1",)))

    def test_an_answered_wait_takes_no_second_answer(self, stores: Stores) -> None:
        case = waiting(stores)
        first = answers(case)
        stores.cases.commit(first)
        late = answers(replace(first.head, wait=case.wait))
        with pytest.raises((NotWaiting, StaleHead)):
            stores.cases.commit(late)
        assert stores.cases.head(case.case_id) == first.head

    def test_opting_out_is_for_one_subject_and_one_item(self, stores: Stores) -> None:
        case = waiting(stores)
        stores.cases.commit(answers(case, optout=ITEM.code))
        assert stores.cases.opted_out(case.subject, ITEM.code)
        assert not stores.cases.opted_out(case.subject, "another")
        assert not stores.cases.opted_out("another", ITEM.code)
        assert stores.cases.opted_out_of(case.subject) == {ITEM.code}
        assert stores.cases.opted_out_of("another") == set()


class TestOutbox:
    """What every change tells the ledger."""

    def test_every_event_that_was_written_waits_for_the_ledger_and_no_other(self, stores: Stores) -> None:
        case = waiting(stores)
        first, late = answers(case), replace(answers(case), optout=ITEM.code)
        stores.cases.commit(first)
        for refused, error in ((begun(), AlreadyOpen), (late, StaleHead)):
            with pytest.raises(error):
                (stores.cases.create if refused.head.version == 1 else stores.cases.commit)(refused)
        two = Step(first.head, NOW, RANDOM).note("undelivered", Actor.CHANNEL).note("asked_person", Actor.PERSON)
        stores.cases.commit(two.change(seen=("m1",)))
        waiting(stores, 2)
        trails = [stores.cases.events(head(n).case_id) for n in (1, 2)]
        assert [len(t) for t in trails] == [5, 2]
        wanted = [pending_of(event) for trail in trails for event in trail]
        assert sorted(stores.ledger.pending(100), key=lambda p: p.id) == sorted(wanted, key=lambda p: p.id)

    def test_the_outbox_tells_nothing_about_anybody(self, stores: Stores) -> None:
        stores.cases.create(begun(sealed=SECRET))
        (leaf,) = stores.ledger.pending(10)
        (event,) = stores.cases.events(head().case_id)
        assert leaf.entry == b"\x01" + bytes.fromhex(event.commitment) + bytes.fromhex(event.chain)


class TestSealed:
    """Personal data."""

    def test_the_newest_value_counts(self, stores: Stores) -> None:
        change = begun(sealed=SECRET)
        stores.cases.create(change)
        for number in range(2, 12):  # a sequence that would sort wrongly as text without leading zeros
            change = Step(change.head, NOW, RANDOM).note("declared", Actor.PERSON, sealed={"form": number}).change()
            stores.cases.commit(change)
        assert stores.cases.sealed(head().case_id, "form") == 11
        assert stores.cases.unsealed(head().case_id) == {"contacts": SECRET["contacts"], "form": 11}
        assert stores.cases.sealed(head().case_id, "for") is None

    def test_what_was_read_can_be_changed_without_harm(self, stores: Stores) -> None:
        stores.cases.create(begun(sealed=SECRET))
        stores.cases.unsealed(head().case_id)["form"]["fields"].append(2)
        assert stores.cases.sealed(head().case_id, "form") == {"fields": [1]}

    def test_long_sections_come_back_whole(self, stores: Stores) -> None:
        long = "证" * MOST_INLINE
        stores.cases.create(begun(sealed={"certificate": long, "form": {}}))
        assert stores.cases.sealed(head().case_id, "certificate") == long
        assert stores.cases.unsealed(head().case_id) == {"certificate": long, "form": {}}

    def test_erasing_leaves_the_trace_and_nothing_personal(self, stores: Stores) -> None:
        change = begun(sealed=SECRET | {"certificate": "证" * MOST_INLINE})
        stores.cases.create(change)
        before = stores.cases.events(head().case_id)
        stores.cases.erase(head().case_id)
        assert stores.cases.head(head().case_id) == change.head
        assert stores.cases.unsealed(head().case_id) == {}
        assert [stores.cases.sealed(head().case_id, s) for s in ("contacts", "form", "certificate")] == [None] * 3
        after = stores.cases.events(head().case_id)
        assert after == [replace(e, salt="") for e in before]
        assert [e.chain for e in after] == [change.head.chain]

    def test_an_unknown_case_cannot_be_erased(self, stores: Stores) -> None:
        with pytest.raises(NotFound):
            stores.cases.erase("nobody")


class TestLists:
    """What officials and operations look through."""

    def test_cases_of_an_item_and_of_a_subject_newest_first(self, stores: Stores) -> None:
        for number in (1, 2, 3):
            stores.cases.create(begun(number, opened_at=NOW + timedelta(minutes=number)))
        stores.cases.create(begun(4, item_code="another", subject="another"))
        wanted = [head(n).case_id for n in (3, 2, 1)]
        assert [h.case_id for h in stores.cases.by_item(ITEM.code)] == wanted
        assert [h.case_id for h in stores.cases.by_subject(head().subject)] == wanted
        assert [h.case_id for h in stores.cases.by_item("another")] == [head(4).case_id]

    def test_a_queue_is_paged_by_promised_date(self, stores: Stores) -> None:
        for number in range(7):
            waiting(stores, number, stage=Stage.APPROVAL, promised_by=NOW + timedelta(days=(number * 3) % 7))
        waiting(stores, 8)  # waits for the person
        other = begun(9, jurisdiction="LX")
        stores.cases.create(other)
        stores.cases.commit(waits_at(other.head, Stage.APPROVAL, promised_by=NOW))
        wanted = [head(n).case_id for n in sorted(range(7), key=lambda n: (n * 3) % 7)]
        for backwards in (False, True):
            found: list[str] = []
            pages, place = 0, None
            while pages == 0 or place:
                page = stores.cases.queue(Listing("QD"), 3, place, backwards=backwards)
                assert len(page.cards) <= 3
                found, place, pages = found + [c.case_id for c in page.cards], page.next, pages + 1
            assert pages == 3
            assert found == (wanted[::-1] if backwards else wanted)

    def test_a_queue_is_filtered_by_item_light_and_official(self, stores: Stores) -> None:
        filed = itertools.product((ITEM.code, "another"), ("green", "yellow"), ("", "li"))
        for number, (item, light, officer) in enumerate(filed):
            change = begun(number, item_code=item)
            stores.cases.create(change)
            stores.cases.commit(waits_at(change.head, Stage.APPROVAL, promised_by=NOW, light=light, officer=officer))
        for listing, count in (
            (Listing("QD"), 8),
            (Listing("QD", item="another"), 4),
            (Listing("QD", light="yellow"), 4),
            (Listing("QD", officer=NOBODY), 4),
            (Listing("QD", light="yellow", officer="li"), 2),
            (Listing("QD", item="another", light="green", officer="li"), 1),
            (Listing("QD", light="red"), 0),
            (Listing("LX"), 0),
        ):
            found = stores.cases.queue(listing, 25)
            assert (len(found.cards), found.next) == (count, None)
            assert all(map(listing.admits, found.cards))
            if listing.filters < 2:
                assert stores.cases.queued(listing, 100) == count
                assert stores.cases.queued(listing, 2) == min(count, 2)

    def test_pages_of_several_filters_miss_nobody(self, stores: Stores) -> None:
        for number in range(6):
            change = begun(number)
            stores.cases.create(change)
            light = "yellow" if number % 2 else "green"
            stores.cases.commit(waits_at(change.head, Stage.APPROVAL, promised_by=NOW + timedelta(days=number), light=light, officer="li"))
        listing, place = Listing("QD", light="yellow", officer="li"), None
        found: list[str] = []
        for _ in range(6):
            page = stores.cases.queue(listing, 1, place)
            found, place = found + [c.case_id for c in page.cards], page.next
            if place is None:
                break
        assert found == [head(n).case_id for n in (1, 3, 5)]

    def test_a_page_that_is_just_full_has_no_next(self, stores: Stores) -> None:
        for number in range(3):
            waiting(stores, number, stage=Stage.APPROVAL, promised_by=NOW + timedelta(days=number))
        assert stores.cases.queue(Listing("QD"), 3).next is None
        assert stores.cases.queue(Listing("QD"), 2).next is not None

    def test_a_card_tells_what_a_list_shows(self, stores: Stores) -> None:
        more: dict[str, Any] = {"accepted_at": NOW, "corrections": 1, "extended": True, "proposal": "d", "officer": "li"}
        case = waiting(stores, stage=Stage.APPROVAL, promised_by=NOW, **more)
        found = stores.cases.queue(Listing("QD"), 25)
        assert found.cards == (card(case),)
        assert (found.cards[0].extended, found.cards[0].proposed, found.cards[0].officer) == (True, True, "li")

    def test_what_was_answered_leaves_the_queue(self, stores: Stores) -> None:
        case = waiting(stores, stage=Stage.APPROVAL, promised_by=NOW)
        stores.cases.commit(answers(case))
        assert stores.cases.queue(Listing("QD"), 3) == Cards((), None)

    def test_tasks_of_a_bureau_oldest_first_until_they_are_done(self, stores: Stores) -> None:
        for number in (2, 1):
            change = begun(number)
            stores.cases.create(change)
            step = Step(change.head, NOW + timedelta(minutes=number), RANDOM).note("asked_person", Actor.PERSON)
            stores.cases.commit(step.ask(Task.HANDLE).change())
        assert [h.case_id for h in stores.cases.tasks("QD", Task.HANDLE)] == [head(1).case_id, head(2).case_id]
        assert list(stores.cases.tasks("QD", Task.CALL)) == list(stores.cases.tasks("LX", Task.HANDLE)) == []
        first = stores.cases.head(head(1).case_id)
        stores.cases.commit(Step(first, NOW, RANDOM).note("task_done", Actor.OFFICIAL).finish(Task.HANDLE).change())
        assert [h.case_id for h in stores.cases.tasks("QD", Task.HANDLE)] == [head(2).case_id]

    def test_tasks_are_paged_and_put_off(self, stores: Stores) -> None:
        for number in range(1, 4):
            change = begun(number)
            stores.cases.create(change)
            step = Step(change.head, NOW + timedelta(minutes=number), RANDOM).note("asked_person", Actor.PERSON)
            stores.cases.commit(step.ask(Task.CALL).ask(Task.HANDLE).change())
        first = stores.cases.head(head(1).case_id)
        stores.cases.commit(Step(first, NOW, RANDOM).put_off(Task.CALL, NOW + timedelta(days=1)).note("called", Actor.OFFICIAL).change())
        found, after = stores.cases.task_page("QD", Task.CALL, 2)
        assert [h.case_id for h in found] == [head(2).case_id, head(3).case_id]
        last, end = stores.cases.task_page("QD", Task.CALL, 2, after)
        assert ([h.case_id for h in last], end) == ([head(1).case_id], None)
        assert last[0].put_off == {"call": NOW + timedelta(days=1)}
        assert [h.case_id for h in stores.cases.task_page("QD", Task.HANDLE, 9)[0]] == [head(n).case_id for n in (1, 2, 3)]
        assert stores.cases.task_page("LX", Task.CALL, 2) == ([], None)

    def test_cases_that_wait_for_nobody(self, stores: Stores) -> None:
        for number in range(6):
            stores.cases.create(begun(number))
        waiting(stores, 7)
        later = NOW + timedelta(minutes=1)
        assert {h.case_id for h in stores.cases.working_before(later)} == {head(n).case_id for n in range(6)}
        assert list(stores.cases.working_before(NOW)) == []


class TestWaits:
    """Where token and answer meet."""

    def test_an_unknown_wait_is_not_found(self, stores: Stores) -> None:
        with pytest.raises(NotFound):
            stores.waits.get("nobody")
        with pytest.raises(NotFound):
            stores.waits.store_token("nobody", "token")

    @pytest.mark.parametrize("first", ["token", "answer"])
    def test_token_and_answer_meet_in_either_order(self, stores: Stores, first: str) -> None:
        case = waiting(stores)
        change = answers(case)
        if first == "token":
            stores.waits.store_token(wait_of(case), "token")
        stores.cases.commit(change)
        if first == "answer":
            stores.waits.store_token(wait_of(case), "token")
        record = stores.waits.get(wait_of(case))
        assert (record.case_id, record.stage, record.task_token, record.error) == (case.case_id, Stage.IDENTITY, "token", None)
        assert json.loads(record.answer or "") == change.head.flags()
        assert record.due_at is None

    def test_an_answer_may_be_an_error(self, stores: Stores) -> None:
        case = waiting(stores)
        stores.cases.commit(answers(case, error="Withdrawn"))
        assert stores.waits.get(wait_of(case)).error == "Withdrawn"

    def test_a_token_may_come_again(self, stores: Stores) -> None:
        case = waiting(stores)
        for token in ("first", "second"):
            stores.waits.store_token(wait_of(case), token)
        assert stores.waits.get(wait_of(case)).task_token == "second"

    def test_what_was_sent_is_pending_no_more(self, stores: Stores) -> None:
        case = waiting(stores)
        stores.waits.store_token(wait_of(case), "token")
        stores.cases.commit(answers(case))
        after = NOW + timedelta(seconds=1)
        assert [w.id for w in stores.waits.pending_before(after)] == [case.wait]
        assert list(stores.waits.pending_before(NOW)) == []
        stores.waits.sent(wait_of(case), after)
        record = stores.waits.get(wait_of(case))
        assert (record.task_token, record.sent_at) == (None, after)
        assert list(stores.waits.pending_before(after)) == []

    def test_waits_come_due_until_they_are_answered(self, stores: Stores) -> None:
        cases = [waiting(stores, number) for number in range(6)]
        assert list(stores.waits.due_before(DUE - timedelta(seconds=1))) == []
        assert {w.id for w in stores.waits.due_before(DUE)} == {c.wait for c in cases}
        stores.cases.commit(answers(cases[0]))
        assert {w.id for w in stores.waits.due_before(DUE)} == {c.wait for c in cases[1:]}

    def test_a_wait_is_looked_at_again_later(self, stores: Stores) -> None:
        case = waiting(stores)
        later = DUE + timedelta(days=1)
        stores.waits.reschedule(wait_of(case), later)
        assert list(stores.waits.due_before(DUE)) == []
        assert [(w.id, w.due_at) for w in stores.waits.due_before(later)] == [(case.wait, later)]

    def test_an_answered_wait_is_not_looked_at_again(self, stores: Stores) -> None:
        case = waiting(stores)
        stores.cases.commit(answers(case))
        stores.waits.reschedule(wait_of(case), DUE)
        assert list(stores.waits.due_before(DUE)) == []

    def test_a_change_may_reschedule_a_wait(self, stores: Stores) -> None:
        case, later = waiting(stores), DUE + timedelta(days=1)
        step = Step(case, NOW, RANDOM).note("light_yellow", Actor.SYSTEM)
        stores.cases.commit(step.change(rescheduled=Wait(case.case_id, Stage.IDENTITY, 1, later)))
        assert list(stores.waits.due_before(DUE)) == []
        assert [w.id for w in stores.waits.due_before(later)] == [case.wait]

    def test_a_dropped_wait_comes_due_no_more(self, stores: Stores) -> None:
        case = waiting(stores)
        stores.waits.drop(wait_of(case))
        assert list(stores.waits.due_before(DUE)) == []
        assert stores.waits.get(wait_of(case)).answer is None


class TestItems:
    """Published versions."""

    def test_the_newest_version_is_current_and_older_ones_stay(self, stores: Stores) -> None:
        changed = ITEM.model_copy(update={"name": "另一个名称"})
        first, second = (stores.items.publish(item, NOW) for item in (ITEM, changed))
        assert (first, second) == (version(ITEM), version(changed))
        assert stores.items.current(NOW) == [(second, changed)]
        assert stores.items.get(ITEM.code, first) == ITEM

    def test_publishing_again_gives_the_same_version(self, stores: Stores) -> None:
        assert stores.items.publish(ITEM, NOW) == stores.items.publish(ITEM, NOW + timedelta(days=1))
        assert len(stores.items.current(NOW)) == 1

    def test_a_version_keeps_its_note(self, stores: Stores) -> None:
        changed = ITEM.model_copy(update={"name": "另一个名称"})
        bare, noted = stores.items.publish(ITEM, NOW), stores.items.publish(changed, NOW, {"run": "nightly-1", "hits": 7})
        assert stores.items.note(ITEM.code, bare) is None
        assert stores.items.note(ITEM.code, noted) == {"run": "nightly-1", "hits": 7}
        with pytest.raises(NotFound):
            stores.items.note(ITEM.code, "nothing")

    def test_a_scheduled_version_becomes_current_at_its_time(self, stores: Stores) -> None:
        changed, later = ITEM.model_copy(update={"name": "另一个名称"}), NOW + timedelta(days=7)
        first = stores.items.publish(ITEM, NOW, by="王经理")
        second = stores.items.publish(changed, NOW, {"hits": 3}, by="王经理", starts=later, simulation="s1")
        assert [v for v, _ in stores.items.current(later - timedelta(microseconds=1))] == [first]
        assert [v for v, _ in stores.items.current(later)] == [second]
        found = stores.items.releases(ITEM.code)
        assert found == [
            Release(ITEM.code, 1, Act.PUBLISH, first, NOW, NOW, "王经理"),
            Release(ITEM.code, 2, Act.PUBLISH, second, NOW, later, "王经理", "s1", {"hits": 3}),
        ]

    def test_releases_are_of_one_item_or_of_all(self, stores: Stores) -> None:
        one, other = people.items()[3], people.items()[9]
        for item in (one, other, one):
            stores.items.publish(item, NOW)
        assert [(r.code, r.number) for r in stores.items.releases(one.code)] == [(one.code, 1), (one.code, 2)]
        assert sorted((r.code, r.number) for r in stores.items.releases()) == sorted([(one.code, 1), (one.code, 2), (other.code, 1)])
        assert stores.items.releases("nothing") == []

    def test_two_releases_never_have_one_number(self, stores: Stores) -> None:
        name = stores.items.publish(ITEM, NOW, by="甲")
        with pytest.raises(Conflict):
            stores.items.record(Release(ITEM.code, 1, Act.RETIRE, name, NOW, NOW, "乙"))
        assert [r.by for r in stores.items.releases(ITEM.code)] == ["甲"]

    def test_a_retired_item_is_not_current_and_its_version_stays(self, stores: Stores) -> None:
        name = stores.items.publish(ITEM, NOW)
        stores.items.record(Release(ITEM.code, 2, Act.RETIRE, name, NOW, NOW, "王经理"))
        assert stores.items.current(NOW) == []
        assert stores.items.get(ITEM.code, name) == ITEM

    def test_items_come_by_number(self, stores: Stores) -> None:
        for number in (9, 3, 14):
            stores.items.publish(people.items()[number], NOW)
        assert [item.number for _, item in stores.items.current(NOW)] == [3, 9, 14]

    def test_an_unknown_version_is_not_found(self, stores: Stores) -> None:
        stores.items.publish(ITEM, NOW)
        for code, name in ((ITEM.code, "nothing"), ("nothing", version(ITEM))):
            with pytest.raises(NotFound):
                stores.items.get(code, name)


def test_nothing_personal_is_readable_in_dynamodb_or_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    with storage(monkeypatch):
        store = bootstrap.case_store()
        store.create(begun(sealed=SECRET | {"certificate": "测试甲" * MOST_INLINE}))
        table = boto3.client("dynamodb").scan(TableName="cases")["Items"]
        (key,) = [o["Key"] for o in boto3.client("s3").list_objects_v2(Bucket="files")["Contents"]]
        file = boto3.client("s3").get_object(Bucket="files", Key=key)["Body"].read()
        stored = json.dumps(table, default=lambda b: bytes(b).decode("utf-8", "replace"), ensure_ascii=False).encode() + file
        for personal in ("测试甲", "19900000001"):
            assert personal.encode() not in stored
        store.erase(head().case_id)
        assert "Contents" not in boto3.client("s3").list_objects_v2(Bucket="files")
        left = {row["sk"]["S"]: set(row) for row in boto3.client("dynamodb").scan(TableName="cases")["Items"]}
        assert set(left) == {"HEAD", "EVENT#000001"}
        assert "salt" not in left["EVENT#000001"]


def test_the_row_of_a_case_names_no_event_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that exists is never overwritten, whatever version the head claims."""
    with storage(monkeypatch):
        store = bootstrap.case_store()
        change = begun()
        store.create(change)
        again = Event(change.head.case_id, 1, "forged", NOW, Actor.SYSTEM, {}).committed("00", "00" * 32)
        with pytest.raises(Conflict):
            store.commit(replace(change, head=replace(change.head, version=2), events=(again,)))
        assert [e.type for e in store.events(change.head.case_id)] == ["opened"]


def test_the_roster_knows_who_signed_in_last_and_how(stores: Stores) -> None:
    stores.roster.arrived(Official("王", "QD", "w-1"))
    stores.roster.arrived(Official("王审批", "QD", "w-1", frozenset({Role.AUDITOR})))
    stores.roster.arrived(Official("李", "QD", "l-1"))
    stores.roster.arrived(Official("赵", "LX", "z-1"))
    assert [o.id for o in stores.roster.of("QD")] == ["l-1", "w-1"]
    assert stores.roster.of("QD")[1] == Official("王审批", "QD", "w-1", frozenset({Role.AUDITOR}))
