"""Sequencers, writers and their deaths, interleaved at every call to a store in an order that a seed decides."""

from __future__ import annotations

import random
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from threading import Semaphore, Thread

from tests.support.ledger import SIGNER, case_id, event_of, leaf_of, witness_signer
from wugan.cases.model import CHAIN_START
from wugan.errors import VendorUnavailable
from wugan.ledger import checkpoint, verify, witness
from wugan.ledger.checkpoint import Checkpoint
from wugan.ledger.merkle import Reader, leaf_hash
from wugan.ledger.note import Signer
from wugan.ledger.port import Published
from wugan.ledger.sequence import Batch, EventId, Head, Pending
from wugan.ledger.sequencer import Sequencer
from wugan.ledger.witness import Call, Response, Witness
from wugan.memory.ledger import MemoryLedgerObjects, MemoryLedgerRows


class Killed(BaseException):
    """The process is gone. Nothing may catch this but the machine."""


class Turn:
    """One worker at a time runs, from one call to a store to the next."""

    def __init__(self) -> None:
        self.go, self.back = Semaphore(0), Semaphore(0)
        self.ended = False

    def wait(self) -> None:
        """Hand the turn back, and wait for the next."""
        self.back.release()
        self.go.acquire()


@dataclass
class Process:
    """What one worker calls instead of the stores: each call is a moment at which others may run or it may die."""

    rows: MemoryLedgerRows
    objects: MemoryLedgerObjects
    turn: Turn
    dies: Callable[[str], str]  # the call's name → "", "before", "after" or "within"
    history: list[bytes]
    witness: Call

    @contextmanager
    def _call(self, name: str) -> Iterator[bool]:
        """Yields whether to do only half of it."""
        self.turn.wait()
        fate = self.dies(name)
        if fate == "before":
            raise Killed
        yield fate == "within"
        if fate:
            raise Killed

    def head(self) -> Head:
        with self._call("head"):
            return self.rows.head()

    def pending(self, limit: int, without: Container[EventId] = ()) -> list[Pending]:
        with self._call("pending"):
            return self.rows.pending(limit, without)

    def places(self, ids: Iterable[EventId]) -> dict[EventId, int]:
        with self._call("places"):
            return self.rows.places(ids)

    def batch(self, number: int) -> Batch:
        with self._call("batch"):
            return self.rows.batch(number)

    def commit(self, batch: Batch, after: Head) -> None:
        with self._call("commit"):
            self.rows.commit(batch, after)

    def record(self, places: Mapping[EventId, int]) -> None:
        with self._call("record") as half:
            self.rows.record(dict(list(places.items())[: len(places) // 2]) if half else places)

    def drop(self, ids: Iterable[EventId]) -> None:
        with self._call("drop") as half:
            listed = list(ids)
            self.rows.drop(listed[: len(listed) // 2] if half else listed)

    def read(self, path: str) -> bytes:
        with self._call("read"):
            return self.objects.read(path)

    def write(self, path: str, data: bytes) -> bool:
        with self._call("write"):
            return self.objects.write(path, data)

    def checkpoint(self) -> Published | None:
        with self._call("checkpoint"):
            return self.objects.checkpoint()

    def swap(self, signed: bytes, tag: str | None) -> None:
        with self._call("swap"):
            self.objects.swap(signed, tag)
            self.history.append(signed)

    def sign(self, text: bytes) -> bytes:
        with self._call("sign"):
            return SIGNER.raw(text)

    def cosign(self, signed: bytes, read: Reader) -> bytes:
        """By one witness; a process that starts anew does not know what it saw."""

        def ask(body: bytes) -> Response:
            with self._call("cosign"):
                return self.witness(body)

        return witness.cosign(signed, read, [(WITNESS.verifier, ask)], {})


WITNESS = witness_signer()
CALLS = ("head", "pending", "places", "batch", "commit", "record", "drop", "read", "write", "checkpoint", "swap", "sign", "cosign")

Make = Callable[[Process, Signer], Sequencer]


def make(process: Process, signer: Signer) -> Sequencer:
    """The sequencer as it is, with small batches."""
    return Sequencer(process, process, signer, process.cosign, limit=7)


@dataclass
class Machine:
    """A log under fire. `make` builds the sequencer, so that a broken one can be put in its place."""

    seed: int
    make: Make = make
    sequencers: int = 3
    writers: int = 3
    events: int = 60
    death: float = 0.06
    away: float = 0.4  # chance that the witness does not answer
    pause: int = 25  # at most so many turns between two events of a writer
    rows: MemoryLedgerRows = field(default_factory=MemoryLedgerRows)
    objects: MemoryLedgerObjects = field(default_factory=MemoryLedgerObjects)
    entries: dict[EventId, bytes] = field(default_factory=dict)
    signed: list[bytes] = field(default_factory=list)
    history: list[bytes] = field(default_factory=list)
    deaths: dict[tuple[str, str], int] = field(default_factory=dict)
    errors: list[BaseException] = field(default_factory=list)
    stored: Callable[[], Iterable[str]] | None = None  # paths of all files; where the objects are not in memory

    def __post_init__(self) -> None:
        self.witness = Witness(WITNESS, {SIGNER.verifier.name: SIGNER.verifier})
        self.chance = random.Random(self.seed)
        self.done = False

    def run(self) -> Machine:
        """Writers write and sequencers sequence and die until everything was written; then one sequencer finishes in peace."""
        workers = [self._start(self._sequence) for _ in range(self.sequencers)] + [self._start(self._write) for _ in range(self.writers)]
        while workers and not self.errors:
            turn, thread = self.chance.choice(workers)
            turn.go.release()
            turn.back.acquire()
            if turn.ended:
                workers.remove((turn, thread))
            self.done = len(self.entries) >= self.events
        self._abandon(workers)
        if not self.errors:
            self._finish_in_peace()
        return self

    def _start(self, work: Callable[[Turn], None]) -> tuple[Turn, Thread]:
        turn = Turn()

        def body() -> None:
            turn.go.acquire()
            try:
                work(turn)
            except Killed:
                pass
            except BaseException as error:
                self.errors.append(error)
            turn.ended = True
            turn.back.release()

        thread = Thread(target=body, daemon=True)
        thread.start()
        return turn, thread

    def _abandon(self, workers: list[tuple[Turn, Thread]]) -> None:
        """After an error the others stop where they are."""
        for turn, _ in workers:
            turn.wait = _die  # type: ignore[method-assign]
            turn.go.release()

    def _sequence(self, turn: Turn) -> None:
        process = Process(self.rows, self.objects, turn, self._fate, self.history, self._ask_witness)
        while not self.done and not self.errors:
            try:
                self.make(process, self._signer(process)).run()
            except Killed:
                continue  # a new process starts, knowing nothing
            turn.wait()

    def _ask_witness(self, body: bytes) -> Response:
        """It is away now and then."""
        if self.chance.random() < self.away:
            raise VendorUnavailable("away")
        return self.witness.add_checkpoint(body)

    def _signer(self, process: Process) -> Signer:
        def raw(text: bytes) -> bytes:
            self.signed.append(text)
            return process.sign(text)

        return Signer(SIGNER.verifier, raw)

    def _fate(self, name: str) -> str:
        if self.chance.random() >= self.death:
            return ""
        ways = ["before", "after", "within"] if name in ("record", "drop") else ["before", "after"]
        how = self.chance.choice(ways)
        self.deaths[name, how] = self.deaths.get((name, how), 0) + 1
        return how

    def _write(self, turn: Turn) -> None:
        """Cases go on, some events are put into the outbox once more, as filling it from the tables does."""
        mine = [case_id(self.chance.randrange(10**9)) for _ in range(3)]
        trails: dict[str, tuple[int, str]] = {}
        while not self.done:
            name = self.chance.choice(mine)
            seq, chain = trails.get(name, (0, CHAIN_START))
            event = event_of(name, seq + 1, chain)
            trails[name] = seq + 1, event.chain
            self.entries[name, event.seq] = leaf_of(event).entry()
            self.rows.add(Pending(name, event.seq, leaf_of(event).entry()))
            turn.wait()
            if self.chance.random() < 0.2:
                again = self.chance.choice(list(self.entries))
                self.rows.add(Pending(*again, self.entries[again]))
            for _ in range(self.chance.randrange(self.pause)):
                turn.wait()

    def _finish_in_peace(self) -> None:
        asked = [(WITNESS.verifier, self.witness.add_checkpoint)]
        sequencer = Sequencer(self.rows, self.objects, SIGNER, lambda signed, read: witness.cosign(signed, read, asked, {}), limit=7)
        try:
            while sequencer.run().more or self.rows.pending(1):
                pass
            sequencer.run()  # the witness is here again
        except Exception as error:
            self.errors.append(error)


def _die() -> None:
    raise Killed


def wrongs(machine: Machine) -> list[str]:
    """Everything that is not as it must be, after the machine has run."""
    if machine.errors:
        return [f"{type(e).__name__}: {e}" for e in machine.errors]
    published = machine.objects.checkpoint()
    assert published
    found = checkpoint.unverified(published.signed)
    try:
        entries, levels = verify.verify_entries(machine.objects.read, found)
        stored = machine.stored() if machine.stored else machine.objects.files
        verify.verify_files(stored, machine.objects.read, entries, levels)
    except Exception as error:
        return [f"the files: {error}"]
    return [*_entries_wrong(machine, entries), *_checkpoints_wrong(machine, found, entries)]


def _cosigned_later(before: bytes, after: bytes) -> bool:
    return after.startswith(before) and witness.uncosigned(before, [WITNESS.verifier]) != witness.uncosigned(after, [WITNESS.verifier])


def _entries_wrong(machine: Machine, entries: list[bytes]) -> Iterator[str]:
    if len(set(entries)) != len(entries):
        yield "a leaf is there twice"
    if set(entries) != set(machine.entries.values()):
        yield "a leaf was lost, or came from nowhere"
    placed = machine.rows.places(machine.entries)
    if any(entries[index] != machine.entries[i] for i, index in placed.items()):
        yield "a place is wrong"
    if placed.keys() != machine.entries.keys():
        yield "a place is missing"
    order = [i for _, i in sorted((index, i) for i, index in placed.items())]
    if any(order.index((name, seq)) < order.index((name, seq - 1)) for name, seq in order if seq > 1 and (name, seq - 1) in order):
        yield "a case's events are out of order"


def _checkpoints_wrong(machine: Machine, found: Checkpoint, entries: list[bytes]) -> Iterator[str]:
    hashes = [leaf_hash(e) for e in entries]
    for before, after in pairwise(machine.history):
        if checkpoint.unverified(before).size >= checkpoint.unverified(after).size and not _cosigned_later(before, after):
            yield "the published checkpoint went back or stood still"
    published = machine.objects.checkpoint()
    if published is None or witness.uncosigned(published.signed, [WITNESS.verifier]):
        yield "the newest checkpoint is not cosigned, though the witness is here"
    for text in machine.signed:
        try:
            verify.verify_growth(checkpoint.parse(text), found, hashes)
        except Exception as error:
            yield f"a fork was signed: {error}"
            return
