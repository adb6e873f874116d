"""What is remembered of the vendors, in DynamoDB: tries of messages, access tokens, digests of codes.

Rows hold no address, no text and no name: ids of ours and of the vendors, times and states. They end by the table's time to live.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pynamodb.exceptions import DeleteError, PutError, UpdateError

from wugan.aws.tables import SHARDS, shard, vendor_rows
from wugan.cases.codec import stamp
from wugan.errors import Conflict
from wugan.identity.code import SentCode
from wugan.outreach.receipts import Status
from wugan.outreach.sendlog import Attempt, State
from wugan.outreach.tokens import Token

ONE = "-"  # the sort key of what has one row
KEEP_TRIES = timedelta(days=30)
KEEP_CODES = timedelta(days=1)  # past their end
MOST_RECENT = 500


class ConditionFailed(Exception):
    """Somebody else's write was first."""


def moment(at: datetime) -> str:
    """A time as text that sorts."""
    return stamp(at.astimezone(UTC))


def end(at: datetime) -> int:
    """A time in Unix seconds, as the time to live wants it."""
    return int(at.timestamp())


@contextmanager
def conditional() -> Iterator[None]:
    """Raise ConditionFailed for a write whose condition does not hold."""
    try:
        yield
    except (PutError, UpdateError, DeleteError) as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        raise ConditionFailed from error


@dataclass(frozen=True)
class DynamoSendLog:
    """The log of sends (`wugan.outreach.sendlog.SendLog`). `message_of` and `recent` read indexes, which follow within a second or so."""

    table: str

    @property
    def rows(self) -> Any:
        return vendor_rows(self.table)

    def attempts(self, message_id: str) -> Sequence[Attempt]:
        return [_attempt(row) for row in self.rows.query(_message(message_id), consistent_read=True)]

    def begin(self, attempt: Attempt) -> None:
        row = self.rows(
            _message(attempt.message_id),
            _number(attempt.number),
            vendor=attempt.carrier,
            account=attempt.account or None,
            at=moment(attempt.at),
            state=attempt.state.value,
            shard=shard(attempt.message_id),
            expires_at=end(attempt.at + KEEP_TRIES),
        )
        try:
            with conditional():
                row.save(condition=self.rows.pk.does_not_exist())
        except ConditionFailed:
            raise Conflict("this try was begun already") from None

    def settle(self, attempt: Attempt, state: State, reference: str = "") -> None:
        rows = self.rows
        actions = [rows.state.set(state.value), rows.reference.set(reference)]
        if state is State.SENT:
            actions.append(rows.found_by.set(_reference(attempt.carrier, reference)))
        rows(_message(attempt.message_id), _number(attempt.number)).update(actions=actions, condition=rows.pk.exists())

    def heard(self, message_id: str, status: Status, at: datetime) -> None:
        rows = self.rows
        for row in rows.query(_message(message_id), consistent_read=True, scan_index_forward=False, limit=1):
            with contextlib.suppress(ConditionFailed), conditional():
                row.update(
                    actions=[rows.heard.set(status.value), rows.heard_at.set(moment(at))],
                    condition=rows.pk.exists() & rows.heard.does_not_exist(),
                )

    def message_of(self, carrier: str, reference: str) -> str | None:
        found = self.rows.by_reference.query(_reference(carrier, reference), limit=1)
        return next((row.pk.removeprefix("message#") for row in found), None)

    def recent(self, since: datetime) -> Sequence[Attempt]:
        return [
            _attempt(row)
            for number in range(SHARDS)
            for row in self.rows.by_time.query(
                str(number), self.rows.at >= moment(since), scan_index_forward=False, limit=MOST_RECENT // SHARDS
            )
        ]


@dataclass(frozen=True)
class DynamoTokenStore:
    """Shared access tokens (`wugan.outreach.tokens.TokenStore`). The table's KMS key protects them."""

    table: str

    @property
    def rows(self) -> Any:
        return vendor_rows(self.table)

    def get(self, name: str) -> Token | None:
        try:
            row = self.rows.get(_token(name), ONE, consistent_read=True)
        except self.rows.DoesNotExist:
            return None
        return Token(row.secret, datetime.fromisoformat(row.at))

    def put(self, name: str, token: Token, refused: str = "") -> None:
        rows, ends = self.rows, moment(token.expires_at)
        row = rows(_token(name), ONE, secret=token.value, at=ends, expires_at=end(token.expires_at))
        condition = rows.pk.does_not_exist() | (rows.at <= ends) | (rows.secret == refused)
        with contextlib.suppress(ConditionFailed), conditional():
            row.save(condition=condition)


@dataclass(frozen=True)
class DynamoCodeStore:
    """Sent codes (`wugan.identity.code.CodeStore`): their digest under a key, never the code."""

    table: str

    @property
    def rows(self) -> Any:
        return vendor_rows(self.table)

    def begin(self, code: SentCode) -> None:
        row = self.rows(
            _code(code.reference),
            ONE,
            secret=code.digest,
            at=moment(code.expires_at),
            tries=code.tries,
            expires_at=end(code.expires_at + KEEP_CODES),
        )
        with contextlib.suppress(ConditionFailed), conditional():
            row.save(condition=self.rows.pk.does_not_exist())

    def attempt(self, reference: str, most: int) -> SentCode | None:
        row = self.rows(_code(reference), ONE)
        try:
            with conditional():
                row.update(actions=[self.rows.tries.add(1)], condition=self.rows.pk.exists() & (self.rows.tries < most))
        except ConditionFailed:
            return None
        return SentCode(reference, row.secret, datetime.fromisoformat(row.at), int(row.tries), row.spent is not None)

    def spend(self, reference: str) -> bool:
        rows = self.rows
        try:
            with conditional():
                rows(_code(reference), ONE).update(
                    actions=[rows.spent.set("yes")], condition=rows.pk.exists() & rows.spent.does_not_exist()
                )
        except ConditionFailed:
            return False
        return True


def _attempt(row: Any) -> Attempt:
    return Attempt(
        row.pk.removeprefix("message#"),
        int(row.sk),
        row.vendor,
        datetime.fromisoformat(row.at),
        State(row.state),
        row.reference or "",
        Status(row.heard) if row.heard else None,
        datetime.fromisoformat(row.heard_at) if row.heard_at else None,
        row.account or "",
    )


def _message(message_id: str) -> str:
    return f"message#{message_id}"


def _number(number: int) -> str:
    return f"{number:06d}"


def _reference(carrier: str, reference: str) -> str:
    return f"{carrier}#{reference}"


def _token(name: str) -> str:
    return f"token#{name}"


def _code(reference: str) -> str:
    return f"code#{reference}"
