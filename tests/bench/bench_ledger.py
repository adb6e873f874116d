"""The ledger: its speed beside bare hashing, what it adds to a case, and how long an event takes into the published log."""

from __future__ import annotations

import gc
import hashlib
import logging
import math
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from infra.local.stack import FOLDER, LocalStack
from tests.bench.harness import Row, bench, in_child, medians, tell
from tests.contract.test_stores import begun
from tests.flow.journey import Journey
from tests.support.aws import forget, running
from tests.support.ledger import ORIGIN, SIGNER, Log
from wugan import bootstrap
from wugan.aws import case_store, tables
from wugan.aws.ledger_rows import HEAD, outbox_row
from wugan.aws.outputs import settings_from
from wugan.aws.tables import Put, Update, ledger_rows
from wugan.cases.decide import Step
from wugan.cases.model import Actor, Change, Event
from wugan.cases.outbox import pending_of
from wugan.clock import BEIJING
from wugan.courier.port import ParcelState
from wugan.ledger import proof, sequence, verify
from wugan.ledger.checkpoint import Checkpoint, unverified
from wugan.ledger.export import export
from wugan.ledger.sequence import EventId, Head, Pending
from wugan.ledger.sequencer import MOST_LEAVES
from wugan.ledger.tiles import TileReader
from wugan.ledger.verify import verify_directory
from wugan.memory.stores import SeededRandom

ENTRIES = 200_000
SHARE = 0.4  # of what bare hashing does
PROOFS = 500


@bench("ledger")
def ledger() -> Iterator[Row]:
    """Entries into and out of the log, one core, beside SHA-256 alone; and what a case costs more."""
    found = medians({name: _timed(f) for name, f in {"raw": raw, "append": append, "verify": verify_all}.items()})
    bare, *rates = (ENTRIES / found[name] for name in ("raw", "append", "verify"))
    yield Row("bare SHA-256, two hashes an entry", bare, "entries/s")
    for name, rate in zip(("appended: planned, hashed, cut into tiles", "verified: a whole log, every tile"), rates, strict=True):
        yield Row(name, rate, "entries/s", "bare SHA-256", rate / bare, f">= {SHARE}", rate / bare >= SHARE)
    make, check = in_child(proofs).result
    yield Row(f"proof out of {ENTRIES:,}, made from tiles", make * 1e6, "µs")
    yield Row("the same checked, with the signature", check * 1e6, "µs")
    yield from _overhead()


def _timed(function: Callable[[], float]) -> Callable[[], float]:
    return lambda: float(in_child(function).result)


def raw() -> float:
    """Seconds for the hashes that a tree needs at least: each entry, and each inner node."""
    entries, node = _entries(), bytes(65)
    began = time.process_time()
    for entry in entries:
        hashlib.sha256(entry).digest()
    for _ in entries:
        hashlib.sha256(node).digest()
    return time.process_time() - began


def append() -> float:
    """Seconds for taking the entries in, in full batches, into files in memory."""
    pending = _pending(_entries())
    gc.freeze()  # a sequencer holds a thousand rows, not two hundred thousand, for the collector to walk through
    began = time.process_time()
    _log(pending)
    return time.process_time() - began


def verify_all() -> float:
    """Seconds for checking the log as a stranger would."""
    files, after = _log(_pending(_entries()))
    began = time.process_time()
    entries, levels = verify.verify_entries(files.__getitem__, Checkpoint("log", after.size, after.edge.root()))
    verify.verify_files((), files.__getitem__, entries, levels)
    return time.process_time() - began


def proofs() -> tuple[float, float]:
    """Seconds for making one proof, tiles read anew each time, and for checking it."""
    entries = _entries()
    files, after = _log(_pending(entries))
    signed = sequence.checkpoint_of(ORIGIN, after.edge).signed([SIGNER])
    places = range(0, ENTRIES, ENTRIES // PROOFS)
    began = time.process_time()
    made = [proof.make(TileReader(files.__getitem__, ENTRIES), index, signed).text() for index in places]
    between = time.process_time()
    for index, text in zip(places, made, strict=True):
        proof.parse(text).verify(entries[index], SIGNER.verifier)
    return (between - began) / len(places), (time.process_time() - between) / len(places)


def _entries() -> list[bytes]:
    return [hashlib.shake_128(number.to_bytes(8)).digest(65) for number in range(ENTRIES)]


def _pending(entries: Sequence[bytes]) -> list[Pending]:
    return [Pending(f"case{number:022d}", 1, entry) for number, entry in enumerate(entries)]


def _log(pending: Sequence[Pending]) -> tuple[dict[str, bytes], Head]:
    """Its files and its head."""
    files: dict[str, bytes] = {}
    after = Head()
    for start in range(0, len(pending), MOST_LEAVES):
        plan = sequence.plan(after, pending[start : start + MOST_LEAVES], {})
        assert plan.batch
        files |= sequence.objects(plan.batch, files.__getitem__)
        after = plan.after
    return files, after


# ── what a case costs more ────────────────────────────────────────────────────────────────────────────────────────────


def _overhead() -> Iterator[Row]:
    """Computed, not billed: item sizes by DynamoDB's rules (1 KB a unit, twice in a transaction), without indexes and reads."""
    events, before = _case()
    alone, full = _written(events, alone=True), _written(events, alone=False)
    yield Row("events of a delivered case", len(events), "events")
    yield Row("write units of the case's own transactions", before, "units")
    for name, cost in (("each event sequenced alone", alone), (f"in batches of {MOST_LEAVES:,}", full)):
        yield Row(f"more write units, {name}", cost.units, "units", "the case's own", cost.units / before)
        yield Row(f"more S3 objects, {name}", cost.objects, "objects")
        yield Row(f"more bytes kept, {name}", cost.kept, "bytes")


def _case() -> tuple[list[Event], float]:
    """A case from prompt to certificate on moto: its events, and the units of its transactions without their outbox rows."""
    units = 0.0

    def counted(puts: Sequence[Put], updates: Sequence[Update] = ()) -> None:
        nonlocal units
        tables.transact(puts, updates)
        units += sum(_units(put.row, 2) for put in puts if put.name != "outbox") + 2 * len(updates)

    logging.getLogger("wugan").setLevel(logging.ERROR)
    with pytest.MonkeyPatch.context() as patch, running(patch) as stack:
        patch.setattr(case_store, "transact", counted)
        journey = Journey(stack).to_declaration().declare().waiting("pickup").parcel("pickup", ParcelState.COLLECTED)
        journey.waiting("approval").decide("approved").waiting("delivery").parcel("delivery", ParcelState.ARRIVED).ended("delivered")
        return journey.events, units


@dataclass(frozen=True)
class Cost:
    """What the ledger writes for one case. `kept` is what stays, in bytes."""

    units: float
    objects: float
    kept: float


def _written(events: Sequence[Event], *, alone: bool) -> Cost:
    """The real sequencer in memory, in a log that is some thousand entries long; of a full batch, the case's share."""
    log = Log(limit=MOST_LEAVES)
    for number in range(4 * MOST_LEAVES + 128):  # half of a partial tile
        log.rows.add(Pending(f"before{number:020d}", 1, bytes([1]) + number.to_bytes(64)))
    log.sequence()
    files, batches = dict(log.objects.files), set(log.rows.batches)
    leaves = [pending_of(event) for event in events]
    others = [] if alone else [Pending(f"other{n:021d}", 1, os.urandom(65)) for n in range(MOST_LEAVES - len(leaves))]
    for leaf in [*leaves, *others]:
        log.rows.add(leaf)
        if alone:
            log.sequence()
    log.sequence()
    share = len(leaves) / (len(leaves) + len(others))
    fresh = {path: data for path, data in log.objects.files.items() if path not in files}
    model, made = ledger_rows("ledger"), log.rows.batches.keys() - batches
    rows = [model(f"BATCH#{n:012d}", batch=log.rows.batches[n]) for n in made]
    newest = model(HEAD, number=log.rows.newest.number, edge=sequence.encode_edge(log.rows.newest.edge))
    places = [model(f"PLACE#{leaf.case_id}#{leaf.seq:06d}", index=log.rows.placed[leaf.id]) for leaf in leaves]
    outbox = [outbox_row("outbox", leaf) for leaf in leaves]
    own = sum(_units(row, 2) + _units(row, 1) for row in outbox) + sum(_units(row, 1) for row in places)
    shared = sum(_units(row, 2) + _units(newest, 2) for row in rows)
    kept = sum(map(_size, places)) + share * (sum(map(_size, rows)) + sum(map(len, fresh.values())))
    return Cost(own + share * shared, share * (len(fresh) + len(made)), kept)  # the checkpoint is one more object each time


def _units(row: Any, times: int) -> float:
    return times * math.ceil(_size(row) / 1024)


def _size(row: Any) -> int:
    """By DynamoDB's rules: names and values in bytes, numbers by their digits."""
    values = {name: next(iter(value.values())) for name, value in row.serialize().items()}
    return sum(len(name.encode()) + (len(v) if isinstance(v, bytes) else len(str(v).encode())) for name, v in values.items())


# ── how long it takes ─────────────────────────────────────────────────────────────────────────────────────────────────

WRITERS = 4
SECONDS = 60.0
PAUSE = 0.2  # of a writer between two events
LOOK_AGAIN = 0.05
PATIENCE = 90.0
BURST = 5000
PROMISED, TARGET = 10.0, 60.0


@dataclass
class Load:
    """Cases that go on while it is looked how the log grows. All times are of one clock, in seconds."""

    until: float
    happened: dict[EventId, float] = field(default_factory=dict)
    grown: list[tuple[float, int]] = field(default_factory=list)  # when a checkpoint of so many entries was first seen
    over: bool = False

    def write(self, number: int) -> None:
        """One case after the other, ten events each."""
        store, random = bootstrap.case_store(), SeededRandom(number)
        at = datetime.now(BEIJING)
        while time.monotonic() < self.until:
            number += WRITERS
            change: Change = begun(number, subject=f"S{number}")
            store.create(change)
            self._done(change)
            for _ in range(9):
                time.sleep(PAUSE)
                change = Step(change.head, at, random).note("undelivered", Actor.CHANNEL).change()
                store.commit(change)
                self._done(change)

    def _done(self, change: Change) -> None:
        for event in change.events:
            self.happened[event.case_id, event.seq] = time.monotonic()

    def look(self) -> None:
        """Follow the published checkpoint."""
        while not self.over:
            found = bootstrap.ledger_objects().checkpoint()
            size = unverified(found.signed).size if found else 0
            if size > (self.grown[-1][1] if self.grown else 0):
                self.grown.append((time.monotonic(), size))
            time.sleep(LOOK_AGAIN)

    def delays(self) -> list[float]:
        """From the end of an event's transaction to the first checkpoint that has it."""
        places = bootstrap.ledger_rows().places(self.happened)
        return sorted(next(at for at, size in self.grown if size > places[i]) - since for i, since in self.happened.items())


@bench("ledger-delay")
def ledger_delay() -> Iterator[Row]:
    """From an event's transaction to the published checkpoint that has it, on the deployed template under load."""
    with LocalStack(folder=FOLDER.with_name("bench-stack"), progress=tell) as stack:
        stack.build()
        stack.deploy()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {**stack.credentials, **settings_from(stack.outputs)}.items():
                patch.setenv(name, value)
            forget()
            load = _played()
            delays, burst = load.delays(), _burst()
            verify_directory(_exported(stack.folder), bootstrap.ledger_verifier())
            forget()
    rate = len(delays) / (max(load.happened.values()) - min(load.happened.values()))
    yield Row("events under load", len(delays), "events")
    yield Row("events a second", rate, "1/s")
    yield Row("checkpoints published meanwhile", len(load.grown), "checkpoints")
    yield Row("merge delay, median", statistics.median(delays), "s")
    p99 = delays[math.ceil(0.99 * len(delays)) - 1]
    yield Row("merge delay, p99", p99, "s", must=f"<= {PROMISED:.0f}", met=p99 <= PROMISED)
    yield Row("merge delay, longest", delays[-1], "s", must=f"<= {TARGET:.0f}", met=delays[-1] <= TARGET)
    yield Row(f"a burst of {BURST:,} events, from its last write on", burst, "s", must=f"<= {TARGET:.0f}", met=burst <= TARGET)


def _burst() -> float:
    """Seconds from a moment at which thousands of events are in the outbox, as while a scan opens its cases."""
    rows = bootstrap.ledger_rows()
    leaves = [Pending(f"burst{number:021d}", 1, os.urandom(65)) for number in range(BURST)]
    with rows.outbox.batch_write() as writes:
        for leaf in leaves:
            writes.save(outbox_row(rows.outbox_table, leaf))
    began = time.monotonic()
    while time.monotonic() < began + PATIENCE and len(rows.places(leaf.id for leaf in leaves)) < BURST:
        time.sleep(LOOK_AGAIN)
    size = max(rows.places(leaf.id for leaf in leaves).values()) + 1
    while (found := bootstrap.ledger_objects().checkpoint()) is None or unverified(found.signed).size < size:
        time.sleep(LOOK_AGAIN)
    return time.monotonic() - began


def _exported(folder: Path) -> Path:
    export(bootstrap.ledger_objects(), bootstrap.ledger_verifier(), folder / "log")
    return folder / "log"


def _played() -> Load:
    load = Load(time.monotonic() + SECONDS)
    looking = threading.Thread(target=load.look)
    writing = [threading.Thread(target=load.write, args=(number,)) for number in range(WRITERS)]
    for thread in (looking, *writing):
        thread.start()
    for thread in writing:
        thread.join()
    end = time.monotonic() + PATIENCE
    while (not load.grown or load.grown[-1][1] < len(load.happened)) and time.monotonic() < end:
        time.sleep(LOOK_AGAIN)
    load.over = True
    looking.join()
    return load
