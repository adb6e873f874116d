"""One scan (扫描) in four repeatable steps: plan, detect, open, report. What is written has names that a repeat overwrites."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from wugan.cases.held import RULE, missing_feeds
from wugan.cases.opening import Fate, Found, Opening
from wugan.clock import Clock
from wugan.detection import search
from wugan.detection.rule import Rule, readable, rule
from wugan.errors import InvalidInput, WuganError
from wugan.items.port import ItemStore
from wugan.outreach.plan import next_target
from wugan.registry import guard, intake
from wugan.registry.changes import Change
from wugan.registry.guard import Limits, Trusted
from wugan.registry.lookup import BucketReader
from wugan.registry.port import RegistryFiles

LEAST_BUCKETS = 16
BYTES_PER_BUCKET = 2_000_000  # of drops; a lookup of one subject reads one bucket
SUBJECTS_PER_CHUNK = 500_000  # the fastest of the sizes that `make bench-chunks` compares, at half the memory promised
HITS_PER_BATCH = 25
PLAN, REPORT = "plan.json", "report.json"
FAILED = "failed:"  # and a code: a fate that is none yet
PENDING = f"{FAILED}pending"
Fact = dict[str, Any]  # what is written down of one hit's fate
_FOUND = TypeAdapter(list[Found])
_TRUSTED = TypeAdapter(tuple[Trusted, ...])


class Mode(StrEnum):
    """Whom a scan looks at."""

    FULL = "full"  # everybody
    DELTA = "delta"  # whose records changed, or for whom a date passed, since the last good run


@dataclass(frozen=True)
class Scan:
    """The steps of a scan; each is one Lambda, and may be repeated."""

    files: RegistryFiles
    items: ItemStore
    clock: Clock
    limits: Limits = field(default_factory=Limits)
    describe: Callable[[BaseException], str] = lambda error: type(error).__name__
    changes: Callable[[], Iterable[Change]] = tuple  # told between the deliveries

    def plan(self, run: str, accept: Iterable[str] = (), mode: str = Mode.FULL) -> dict[str, Any]:
        """Take the registries in and cut them into chunks of buckets. Returns {run, stopped, chunks}. Raises InvalidInput.

        A delivery that is not trusted stops the scan, unless it is for reasons that an operator accepts (`guard.Unfit`), and lookups
        keep the last good files. A plan is made once: a repeat finds it written down, whatever was delivered meanwhile.
        """
        plan = self._kept(run, PLAN) or self._plan(run, guard.accepting(accept), _mode(mode))
        if plan["findings"]:
            self.report(run)
        else:
            self._make_current(run, plan)
        return {"run": run, "stopped": bool(plan["findings"]), "chunks": [{"buckets": c} for c in plan["chunks"]]}

    def detect(self, run: str, buckets: Sequence[int]) -> dict[str, Any]:
        """Evaluate every item for every subject of a chunk. Returns {run, batches}: the names of the hit files."""
        found, disagreements = self._evaluate(run, buckets)
        batches = []
        for number, start in enumerate(range(0, len(found), HITS_PER_BATCH)):
            name = f"hits/{buckets[0]:05d}-{number:05d}.json"
            self.files.put(run, name, _FOUND.dump_python(found[start : start + HITS_PER_BATCH], mode="json"))
            batches.append(name)
        self.files.put(run, f"chunks/{buckets[0]:05d}.json", {"hits": len(found), "disagreements": disagreements})
        return {"run": run, "batches": batches}

    def open(self, run: str, batch: str, opening: Opening) -> dict[str, Any]:
        """Open the cases of one batch of hits. Returns {run, counts by fate}. Raises BatchFailed when some are left.

        Which hits are new is written down before the first case is opened: what a try that died has opened is not taken for older.
        """
        name = f"fates/{batch.removeprefix('hits/')}"
        batch_found = _FOUND.validate_python(self.files.get(run, batch))
        fates = self._kept(run, name)
        if fates is None:
            fates = [self._fate(found, opening) for found in batch_found]
            self.files.put(run, name, fates)
        for fate, found in zip(fates, batch_found, strict=True):
            if not _settled(fate):
                fate["fate"] = self._open(found, opening)
        self.files.put(run, name, fates)
        if not all(map(_settled, fates)):
            raise BatchFailed("some cases could not be opened; the batch is repeated", field=batch)
        return {"run": run, "fates": dict(Counter(f["fate"] for f in fates))}

    def report(self, run: str) -> dict[str, Any]:
        """What became of the whole run, stored as report.json: each row, file, chunk and hit, hits by item and jurisdiction."""
        plan = self.files.get(run, PLAN)
        chunks = [self.files.get(run, name) for name in self.files.names(run, "chunks/")]
        fates = [f for name in self.files.names(run, "fates/") for f in self.files.get(run, name)]
        registries, hits = plan["registries"], sum(c["hits"] for c in chunks)
        summary = {
            "run": run,
            "mode": plan["mode"],
            "since": plan["since"]["run"] if plan["since"] else None,
            "status": "stopped" if plan["findings"] else "done",
            "findings": plan["findings"],
            "accepted": plan["accepted"],
            "rows": {feed: counts["rows"] for feed, counts in registries["counts"].items()},
            "subjects": registries["subjects"],
            "hits": hits,
            "fates": dict(Counter(f["fate"] for f in fates)),
            "unreachable": sum(map(_unreachable, fates)),
            "disagreements": sum(c["disagreements"] for c in chunks),
            "failed_chunks": len(plan["chunks"]) - len(chunks),
            "unopened": hits - sum(map(_settled, fates)),
            "items": {code: _by_jurisdiction(f for f in fates if f["item"] == code) for code in plan["items"]},
            "quarantined": registries["quarantined"],
            "refused": registries["refused"],
            "held": plan["held"],
            "incomplete": registries["incomplete"],
        }
        self.files.put(run, REPORT, summary)
        return summary

    # --- planning

    def _plan(self, run: str, accepted: frozenset[guard.Unfit], mode: Mode) -> dict[str, Any]:
        planned_at, before = self.clock.now(), self._rows_before()
        trusted = guard.remembered(self._trusted(), planned_at, self.limits)
        with tempfile.TemporaryDirectory() as folder:
            drops, clean = Path(folder, "drops"), Path(folder, "clean")
            self.files.fetch_drops(drops)
            size = sum(p.stat().st_size for p in drops.glob("*/*"))
            since = self._last_whole() if mode is Mode.DELTA else None
            buckets = since["buckets"] if since else max(LEAST_BUCKETS, size // BYTES_PER_BUCKET)
            report = intake.take_in(drops, clean, planned_at.date(), buckets=buckets, changes=self.changes())
            rows = {feed: counts.rows for feed, counts in report.counts.items()}
            found = guard.judge(rows, before, _delivered(drops), self.clock.wall(), self.limits, trusted)
            self.files.publish_clean(run, clean)
        findings = [asdict(f) for f in found if f.code not in accepted]
        trusted = (*guard.forgetting(trusted, {f.feed for f in found if f.code in accepted}), Trusted(planned_at, rows))
        current = self.items.current(planned_at)
        rules, unreadable = readable(current)
        held = {r.item.code: feeds for r in rules if (feeds := missing_feeds(r, report.incomplete))}
        plan = {
            "mode": Mode.DELTA if since else Mode.FULL,
            "since": since,
            "planned_at": planned_at.isoformat(),
            "findings": findings,
            "accepted": [asdict(f) for f in found if f.code in accepted],
            "trusted": _TRUSTED.dump_python(trusted, mode="json"),  # once this run is current
            "registries": report.as_json(),
            "items": {item.code: version for version, item in current},
            "rules": {r.item.code: r.hash for r in rules},
            "held": held | {code: [RULE] for code in unreadable},
            "chunks": [] if findings else _chunks(report.bucket_subjects),
        }
        self.files.put(run, PLAN, plan)
        return plan

    def _last_whole(self) -> dict[str, Any] | None:
        """The last good run as a delta needs it, {run, buckets, rules}: None when it left anything undone, so that a full scan is due."""
        run = self.files.published()
        plan, report = (self._kept(run, name) for name in (PLAN, REPORT)) if run else (None, None)
        if run not in self.files.kept() or not plan or not report or report["status"] != "done":
            return None
        if report["failed_chunks"] or report["unopened"] or report["disagreements"]:
            return None
        looked_at = {code: hash for code, hash in plan["rules"].items() if code not in plan["held"]}
        return {"run": run, "buckets": plan["registries"]["buckets"], "rules": looked_at}

    def _rows_before(self) -> guard.Rows | None:
        """Clean rows by feed at the last good run: None before the first, empty when its papers are gone."""
        run = self.files.published()
        if run is None:
            return None
        plan = self._kept(run, PLAN)
        return {feed: counts["rows"] for feed, counts in plan["registries"]["counts"].items()} if plan else {}

    def _trusted(self) -> tuple[Trusted, ...]:
        """The good runs up to the last, as it wrote them down."""
        run = self.files.published()
        plan = self._kept(run, PLAN) if run else None
        return _TRUSTED.validate_python(plan.get("trusted", ())) if plan else ()

    def _make_current(self, run: str, plan: Mapping[str, Any]) -> None:
        """Let lookups read this run's files, unless those of a later one are there: a repeat may come late."""
        last = self.files.published()
        last_plan = self._kept(last, PLAN) if last else None
        if not last_plan or last_plan["planned_at"] <= plan["planned_at"]:
            self.files.make_current(run)

    # --- detecting and opening

    def _evaluate(self, run: str, buckets: Sequence[int]) -> tuple[list[Found], int]:
        """All hits of a chunk, or those that are new since the last run, and how many the engines do not agree on."""
        plan = self.files.get(run, PLAN)
        rules, reader, since = self._pinned(plan), BucketReader(self.files.clean(run)), plan["since"]
        if since is None:
            searched = search.everybody(rules, reader, buckets)
        else:
            known = [r for r in rules if since["rules"].get(r.item.code) == r.hash]
            fresh = [r for r in rules if r not in known]
            searched = search.since(known, fresh, reader, BucketReader(self.files.clean(since["run"])), buckets)
        found = [Found(hit, subject.business.name if subject.business else "", subject.contacts) for subject, hit in searched.hits]
        return found, searched.disagreements

    def _fate(self, found: Found, opening: Opening) -> Fact:
        hit = found.hit
        item = self.items.get(hit.item_code, hit.item_version)
        return {
            "item": hit.item_code,
            "jurisdiction": hit.jurisdiction,
            "case_id": hit.case_id,
            "fate": opening.standing(hit) or PENDING,
            "reachable": next_target(item, [asdict(c) for c in found.contacts], ()) is not None,
        }

    def _open(self, found: Found, opening: Opening) -> str:
        """The fate of a hit that was new. One that fails must not keep the others of its batch from being opened."""
        try:
            fate = opening.open(found)
        except WuganError as error:
            return f"{FAILED}{error.code}"
        except Exception as error:
            return f"{FAILED}{self.describe(error)}"
        return Fate.OPENED if fate is Fate.ALREADY_OPEN else fate  # by an earlier try of this batch

    def _kept(self, run: str, name: str) -> Any | None:
        """What this run wrote under a name; None when nothing."""
        return self.files.get(run, name) if name in self.files.names(run, name) else None

    def _pinned(self, plan: Mapping[str, Any]) -> list[Rule]:
        """The rules of the item versions that this run was planned with, whatever is published meanwhile."""
        pinned = ((code, version) for code, version in plan["items"].items() if code not in plan["held"])
        return [rule(self.items.get(code, version), version) for code, version in pinned]


def _mode(name: str) -> Mode:
    try:
        return Mode(name)
    except ValueError:
        raise InvalidInput(f"one of {', '.join(Mode)}", field="mode") from None


class BatchFailed(WuganError):
    """Some cases of a batch could not be opened now."""

    code = "batch_failed"
    status = 503


def _delivered(drops: Path) -> dict[str, dict[str, datetime]]:
    """When each file was delivered, by feed and file."""
    found: dict[str, dict[str, datetime]] = defaultdict(dict)
    for path in drops.glob("*/*"):
        found[path.parent.name][path.name] = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return found


def _settled(fate: Fact) -> bool:
    return not fate["fate"].startswith(FAILED)


def _unreachable(fate: Fact) -> bool:
    """A case was opened, and nobody can be told."""
    return fate["fate"] == Fate.OPENED and not fate["reachable"]


def _by_jurisdiction(fates: Iterable[Fact]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for fate in fates:
        counts[fate["jurisdiction"]].update(["hits", fate["fate"], *(["unreachable"] if _unreachable(fate) else [])])
    return {jurisdiction: dict(c) for jurisdiction, c in sorted(counts.items())}


def _chunks(bucket_subjects: Sequence[int]) -> list[list[int]]:
    """Consecutive buckets, together at most about a chunk's subjects."""
    chunks: list[list[int]] = []
    size = 0
    for bucket, subjects in enumerate(bucket_subjects):
        if not chunks or size + subjects > SUBJECTS_PER_CHUNK:
            chunks.append([])
            size = 0
        chunks[-1].append(bucket)
        size += subjects
    return chunks
