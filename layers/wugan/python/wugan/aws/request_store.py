"""Requests under their idempotency keys, and sessions that were signed out, in DynamoDB; rows end by the table's time to live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pynamodb.exceptions import PutError

from wugan.aws.tables import request_rows
from wugan.cases.ports import Claim

SIGNED_OUT = "signed-out"


@dataclass(frozen=True)
class DynamoRequestStore:
    """The request store on the table `requests`."""

    requests_table: str

    @property
    def rows(self) -> Any:
        return request_rows(self.requests_table)

    def get(self, id: str) -> Claim | None:
        try:
            row = self.rows.get(id, consistent_read=True)
        except self.rows.DoesNotExist:
            return None
        answer = bytes(row.answer) if row.answer is not None else None
        return Claim(row.tag, row.fingerprint, int(row.seq), _moment(row.until), _moment(row.expires_at), answer)

    def swap(self, id: str, old: Claim | None, new: Claim) -> bool:
        row = self.rows(
            id, tag=new.tag, fingerprint=new.fingerprint, seq=new.seq,
            until=int(new.until.timestamp()), expires_at=int(new.expires_at.timestamp()), answer=new.answer,
        )  # fmt: skip
        try:
            row.save(condition=self.rows.tag == old.tag if old else self.rows.id.does_not_exist())
        except PutError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
            return False
        return True


@dataclass(frozen=True)
class DynamoSignedOut:
    """Sessions that were signed out (`wugan.signin.session.SignedOut`), a small row each on the table `requests`."""

    requests_table: str

    @property
    def rows(self) -> Any:
        return request_rows(self.requests_table)

    def add(self, session: str, until: datetime) -> None:
        ends = int(until.timestamp())
        self.rows(_name(session), tag=SIGNED_OUT, fingerprint=SIGNED_OUT, seq=0, until=ends, expires_at=ends).save()

    def has(self, session: str) -> bool:
        try:
            self.rows.get(_name(session), consistent_read=True)
        except self.rows.DoesNotExist:
            return False
        return True


def _name(session: str) -> str:
    """Unlike the name of any request, which is a MAC."""
    return f"{SIGNED_OUT}#{session}"


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
