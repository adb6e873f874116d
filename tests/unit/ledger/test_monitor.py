"""The monitor names every difference between the log, the tables and what was seen before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.ledger import SIGNER, Log, case_id, event_of, leaf_of, small_log, table_event
from wugan.errors import InvalidInput
from wugan.ledger import monitor
from wugan.ledger.checkpoint import Checkpoint, unverified
from wugan.ledger.merkle import Edge, leaf_hash, root_of
from wugan.ledger.monitor import Finding, Kind

A, B = case_id(0), case_id(1)


@pytest.fixture
def log() -> Log:
    return small_log(cases=3, events=4)


def test_a_whole_log_has_no_findings(log: Log) -> None:
    assert monitor.compare(log.entries(), log.table()) == []


def test_an_event_without_a_leaf_unless_it_is_fresh(log: Log) -> None:
    event = log.happen(A)
    assert monitor.compare(log.entries(), log.table()) == [Finding(Kind.EVENT_WITHOUT_LEAF, A, 5)]
    fresh = [replace(e, fresh=e.id == (A, event.seq)) for e in log.table()]
    assert monitor.compare(log.entries(), fresh) == []


def test_the_newest_event_withheld_is_named_by_the_chain_alone(log: Log) -> None:
    table = [e for e in log.table() if e.id != (B, 4)]
    assert monitor.compare(log.entries(), table) == [Finding(Kind.WITHHELD_EVENT, B, 4, log.rows.placed[B, 4])]
    table = [e for e in log.table() if e.case_id != B or e.seq < 3]
    assert [(f.kind, f.seq) for f in monitor.compare(log.entries(), table)] == [(Kind.WITHHELD_EVENT, 3), (Kind.WITHHELD_EVENT, 4)]


def test_an_event_dropped_from_the_middle(log: Log) -> None:
    table = [e for e in log.table() if e.id != (B, 2)]
    assert monitor.compare(log.entries(), table) == [Finding(Kind.LEAF_WITHOUT_EVENT, B, 2, log.rows.placed[B, 2])]


def test_a_whole_case_dropped_is_named_with_the_places(log: Log) -> None:
    table = [e for e in log.table() if e.case_id != B]
    assert {(f.kind, f.case_id) for f in monitor.compare(log.entries(), table)} == {(Kind.LEAF_WITHOUT_EVENT, None)}
    assert {(f.kind, f.case_id) for f in monitor.compare(log.entries(), table, log.rows.placed)} == {(Kind.LEAF_WITHOUT_EVENT, B)}


def test_a_table_that_lost_nearly_everything_is_told_in_time(monkeypatch: pytest.MonkeyPatch, log: Log) -> None:
    monkeypatch.setattr(monitor, "MOST_TRACED", 3)
    table = [e for e in log.table() if e.seq == 1]
    found = monitor.compare(log.entries(), table)
    assert {(f.kind, f.case_id) for f in found} == {(Kind.LEAF_WITHOUT_EVENT, None)}
    assert len(found) == 9
    assert {f.kind for f in monitor.compare(log.entries(), table, log.rows.placed)} == {Kind.WITHHELD_EVENT}


def test_an_edited_body(log: Log) -> None:
    table = [replace(e, canonical=e.canonical.replace(b"opened", b"closed")) if e.id == (A, 1) else e for e in log.table()]
    assert monitor.compare(log.entries(), table) == [Finding(Kind.EDITED_EVENT, A, 1, log.rows.placed[A, 1])]


def test_an_event_edited_and_committed_anew_and_what_follows_it(log: Log) -> None:
    forged = event_of(A, 3, log.cases[A][1].chain, 备注="改")
    after = event_of(A, 4, forged.chain)
    table = [{(A, 3): table_event(forged), (A, 4): table_event(after)}.get(e.id, e) for e in log.table()]
    found = monitor.compare(log.entries(), table)
    assert [(f.kind, f.case_id, f.seq) for f in found] == [(Kind.EDITED_EVENT, A, 3), (Kind.EDITED_EVENT, A, 4)]


def test_events_whose_commitments_do_not_chain(log: Log) -> None:
    log.cases[A][2] = replace(log.cases[A][2], chain="11" * 32)
    kinds = {(f.kind, f.seq) for f in monitor.compare(log.entries(), log.table())}
    assert (Kind.EDITED_EVENT, 3) in kinds


def test_an_erased_event_is_checked_by_its_chain(log: Log) -> None:
    erased = [replace(e, salt=None, canonical=b"") for e in log.table()]
    assert monitor.compare(log.entries(), erased) == []


def test_leaves_that_nobody_knows_or_twice_or_none(log: Log) -> None:
    entries = [*log.entries(), leaf_of(event_of(case_id(9), 1)).entry(), log.entries()[0], b"something else"]
    found = monitor.compare(entries, log.table())
    assert {f.kind for f in found} == {Kind.LEAF_WITHOUT_EVENT, Kind.DUPLICATE_LEAF, Kind.FOREIGN_LEAF}
    assert {f.index for f in found} == {12, 13, 14}


def test_following_a_log(log: Log) -> None:
    entries = log.entries()
    first = Checkpoint(SIGNER.verifier.name, 5, root_of(entries[:5]))
    seen, found = monitor.follow(Edge(), entries[:5], first)
    assert (seen.size, found) == (5, [])
    seen, found = monitor.follow(seen, entries[5:], unverified(log.signed))
    assert (seen.root(), found) == (root_of(entries), [])
    assert monitor.follow(seen, [], unverified(log.signed)) == (seen, [])


def test_a_log_that_forks_or_goes_back(log: Log) -> None:
    entries = log.entries()
    seen = Edge().extend(map(leaf_hash, entries[:5]))
    forged = [*entries[:3], b"forged", *entries[4:]]
    after, found = monitor.follow(seen, forged[5:], Checkpoint("x", 12, root_of(forged)))
    assert (after, found) == (seen, [Finding(Kind.FORKED_CHECKPOINT, index=5)])
    assert monitor.follow(seen, [], Checkpoint("x", 5, bytes(32)))[1] == [Finding(Kind.FORKED_CHECKPOINT, index=5)]
    assert monitor.follow(seen, [], Checkpoint("x", 4, root_of(entries[:4])))[1] == [Finding(Kind.ROLLED_BACK_CHECKPOINT, index=4)]
    with pytest.raises(InvalidInput):
        monitor.follow(seen, entries[5:7], unverified(log.signed))
