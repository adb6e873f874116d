"""The events of the cases table as the monitor reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from wugan.aws.tables import case_rows
from wugan.cases import codec
from wugan.cases.audit import table_event
from wugan.ledger.monitor import TableEvent
from wugan.ledger.sequence import EventId

EVENT = "EVENT#"


@dataclass(frozen=True)
class DynamoEventTable:
    """Reads events by their keys, and all of them page by page. All reads are consistent."""

    cases_table: str

    @property
    def rows(self) -> Any:
        return case_rows(self.cases_table)

    def some(self, ids: Iterable[EventId]) -> dict[EventId, TableEvent]:
        keys = [(case_id, f"{EVENT}{seq:06d}") for case_id, seq in set(ids)]
        return {e.id: e for e in map(_event, self.rows.batch_get(keys, consistent_read=True))}

    def newest(self, case_id: str) -> TableEvent | None:
        of_case = self.rows.query(case_id, self.rows.sk.startswith(EVENT), consistent_read=True, scan_index_forward=False, limit=1)
        return next(map(_event, of_case), None)

    def page(self, after: str, limit: int) -> tuple[list[TableEvent], str]:
        start = json.loads(after) if after else None
        scan = self.rows.scan(self.rows.sk.startswith(EVENT), consistent_read=True, last_evaluated_key=start)
        found: list[TableEvent] = []
        for event in map(_event, scan):  # the rows of a case lie together
            if len(found) >= limit and event.case_id != found[-1].case_id:
                last = found[-1]
                return found, json.dumps({"pk": {"S": last.case_id}, "sk": {"S": f"{EVENT}{last.seq:06d}"}})
            found.append(event)
        return found, ""


def _event(row: Any) -> TableEvent:
    return table_event(replace(codec.event_from_json(row.body), salt=row.salt or ""))
