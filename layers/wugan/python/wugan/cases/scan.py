"""One scan (扫描) in four repeatable steps: plan, detect, open, report. What is written has names that a repeat overwrites."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from wugan.cases.opening import Found, Opening
from wugan.clock import Clock
from wugan.detection.evaluate import hits
from wugan.errors import WuganError
from wugan.items.model import Item, Kind, Requirement
from wugan.items.port import ItemStore
from wugan.registry import intake
from wugan.registry.feeds import BLACKLIST, CONTACT, LICENCE
from wugan.registry.lookup import BucketReader
from wugan.registry.model import Subject
from wugan.registry.port import RegistryFiles

LEAST_BUCKETS = 16
BYTES_PER_BUCKET = 2_000_000  # of drops; a lookup of one subject reads one bucket
SUBJECTS_PER_CHUNK = 250_000  # measurements.md: nine tenths of the full speed at 186 MB
HITS_PER_BATCH = 25
_FOUND = TypeAdapter(list[Found])


@dataclass(frozen=True)
class Scan:
    """The steps of a scan; each is one Lambda, and may be repeated."""

    files: RegistryFiles
    items: ItemStore
    clock: Clock

    def plan(self, run: str) -> dict[str, Any]:
        """Take the registries in and cut them into chunks of buckets. Returns {run, chunks}."""
        with tempfile.TemporaryDirectory() as folder:
            drops, clean = Path(folder, "drops"), Path(folder, "clean")
            self.files.fetch_drops(drops)
            size = sum(p.stat().st_size for p in drops.glob("*/*"))
            buckets = max(LEAST_BUCKETS, size // BYTES_PER_BUCKET)
            report = intake.take_in(drops, clean, self.clock.now().date(), buckets=buckets)
            self.files.publish_clean(run, clean)
        current = self.items.current()
        versions = {item.code: version for version, item in current}
        chunks = _chunks(report.bucket_subjects)
        held = {item.code: feeds for _, item in current if (feeds := missing_feeds(item, report.incomplete))}
        plan = {"registries": report.as_json(), "items": versions, "held": held, "chunks": len(chunks)}
        self.files.put(run, "plan.json", plan)
        return {"run": run, "chunks": [{"buckets": c} for c in chunks]}

    def detect(self, run: str, buckets: Sequence[int]) -> dict[str, Any]:
        """Evaluate every item for every subject of a chunk. Returns {run, batches}: the names of the hit files."""
        items = self._pinned(run)
        reader = BucketReader(self.files.clean(run))
        found = [f for bucket in buckets for subject in reader.subjects(bucket) for f in _found(items, subject)]
        batches = []
        for number, start in enumerate(range(0, len(found), HITS_PER_BATCH)):
            name = f"hits/{buckets[0]:05d}-{number:05d}.json"
            self.files.put(run, name, _FOUND.dump_python(found[start : start + HITS_PER_BATCH], mode="json"))
            batches.append(name)
        self.files.put(run, f"chunks/{buckets[0]:05d}.json", {"hits": len(found)})
        return {"run": run, "batches": batches}

    def open(self, run: str, batch: str, opening: Opening) -> dict[str, Any]:
        """Open the cases of one batch of hits. Returns {run, counts by fate}."""
        fates = []
        for found in _FOUND.validate_python(self.files.get(run, batch)):
            hit = found.hit
            try:
                fate = opening.open(found).value
            except WuganError as error:
                fate = f"failed:{error.code}"
            fates.append({"item": hit.item_code, "jurisdiction": hit.jurisdiction, "case_id": hit.case_id, "fate": fate})
        self.files.put(run, f"fates/{batch.removeprefix('hits/')}", fates)
        if any(f["fate"].startswith("failed:") for f in fates):
            raise BatchFailed("some cases could not be opened; the batch is repeated", field=batch)
        return {"run": run, "fates": dict(Counter(f["fate"] for f in fates))}

    def report(self, run: str) -> dict[str, Any]:
        """Counts of the whole run, stored as report.json: rows, quarantine, refused files, and each hit's fate by item and jurisdiction."""
        plan = self.files.get(run, "plan.json")
        detected = [self.files.get(run, name)["hits"] for name in self.files.names(run, "chunks/")]
        fates = [f for name in self.files.names(run, "fates/") for f in self.files.get(run, name)]
        by_item: dict[str, Counter[str]] = defaultdict(Counter)
        for fate in fates:
            by_item[fate["item"]].update(["hits", fate["fate"], f"jurisdiction:{fate['jurisdiction']}"])
        summary = {
            "run": run,
            "subjects": plan["registries"]["subjects"],
            "hits": sum(detected),
            "failed_chunks": plan["chunks"] - len(detected),
            "unopened": sum(detected) - sum(not f["fate"].startswith("failed:") for f in fates),
            "fates": dict(Counter(f["fate"] for f in fates)),
            "items": {code: dict(by_item.get(code, Counter())) for code in plan["items"]},
            "quarantined": plan["registries"]["quarantined"],
            "refused": plan["registries"]["refused"],
            "held": plan["held"],
            "incomplete": plan["registries"]["incomplete"],
        }
        self.files.put(run, "report.json", summary)
        return summary

    def _pinned(self, run: str) -> list[tuple[str, Item]]:
        """The item versions that this run was planned with, whatever is published meanwhile."""
        plan = self.files.get(run, "plan.json")
        versions: dict[str, str] = plan["items"]
        return [(version, self.items.get(code, version)) for code, version in versions.items() if code not in plan["held"]]


class BatchFailed(WuganError):
    """Some cases of a batch could not be opened now."""

    code = "batch_failed"
    status = 503


def missing_feeds(item: Item, incomplete: Sequence[str]) -> list[str]:
    """The incomplete feeds without which this item could hit somebody wrongly: it is held back until they come whole.

    A missing row elsewhere only hides a hit, which the next scan finds.
    """
    wrong = {CONTACT.name}
    if Requirement.NOT_BLACKLISTED in item.requires:
        wrong.add(BLACKLIST.name)
    if item.kind is Kind.FILING:
        wrong.add(LICENCE.name)
    return sorted(wrong & set(incomplete))


def _found(items: Sequence[tuple[str, Item]], subject: Subject) -> Iterator[Found]:
    for version, item in items:
        for hit in hits(item, version, subject):
            yield Found(hit, subject.business.name if subject.business else "", subject.contacts)


def _chunks(bucket_subjects: Sequence[int]) -> list[list[int]]:
    """Consecutive buckets, together at most about a chunk's subjects."""
    chunks: list[list[int]] = []
    size = SUBJECTS_PER_CHUNK
    for bucket, subjects in enumerate(bucket_subjects):
        if size + subjects > SUBJECTS_PER_CHUNK:
            chunks.append([])
            size = 0
        chunks[-1].append(bucket)
        size += subjects
    return chunks
