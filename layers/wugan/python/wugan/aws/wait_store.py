"""Waits in DynamoDB. The state machine writes the token by its own updateItem; only `resume` and `sweep` may read it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pynamodb.exceptions import UpdateError

from wugan.aws.tables import SHARDS, wait_rows
from wugan.cases.codec import stamp
from wugan.cases.model import Stage, WaitRecord
from wugan.errors import NotFound


@dataclass(frozen=True)
class DynamoWaitStore:
    """The wait store on the table `waits`."""

    waits_table: str

    @property
    def rows(self) -> Any:
        return wait_rows(self.waits_table)

    def get(self, wait_id: str) -> WaitRecord:
        try:
            row = self.rows.get(wait_id, consistent_read=True)
        except self.rows.DoesNotExist:
            raise NotFound("no such wait", field="wait_id") from None
        return WaitRecord(
            row.wait_id, row.case_id, Stage(row.stage), _time(row.due_at), row.answer, row.error, row.task_token, _time(row.sent_at)
        )

    def store_token(self, wait_id: str, task_token: str) -> None:
        self._update(wait_id, [self.rows.task_token.set(task_token)], self.rows.wait_id.exists())

    def sent(self, wait_id: str, at: datetime) -> None:
        rows = self.rows
        actions = [rows.sent_at.set(stamp(at)), rows.task_token.remove(), rows.pending_shard.remove(), rows.pending_since.remove()]
        self._update(wait_id, actions, rows.wait_id.exists())

    def reschedule(self, wait_id: str, due_at: datetime) -> None:
        with contextlib.suppress(NotFound):  # answered meanwhile
            self._update(wait_id, [self.rows.due_at.set(stamp(due_at))], self.rows.due_shard.exists())

    def drop(self, wait_id: str) -> None:
        self._update(wait_id, [self.rows.due_shard.remove(), self.rows.due_at.remove()], self.rows.wait_id.exists())

    def due_before(self, at: datetime) -> Iterator[WaitRecord]:
        for number in range(SHARDS):
            for row in self.rows.by_due.query(str(number), self.rows.due_at <= stamp(at)):
                wait = self.get(row.wait_id)
                if wait.answer is None and wait.due_at and wait.due_at <= at:
                    yield wait

    def pending_before(self, at: datetime) -> Iterator[WaitRecord]:
        for number in range(SHARDS):
            for row in self.rows.by_pending.query(str(number), self.rows.pending_since < stamp(at)):
                wait = self.get(row.wait_id)
                if wait.answer and not wait.sent_at:
                    yield wait

    def _update(self, wait_id: str, actions: list[Any], condition: Any) -> None:
        try:
            self.rows(wait_id).update(actions=actions, condition=condition)
        except UpdateError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
            raise NotFound("no such wait", field="wait_id") from error


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
