"""The monitor's rounds: what is new and a share of what is old, in windows, so that memory does not grow with the log.

Each round checks the checkpoint against the last one that was good, the files under the new entries, and compares both ways: the entries
with the events they are of, and the events with their entries. The old is gone through again in `share` rounds.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice

from wugan.errors import InvalidInput, NotFound
from wugan.ledger.checkpoint import Checkpoint, open_checkpoint
from wugan.ledger.merkle import Edge, consistency_proof, edge_at, leaf_hash, verify_consistency
from wugan.ledger.monitor import EventTable, Finding, Kind, TableEvent, compare
from wugan.ledger.note import Verifier
from wugan.ledger.port import LedgerObjects, LedgerRows
from wugan.ledger.problem import NotProved
from wugan.ledger.sequence import Batch, Pending
from wugan.ledger.tiles import ENTRIES, HEIGHT, WIDTH, ReadObject, Tile, TileReader, subtree_root

MOST_NEW = 200_000  # entries that one round compares for the first time; the next one goes on
MOST_FOUND = 1000  # findings of one round: whoever has so many knows enough
LEAST_AGAIN = 500  # old entries and old events that each round compares, however small the share
WINDOW = 1000  # entries or events held at once
FILES_AT_ONCE = 64  # bundles
MOST_FILES = 256  # kept in memory


@dataclass(frozen=True)
class Seen:
    """Where the monitor left off."""

    signed: bytes = b""  # the newest checkpoint that was found good: the evidence against a fork
    batch: int = 0  # compared for the first time up to this one
    again: int = 0  # the last batch that was compared again
    page: str = ""  # where the events go on
    bundle: int = 0  # the next file that is looked at again

    def to_json(self) -> str:
        """For a store."""
        body = {"checkpoint": self.signed.decode(), "batch": self.batch, "again": self.again, "page": self.page, "bundle": self.bundle}
        return json.dumps(body, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Seen:
        """The reverse. Raises InvalidInput."""
        try:
            body = json.loads(text)
            batch, again, bundle = (int(body[name]) for name in ("batch", "again", "bundle"))
            if min(batch, again, bundle) < 0:
                raise ValueError
            return cls(body["checkpoint"].encode(), batch, again, str(body["page"]), bundle)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise InvalidInput("this is no state of the monitor; without one everything is compared anew", field="state") from None


@dataclass(frozen=True)
class Watched:
    """What a round did and found."""

    seen: Seen
    size: int = 0  # entries under the checkpoint
    entries: int = 0  # compared with the tables
    events: int = 0  # compared with the log
    behind: int = 0  # entries that were not compared for the first time yet
    findings: tuple[Finding, ...] = ()


@dataclass
class _Round:
    """A round under way."""

    found: Checkpoint
    read: ReadObject
    findings: list[Finding] = field(default_factory=list)
    entries: int = 0
    events: int = 0

    def tree(self) -> TileReader:
        """A reader that forgets when it is dropped."""
        return TileReader(self.read, self.found.size)


@dataclass(frozen=True)
class Watch:
    """Compares one log with the tables. `wait` lets the sequencer catch up before an event is said to have no leaf."""

    rows: LedgerRows
    objects: LedgerObjects
    table: EventTable
    log: Verifier
    wait: Callable[[], None]

    def run(self, seen: Seen, share: int = 1, most_new: int = MOST_NEW) -> Watched:
        """One round; with `share` 1 it compares everything. Keep `seen` of the answer for the next."""
        try:
            found = self._checkpoint()
            old = open_checkpoint(seen.signed, self.log)[0] if seen.signed else None
        except (NotProved, InvalidInput):
            return Watched(seen, findings=(Finding(Kind.UNSIGNED_CHECKPOINT),))
        if found is None:
            lost = (Finding(Kind.ROLLED_BACK_CHECKPOINT, index=0),) if old else ()
            return Watched(seen, findings=lost)
        signed, checkpoint = found
        now = _Round(checkpoint, lru_cache(MOST_FILES)(self.objects.read))
        if old and (wrong := growth(old, checkpoint, now.read)):
            return Watched(seen, checkpoint.size, findings=(wrong,))
        bundle = self._files(now, old.size if old else 0, seen.bundle, share)
        batch, again, behind = self._entries(now, seen, share, most_new)
        page = self._events(now, seen.page, share)
        after = Seen(signed, batch, again, page, bundle)
        distinct = dict.fromkeys(now.findings)
        return Watched(after, checkpoint.size, now.entries, now.events, behind, tuple(islice(distinct, MOST_FOUND)))

    def _checkpoint(self) -> tuple[bytes, Checkpoint] | None:
        published = self.objects.checkpoint()
        return (published.signed, open_checkpoint(published.signed, self.log)[0]) if published else None

    # --- files

    def _files(self, now: _Round, old: int, again: int, share: int) -> int:
        """Check the files under the new entries, and some of the others. Returns where to go on."""
        size, last = now.found.size, math.ceil(now.found.size / WIDTH)
        first = old // WIDTH if share > 1 else 0
        top = _leads_to_root(now)
        if not top:
            now.findings.append(Finding(Kind.EDITED_FILE, path=Tile((size.bit_length() - 1) // HEIGHT, 0, _top_width(size)).path))
        for part in _parts(first, last, FILES_AT_ONCE):
            now.findings += check_files(now.tree(), part, top)
        if share == 1:
            return 0
        start = again if again < last else 0
        end = min(last, start + max(1, math.ceil(last / share)))
        for part in _parts(start, end, FILES_AT_ONCE):
            now.findings += check_files(now.tree(), part, top)
        return end

    # --- entries → events

    def _entries(self, now: _Round, seen: Seen, share: int, most_new: int) -> tuple[int, int, int]:
        """Compare new entries, and some of the others. Returns the last new batch, the last old one, and the entries left out."""
        if self.rows.head().size < now.found.size:
            now.findings.append(Finding(Kind.LEDGER_TABLE_BROKEN, index=self.rows.head().size))
        first = seen.batch if share > 1 else 0
        batch, end = self._compare_batches(now, first, most_new if share > 1 else math.inf)
        if share == 1:
            return batch, 0, now.found.size - end
        start = seen.again if seen.again < batch else 0
        again, _ = self._compare_batches(now, start, max(LEAST_AGAIN, math.ceil(now.found.size / share)), batch)
        return batch, again, now.found.size - end

    def _compare_batches(self, now: _Round, after: int, most: float, last: float = math.inf) -> tuple[int, int]:
        """Compare whole batches after `after`, until about `most` entries. Returns the last one and the end of its entries.

        The table only says whose an entry is: its batches must follow each other without a gap, hold what the log holds, and lead to the
        checkpoint.
        """
        done, edge = self._begin(now, after)
        leaves: list[Pending] = []
        compared = 0
        while edge.size < now.found.size and done < last and compared < most and (batch := self._next(now, done + 1, edge)):
            if leaves and (len(leaves) >= WINDOW or batch.before.size != edge.size):
                self._compare_window(now, edge.size - len(leaves), leaves)
                leaves = []
            leaves += batch.leaves
            done, edge, compared = done + 1, batch.after, compared + len(batch.leaves)
        if leaves:
            self._compare_window(now, edge.size - len(leaves), leaves)
        if edge.size == now.found.size and edge.root() != now.found.root:
            now.findings.append(Finding(Kind.LEDGER_TABLE_BROKEN, index=edge.size))
        return done, edge.size

    def _begin(self, now: _Round, after: int) -> tuple[int, Edge]:
        """The batch `after` and the tree with it; from the first one when the table lost it."""
        batch = self._batch(after) if after else None
        if after and (batch is None or batch.before.size + len(batch.leaves) > now.found.size):
            now.findings.append(Finding(Kind.LEDGER_TABLE_BROKEN))
            batch = None
        return (after, batch.after) if batch else (0, Edge())

    def _next(self, now: _Round, number: int, edge: Edge) -> Batch | None:
        """The batch that follows on `edge`, and what is wrong with its row; none when nothing can be compared with it."""
        batch = self._batch(number)
        fits = batch is not None and batch.before.size + len(batch.leaves) <= now.found.size
        if batch is None or not fits or not batch.leaves or batch.number != number or batch.before != edge:
            now.findings.append(Finding(Kind.LEDGER_TABLE_BROKEN, index=edge.size))
        return batch if fits else None

    def _batch(self, number: int) -> Batch | None:
        try:
            return self.rows.batch(number)
        except (NotFound, InvalidInput):
            return None

    def _compare_window(self, now: _Round, first: int, leaves: Sequence[Pending]) -> None:
        """Entries from `first` on with the events whose they are."""
        ids = [leaf.id for leaf in leaves]
        known = self.table.some({i for case_id, seq in ids for i in ((case_id, seq), (case_id, seq - 1)) if i[1] > 0})
        gone = {i[0] for i in ids if i not in known}
        beside = {e.id: e for e in map(self.table.newest, gone) if e} | known
        own = set(ids)
        entries, broken = _entries(now.tree(), range(first, first + len(ids)))
        now.findings += broken
        now.entries += len(ids)
        if broken:
            return
        placed = self.rows.places(own)
        for index, (leaf, entry) in enumerate(zip(leaves, entries, strict=True), start=first):
            if leaf.entry != entry or leaf.id not in placed:
                now.findings.append(Finding(Kind.LEDGER_TABLE_BROKEN, *leaf.id, index))
            elif placed[leaf.id] != index:
                now.findings.append(Finding(Kind.DUPLICATE_LEAF, *leaf.id, index))
        for found in compare(entries, beside.values(), {event_id: at for at, event_id in enumerate(ids)}):
            if found.index is not None:
                now.findings.append(replace(found, index=found.index + first))
            elif (found.case_id, found.seq) in own:
                now.findings.append(found)

    # --- events → entries

    def _events(self, now: _Round, page: str, share: int) -> str:
        """Compare events with their entries, from `page` on. Returns where to go on."""
        most = math.inf if share == 1 else max(LEAST_AGAIN, math.ceil(now.found.size / share))
        missing: list[TableEvent] = []
        at, before = "" if share == 1 else page, now.events
        while now.events - before < most:
            events, at = self.table.page(at, WINDOW)
            missing += self._compare_events(now, events)
            now.events += len(events)
            if not at:
                break
        now.findings += self._without_leaf(missing)
        return at

    def _compare_events(self, now: _Round, events: Sequence[TableEvent]) -> list[TableEvent]:
        """Compare these; returns those that are not in the log yet."""
        places = self.rows.places([e.id for e in events])
        in_log = {i: place for i, place in places.items() if place < now.found.size}
        order = sorted(set(in_log.values()))
        entries, broken = _entries(now.tree(), order)
        if broken:
            now.findings += broken
            return []
        position = {index: at for at, index in enumerate(order)}
        late = [e for e in events if e.id not in in_log]
        shown = [replace(e, fresh=e.id not in in_log) for e in events]
        for found in compare(entries, shown, {i: position[index] for i, index in in_log.items()}):
            now.findings.append(found if found.index is None else replace(found, index=order[found.index]))
        return late

    def _without_leaf(self, late: Sequence[TableEvent]) -> Iterator[Finding]:
        """Of the events that were not in the log those that do not come, though the sequencer had time."""
        if not late:
            return
        self.wait()
        published = self._checkpoint()
        places, size = self.rows.places([e.id for e in late]), published[1].size if published else 0
        for event in late:
            if places.get(event.id, size) >= size:
                yield Finding(Kind.EVENT_WITHOUT_LEAF, *event.id)


def growth(old: Checkpoint, new: Checkpoint, read: ReadObject) -> Finding | None:
    """What is wrong with the step from one checkpoint to the next: nothing when the new log only adds to the old one."""
    if new.size < old.size:
        return Finding(Kind.ROLLED_BACK_CHECKPOINT, index=new.size)
    try:
        proof = consistency_proof(TileReader(read, new.size), old.size, new.size)
        verify_consistency(old.size, new.size, proof, old.root, new.root)
    except (NotProved, InvalidInput, NotFound):
        return Finding(Kind.FORKED_CHECKPOINT, index=old.size)
    return None


def check_files(tree: TileReader, bundles: Iterable[int], top: bool) -> list[Finding]:
    """Each bundle with the tile of its hashes, and each full tile with the hash over it. `top`: the tiles lead to the checkpoint's root."""
    findings: list[Finding] = []
    for index in bundles:
        try:
            findings += _check_bundle(tree, index, top)
        except NotFound as error:
            findings.append(Finding(Kind.MISSING_FILE, path=error.field))
        except InvalidInput as error:
            named = error.detail.partition(" ")[0]
            findings.append(Finding(Kind.EDITED_FILE, path=named if named.startswith("tile/") else f"{Tile(0, index).path} or above"))
    return findings


def _check_bundle(tree: TileReader, index: int, top: bool) -> Iterator[Finding]:
    width = min(WIDTH, tree.size - index * WIDTH)
    leaves = [leaf_hash(entry) for entry in _bundle(tree, Tile(ENTRIES, index, width))]
    hashes = [tree(0, index * WIDTH + i) for i in range(width)]
    if leaves != hashes:
        over = tree(HEIGHT, index) if width == WIDTH else None
        bundle_holds = over == subtree_root(leaves) if over else not top
        yield Finding(Kind.EDITED_FILE, path=Tile(0 if bundle_holds else ENTRIES, index, width).path)
        return
    level, child, root = 1, index, subtree_root(hashes) if width == WIDTH else b""
    while root:
        if tree(level * HEIGHT, child) != root:
            parent = child // WIDTH
            yield Finding(Kind.EDITED_FILE, path=Tile(level, parent, min(WIDTH, (tree.size >> level * HEIGHT) - parent * WIDTH)).path)
            return
        whole = child % WIDTH == WIDTH - 1  # the last child looks after its parent
        child //= WIDTH
        root = subtree_root([tree(level * HEIGHT, child * WIDTH + i) for i in range(WIDTH)]) if whole else b""
        level += 1


def _leads_to_root(now: _Round) -> bool:
    try:
        return edge_at(now.tree(), now.found.size).root() == now.found.root
    except (NotFound, InvalidInput):
        return False


def _top_width(size: int) -> int:
    return min(WIDTH, size >> (size.bit_length() - 1) // HEIGHT * HEIGHT)


def _bundle(tree: TileReader, tile: Tile) -> list[bytes]:
    """The entries of a bundle; InvalidInput begins with its path."""
    try:
        return tree.entries(tile)
    except InvalidInput as error:
        raise InvalidInput(f"{tile.path} cannot be read: {error.detail}", field="bundle") from None


def _entries(tree: TileReader, indexes: Sequence[int]) -> tuple[list[bytes], list[Finding]]:
    """The entries with these numbers, in ascending order, each bundle read once; or what is wrong with their files."""
    entries: list[bytes] = []
    held, number = list[bytes](), -1
    for index in indexes:
        if index // WIDTH != number:
            number = index // WIDTH
            tile = Tile(ENTRIES, number, min(WIDTH, tree.size - number * WIDTH))
            try:
                held = _bundle(tree, tile)
            except NotFound:
                return [], [Finding(Kind.MISSING_FILE, path=tile.path)]
            except InvalidInput:
                return [], [Finding(Kind.EDITED_FILE, path=tile.path)]
        entries.append(held[index % WIDTH])
    return entries, []


def _parts(first: int, last: int, step: int) -> Iterator[range]:
    for start in range(first, last, step):
        yield range(start, min(last, start + step))
