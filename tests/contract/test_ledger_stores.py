"""One contract for the ledger's rows and objects, whatever holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.support.aws import storage
from tests.support.ledger import case_id
from wugan import bootstrap
from wugan.aws.ledger_rows import DynamoLedgerRows
from wugan.aws.tables import shard
from wugan.errors import NotFound
from wugan.ledger.port import LedgerObjects, LedgerRows
from wugan.ledger.problem import CheckpointMoved, HeadMoved
from wugan.ledger.sequence import Batch, Head, Pending, plan
from wugan.ledger.sequencer import MOST_LEAVES
from wugan.memory.ledger import MemoryLedgerObjects, MemoryLedgerRows

A, B = case_id(0), case_id(1)


@dataclass(frozen=True)
class Stores:
    """One implementation; `add` is what an event's transaction does."""

    rows: LedgerRows
    objects: LedgerObjects
    add: Callable[[Pending], None]


@pytest.fixture(params=["memory", "aws"])
def stores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    rows: MemoryLedgerRows | DynamoLedgerRows = MemoryLedgerRows()
    if request.param == "memory":
        yield Stores(rows, MemoryLedgerObjects(), rows.add)
        return
    with storage(monkeypatch):
        rows = bootstrap.ledger_rows()
        yield Stores(rows, bootstrap.ledger_objects(), rows.add)


def row(name: str, seq: int) -> Pending:
    return Pending(name, seq, f"{name}{seq}".encode())


def planned(head: Head, *leaves: Pending) -> tuple[Batch, Head]:
    made = plan(head, leaves, {leaf.before: 0 for leaf in leaves})
    assert made.batch
    return made.batch, made.after


def test_an_empty_log(stores: Stores) -> None:
    assert stores.rows.head() == Head()
    assert stores.rows.pending(10) == []
    assert stores.rows.places([(A, 1)]) == {}
    assert stores.objects.checkpoint() is None
    with pytest.raises(NotFound):
        stores.rows.batch(1)
    with pytest.raises(NotFound):
        stores.objects.read("tile/0/000")


def test_rows_wait_until_they_are_dropped(stores: Stores) -> None:
    leaves = [row(A, 1), row(A, 2), row(B, 1)]
    for leaf in leaves:
        stores.add(leaf)
    assert sorted(p.id for p in stores.rows.pending(10)) == [(A, 1), (A, 2), (B, 1)]
    assert {p.entry for p in stores.rows.pending(10)} == {leaf.entry for leaf in leaves}
    assert len(stores.rows.pending(1)) == 1
    for _ in range(2):
        stores.rows.drop([(A, 1), (B, 1), (B, 9)])
        assert [p.id for p in stores.rows.pending(10)] == [(A, 2)]


def test_rows_that_are_known_are_passed_over_and_every_shard_has_its_share(stores: Stores) -> None:
    leaves = [row(case_id(number), 2) for number in range(60)]
    for leaf in leaves:
        stores.add(leaf)
    seen: dict[tuple[str, int], None] = {}
    while found := stores.rows.pending(7, seen):
        assert len(found) == min(7, len(leaves) - len(seen))
        assert not seen.keys() & {leaf.id for leaf in found}
        seen |= dict.fromkeys(leaf.id for leaf in found)
    assert len(seen) == len(leaves)
    assert len({shard(leaf.case_id) for leaf in stores.rows.pending(12)}) > 1


def test_adding_again_changes_nothing(stores: Stores) -> None:
    for _ in range(2):
        stores.add(row(A, 1))
        assert stores.rows.pending(10) == [row(A, 1)]


def test_a_limit_cuts_no_case_at_its_beginning(stores: Stores) -> None:
    for number in range(12):
        for seq in range(1, 12):  # a number that would sort wrongly as text
            stores.add(row(case_id(number), seq))
    for limit in range(1, 132, 13):
        found = stores.rows.pending(limit)
        assert len({p.id for p in found}) == limit
        assert all((p.case_id, s) in {q.id for q in found} for p in found for s in range(1, p.seq))


def test_only_one_commits(stores: Stores) -> None:
    batch, after = planned(Head(), row(A, 1), row(A, 2))
    other, other_after = planned(Head(), row(B, 1))
    stores.rows.commit(batch, after)
    assert (stores.rows.head(), stores.rows.batch(1)) == (after, batch)
    for late in ((other, other_after), (batch, after)):
        with pytest.raises(HeadMoved):
            stores.rows.commit(*late)
    assert (stores.rows.head(), stores.rows.batch(1)) == (after, batch)
    second, second_after = planned(after, row(A, 3))
    stores.rows.commit(second, second_after)
    assert (stores.rows.head(), stores.rows.batch(2)) == (second_after, second)


def test_a_batch_that_skips_one_is_refused(stores: Stores) -> None:
    batch, after = planned(Head(5), row(A, 1))
    with pytest.raises(HeadMoved):
        stores.rows.commit(batch, after)
    assert stores.rows.head() == Head()


def test_places_are_found_again(stores: Stores) -> None:
    many = {(case_id(i), 1): i for i in range(250)}
    for _ in range(2):
        stores.rows.record(many)
        assert stores.rows.places([*many, (A, 99)]) == many
    assert stores.rows.places([(A, 1)]) == {(A, 1): 0}


def test_a_large_batch_is_kept_whole(stores: Stores) -> None:
    leaves = [Pending(case_id(n), 1, bytes(65)) for n in range(MOST_LEAVES)]
    batch, after = planned(Head(), *leaves)
    stores.rows.commit(batch, after)
    assert stores.rows.batch(1) == batch
    assert stores.rows.head() == after


def test_files_are_written_once(stores: Stores) -> None:
    assert stores.objects.write("tile/0/000.p/1", b"first")
    assert not stores.objects.write("tile/0/000.p/1", b"second")
    assert stores.objects.read("tile/0/000.p/1") == b"first"


def test_the_checkpoint_is_swapped_only_by_who_has_seen_it(stores: Stores) -> None:
    stores.objects.swap(b"one", None)
    with pytest.raises(CheckpointMoved):
        stores.objects.swap(b"another one", None)
    first = stores.objects.checkpoint()
    assert first
    assert first.signed == b"one"
    stores.objects.swap(b"two", first.tag)
    with pytest.raises(CheckpointMoved):
        stores.objects.swap(b"another two", first.tag)
    second = stores.objects.checkpoint()
    assert second
    assert second.signed == b"two"
