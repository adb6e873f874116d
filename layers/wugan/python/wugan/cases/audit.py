"""What people and auditors see of the ledger: the proof of a case, with the bodies that its reader may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from wugan.cases.model import Event
from wugan.cases.outbox import leaf_of
from wugan.cases.ports import CaseStore
from wugan.clock import Clock
from wugan.errors import InvalidInput, NotFound, NotYet
from wugan.ledger import casefile
from wugan.ledger.casefile import ShownEvent, VerifiedCase
from wugan.ledger.checkpoint import open_checkpoint
from wugan.ledger.monitor import TableEvent
from wugan.ledger.note import Verifier
from wugan.ledger.port import LedgerObjects, LedgerRows
from wugan.ledger.tiles import TileReader, parse_path

DELIBERATION = frozenset({"assigned", "proposed", "sent_back", "called"})  # on the way to a decision: not on the person's pages
INTERNAL = DELIBERATION | {"handed_over", "task_done"}  # what officials note for each other


class Reader(StrEnum):
    """For whom a proof is made."""

    AUDITOR = "auditor"  # every body
    PERSON = "person"  # the identified person of the case: all but what officials note for each other
    PUBLIC = "public"  # places and order only

    def sees(self, event: Event) -> bool:
        """Whether this reader gets the event's body and salt."""
        return self is Reader.AUDITOR or (self is Reader.PERSON and event.type not in INTERNAL)


def shown(event: Event, reader: Reader) -> ShownEvent:
    """An event as a reader gets it; after an erasure nobody gets its body."""
    if not event.salt or not reader.sees(event):
        return ShownEvent(event.seq, leaf_of(event))
    return ShownEvent(event.seq, leaf_of(event), event.canonical(), bytes.fromhex(event.salt))


def table_event(event: Event) -> TableEvent:
    """An event as the monitor compares it."""
    return TableEvent(event.case_id, event.seq, leaf_of(event), event.canonical(), bytes.fromhex(event.salt) if event.salt else None)


@dataclass(frozen=True)
class Bundle:
    """The proof of a case."""

    text: str  # `wugan-case-proof/1`
    size: int  # of the log it was proved against
    events: int
    told: int  # of these with their body
    waiting: int  # events that are not in the log yet

    @property
    def name(self) -> str:
        """What to save it as."""
        return f"wugan-proof-{self.size}.json"


@dataclass(frozen=True)
class Audit:
    """Reads cases and the log."""

    store: CaseStore
    rows: LedgerRows
    objects: LedgerObjects
    log: Verifier

    def proof(self, case_id: str, reader: Reader) -> Bundle:
        """The bundle of a case, with those of its events that the published log has. Raises NotFound, NotYet when it has none."""
        events = self.store.events(case_id)
        if not events:
            raise NotFound("no such case", field="case_id")
        places = self.rows.places([(case_id, e.seq) for e in events])
        published = self.objects.checkpoint()
        size = open_checkpoint(published.signed, self.log)[0].size if published else 0
        proved = [e for e in events if places.get((case_id, e.seq), size) < size]
        if published is None or not proved:
            raise NotYet("no event of this case is in the published log yet: ask again in a minute", field="case_id")
        told = [shown(e, reader) for e in proved]
        read = TileReader(self.objects.read, size)
        text = casefile.make(case_id, told, {seq: place for (_, seq), place in places.items()}, read, published.signed, self.log)
        return Bundle(text, size, len(proved), sum(e.canonical is not None for e in told), len(events) - len(proved))


@dataclass(frozen=True)
class PublicLog:
    """The log as everybody sees it: its files, and whether a proof holds. Nothing is kept of what is shown to it."""

    objects: LedgerObjects
    log: Verifier
    clock: Clock
    public_url: Callable[[], str]

    def checkpoint(self) -> bytes | None:
        """The newest checkpoint, as signed."""
        published = self.objects.checkpoint()
        return published.signed if published else None

    def size(self) -> int:
        """Entries under the newest checkpoint."""
        signed = self.checkpoint()
        return open_checkpoint(signed, self.log)[0].size if signed else 0

    def file(self, path: str) -> bytes:
        """A tile or bundle. Raises NotFound, also for what is no path of one."""
        try:
            return self.objects.read(parse_path(path).path)
        except InvalidInput:
            raise NotFound("no path of a tile or an entry bundle", field="path") from None

    def verify(self, text: str) -> VerifiedCase:
        """What the proof of a case proves. Raises NotProved, InvalidInput."""
        return casefile.verify(text, self.log)
