"""The ledger's rows in DynamoDB: the outbox in a table that every case writes to; head, batches and places in one that is the log's own."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from wugan.aws.tables import SHARDS, Cancelled, Put, ledger_rows, outbox_rows, shard, transact
from wugan.errors import NotFound
from wugan.ledger.problem import HeadMoved
from wugan.ledger.sequence import Batch, EventId, Head, Pending, decode_batch, decode_edge, encode_batch, encode_edge

HEAD = "HEAD"


def outbox_row(table: str, leaf: Pending) -> Any:
    """The row of a pending leaf. Its key follows from the event alone: adding it again changes nothing."""
    return outbox_rows(table)(*_outbox_key(leaf.id), entry=leaf.entry)


@dataclass(frozen=True)
class DynamoLedgerRows:
    """The port LedgerRows on the tables `outbox` and `ledger`. All reads are consistent."""

    outbox_table: str
    ledger_table: str

    @property
    def outbox(self) -> Any:
        return outbox_rows(self.outbox_table)

    @property
    def rows(self) -> Any:
        return ledger_rows(self.ledger_table)

    def add(self, leaf: Pending) -> None:
        """Put one leaf into the outbox, outside of its event's transaction: for those that have no row there."""
        outbox_row(self.outbox_table, leaf).save()

    def head(self) -> Head:
        try:
            row = self.rows.get(HEAD, consistent_read=True)
        except self.rows.DoesNotExist:
            return Head()
        return Head(int(row.number), decode_edge(row.edge))

    def pending(self, limit: int, without: Container[EventId] = ()) -> list[Pending]:
        """Each shard has its share; what one does not need is for the others."""
        shards = [self._waiting(number, limit, without) for number in range(SHARDS)]
        found: list[Pending] = []
        while shards and len(found) < limit:
            share = math.ceil((limit - len(found)) / len(shards))
            parts = [list(islice(shard, share)) for shard in shards]
            shards = [shard for shard, part in zip(shards, parts, strict=True) if len(part) == share]
            found += chain.from_iterable(parts)
        return found[:limit]

    def _waiting(self, number: int, limit: int, without: Container[EventId]) -> Iterator[Pending]:
        """The rows of a shard, fetched as they are asked for."""
        for row in self.outbox.query(str(number), consistent_read=True, page_size=limit):
            leaf = Pending(*_event_id(row.event), bytes(row.entry))
            if leaf.id not in without:
                yield leaf

    def places(self, ids: Iterable[EventId]) -> dict[EventId, int]:
        asked = {_place(i): i for i in ids}
        return {asked[row.pk]: int(row.index) for row in self.rows.batch_get(list(asked), consistent_read=True)} if asked else {}

    def batch(self, number: int) -> Batch:
        try:
            return decode_batch(bytes(self.rows.get(_batch(number), consistent_read=True).batch))
        except self.rows.DoesNotExist:
            raise NotFound("no such batch", field="number") from None

    def commit(self, batch: Batch, after: Head) -> None:
        rows, before = self.rows, Head(batch.number - 1, batch.before)
        unmoved = (rows.number == before.number) & (rows.edge == encode_edge(before.edge))
        if before == Head():
            unmoved = rows.pk.does_not_exist()
        puts = [
            Put("batch", rows(_batch(batch.number), batch=encode_batch(batch)), rows.pk.does_not_exist()),
            Put("head", rows(HEAD, number=after.number, edge=encode_edge(after.edge)), unmoved),
        ]
        try:
            transact(puts)
        except Cancelled as cancelled:
            raise HeadMoved("another sequencer was first") from cancelled

    def record(self, places: Mapping[EventId, int]) -> None:
        with self.rows.batch_write() as writes:
            for i, index in places.items():
                writes.save(self.rows(_place(i), index=index))

    def drop(self, ids: Iterable[EventId]) -> None:
        with self.outbox.batch_write() as writes:
            for i in dict.fromkeys(ids):
                writes.delete(self.outbox(*_outbox_key(i)))


def _outbox_key(event: EventId) -> tuple[str, str]:
    """All rows of a case lie together, in their order."""
    case_id, seq = event
    return shard(case_id), f"{case_id}#{seq:06d}"


def _event_id(event: str) -> EventId:
    case_id, _, seq = event.rpartition("#")
    return case_id, int(seq)


def _place(event: EventId) -> str:
    return f"PLACE#{event[0]}#{event[1]:06d}"


def _batch(number: int) -> str:
    return f"BATCH#{number:012d}"
