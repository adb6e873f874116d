"""The archive: its list and events in the tables of the cases, its files in the bucket of the files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError
from pynamodb.exceptions import UpdateError

from wugan.aws.clients import client
from wugan.aws.ledger_rows import outbox_row
from wugan.aws.tables import SHARDS, Cancelled, Put, archive_queue, case_rows, shard, transact
from wugan.cases import codec
from wugan.cases.archive import CASE
from wugan.cases.model import Event, Head
from wugan.cases.outbox import pending_of
from wugan.errors import NotFound

HEAD, EVENT = "HEAD", "EVENT#"


@dataclass(frozen=True)
class DynamoArchiveStore:
    """The port ArchiveStore on the tables `cases` and `outbox`, and the bucket of the files."""

    cases_table: str
    outbox_table: str
    files_bucket: str

    @property
    def rows(self) -> Any:
        return case_rows(self.cases_table)

    def closed(self, limit: int) -> list[Head]:
        keys: list[tuple[str, str]] = []
        for number in range(SHARDS):
            if len(keys) < limit:
                keys += [(row.pk, HEAD) for row in self.rows.by_task.query(archive_queue(str(number)), limit=limit - len(keys))]
        rows = self.rows.batch_get(keys, consistent_read=True) if keys else ()  # the index may not know yet who left the list
        return [codec.head_from_json(row.body) for row in rows if row.task_queue == archive_queue(shard(row.pk))]

    def archived(self, case_id: str, version: int) -> None:
        row = self.rows(case_id, HEAD)
        try:
            row.update(actions=[self.rows.task_queue.remove()], condition=self.rows.version == version)
        except UpdateError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise

    def newest(self) -> Event | None:
        rows = self.rows.query(CASE, self.rows.sk.startswith(EVENT), consistent_read=True, scan_index_forward=False, limit=1)
        return next((replace(codec.event_from_json(r.body), salt=r.salt or "") for r in rows), None)

    def append(self, event: Event) -> bool:
        body = codec.event_to_json(replace(event, salt=""))
        row = self.rows(CASE, f"{EVENT}{event.seq:06d}", body=body, salt=event.salt)
        try:
            transact([Put("event", row, self.rows.pk.does_not_exist()), Put("outbox", outbox_row(self.outbox_table, pending_of(event)))])
        except Cancelled:
            return False
        return True

    def put(self, name: str, data: bytes) -> bool:
        try:
            client("s3").put_object(Bucket=self.files_bucket, Key=name, Body=data, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise
            return False
        return True

    def get(self, name: str) -> bytes:
        try:
            return bytes(client("s3").get_object(Bucket=self.files_bucket, Key=name)["Body"].read())
        except client("s3").exceptions.NoSuchKey:
            raise NotFound("no such file in the archive", field="name") from None
