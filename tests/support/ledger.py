"""A small town's log: invented cases, their events as the domain makes them, sequenced by the real sequencer in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wugan.cases.model import CHAIN_START, Actor, Event
from wugan.clock import BEIJING
from wugan.ledger import casefile, note
from wugan.ledger.casefile import ShownEvent
from wugan.ledger.leaf import Leaf
from wugan.ledger.monitor import TableEvent
from wugan.ledger.note import Signer
from wugan.ledger.sequence import Pending
from wugan.ledger.sequencer import Sequencer
from wugan.ledger.tiles import TileReader
from wugan.memory.ledger import MemoryLedgerObjects, MemoryLedgerRows

ORIGIN = "ledger.wugan.example/log"
SIGNER = note.local_signer(ORIGIN, hashlib.sha256(b"the log's key in tests").digest())
STRANGER = note.local_signer(ORIGIN, hashlib.sha256(b"a forger's key").digest())
WITNESS_AT = datetime(2026, 11, 23, 10, 0, tzinfo=BEIJING)
TYPES = ("opened", "pushed", "identified", "confirmed", "declared", "approved", "delivered")


def witness_signer(name: str = "witness.example/w1") -> Signer:
    """A cosigner whose clock stands still."""
    return note.local_signer(name, hashlib.sha256(name.encode()).digest(), note.COSIGNATURE, lambda: WITNESS_AT)


def event_of(case_id: str, seq: int, previous: str = CHAIN_START, **facts: str) -> Event:
    """An event as the domain commits it; its salt follows from its name, so that runs repeat."""
    at = WITNESS_AT + timedelta(minutes=seq)
    event = Event(case_id, seq, TYPES[(seq - 1) % len(TYPES)], at, Actor.SYSTEM, {"备注": "测试", **facts})
    return event.committed(hashlib.sha256(f"{case_id}#{seq}".encode()).hexdigest(), previous)


def leaf_of(event: Event) -> Leaf:
    """What an event leaves in the log."""
    return Leaf(bytes.fromhex(event.commitment), bytes.fromhex(event.chain))


@dataclass
class Log:
    """A log with its cases. `limit`: the most leaves of one batch."""

    signer: Signer = SIGNER
    limit: int = 1000
    rows: MemoryLedgerRows = field(default_factory=MemoryLedgerRows)
    objects: MemoryLedgerObjects = field(default_factory=MemoryLedgerObjects)
    cases: dict[str, list[Event]] = field(default_factory=dict)

    @property
    def sequencer(self) -> Sequencer:
        return Sequencer(self.rows, self.objects, self.signer, limit=self.limit)

    def happen(self, case_id: str, **facts: str) -> Event:
        """One more event of a case, with its row in the outbox."""
        trail = self.cases.setdefault(case_id, [])
        event = event_of(case_id, len(trail) + 1, trail[-1].chain if trail else CHAIN_START, **facts)
        trail.append(event)
        self.rows.add(Pending(case_id, event.seq, leaf_of(event).entry()))
        return event

    def sequence(self) -> Log:
        """Everything that is pending."""
        while self.sequencer.run().more:
            pass
        return self

    @property
    def signed(self) -> bytes:
        """The published checkpoint."""
        assert self.objects.published is not None
        return self.objects.published.signed

    @property
    def size(self) -> int:
        return self.rows.newest.size

    def reader(self) -> TileReader:
        return TileReader(self.objects.read, self.size)

    def entries(self) -> list[bytes]:
        read = self.reader()
        return [read.entry(i) for i in range(self.size)]

    def table(self) -> list[TableEvent]:
        """What the tables say."""
        return [table_event(e) for trail in self.cases.values() for e in trail]

    def proof_of(self, case_id: str, hidden: Mapping[int, bool] | None = None) -> str:
        """The proof of a case; `hidden`: the seqs whose body this reader may not see."""
        events = [shown(e, hide=bool(hidden and hidden.get(e.seq))) for e in self.cases[case_id]]
        places = {e.seq: self.rows.placed[case_id, e.seq] for e in self.cases[case_id]}
        return casefile.make(case_id, events, places, self.reader(), self.signed, self.signer.verifier)


def table_event(event: Event, *, fresh: bool = False) -> TableEvent:
    """An event as the monitor reads it."""
    salt = bytes.fromhex(event.salt) if event.salt else None
    return TableEvent(event.case_id, event.seq, leaf_of(event), event.canonical(), salt, fresh)


def shown(event: Event, *, hide: bool = False) -> ShownEvent:
    """An event as a reader gets it."""
    if hide:
        return ShownEvent(event.seq, leaf_of(event))
    return ShownEvent(event.seq, leaf_of(event), event.canonical(), bytes.fromhex(event.salt))


def case_id(number: int) -> str:
    """An id of the domain's shape."""
    return f"case{number:022d}"


def small_log(cases: int = 40, events: int = 7, limit: int = 97) -> Log:
    """Some cases, sequenced in several batches while they go on."""
    log = Log(limit=limit)
    for _ in range(events):
        for number in range(cases):
            log.happen(case_id(number))
        log.sequence()
    return log
