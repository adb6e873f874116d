"""Registry files in S3: drops under `registry/`, clean files under `clean/<run>/`, a scan's papers under `runs/<run>/`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from wugan.aws.clients import client
from wugan.errors import NotFound, VendorUnavailable
from wugan.registry.buckets import MANIFEST
from wugan.registry.lookup import BucketReader, Fetch
from wugan.registry.model import Subject

DROPS = "registry/"
CURRENT = "clean/CURRENT"


@dataclass(frozen=True)
class S3RegistryFiles:
    """The registry bucket."""

    bucket: str

    def fetch_drops(self, into: Path) -> None:
        for key in self._keys(DROPS):
            path = into / key.removeprefix(DROPS)
            path.parent.mkdir(parents=True, exist_ok=True)
            client("s3").download_file(self.bucket, key, str(path))

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
        client("s3").put_object(Bucket=self.bucket, Key=CURRENT, Body=run.encode())

    def clean(self, run: str) -> Fetch:
        local = Path(tempfile.gettempdir(), "wugan-clean", self.bucket, run)

        def fetch(name: str) -> Path:
            path = local / name
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                part = path.with_suffix(".part")
                client("s3").download_file(self.bucket, f"clean/{run}/{name}", str(part))
                part.rename(path)
            return path

        return fetch

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
        for page in client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
            yield from (o["Key"] for o in page.get("Contents", []) if not o["Key"].endswith("/"))


@dataclass
class S3SubjectLookup:
    """One subject in the clean files of the newest run."""

    files: S3RegistryFiles
    _reader: tuple[str, BucketReader] | None = field(default=None)

    def subject(self, credit_code: str) -> Subject:
        run = self.files.current_run()
        if self._reader is None or self._reader[0] != run:
            self._reader = (run, BucketReader(self.files.clean(run)))
        try:
            return self._reader[1].subject(credit_code)
        except (ClientError, BotoCoreError) as error:
            raise VendorUnavailable(f"the registries cannot be read now: {MANIFEST}") from error
