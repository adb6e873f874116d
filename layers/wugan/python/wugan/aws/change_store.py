"""Changes in DynamoDB: one row for each record, under its subject; beside them, who names a producer, and what was refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pynamodb.exceptions import PutError

from wugan.aws.tables import change_rows
from wugan.cases.codec import stamp
from wugan.registry.changes import Change, Refused

HOLDER = "holder#"
REFUSED = "refused"


@dataclass(frozen=True)
class DynamoChangeStore:
    """The change store on the table `changes`. Rows end by the table's time to live."""

    changes_table: str

    @property
    def rows(self) -> Any:
        return change_rows(self.changes_table)

    def put(self, change: Change, at: datetime, until: datetime) -> bool:
        ends = {"received_at": stamp(at), "expires_at": int(until.timestamp())}
        if change.producer:  # first, so that no licence is kept that its producer does not lead to
            self.rows(change.producer, f"{HOLDER}{change.credit_code}", **ends).save()
        row = self.rows(change.credit_code, change.record, feed=change.feed, row=dict(change.row), rank=change.rank, **ends)
        try:
            row.save(condition=self.rows.sk.does_not_exist() | (self.rows.rank <= change.rank))
        except PutError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def of(self, credit_code: str) -> list[Change]:
        return [_change(row) for row in self.rows.query(credit_code, consistent_read=True) if row.row]

    def holders(self, producer_code: str) -> set[str]:
        found = self.rows.query(producer_code, self.rows.sk.startswith(HOLDER), consistent_read=True)
        return {row.sk.removeprefix(HOLDER) for row in found}

    def all(self) -> Iterator[Change]:
        return (_change(row) for row in self.rows.scan(self.rows.row.exists(), consistent_read=True))

    def refuse(self, batch: str, refused: Sequence[Refused], at: datetime, until: datetime) -> None:
        ends = {"received_at": stamp(at), "expires_at": int(until.timestamp())}
        self.rows(_batch(batch), REFUSED, refused=[asdict(r) for r in refused], **ends).save()

    def refused(self, batch: str) -> list[Refused]:
        found = self.rows.query(_batch(batch), self.rows.sk == REFUSED, consistent_read=True)
        return [Refused(**r) for row in found for r in row.refused]


def _batch(batch: str) -> str:
    return f"batch#{batch}"  # small letters: no credit code begins so


def _change(row: Any) -> Change:
    return Change(row.feed, row.row)
