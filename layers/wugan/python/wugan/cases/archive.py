"""The daily archive (电子归档): closed cases as packages, listed in manifests that are events of a log's case of their own.

A closed case stands on a list until it is archived, so that a day that was missed is made up for. A package is written once; a manifest
names the packages and their digests; the event with the manifest's digest makes it a leaf; then the cases leave the list. Whoever dies
in between leaves work that the next round finishes: what the newest manifest lists leaves the list first, and is not listed again.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from wugan.cases import codec
from wugan.cases.audit import Audit, Reader
from wugan.cases.context import Context
from wugan.cases.model import CHAIN_START, Actor, Event, Head
from wugan.clock import BEIJING
from wugan.errors import NotYet
from wugan.items.model import Item

CASE = "archive"  # the case whose events are the manifests
TYPE = "archived"
PACKAGE, MANIFEST = "wugan-archive/1", "wugan-archive-manifest/1"
SALT = 16  # bytes, as of every event
AT_ONCE = 200  # packages of one manifest

Record = Callable[[Head, Item, Sequence[Event], Mapping[str, Any]], bytes]
"""The record of a case as PDF."""


class ArchiveStore(Protocol):
    """The list of closed cases, the manifests' events, and the archive's files."""

    def closed(self, limit: int) -> list[Head]:
        """Closed cases that nobody has a task for and that are not archived as they are, the longest closed first of each part."""

    def archived(self, case_id: str, version: int) -> None:
        """Take a case off the list, unless it changed since this version."""

    def newest(self) -> Event | None:
        """The newest manifest's event."""

    def append(self, event: Event) -> bool:
        """Write a manifest's event, which thereby comes into the log; False when there is one with its number."""

    def put(self, name: str, data: bytes) -> bool:
        """Store a file unless there is one. Whether it was stored."""

    def get(self, name: str) -> bytes:
        """A file. Raises NotFound."""


@dataclass(frozen=True)
class Archived:
    """What a round did."""

    packages: int = 0
    manifest: str = ""
    waiting: int = 0  # closed cases whose newest events are not in the log yet
    more: bool = False


@dataclass(frozen=True)
class Archive:
    """Archives closed cases. May be called at any time, again, and twice at once."""

    context: Context
    audit: Audit
    store: ArchiveStore
    record: Record

    def run(self) -> Archived:
        """One manifest's worth."""
        newest = self.store.newest()
        if newest:
            self._leave_list(json.loads(self.store.get(str(newest.facts["manifest"])))["packages"])
        heads = self.store.closed(AT_ONCE)
        packages = [p for p in map(self._package, heads) if p]
        waiting = len(heads) - len(packages)
        if not packages:
            return Archived(waiting=waiting)
        event, manifest = self._manifest(newest, packages)
        self.store.put(str(event.facts["manifest"]), manifest)
        if not self.store.append(event):
            return Archived(waiting=waiting, more=True)  # another round was first, and listed them
        self._leave_list(packages)
        return Archived(len(packages), str(event.facts["manifest"]), waiting, more=len(heads) == AT_ONCE and waiting < AT_ONCE)

    def _leave_list(self, packages: Sequence[Mapping[str, Any]]) -> None:
        for package in packages:
            self.store.archived(package["case_id"], package["version"])

    def _manifest(self, newest: Event | None, packages: Sequence[Mapping[str, Any]]) -> tuple[Event, bytes]:
        """The manifest, under a name with its digest so that two rounds at once cannot mix theirs up, and its event."""
        number, now = (newest.seq if newest else 0) + 1, self.context.clock.now()
        body = {"format": MANIFEST, "number": number, "packages": list(packages)}
        data = json.dumps(body, ensure_ascii=False, indent=1).encode()
        digest = hashlib.sha256(data).hexdigest()
        name = f"archive/{now.astimezone(BEIJING):%Y-%m-%d}/manifest-{number:06d}-{digest[:16]}.json"
        facts = {"manifest": name, "sha256": digest, "packages": len(packages)}
        event = Event(CASE, number, TYPE, now, Actor.SYSTEM, facts)
        return event.committed(self.context.random.hex(SALT), newest.chain if newest else CHAIN_START), data

    def _package(self, head: Head) -> dict[str, Any] | None:
        """A case's package as the manifest lists it; None when not all of its events are in the log yet."""
        try:
            bundle = self.audit.proof(head.case_id, Reader.AUDITOR)
        except NotYet:
            return None
        if bundle.waiting:
            return None
        closed = (head.updated_at or head.opened_at).astimezone(BEIJING)
        name = f"archive/{closed:%Y-%m-%d}/{head.case_id}-{head.version:04d}.zip"
        data = self._zip(head, bundle.text)
        if not self.store.put(name, data):
            data = self.store.get(name)
        return {
            "name": name, "case_id": head.case_id, "version": head.version, "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
        }  # fmt: skip

    def _zip(self, head: Head, proof: str) -> bytes:
        events, sealed = self.context.store.events(head.case_id), self.context.store.unsealed(head.case_id)
        case = {
            "format": PACKAGE, "case": codec.head_to_json(head), "events": [codec.event_to_json(e) for e in events], "sealed": sealed,
        }  # fmt: skip
        files = {
            "case.json": json.dumps(case, ensure_ascii=False, indent=1).encode(),
            "record.pdf": self.record(head, self.context.item(head), events, sealed),
            "proof.json": proof.encode(),
        }
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
        return out.getvalue()
