"""The monitor's rounds find and name every tampering, in windows, and go on where they left off."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from tests.support.ledger import SIGNER, STRANGER, Log, case_id, event_of, small_log
from wugan.cases.model import Event
from wugan.errors import InvalidInput
from wugan.ledger import watch
from wugan.ledger.checkpoint import Checkpoint
from wugan.ledger.export import CHECKPOINT
from wugan.ledger.merkle import Edge, leaf_hash
from wugan.ledger.monitor import Finding, Kind
from wugan.ledger.port import Published
from wugan.ledger.sequence import Batch, Head, Pending, encode_batch
from wugan.ledger.tiles import TileReader as Reader
from wugan.ledger.tiles import bundle, growth, tiles_at
from wugan.ledger.watch import Seen, Watch, Watched, check_files
from wugan.memory.event_table import MemoryEventTable

A, B = case_id(0), case_id(39)


@dataclass
class Town:
    """A log, a table that may be tampered with, and the monitor over both."""

    log: Log = field(default_factory=lambda: small_log(cases=40, events=14, limit=97))
    waited: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.table: dict[str, list[Event]] = {c: list(events) for c, events in self.log.cases.items()}
        self.seen = Seen()

    def run(self, share: int = 1, wait: Callable[[], None] | None = None) -> Watched:
        waiting = wait or (lambda: self.waited.append(1))
        watched = Watch(self.log.rows, self.log.objects, MemoryEventTable(self.table), SIGNER.verifier, waiting).run(self.seen, share)
        self.seen = Seen.from_json(watched.seen.to_json())
        return watched

    def kinds(self, share: int = 1) -> list[tuple[str, str | None, int | None]]:
        return [(f.kind.value, f.case_id, f.seq) for f in self.run(share).findings]

    def until_all(self, share: int) -> list[tuple[str, str | None, int | None]]:
        """What is found in as many rounds as it takes to go through everything again."""
        return list(dict.fromkeys(found for _ in range(share + 1) for found in self.kinds(share)))


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "WINDOW", 50)
    monkeypatch.setattr(watch, "LEAST_AGAIN", 10)


def test_a_whole_log_has_no_findings_and_all_is_compared(town: Town) -> None:
    watched = town.run()
    assert (watched.findings, watched.size, watched.entries, watched.events, watched.behind) == ((), 560, 560, 560, 0)
    assert not town.waited


def test_a_round_compares_what_is_new_and_a_share_of_what_is_old(town: Town) -> None:
    town.run(share=8)
    for _ in range(9):
        town.log.happen(A)
    town.log.sequence()
    town.table[A] = list(town.log.cases[A])
    watched = town.run(share=8)
    assert watched.findings == ()
    assert 9 < watched.entries < 300
    assert watched.events < 300


def dropped(town: Town) -> None:
    town.table[B] = town.table[B][:-1]


def dropped_inside(town: Town) -> None:
    del town.table[B][5]


def edited(town: Town) -> None:
    town.table[B][5] = replace(town.table[B][5], facts={"备注": "改"})


def edited_anew(town: Town) -> None:
    """Body, salt, commitment and chain forged together, to the end of the case."""
    trail = town.table[B]
    for at in range(5, len(trail)):
        trail[at] = event_of(B, at + 1, trail[at - 1].chain, 备注="改")


def without_leaf(town: Town) -> None:
    trail = town.table[B]
    trail.append(event_of(B, len(trail) + 1, trail[-1].chain))


def case_dropped(town: Town) -> None:
    del town.table[B]


Tamper = Callable[[Town], None]
TAMPERS: dict[Tamper, set[tuple[str, str, int]]] = {
    dropped: {("withheld_event", B, 14)},
    dropped_inside: {("leaf_without_event", B, 6)},
    edited: {("edited_event", B, 6)},
    edited_anew: {("edited_event", B, seq) for seq in range(6, 15)},
    without_leaf: {("event_without_leaf", B, 15)},
    case_dropped: {("leaf_without_event", B, seq) for seq in range(1, 15)},
}


@pytest.mark.parametrize("tamper", TAMPERS, ids=lambda t: t.__name__)
@pytest.mark.parametrize("share", [1, 12])
def test_every_difference_is_named(town: Town, tamper: Tamper, share: int) -> None:
    if share > 1:
        assert town.kinds(share) == []  # compared before: only the rolling part finds it
    tamper(town)
    assert set(town.until_all(share)) == TAMPERS[tamper]


def test_an_event_that_comes_late_is_waited_for(town: Town) -> None:
    town.log.happen(A)
    town.table[A] = list(town.log.cases[A])
    assert town.run(wait=lambda: (town.log.sequence(), None)[1]).findings == ()
    town.log.happen(A)
    town.table[A] = list(town.log.cases[A])
    assert [f.kind for f in town.run().findings] == [Kind.EVENT_WITHOUT_LEAF]
    assert town.waited == [1]


def resign(log: Log, entries: list[bytes], signer: object = None) -> None:
    """Another log under the same (or a stranger's) key, whole in itself."""
    log.objects.files.clear()
    edge, levels = Edge().grow(map(leaf_hash, entries))
    log.objects.files.update(growth(Reader(log.objects.read, 0), entries, levels))
    signed = Checkpoint(SIGNER.verifier.name, edge.size, edge.root()).signed([signer or SIGNER])  # type: ignore[list-item]
    log.objects.published = Published(signed, "forged")


def test_a_forked_and_a_rolled_back_log_are_found_and_stay_found(town: Town) -> None:
    town.run()
    seen, entries = town.seen, town.log.entries()
    resign(town.log, [*entries[:100], entries[0], *entries[101:], entries[3]])
    for _ in range(2):
        assert town.kinds() == [("forked_checkpoint", None, None)]
        assert town.seen == seen
    resign(town.log, entries[:-1])
    assert town.kinds() == [("rolled_back_checkpoint", None, None)]
    town.log.objects.published = None
    assert town.kinds() == [("rolled_back_checkpoint", None, None)]


def test_a_checkpoint_of_a_stranger(town: Town) -> None:
    resign(town.log, town.log.entries(), STRANGER)
    assert town.kinds() == [("unsigned_checkpoint", None, None)]


FILES = sorted({t.path for t in tiles_at(560)} | {"tile/entries/000", "tile/entries/001", "tile/entries/002.p/48"})


@pytest.mark.parametrize("share", [1, 12])
@pytest.mark.parametrize("path", FILES)
def test_every_edited_and_every_missing_file_is_named(town: Town, path: str, share: int) -> None:
    if share > 1:
        town.run(share)
    whole = town.log.objects.files[path]
    flipped = bytearray(whole)
    flipped[-1] ^= 1
    for content, kind in ((bytes(flipped), Kind.EDITED_FILE), (whole[:-1], Kind.EDITED_FILE), (None, Kind.MISSING_FILE)):
        town.log.objects.files[path] = content  # type: ignore[assignment]
        if content is None:
            del town.log.objects.files[path]
        found = [f for _ in range(share + 1) for f in town.run(share).findings]
        assert found, (path, kind)
        if content is not None and len(content) == len(whole):
            assert path in {f.path for f in found if f.kind is kind} or {f.kind for f in found} == {Kind.EDITED_FILE}
    town.log.objects.files[path] = whole


def test_a_full_tile_above_others_is_checked_by_its_last_child() -> None:
    """From 65,536 entries on there are full tiles that nothing at the edge of the tree reads."""
    entries = [i.to_bytes(65) for i in range(65_536 + 300)]
    files = growth(Reader(dict[str, bytes]().__getitem__, 0), entries, Edge().grow(map(leaf_hash, entries))[1])
    changed = bytearray(files["tile/1/000"])
    changed[-1] ^= 1

    def found(last: bytes, bundles: range) -> list[Finding]:
        return check_files(Reader({**files, "tile/1/000": last}.__getitem__, len(entries)), bundles, top=True)

    assert found(files["tile/1/000"], range(250, 258)) == []
    assert found(bytes(changed), range(255, 256)) == [Finding(Kind.EDITED_FILE, path="tile/1/000")]
    changed[-1] ^= 1
    changed[0] ^= 1
    assert found(bytes(changed), range(255, 256)) == [Finding(Kind.EDITED_FILE, path="tile/2/000.p/1")]  # one of the two is wrong
    assert found(bytes(changed), range(0, 1)) == [Finding(Kind.EDITED_FILE, path="tile/1/000")]


def test_a_duplicate_in_the_log_is_named(town: Town) -> None:
    first = town.log.rows.placed[A, 1]
    town.log.rows.placed[A, 1] = first + 300
    assert Kind.DUPLICATE_LEAF in {f.kind for f in town.run().findings}


Edit = Callable[[Log], Pending | None]
"""Edits the tables of the log as whoever may write to them would, all of them alike; tells the event that is hidden."""


def rewritten(log: Log, number: int, leaves: tuple[Pending, ...]) -> None:
    log.rows.batches[number] = encode_batch(Batch(number, log.rows.batch(number).before, leaves))


def cut_at_the_end(log: Log, number: int) -> Pending:
    *kept, gone = log.rows.batch(number).leaves
    rewritten(log, number, tuple(kept))
    del log.rows.placed[gone.id]
    return gone


def cut_at_the_edge_of_a_window(log: Log) -> Pending:
    """A window of 50 is closed by the eighth batch of seven."""
    return cut_at_the_end(log, 8)


def cut_at_the_end_of_the_log(log: Log) -> Pending:
    return cut_at_the_end(log, log.rows.newest.number)


def cut_and_moved_up(log: Log) -> Pending:
    """The next batch begins where the shortened one ends: no gap, but each of its entries is another's."""
    gone = cut_at_the_end(log, 8)
    after = log.rows.batch(8).after
    log.rows.batches[9] = encode_batch(Batch(9, after, log.rows.batch(9).leaves))
    return gone


def called_another_s(log: Log) -> Pending:
    """The row of the hidden event's entry says that it is of an event that is there."""
    leaves = log.rows.batch(8).leaves
    gone, other = leaves[-1], leaves[0]
    rewritten(log, 8, (*leaves[:-1], Pending(other.case_id, other.seq, gone.entry)))
    del log.rows.placed[gone.id]
    return gone


def batch_gone(log: Log) -> None:
    del log.rows.batches[8]


def batch_unreadable(log: Log) -> None:
    log.rows.batches[8] = b'{"leaves": [[]]}'


def head_put_back(log: Log) -> None:
    log.rows.newest = Head(7, log.rows.batch(8).before)


def other_edge(log: Log) -> None:
    batch = log.rows.batch(8)
    log.rows.batches[8] = encode_batch(Batch(8, Edge(batch.before.size, tuple(bytes(32) for _ in batch.before.hashes)), batch.leaves))


def place_gone(log: Log) -> None:
    del log.rows.placed[log.rows.batch(8).leaves[-1].id]


EDITS: list[Edit] = [cut_at_the_edge_of_a_window, cut_at_the_end_of_the_log, cut_and_moved_up, called_another_s,
                     batch_gone, batch_unreadable, head_put_back, other_edge, place_gone]  # fmt: skip


@pytest.mark.parametrize("edit", EDITS, ids=lambda e: e.__name__)
@pytest.mark.parametrize("share", [1, 4])
@pytest.mark.parametrize("watched_before", [False, True])
def test_who_edits_all_tables_hides_nothing(edit: Edit, share: int, watched_before: bool) -> None:
    log = Log(limit=7)
    for number in range(210):
        log.happen(case_id(number))
    town = Town(log.sequence())
    if watched_before:
        assert town.kinds(share) == []
    gone = edit(log)
    if gone:
        del town.table[gone.case_id]
    found = {kind for kind, _, _ in town.until_all(share)}
    assert found & {"ledger_table_broken", "leaf_without_event", "duplicate_leaf"}


def test_a_place_beyond_the_log_is_no_excuse(town: Town) -> None:
    """An event that was added by hand, with a row that says it is about to come."""
    without_leaf(town)
    town.log.rows.placed[B, 15] = town.log.size + 5
    town.log.rows.newest = Head(town.log.rows.newest.number, Edge(1 << 40, (bytes(32),)))
    assert ("event_without_leaf", B, 15) in town.kinds()


def test_a_foreign_entry_in_an_edited_bundle_is_a_file_finding(town: Town) -> None:
    entries = town.log.entries()[:256]
    town.log.objects.files["tile/entries/000"] = bundle([b"foreign", *entries[1:]])
    found = town.run().findings
    assert ("edited_file", "tile/entries/000") in {(f.kind.value, f.path) for f in found}


def test_a_lot_of_new_entries_is_done_in_rounds(town: Town) -> None:
    run = Watch(town.log.rows, town.log.objects, MemoryEventTable(town.table), SIGNER.verifier, lambda: None).run
    seen, behind = Seen(), []
    for _ in range(20):
        watched = run(seen, share=100, most_new=90)
        seen = watched.seen
        behind.append(watched.behind)
        assert watched.findings == ()
    assert behind == sorted(behind, reverse=True)
    assert (behind[0], behind[-1]) == (440, 0)


def test_a_state_that_is_none() -> None:
    assert Seen.from_json(Seen().to_json()) == Seen()
    with pytest.raises(InvalidInput):
        Seen.from_json('{"batch": 1}')


def test_an_empty_log_is_nothing_to_worry_about() -> None:
    town = Town(Log())
    assert town.run().findings == ()
    assert CHECKPOINT not in town.log.objects.files


@pytest.mark.slow
def test_memory_does_not_grow_with_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "WINDOW", 200)
    monkeypatch.setattr(watch, "MOST_FILES", 4)
    monkeypatch.setattr(watch, "FILES_AT_ONCE", 4)
    peaks = []
    for cases in (100, 800):
        town = Town(small_log(cases=cases, events=7, limit=100))
        tracemalloc.start()
        assert town.run().findings == ()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0]
