"""The events of cases as the monitor reads them, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wugan.cases.audit import table_event
from wugan.cases.model import Event
from wugan.ledger.monitor import TableEvent
from wugan.ledger.sequence import EventId


@dataclass
class MemoryEventTable:
    """Reads the events out of a dictionary of cases."""

    cases: Mapping[str, Sequence[Event]]

    def some(self, ids: Iterable[EventId]) -> dict[EventId, TableEvent]:
        wanted = set(ids)
        events = (e for case_id in {i[0] for i in wanted} for e in self.cases.get(case_id, ()))
        return {(e.case_id, e.seq): table_event(e) for e in events if (e.case_id, e.seq) in wanted}

    def newest(self, case_id: str) -> TableEvent | None:
        newest = max(self.cases.get(case_id, ()), key=lambda e: e.seq, default=None)
        return table_event(newest) if newest else None

    def page(self, after: str, limit: int) -> tuple[list[TableEvent], str]:
        found: list[TableEvent] = []
        left = [case_id for case_id in sorted(self.cases) if case_id > after]
        for case_id in left:
            found += self._of(case_id)
            if len(found) >= limit:
                return found, case_id if case_id != left[-1] else ""
        return found, ""

    def _of(self, case_id: str) -> list[TableEvent]:
        return [table_event(e) for e in self.cases.get(case_id, ())]
