"""The log's files in S3: tiles and bundles are written once (If-None-Match), the checkpoint is swapped (If-Match)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from wugan.aws.clients import client
from wugan.errors import NotFound
from wugan.ledger.export import CHECKPOINT, TILE_TYPE, TYPES
from wugan.ledger.port import Published
from wugan.ledger.problem import CheckpointMoved

TRIES = 5
IN_PROGRESS = "ConditionalRequestConflict"  # somebody writes the same key at this moment
LOST = {IN_PROGRESS, "PreconditionFailed", "NoSuchKey"}


@dataclass(frozen=True)
class S3LedgerObjects:
    """The port LedgerObjects on a bucket. Reading what is not there asks for s3:ListBucket: without it S3 says Forbidden."""

    bucket: str

    def read(self, path: str) -> bytes:
        return bytes(self._get(path)["Body"].read())

    def write(self, path: str, data: bytes) -> bool:
        for tries_left in reversed(range(TRIES)):
            try:
                self._put(path, data, IfNoneMatch="*")
            except ClientError as error:
                if _code(error) == "PreconditionFailed":
                    return False
                if _code(error) != IN_PROGRESS or not tries_left:
                    raise
            else:
                return True
        raise AssertionError("the last try returns or raises")

    def checkpoint(self) -> Published | None:
        try:
            found = self._get(CHECKPOINT)
        except NotFound:
            return None
        return Published(bytes(found["Body"].read()), str(found["ETag"]))

    def swap(self, signed: bytes, tag: str | None) -> None:
        condition = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
        try:
            self._put(CHECKPOINT, signed, **condition)
        except ClientError as error:
            if _code(error) not in LOST:
                raise
            raise CheckpointMoved("another sequencer swapped the checkpoint") from error

    def _get(self, path: str) -> Any:
        try:
            return client("s3").get_object(Bucket=self.bucket, Key=path)
        except client("s3").exceptions.NoSuchKey:
            raise NotFound("no such file of the log", field=path) from None

    def _put(self, path: str, data: bytes, **condition: str) -> None:
        client("s3").put_object(Bucket=self.bucket, Key=path, Body=data, ContentType=TYPES.get(path, TILE_TYPE), **condition)


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
