"""One contract for the people store in memory and in DynamoDB (moto)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.support.aws import storage
from wugan import bootstrap
from wugan.clock import BEIJING
from wugan.errors import Conflict, StaleHead
from wugan.items.model import Channel
from wugan.memory.people import MemoryPeopleStore
from wugan.outreach.behaviour import ANSWER_TIME, Arm, Group, Holder, Role, Tally
from wugan.outreach.people import ASKED_AFTER, Handed, Learnt, Part, PeopleStore, Record, Waiting, update
from wugan.outreach.schedule import Option, Prompt

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=BEIJING)
GROUP, OTHERS = Group(Holder.ENTERPRISE, Role.AGENT), Group(Holder.ORGANISATION, Role.HANDLER)
ARM = Arm(Channel.SMS, 10)
LEARNT = Learnt(GROUP, ARM, Tally(1.5, 1.0, 0.5), {4: -0.25, 12: -0.5})


def message(number: int, at: datetime = NOW, **more: object) -> Handed:
    part = Part(f"case{number:022d}", number, "identity")
    whole = Handed(f"case-push-{number}", at, Channel.SMS, "QD", (part,), "短信，上午10点", GROUP)
    return replace(whole, **more)  # type: ignore[arg-type]


def whole(key: str) -> Record:
    """A record that holds one of everything."""
    prompt = Prompt("c1", (Channel.WECHAT,), (NOW,), NOW + timedelta(days=15), 0, frozenset({Channel.APP}), Option(Channel.SMS, NOW))
    waiting = Waiting(Part("c1", 2, "declaration", 1, 1), "LX", prompt)
    return Record(key, 1, (message(1), message(2, failed=True)), (waiting,), frozenset({Channel.APP}), profiled=False)


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[PeopleStore]:
    if request.param == "memory":
        yield MemoryPeopleStore()
        return
    with storage(monkeypatch):
        yield bootstrap.people_store()


def test_nobody_is_an_empty_record(store: PeopleStore) -> None:
    assert store.get("a") == Record("a")


def test_a_record_comes_back_as_it_was_written(store: PeopleStore) -> None:
    store.put(whole("a"))
    assert store.get("a") == whole("a")
    assert store.get("b") == Record("b")


@pytest.mark.parametrize("version", [1, 3])
def test_a_record_that_somebody_wrote_meanwhile_is_not_overwritten(store: PeopleStore, version: int) -> None:
    store.put(Record("a", 1))
    with pytest.raises(StaleHead):
        store.put(Record("a", version, profiled=False))
    assert store.get("a") == Record("a", 1)


def test_the_first_write_is_version_one(store: PeopleStore) -> None:
    with pytest.raises(StaleHead):
        store.put(Record("a", 2))


def test_learnt_counters_add_up_on_all_three_levels(store: PeopleStore) -> None:
    store.put(Record("a", 1), LEARNT)
    store.put(Record("a", 2), LEARNT)
    store.put(Record("b", 1), replace(LEARNT, group=OTHERS))
    known = store.known("a", GROUP)
    twice, thrice = Tally(3.0, 2.0, 1.0), Tally(4.5, 3.0, 1.5)
    assert (known.person, known.group, known.everyone) == ({ARM: twice}, {ARM: twice}, {ARM: thrice})
    assert {n: s for n, s in known.likeness.items() if s} == {4: -0.75, 12: -1.5}
    assert store.known("c", OTHERS).person == {}
    assert store.known("b", OTHERS).group == {ARM: Tally(1.5, 1.0, 0.5)}


def test_nothing_is_known_at_first(store: PeopleStore) -> None:
    known = store.known("a", GROUP)
    assert not known.everyone
    assert not known.group
    assert not known.person
    assert not any(known.likeness.values())


def test_a_write_that_was_too_late_teaches_nothing(store: PeopleStore) -> None:
    store.put(Record("a", 1), LEARNT)
    with pytest.raises(StaleHead):
        store.put(Record("a", 1), LEARNT)
    assert store.known("a", GROUP).person == {ARM: LEARNT.tally}


def test_who_is_forgotten_stays_in_the_group_s_sum_only(store: PeopleStore) -> None:
    store.put(Record("a", 1), LEARNT)
    store.put(Record("a", 2, profiled=False), forget=True)
    assert store.known("a", GROUP).person == {}
    assert store.known("a", GROUP).group == {ARM: LEARNT.tally}


def test_who_is_to_be_looked_at_when_the_time_to_answer_is_over(store: PeopleStore) -> None:
    store.put(Record("a", 1, (message(1),)))
    store.put(Record("b", 1, (message(2, NOW + timedelta(days=1)),)))
    store.put(Record("c", 1, (message(3, counted=True),)))
    over = NOW + ANSWER_TIME
    assert list(store.due_before(over - timedelta(seconds=1))) == []
    assert list(store.due_before(over)) == ["a"]
    assert sorted(store.due_before(over + timedelta(days=1))) == ["a", "b"]
    update(store, "a", lambda r: r.noted(message(1).id, counted=True))
    assert list(store.due_before(over)) == []


def test_who_is_to_be_looked_at_when_a_carrier_said_nothing(store: PeopleStore) -> None:
    store.put(Record("a", 1, (message(1, reference="r", counted=True),)))
    later = NOW + ASKED_AFTER
    assert list(store.due_before(later - timedelta(seconds=1))) == []
    assert list(store.due_before(later)) == ["a"]
    assert [m.id for m in store.get("a").silent(later)] == [message(1).id]
    update(store, "a", lambda r: r.noted(message(1).id, delivered=True))
    assert list(store.due_before(later + timedelta(days=30))) == []


def test_an_update_reads_again_when_somebody_was_first(store: PeopleStore) -> None:
    interrupted = [True, True, False]

    def change(record: Record) -> Record:
        if interrupted.pop(0):
            store.put(replace(record, version=record.version + 1, opted_out=record.opted_out | {Channel.APP}))
        return replace(record, profiled=False)

    written = update(store, "a", change)
    assert written == store.get("a")
    assert (written.version, written.opted_out, written.profiled) == (3, frozenset({Channel.APP}), False)


def test_an_update_gives_up_at_last(store: PeopleStore) -> None:
    def change(record: Record) -> Record:
        store.put(replace(record, version=record.version + 1))
        return replace(record, profiled=not record.profiled)

    with pytest.raises(Conflict):
        update(store, "a", change)


def test_an_update_that_changes_nothing_writes_nothing(store: PeopleStore) -> None:
    assert update(store, "a", lambda r: replace(r)) == Record("a")
    assert update(store, "a", lambda _: None) == Record("a")
