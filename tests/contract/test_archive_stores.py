"""One contract for the archive's store and for the events as the monitor reads them, in memory and on AWS (moto)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest

from tests.support import people
from tests.support.aws import storage
from wugan import bootstrap
from wugan.cases.archive import CASE, TYPE, ArchiveStore
from wugan.cases.audit import table_event
from wugan.cases.decide import Step
from wugan.cases.model import CHAIN_START, Actor, Event, Head, Stage, Task
from wugan.cases.outbox import pending_of
from wugan.cases.ports import CaseStore
from wugan.clock import BEIJING
from wugan.errors import NotFound
from wugan.ledger.monitor import EventTable, TableEvent
from wugan.ledger.port import LedgerRows
from wugan.memory.archive_store import MemoryArchiveStore
from wugan.memory.event_table import MemoryEventTable
from wugan.memory.stores import MemoryCaseStore, MemoryWaitStore, SeededRandom

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=BEIJING)
RANDOM = SeededRandom()
ITEM = people.items()[1]


@dataclass(frozen=True)
class Stores:
    """One implementation, with the cases beside it."""

    cases: CaseStore
    archive: ArchiveStore
    events: EventTable
    ledger: LedgerRows


@pytest.fixture(params=["memory", "aws"])
def stores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    if request.param == "memory":
        cases = MemoryCaseStore(MemoryWaitStore())
        yield Stores(cases, MemoryArchiveStore(cases), MemoryEventTable(cases.trail), cases.ledger)
        return
    with storage(monkeypatch):
        rows = bootstrap.ledger_rows()
        yield Stores(bootstrap.case_store(), bootstrap.archive_store(), bootstrap.event_table(), rows)


def begin(stores: Stores, number: int, stage: Stage, task: Task | None = None) -> Head:
    """A case with two events that stands at a stage."""
    made = Head(f"case{number:022d}", ITEM.code, "v1", f"subject{number}", "QD", f"{number:040d}", "证1", NOW, Stage.PUSH)
    change = Step(made, NOW, RANDOM).note("opened", Actor.SYSTEM).change()
    stores.cases.create(change)
    step = Step(change.head, NOW, RANDOM).note("closed", Actor.SYSTEM).update(stage=stage)
    change = (step.ask(task) if task else step).change()
    stores.cases.commit(change)
    return change.head


def manifest(number: int, previous: str = CHAIN_START) -> Event:
    return Event(CASE, number, TYPE, NOW, Actor.SYSTEM, {"manifest": "m"}).committed(RANDOM.hex(16), previous)


def test_closed_cases_without_a_task_stand_on_the_list_until_they_are_archived(stores: Stores) -> None:
    closed = [begin(stores, number, Stage.CLOSED) for number in range(5)]
    begin(stores, 5, Stage.DELIVERY)
    begin(stores, 6, Stage.CLOSED, task=Task.HANDLE)
    assert {h.case_id for h in stores.archive.closed(10)} == {h.case_id for h in closed}
    assert len(stores.archive.closed(2)) == 2
    for _ in range(2):
        stores.archive.archived(closed[0].case_id, closed[0].version)
    stores.archive.archived(closed[1].case_id, closed[1].version - 1)  # it changed since
    assert {h.case_id for h in stores.archive.closed(10)} == {h.case_id for h in closed[1:]}


def test_a_case_that_changes_after_its_archiving_comes_back_on_the_list(stores: Stores) -> None:
    closed = begin(stores, 1, Stage.CLOSED)
    stores.archive.archived(closed.case_id, closed.version)
    change = Step(closed, NOW, RANDOM, after_end=True).note("task_done", Actor.OFFICIAL).change()
    stores.cases.commit(change)
    assert stores.archive.closed(10) == [change.head]


def test_a_manifest_s_event_is_written_once_and_waits_for_the_log(stores: Stores) -> None:
    assert stores.archive.newest() is None
    first = manifest(1)
    assert stores.archive.append(first)
    assert not stores.archive.append(manifest(1))
    second = manifest(2, first.chain)
    assert stores.archive.append(second)
    assert stores.archive.newest() == second
    assert stores.cases.events(CASE) == [first, second]
    assert sorted(stores.ledger.pending(10), key=lambda leaf: leaf.seq) == [pending_of(first), pending_of(second)]


def test_files_are_written_once(stores: Stores) -> None:
    assert stores.archive.put("archive/2026-11-23/a.zip", b"1")
    assert not stores.archive.put("archive/2026-11-23/a.zip", b"2")
    assert stores.archive.get("archive/2026-11-23/a.zip") == b"1"
    with pytest.raises(NotFound):
        stores.archive.get("archive/2026-11-23/b.zip")


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
def test_pages_hold_whole_cases_in_order_each_event_once(stores: Stores, limit: int) -> None:
    heads = [begin(stores, number, Stage.CLOSED) for number in range(5)]
    stores.archive.append(manifest(1))
    found: list[TableEvent] = []
    page, after, pages = stores.events.page("", limit), "", 0
    while True:
        events, after = page
        assert all(e.seq == 1 or (found + events)[(found + events).index(e) - 1].seq == e.seq - 1 for e in events)
        found += events
        pages += 1
        if not after:
            break
        page = stores.events.page(after, limit)
    wanted = [table_event(e) for case_id in (*(h.case_id for h in heads), CASE) for e in stores.cases.events(case_id)]
    assert sorted(found, key=lambda e: e.id) == sorted(wanted, key=lambda e: e.id)
    assert pages == 1 if limit == 100 else pages > 1


def test_events_by_id_and_the_newest(stores: Stores) -> None:
    head = begin(stores, 1, Stage.CLOSED)
    events = [table_event(e) for e in stores.cases.events(head.case_id)]
    asked = [(head.case_id, seq) for seq in (1, 2, 3)] + [("nobody", 1)]
    assert stores.events.some(asked) == {e.id: e for e in events}
    assert stores.events.some([]) == {}
    assert stores.events.newest(head.case_id) == events[-1]
    assert stores.events.newest("nobody") is None
    stores.cases.erase(head.case_id)
    assert {e.salt for e in stores.events.some(asked).values()} == {None}
