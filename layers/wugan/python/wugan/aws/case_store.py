"""Cases in DynamoDB: every change is one transaction of head, events with their outbox rows, sealed sections, waits and seen messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from wugan.aws.clients import client
from wugan.aws.ledger_rows import outbox_row
from wugan.aws.tables import SHARDS, Cancelled, Put, Update, archive_queue, case_rows, shard, transact, wait_rows
from wugan.aws.vault import Vault
from wugan.cases import codec
from wugan.cases.codec import stamp
from wugan.cases.model import Change, Event, Head, Task, Wait
from wugan.cases.outbox import pending_of
from wugan.cases.queue import MOST_READ, Cards, Listing, Place, card, picked
from wugan.errors import AlreadyOpen, Duplicate, NotFound, NotWaiting, StaleHead

HEAD = "HEAD"
KEY = "KEY"
MOST_INLINE = 100_000  # bytes of a sealed section; longer ones go to S3 under the same encryption


@dataclass(frozen=True)
class DynamoCaseStore:
    """The case store on the tables `cases`, `waits` and `outbox`, and a bucket for long sealed sections."""

    cases_table: str
    waits_table: str
    outbox_table: str
    files_bucket: str
    vault: Vault

    @property
    def rows(self) -> Any:
        return case_rows(self.cases_table)

    # --- writing

    def create(self, change: Change) -> None:
        case_id = change.head.case_id
        wrapped = self.vault.new_key(case_id)
        puts = [
            Put("head", self._head_row(change.head), self.rows.pk.does_not_exist()),
            Put("key", self.rows(case_id, KEY, blob=wrapped)),
            *self._puts(change, wrapped),
        ]
        try:
            transact(puts)
        except Cancelled as cancelled:
            if cancelled.conflict and not self._exists(case_id):
                raise StaleHead("two openings at once: try again") from cancelled
            raise AlreadyOpen("this hit has its case already") from cancelled

    def commit(self, change: Change) -> None:
        case_id = change.head.case_id
        wrapped = self._key(case_id) if change.sealed else b""
        puts = [
            Put("head", self._head_row(change.head), self.rows.version == change.head.version - 1),
            *self._puts(change, wrapped),
            *(Put("seen", self.rows(case_id, f"SEEN#{s}"), self.rows.pk.does_not_exist()) for s in change.seen),
        ]
        if change.optout:
            puts.append(Put("optout", self.rows(f"OPTOUT#{change.head.subject}", change.optout)))
        try:
            transact(puts, self._wait_updates(change))
        except Cancelled as cancelled:
            self._explain(cancelled)

    def _explain(self, cancelled: Cancelled) -> None:
        if "seen" in cancelled.names:
            raise Duplicate("this message was taken in before") from cancelled
        if "head" in cancelled.names or cancelled.conflict:
            raise StaleHead("the case changed meanwhile") from cancelled
        raise NotWaiting("this wait was answered") from cancelled

    def _puts(self, change: Change, wrapped: bytes) -> Iterator[Put]:
        case_id = change.head.case_id
        for event in change.events:
            body = codec.event_to_json(replace(event, salt=""))
            yield Put("event", self.rows(case_id, f"EVENT#{event.seq:06d}", body=body, salt=event.salt), self.rows.pk.does_not_exist())
            yield Put("outbox", outbox_row(self.outbox_table, pending_of(event)))
        for section, value in change.sealed.items():
            yield Put("sealed", self._sealed_row(case_id, section, change.head.seq, wrapped, value))
        for task in (*change.asked, *change.done):
            yield Put("task", self._task_row(change.head, task))
        if change.opened:
            yield Put("opened", self._wait_row(change.opened), wait_rows(self.waits_table).wait_id.does_not_exist())

    def _wait_updates(self, change: Change) -> list[Update]:
        waits, updates = wait_rows(self.waits_table), []
        if change.answered:
            assert change.head.updated_at is not None
            actions = [
                waits.answer.set(json.dumps(change.head.flags())),
                waits.pending_shard.set(shard(change.head.case_id)),
                waits.pending_since.set(stamp(change.head.updated_at)),
                waits.due_shard.remove(),
                waits.due_at.remove(),
            ]
            if change.answered.error:
                actions.append(waits.error.set(change.answered.error))
            open_still = waits.wait_id.exists() & waits.answer.does_not_exist()
            updates.append(Update("answered", waits(change.answered.wait_id), actions, open_still))
        if change.rescheduled:
            row = waits(change.rescheduled.id)
            open_still = waits.wait_id.exists() & waits.answer.does_not_exist()
            updates.append(Update("rescheduled", row, [waits.due_at.set(stamp(change.rescheduled.due_at))], open_still))
        return updates

    def _wait_row(self, wait: Wait) -> Any:
        return wait_rows(self.waits_table)(
            wait.id, case_id=wait.case_id, stage=wait.stage.value, due_shard=shard(wait.case_id), due_at=stamp(wait.due_at)
        )

    def _head_row(self, head: Head) -> Any:
        queues = queue_keys(head) if head.wait and head.promised_by else {}
        return self.rows(
            head.case_id,
            HEAD,
            version=head.version,
            body=codec.head_to_json(head),
            item_code=head.item_code,
            opened_at=stamp(head.opened_at),
            subject=head.subject,
            **queues,
            card=codec.card_to_json(card(head)) if queues else None,
            promised_by=stamp(head.promised_by) if head.promised_by else None,
            task_queue=archive_queue(shard(head.case_id)) if head.ended and not head.tasks else None,
            updated_at=stamp(head.updated_at) if head.updated_at else None,
            working_shard=shard(head.case_id) if head.working_since else None,
            working_since=stamp(head.working_since) if head.working_since else None,
        )

    def _task_row(self, head: Head, task: Task) -> Any:
        """A task that is over stays as a row that stands on no list: nothing here is ever deleted."""
        assert head.updated_at is not None
        queue = f"{head.jurisdiction}#{task}" if task in head.tasks else None
        since = head.put_off.get(task.value, head.updated_at)
        return self.rows(head.case_id, f"TASK#{task}", task_queue=queue, updated_at=stamp(since))

    def _sealed_row(self, case_id: str, section: str, seq: int, wrapped: bytes, value: Any) -> Any:
        name = f"SEALED#{section}#{seq:06d}"
        sealed = self.vault.seal(wrapped, case_id, name, value)
        if len(sealed) <= MOST_INLINE:
            return self.rows(case_id, name, blob=sealed)
        key = f"sealed/{case_id}/{section}/{seq:06d}"
        client("s3").put_object(Bucket=self.files_bucket, Key=key, Body=sealed)
        return self.rows(case_id, name, body={"key": key})

    # --- reading

    def head(self, case_id: str) -> Head:
        try:
            row = self.rows.get(case_id, HEAD, consistent_read=True)
        except self.rows.DoesNotExist:
            raise NotFound("no such case", field="case_id") from None
        return codec.head_from_json(row.body)

    def _exists(self, case_id: str) -> bool:
        return any(True for _ in self.rows.query(case_id, self.rows.sk == HEAD, consistent_read=True, limit=1))

    def events(self, case_id: str) -> list[Event]:
        rows = self.rows.query(case_id, self.rows.sk.startswith("EVENT#"), consistent_read=True)
        return [replace(codec.event_from_json(r.body), salt=r.salt or "") for r in rows]

    def sealed(self, case_id: str, section: str) -> Any | None:
        prefix = self.rows.sk.startswith(f"SEALED#{section}#")
        row = next(iter(self.rows.query(case_id, prefix, consistent_read=True, scan_index_forward=False, limit=1)), None)
        if row is None:
            return None
        return self.vault.open(self._key(case_id), case_id, row.sk, self._blob(row))

    def unsealed(self, case_id: str) -> dict[str, Any]:
        rows = self.rows.query(case_id, self.rows.sk.startswith("SEALED#"), consistent_read=True)
        newest = {row.sk.split("#")[1]: row for row in rows}  # in order of their sequence: the last one stays
        if not newest:
            return {}
        wrapped = self._key(case_id)
        return {name: self.vault.open(wrapped, case_id, row.sk, self._blob(row)) for name, row in newest.items()}

    def _blob(self, row: Any) -> bytes:
        if row.blob is not None:
            return bytes(row.blob)
        return bytes(client("s3").get_object(Bucket=self.files_bucket, Key=row.body["key"])["Body"].read())

    def _key(self, case_id: str) -> bytes:
        try:
            return bytes(self.rows.get(case_id, KEY, consistent_read=True).blob)
        except self.rows.DoesNotExist:
            raise NotFound("the personal data of this case was erased", field="case_id") from None

    def erase(self, case_id: str) -> None:
        self.head(case_id)
        self.rows(case_id, KEY).delete()  # first: without it the rest cannot be read again
        for row in self.rows.query(case_id, self.rows.sk.startswith("SEALED#"), consistent_read=True):
            if row.body:
                client("s3").delete_object(Bucket=self.files_bucket, Key=row.body["key"])
            row.delete()
        for row in self.rows.query(case_id, self.rows.sk.startswith("EVENT#"), consistent_read=True):
            row.update(actions=[self.rows.salt.remove()])

    def opted_out(self, subject: str, item_code: str) -> bool:
        return any(True for _ in self.rows.query(f"OPTOUT#{subject}", self.rows.sk == item_code, consistent_read=True, limit=1))

    def opted_out_of(self, subject: str) -> set[str]:
        return {row.sk for row in self.rows.query(f"OPTOUT#{subject}", consistent_read=True)}

    # --- lists

    def by_item(self, item_code: str) -> Iterator[Head]:
        return map(_head, self.rows.by_item.query(item_code, scan_index_forward=False))

    def by_subject(self, subject: str) -> Iterator[Head]:
        return map(_head, self.rows.by_subject.query(subject, scan_index_forward=False))

    def queue(self, listing: Listing, limit: int, start: Place | None = None, *, backwards: bool = False) -> Cards:
        name, key = narrowest(listing)
        most = limit + 1 if listing.filters < 2 else MOST_READ  # one more tells whether there is a next page
        at = start and _key_at(name, key, start)
        found = getattr(self.rows, f"by_{name}").query(
            key, limit=most, page_size=most, last_evaluated_key=at, scan_index_forward=not backwards
        )
        read = [codec.card_from_json(row.card) for row in found]
        return picked(listing, read, limit, read[-1].place if found.last_evaluated_key else None)

    def queued(self, listing: Listing, most: int) -> int:
        name, key = narrowest(listing)  # PynamoDB's count takes a limit for that of each page, and goes on to the end
        found = client("dynamodb").query(
            TableName=self.cases_table,
            IndexName=f"by_{name}",
            KeyConditionExpression="#key = :key",
            ExpressionAttributeNames={"#key": name},
            ExpressionAttributeValues={":key": {"S": key}},
            Select="COUNT",
            Limit=most,
        )
        return int(found["Count"])

    def tasks(self, jurisdiction: str, task: Task) -> Iterator[Head]:
        for row in self.rows.by_task.query(f"{jurisdiction}#{task}"):
            yield self.head(row.pk)

    def task_page(self, jurisdiction: str, task: Task, limit: int, after: str | None = None) -> tuple[list[Head], str | None]:
        start = json.loads(after) if after else None
        found = self.rows.by_task.query(f"{jurisdiction}#{task}", limit=limit, page_size=limit, last_evaluated_key=start)
        ids = [row.pk for row in found]
        heads = {row.pk: _head(row) for row in self.rows.batch_get([(id, HEAD) for id in ids], consistent_read=True)}
        last = found.last_evaluated_key
        return [heads[id] for id in ids], json.dumps(last, sort_keys=True) if last else None

    def working_before(self, at: Any) -> Iterator[Head]:
        for number in range(SHARDS):
            yield from map(_head, self.rows.by_working.query(str(number), self.rows.working_since < stamp(at)))


def _head(row: Any) -> Head:
    return codec.head_from_json(row.body)


def queue_keys(head: Head) -> dict[str, str]:
    """In which lists a case stands: its bureau's at its stage, and those of its item, its light and its official."""
    base = f"{head.jurisdiction}#{head.stage}"
    parts = {"queue_item": head.item_code, "queue_light": head.light, "queue_officer": head.officer}
    return {"queue": base} | {name: f"{base}#{part}" for name, part in parts.items()}


def narrowest(listing: Listing) -> tuple[str, str]:
    """The list to read, and its key: an official has fewer cases than an item, an item fewer than a light."""
    base = f"{listing.jurisdiction}#{listing.stage}"
    if listing.officer is not None:
        return "queue_officer", f"{base}#{listing.officer}"
    if listing.item:
        return "queue_item", f"{base}#{listing.item}"
    return ("queue_light", f"{base}#{listing.light}") if listing.light else ("queue", base)


def _key_at(name: str, key: str, place: Place) -> dict[str, Any]:
    """The key of an index at which reading goes on."""
    texts = {name: key, "promised_by": stamp(place.promised_by), "pk": place.case_id, "sk": HEAD}
    return {attribute: {"S": text} for attribute, text in texts.items()}
