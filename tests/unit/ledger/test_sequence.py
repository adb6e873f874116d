"""What the sequencer decides."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.ledger import SIGNER, Log, case_id, small_log, witness_signer
from wugan.errors import InvalidInput, NotFound
from wugan.ledger import export, sequence
from wugan.ledger.checkpoint import Checkpoint, unverified
from wugan.ledger.merkle import Edge
from wugan.ledger.note import Signer, split, with_lines
from wugan.ledger.problem import Forked, HeadMoved
from wugan.ledger.sequence import Batch, Head, Pending
from wugan.ledger.sequencer import Sequencer
from wugan.memory.ledger import MemoryLedgerObjects

A, B = case_id(0), case_id(1)


PORT_ROWS = ("pending", "places", "batch", "commit", "record", "drop")
PORT_OBJECTS = ("read", "write", "swap")


def row(name: str, seq: int) -> Pending:
    return Pending(name, seq, f"{name}{seq}".encode())


def test_each_event_once_and_those_of_a_case_in_order() -> None:
    pending = [row(A, 3), row(B, 1), row(A, 2), row(A, 2), row(B, 3), row(A, 1)]
    plan = sequence.plan(Head(), pending, {(A, 1): 0})
    assert plan.batch is not None
    assert [leaf.id for leaf in plan.batch.leaves] == [(B, 1), (A, 2), (A, 3)]
    assert (plan.logged, plan.held) == (((A, 1),), ((B, 3),))
    assert plan.after == Head(1, plan.batch.after)
    assert plan.batch.places() == {(B, 1): 0, (A, 2): 1, (A, 3): 2}


def test_nothing_to_do() -> None:
    plan = sequence.plan(Head(), [row(A, 2)], {})
    assert (plan.batch, plan.after, plan.held) == (None, Head(), ((A, 2),))


@given(st.sets(st.tuples(st.sampled_from([A, B]), st.integers(1, 9))), st.sets(st.tuples(st.sampled_from([A, B]), st.integers(1, 9))))
def test_every_row_is_chosen_logged_or_held(ids: set[tuple[str, int]], logged: set[tuple[str, int]]) -> None:
    pending = [row(*i) for i in ids]
    asked = sequence.asked_places(pending)
    plan = sequence.plan(Head(), pending, {i: 0 for i in asked if i in logged})
    chosen = [leaf.id for leaf in plan.batch.leaves] if plan.batch else []
    assert sorted([*chosen, *plan.logged, *plan.held]) == sorted(ids)
    for name, seq in chosen:
        assert seq == 1 or (name, seq - 1) in logged or chosen.index((name, seq - 1)) < chosen.index((name, seq))


@pytest.mark.parametrize("size", [0, 65_536])
def test_an_entry_must_fit(size: int) -> None:
    with pytest.raises(InvalidInput):
        sequence.plan(Head(), [Pending(A, 1, b"x" * size)], {})


@given(st.lists(st.binary(min_size=1, max_size=80), min_size=1, max_size=9), st.integers(0, 300))
def test_batches_both_ways(entries: list[bytes], before: int) -> None:
    batch = Batch(3, Edge().extend([b"h" * 32] * before), tuple(Pending(A, i, e) for i, e in enumerate(entries, 1)))
    again = sequence.decode_batch(sequence.encode_batch(batch))
    assert again == batch
    assert again.after == batch.after


def test_a_full_batch_fits_an_item_of_400_kb() -> None:
    leaves = tuple(Pending(case_id(i), 10_000, b"\1" * 65) for i in range(1000))
    assert len(sequence.encode_batch(Batch(10**9, Edge().extend([b"h" * 32] * 65_535), leaves))) < 200_000


def test_what_cannot_be_true_stops_the_log() -> None:
    log = small_log(cases=2, events=3)
    published, head = unverified(log.signed), log.rows.newest
    assert not sequence.unfinished(published, head)
    assert not sequence.unfinished(None, Head())
    assert sequence.unfinished(None, head)
    other_root = Checkpoint(published.origin, published.size, bytes(32))
    for wrong, at in ((published, Head()), (other_root, head), (Checkpoint("x", 7, bytes(32)), head)):
        with pytest.raises(Forked):
            sequence.unfinished(wrong, at)
    batch = log.rows.batch(head.number)
    assert not sequence.follows(published, batch)
    for wrong_before in (None, Checkpoint("x", batch.before.size, bytes(32)), Checkpoint("x", batch.before.size + 1, bytes(32))):
        with pytest.raises(Forked):
            sequence.follows(wrong_before, batch)


def test_a_file_that_differs_stops_the_log() -> None:
    log = Log()
    log.happen(A)
    log.objects.write("tile/0/000.p/1", b"x" * 32)
    with pytest.raises(Forked, match=r"tile/0/000\.p/1"):
        log.sequencer.run()
    assert log.objects.checkpoint() is None


def test_rounds_say_what_they_did() -> None:
    log = Log(limit=2)
    for name in (A, B):
        log.happen(name)
        log.happen(name)
    log.rows.outbox.pop((B, 1))
    first = log.sequencer.run()
    assert (first.size, first.added, first.held, first.more) == (2, 2, 0, True)
    second = log.sequencer.run()
    assert (second.size, second.added, second.held, second.more) == (2, 0, 1, False)


def test_held_rows_do_not_hold_up_the_others() -> None:
    log = Log(limit=3)
    for number in range(10, 20):
        log.rows.add(row(case_id(number), 2))
    log.happen(A)
    log.happen(B)
    ran = log.sequencer.run()
    assert (ran.added, ran.held, ran.size, ran.more) == (2, 10, 2, True)


@pytest.mark.parametrize("pending", [0, 1])
def test_the_checkpoint_is_read_before_the_head(pending: int) -> None:
    """Another sequencer does all of its work between the two: a head that was read first would be older than the checkpoint."""
    log = Log()
    log.happen(A)
    log.sequence()
    log.happen(A)
    read: list[str] = []

    def then(name: str, whole: Any) -> Any:
        def call() -> Any:
            found = whole()
            read.append(name)
            if len(read) == 1:
                Sequencer(log.rows, log.objects, SIGNER).run()
                for _ in range(pending):
                    log.happen(B)
            return found

        return call

    between_rows = SimpleNamespace(**{n: getattr(log.rows, n) for n in PORT_ROWS} | {"head": then("head", log.rows.head)})
    between = SimpleNamespace(
        **{n: getattr(log.objects, n) for n in PORT_OBJECTS} | {"checkpoint": then("checkpoint", log.objects.checkpoint)}
    )
    ran = Sequencer(cast("Any", between_rows), cast("Any", between), SIGNER).run()
    assert (read[:2], ran.size, ran.added) == (["checkpoint", "head"], 2 + pending, pending)


def test_a_cosignature_that_comes_meanwhile_does_not_keep_a_batch_from_being_published() -> None:
    log = Log()
    log.happen(A)
    log.sequence()
    log.happen(A)
    late = witness_signer()

    def signs(text: bytes) -> bytes:
        """Between reading the checkpoint and swapping it, another sequencer adds a witness's line."""
        published = log.objects.published
        assert published
        line = late.line(split(published.signed)[0])
        log.objects.swap(with_lines(published.signed, [line]), published.tag)
        return SIGNER.raw(text)

    assert Sequencer(log.rows, log.objects, Signer(SIGNER.verifier, signs)).run().size == 2
    assert unverified(log.signed).size == 2


def test_the_memory_commits_once() -> None:
    log = small_log(cases=1, events=1)
    with pytest.raises(HeadMoved):
        log.rows.commit(log.rows.batch(1), log.rows.newest)


def test_a_log_without_a_checkpoint_cannot_be_exported(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        export.export(MemoryLedgerObjects(), SIGNER.verifier, tmp_path)
