"""The tables as PynamoDB models, and one transaction with its cancellation told apart.

A model is made for a table name, so that nothing is read from the environment at import.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pynamodb.attributes import BinaryAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from wugan.aws.clients import shared_session
from wugan.errors import InvalidInput
from wugan.items.model import Channel
from wugan.outreach.behaviour import LIKENESS
from wugan.outreach.schedule import SLOTS

SHARDS = 4
QUEUES = ("queue", "queue_item", "queue_light", "queue_officer")  # each with an index by promised date
MOST_ROWS = 100  # of one transaction: DynamoDB's limit


def shard(case_id: str) -> str:
    """The partition of a sparse index that would otherwise be one hot key."""
    return str(zlib.crc32(case_id.encode()) % SHARDS)


def archive_queue(number: str) -> str:
    """The part of the list of cases to be archived, in the index of the tasks."""
    return f"ARCHIVE#{number}"


def region() -> str:
    """The region of this process, as botocore finds it."""
    return str(shared_session().get_config_variable("region") or "us-east-1")


def _index(name: str, hash_key: str, range_key: str, projection: type) -> Any:
    meta = type("Meta", (), {"index_name": name, "projection": projection()})
    body = {"Meta": meta, hash_key: UnicodeAttribute(hash_key=True), range_key: UnicodeAttribute(range_key=True)}
    return type(f"Index_{name}", (GlobalSecondaryIndex,), body)()


class _CardProjection(IncludeProjection):
    """Keys and the card: what a list shows, and no more to read."""

    def __init__(self) -> None:
        super().__init__(["card"])


class _CaseRow(Model):
    """A row of the cases table: the head, an event, a sealed section, a key, a message that was seen, a task, an opt-out."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    version = NumberAttribute(null=True)
    body = JSONAttribute(null=True)
    salt = UnicodeAttribute(null=True)
    blob = BinaryAttribute(null=True, legacy_encoding=False)
    item_code = UnicodeAttribute(null=True)
    opened_at = UnicodeAttribute(null=True)
    subject = UnicodeAttribute(null=True)
    queue = UnicodeAttribute(null=True)
    queue_item = UnicodeAttribute(null=True)
    queue_light = UnicodeAttribute(null=True)
    queue_officer = UnicodeAttribute(null=True)
    card = JSONAttribute(null=True)
    promised_by = UnicodeAttribute(null=True)
    task_queue = UnicodeAttribute(null=True)
    updated_at = UnicodeAttribute(null=True)
    working_shard = UnicodeAttribute(null=True)
    working_since = UnicodeAttribute(null=True)


class _WaitRow(Model):
    """A row of the waits table: where token and answer meet."""

    wait_id = UnicodeAttribute(hash_key=True)
    case_id = UnicodeAttribute()
    stage = UnicodeAttribute()
    answer = UnicodeAttribute(null=True)
    error = UnicodeAttribute(null=True)
    task_token = UnicodeAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
    pending_shard = UnicodeAttribute(null=True)
    pending_since = UnicodeAttribute(null=True)
    sent_at = UnicodeAttribute(null=True)


class _ItemRow(Model):
    """A row of the items table: a version of an item, or a release."""

    code = UnicodeAttribute(hash_key=True)
    version = UnicodeAttribute(range_key=True)
    body = JSONAttribute()


class _ChangeRow(Model):
    """A row of the changes table: a record's newest row, who holds a producer's licences, or what was refused of a batch."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    feed = UnicodeAttribute(null=True)
    row = JSONAttribute(null=True)
    rank = UnicodeAttribute(null=True)
    refused = JSONAttribute(null=True)
    received_at = UnicodeAttribute()
    expires_at = NumberAttribute()


class _VendorRow(Model):
    """A row of the vendors table: a try of a message, an access token, the digest of a code, a parcel's order, a courier's health."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    at = UnicodeAttribute(null=True)
    vendor = UnicodeAttribute(null=True)
    account = UnicodeAttribute(null=True)
    state = UnicodeAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    found_by = UnicodeAttribute(null=True)
    shard = UnicodeAttribute(null=True)
    heard = UnicodeAttribute(null=True)
    heard_at = UnicodeAttribute(null=True)
    subscribed_at = UnicodeAttribute(null=True)
    waybill = UnicodeAttribute(null=True)
    detail = UnicodeAttribute(null=True)
    secret = UnicodeAttribute(null=True)
    tries = NumberAttribute(null=True)
    spent = UnicodeAttribute(null=True)
    expires_at = NumberAttribute()


class _PersonRow(Model):
    """A row of the people table: a person's record, or counters of the behaviour model."""

    pk = UnicodeAttribute(hash_key=True)
    version = NumberAttribute(null=True)
    body = JSONAttribute(null=True)
    look_shard = UnicodeAttribute(null=True)
    look_at = UnicodeAttribute(null=True)


class _RequestRow(Model):
    """A row of the requests table: one request under its idempotency key, and its sealed answer."""

    id = UnicodeAttribute(hash_key=True)
    tag = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    seq = NumberAttribute()
    until = NumberAttribute()
    expires_at = NumberAttribute()
    answer = BinaryAttribute(null=True, legacy_encoding=False)


class _OutboxRow(Model):
    """A row of the outbox: an event that is not in the log yet. All rows of a case lie in one partition, by their number."""

    shard = UnicodeAttribute(hash_key=True)
    event = UnicodeAttribute(range_key=True)
    entry = BinaryAttribute(legacy_encoding=False)


class _LedgerRow(Model):
    """A row of the ledger table: the head, a batch, or the place of an event."""

    pk = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(null=True)
    edge = UnicodeAttribute(null=True)
    batch = BinaryAttribute(null=True, legacy_encoding=False)
    index = NumberAttribute(null=True)


def _model(base: type[Model], table: str, indexes: Mapping[str, Any]) -> Any:
    meta = type("Meta", (), {"table_name": table, "region": region(), "max_retry_attempts": 4, "read_timeout_seconds": 20})
    model: Any = type(base.__name__.strip("_"), (base,), {"Meta": meta, **indexes})
    _share(model._get_connection().connection)
    return model


def _share(connection: Connection) -> Connection:
    """Let a connection make its client from the process's session; in another thread PynamoDB would still make one of its own."""
    connection._local.session = shared_session()
    return connection


@cache
def case_rows(table: str) -> Any:
    """The model of the cases table."""
    keys = {
        "by_item": ("item_code", "opened_at"),
        "by_subject": ("subject", "opened_at"),
        "by_task": ("task_queue", "updated_at"),
        "by_working": ("working_shard", "working_since"),
    }
    indexes = {name: _index(name, *pair, AllProjection) for name, pair in keys.items()}
    queues = {f"by_{key}": _index(f"by_{key}", key, "promised_by", _CardProjection) for key in QUEUES}
    return _model(_CaseRow, table, indexes | queues)


@cache
def wait_rows(table: str) -> Any:
    """The model of the waits table."""
    keys = {"by_due": ("due_shard", "due_at"), "by_pending": ("pending_shard", "pending_since")}
    return _model(_WaitRow, table, {name: _index(name, *pair, KeysOnlyProjection) for name, pair in keys.items()})


@cache
def item_rows(table: str) -> Any:
    """The model of the items table."""
    return _model(_ItemRow, table, {})


@cache
def change_rows(table: str) -> Any:
    """The model of the changes table."""
    return _model(_ChangeRow, table, {})


@cache
def vendor_rows(table: str) -> Any:
    """The model of the vendors table."""
    indexes = {
        "by_time": _index("by_time", "shard", "at", AllProjection),
        "by_reference": _index("by_reference", "found_by", "pk", KeysOnlyProjection),
    }
    return _model(_VendorRow, table, indexes)


@cache
def people_rows(table: str) -> Any:
    """The model of the people table: a counter for each arm of the behaviour model, and the scores of how alike people are."""
    arms = [f"{channel}_{slot}_{what}" for channel in Channel for slot in SLOTS for what in ("sent", "opened", "answered")]
    counters = {name: NumberAttribute(null=True) for name in (*arms, *(f"alike_{n}" for n in LIKENESS))}
    return _model(_PersonRow, table, {"by_look": _index("by_look", "look_shard", "look_at", KeysOnlyProjection), **counters})


@cache
def request_rows(table: str) -> Any:
    """The model of the requests table."""
    return _model(_RequestRow, table, {})


@cache
def outbox_rows(table: str) -> Any:
    """The model of the outbox table."""
    return _model(_OutboxRow, table, {})


@cache
def ledger_rows(table: str) -> Any:
    """The model of the ledger table."""
    return _model(_LedgerRow, table, {})


@dataclass(frozen=True)
class Put:
    """Write a whole row; `name` tells the write apart when its condition fails."""

    name: str
    row: Any
    condition: Condition | None = None


@dataclass(frozen=True)
class Update:
    """Change a row."""

    name: str
    row: Any
    actions: Sequence[Any]
    condition: Condition | None = None


class Cancelled(Exception):
    """A transaction whose conditions failed; `names` are those of the writes that failed."""

    def __init__(self, names: set[str], conflict: bool) -> None:
        super().__init__(", ".join(sorted(names)))
        self.names, self.conflict = names, conflict


def transact(puts: Sequence[Put], updates: Sequence[Update] = ()) -> None:
    """Write all or nothing. Raises Cancelled, InvalidInput for too many rows.

    PynamoDB sends puts before updates whatever the order of the calls, and reasons come back in the order sent.
    """
    names = [p.name for p in puts] + [u.name for u in updates]
    if len(names) > MOST_ROWS:
        raise InvalidInput(f"one transaction writes {MOST_ROWS} rows at most, this is {len(names)}", field="change")
    try:
        with TransactWrite(connection=_connection()) as transaction:
            for put in puts:
                transaction.save(put.row, condition=put.condition)
            for update in updates:
                transaction.update(update.row, list(update.actions), condition=update.condition)
    except TransactWriteError as error:
        reasons = list(zip(names, error.cancellation_reasons, strict=False))
        failed = {name for name, reason in reasons if reason and reason.code == "ConditionalCheckFailed"}
        conflict = any(reason and reason.code == "TransactionConflict" for _, reason in reasons)
        if not failed and not conflict:
            raise
        raise Cancelled(failed, conflict) from error


@cache
def _connection() -> Connection:
    return _share(Connection(region=region()))
