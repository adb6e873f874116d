"""Registry files in S3: drops under `registry/`, clean files under `clean/<run>/`, a scan's papers under `runs/<run>/`."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from wugan.aws.clients import client
from wugan.errors import NotFound, VendorUnavailable
from wugan.registry.buckets import MANIFEST
from wugan.registry.lookup import BucketReader, Fetch
from wugan.registry.model import Subject
from wugan.registry.port import ChangeStore

DROPS = "registry/"
CURRENT = "clean/CURRENT"
_T = TypeVar("_T")


RUNS_HERE = 2  # a delta scan compares two
_here: dict[tuple[str, str], Path] = {}


def _folder(bucket: str, run: str) -> Path:
    """Where this process keeps the clean files of a run that it has read: its own, for its life, and of the newest runs only.

    Another process must not find them: the files are personal data, and a run of the same name may be another stack's.
    """
    if (bucket, run) not in _here:
        while len(_here) >= RUNS_HERE:
            shutil.rmtree(_here.pop(next(iter(_here))), ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix="wugan-clean-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _here[bucket, run] = folder
    return _here[bucket, run]


@dataclass(frozen=True)
class S3RegistryFiles:
    """The registry bucket."""

    bucket: str

    def fetch_drops(self, into: Path) -> None:
        for key, delivered_at in self._objects(DROPS):
            path = into / key.removeprefix(DROPS)
            path.parent.mkdir(parents=True, exist_ok=True)
            client("s3").download_file(self.bucket, key, str(path))
            os.utime(path, (delivered_at.timestamp(),) * 2)

    def deliver(self, folder: Path) -> None:
        """Put feeds where the bureaus drop them, in place of what lay there."""
        found = {f"{DROPS}{p.relative_to(folder).as_posix()}": p for p in sorted(folder.glob("*/*")) if p.is_file()}
        for key in set(self._keys(DROPS)) - set(found):
            client("s3").delete_object(Bucket=self.bucket, Key=key)
        for key, path in found.items():
            client("s3").upload_file(str(path), self.bucket, key)

    def publish_clean(self, run: str, folder: Path) -> None:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            client("s3").upload_file(str(path), self.bucket, f"clean/{run}/{path.relative_to(folder).as_posix()}")

    def make_current(self, run: str) -> None:
        client("s3").put_object(Bucket=self.bucket, Key=CURRENT, Body=run.encode())

    def published(self) -> str | None:
        # Listed, since reading what is not there is refused to a role that may list only some prefixes.
        return self.current_run() if CURRENT in self._keys(CURRENT) else None

    def clean(self, run: str) -> Fetch:
        local = _folder(self.bucket, run)

        def fetch(name: str) -> Path:
            path = local / name
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                part = path.with_suffix(".part")
                client("s3").download_file(self.bucket, f"clean/{run}/{name}", str(part))
                part.rename(path)
            return path

        return fetch

    def kept(self) -> list[str]:
        found = [(at, key) for key, at in self._objects("clean/") if key.endswith(f"/{MANIFEST}")]
        return [key.removeprefix("clean/").removesuffix(f"/{MANIFEST}") for _, key in sorted(found)]

    def current_run(self) -> str:
        try:
            return str(client("s3").get_object(Bucket=self.bucket, Key=CURRENT)["Body"].read().decode())
        except (ClientError, BotoCoreError) as error:
            raise VendorUnavailable("the registries cannot be read now") from error

    def put(self, run: str, name: str, value: Any) -> None:
        body = json.dumps(value, ensure_ascii=False).encode()
        client("s3").put_object(Bucket=self.bucket, Key=f"runs/{run}/{name}", Body=body, ContentType="application/json")

    def get(self, run: str, name: str) -> Any:
        try:
            return json.loads(client("s3").get_object(Bucket=self.bucket, Key=f"runs/{run}/{name}")["Body"].read())
        except client("s3").exceptions.NoSuchKey:
            raise NotFound("this run wrote nothing under this name", field=name) from None

    def names(self, run: str, prefix: str) -> Iterator[str]:
        start = f"runs/{run}/"
        return (key.removeprefix(start) for key in self._keys(start + prefix))

    def _keys(self, prefix: str) -> Iterator[str]:
        return (key for key, _ in self._objects(prefix))

    def _objects(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        for page in client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
            yield from ((o["Key"], o["LastModified"]) for o in page.get("Contents", []) if not o["Key"].endswith("/"))


@dataclass
class S3SubjectLookup:
    """One subject in the clean files of the newest run, with the changes told since."""

    files: S3RegistryFiles
    changes: ChangeStore
    _reader: tuple[str, BucketReader] | None = field(default=None)

    def subject(self, credit_code: str) -> Subject:
        return self._read(lambda reader: reader.subject(credit_code, self.changes.of))

    def holders(self, producer_code: str) -> set[str]:
        return self._read(lambda reader: reader.holders(producer_code)) | self.changes.holders(producer_code)

    def incomplete(self) -> Sequence[str]:
        return self._read(lambda reader: reader.manifest.incomplete)

    def _read(self, read: Callable[[BucketReader], _T]) -> _T:
        try:
            run = self.files.current_run()
            if self._reader is None or self._reader[0] != run:
                self._reader = (run, BucketReader(self.files.clean(run)))
            return read(self._reader[1])
        except (ClientError, BotoCoreError, PynamoDBException) as error:
            raise VendorUnavailable(f"the registries cannot be read now: {MANIFEST}") from error
