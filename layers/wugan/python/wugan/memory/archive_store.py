"""The archive in memory, on the cases in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from wugan.cases.archive import CASE
from wugan.cases.model import Event, Head
from wugan.cases.outbox import pending_of
from wugan.errors import NotFound
from wugan.memory.stores import MemoryCaseStore


@dataclass
class MemoryArchiveStore:
    """The port ArchiveStore in dictionaries."""

    cases: MemoryCaseStore
    files: dict[str, bytes] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)

    def closed(self, limit: int) -> list[Head]:
        found = [h for h in self.cases.heads.values() if h.ended and not h.tasks and self.done.get(h.case_id) != h.version]
        return sorted(found, key=lambda h: str(h.updated_at))[:limit]

    def archived(self, case_id: str, version: int) -> None:
        if self.cases.head(case_id).version == version:
            self.done[case_id] = version

    def newest(self) -> Event | None:
        return self.cases.trail[CASE][-1] if self.cases.trail.get(CASE) else None

    def append(self, event: Event) -> bool:
        trail = self.cases.trail.setdefault(CASE, [])
        if len(trail) != event.seq - 1:
            return False
        trail.append(event)
        self.cases.ledger.add(pending_of(event))
        return True

    def put(self, name: str, data: bytes) -> bool:
        fresh = name not in self.files
        self.files.setdefault(name, data)
        return fresh

    def get(self, name: str) -> bytes:
        try:
            return self.files[name]
        except KeyError:
            raise NotFound("no such file in the archive", field="name") from None
