"""The full scan beside what merely reading costs and what a plain loop costs; chunk sizes; throughput; one subject; two engines."""

from __future__ import annotations

import random
import resource
import statistics
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from tests.bench.bench_ground import city, digest, read_columns, reference_rows
from tests.bench.bench_ground import scan as loop
from tests.bench.harness import ROOT, Row, bench, in_child, interleaved, pin, tell
from tests.support.differential import compare
from tests.support.hostile import HOSTILE
from tests.support.rules import random_expression
from tests.support.subjects import subjects
from wugan.cases.scan import SUBJECTS_PER_CHUNK
from wugan.detection import fullscan
from wugan.detection.invalid import RuleInvalid
from wugan.detection.model import HitKey
from wugan.detection.predicate import RuleBook
from wugan.detection.rule import Rule, rule
from wugan.items.catalogue import load_folder
from wugan.items.version import version
from wugan.registry.lookup import BucketReader, local
from wugan.registry.model import Subject

REPEATS = 3
FINE = 40  # buckets of the city of which chunks of any size are made: 25,000 each
MOST_MEMORY = 600  # MB


@bench("scan")
def scan() -> Iterator[Row]:
    """1 million enterprises × 1 million licences, 20 items: the full scan, the floor and the loop."""
    folder = city()
    found = interleaved(
        {
            "floor": lambda: in_child(read_columns, folder),
            "scan": lambda: in_child(full_scan, folder, SUBJECTS_PER_CHUNK),
            "loop": lambda: in_child(loop, folder),
        },
        REPEATS,
    )
    floor, ours, plain = found["floor"], found["scan"], found["loop"]
    looped = plain.result["reading"] + plain.result["looping"]
    yield from reference_rows(plain, floor)
    yield Row("full scan", ours.seconds, "s", "floor", ours.seconds / floor.seconds, "≤ 3", ours.seconds <= 3 * floor.seconds)
    yield Row("full scan, processor time", ours.cpu, "s", "floor", ours.cpu / floor.cpu)
    yield Row("loop, reading included", looped, "s", "full scan", looped / ours.seconds, "≥ 4", looped >= 4 * ours.seconds)
    yield Row("peak memory of the full scan", ours.peak, "MB", "floor", ours.peak / floor.peak, f"< {MOST_MEMORY}", ours.peak < MOST_MEMORY)
    tell("predicate over every subject")
    asked = in_child(predicate_scan, folder)
    for name, other in (("loop", plain), ("predicate", asked)):
        same, number = other.result["digest"] == ours.result["digest"], other.result["hits"]
        yield Row(f"hits of the {name}", number, "hits", "full scan", number / ours.result["hits"], "the same", same)


@bench("chunks")
def chunks() -> Iterator[Row]:
    """Chunk sizes over 1 million × 1 million, each chunk a process of its own as in Lambda, start and imports included."""
    folder = city(buckets=FINE)
    sizes = (25_000, 50_000, 100_000, 250_000, 500_000)
    runs = {size: _in_chunks(folder, size) for size in sizes}
    best = min(runs, key=lambda size: runs[size][0])
    hits = {digest(found) for _, _, found in runs.values()}
    for size, (seconds, peak, found) in runs.items():
        said = " (the default)" if size == SUBJECTS_PER_CHUNK else ""
        yield Row(f"{size:,} subjects a chunk{said}", seconds, "s", f"{best:,}", seconds / runs[best][0])
        yield Row(f"{size:,} subjects a chunk: peak", peak, "MB", "", None, f"< {MOST_MEMORY}", peak < MOST_MEMORY)
        yield Row(f"{size:,} subjects a chunk: hits", len(found), "hits", "", None, "the same in all", len(hits) == 1)
    chosen = runs[SUBJECTS_PER_CHUNK][0]
    ratio = chosen / runs[best][0]
    yield Row("the default beside the best", chosen, "s", f"{best:,}", ratio, "the best, within 5 %", ratio <= 1.05)


def _in_chunks(folder: str, size: int) -> tuple[float, float, set[tuple[str, str, str]]]:
    """Seconds of processor time in all, start and imports of each process included; highest peak; the hits."""
    per_chunk = max(1, round(size * FINE / 1_000_000))
    found: set[tuple[str, str, str]] = set()
    began, peak = _childrens_time(), 0.0
    for start in range(0, FINE, per_chunk):
        tell(f"{size:,} a chunk: bucket {start + 1}/{FINE}")
        done = in_child(scan_buckets, folder, list(range(start, min(start + per_chunk, FINE))))
        peak = max(peak, done.peak)
        found |= {(a, b, c) for a, b, c in done.result}
    return _childrens_time() - began, peak, found


def _childrens_time() -> float:
    """Seconds of processor time of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@bench("growth")
def growth() -> Iterator[Row]:
    """The full scan from 100,000 to 2 million enterprises and licences: time for a row."""
    sizes = (100_000, 500_000, 1_000_000, 2_000_000)
    folders = {size: city(enterprises=size, licences=size, buckets=max(2, size * 16 // 1_000_000)) for size in sizes}
    measures = {f"{size:,}": _scanning(folder) for size, folder in folders.items()}
    found = interleaved(measures, REPEATS)
    per_row = {name: m.cpu / int(name.replace(",", "")) for name, m in found.items()}
    middle = statistics.median(per_row.values())
    for name, each in per_row.items():
        ratio = each / middle
        yield Row(f"{name} × {name}", each * 1e6, "µs a row, processor time", "median", ratio, "within 20 %", 0.8 <= ratio <= 1.2)
        yield Row(f"{name} × {name}: peak", found[name].peak, "MB", "", None, f"< {MOST_MEMORY}", found[name].peak < MOST_MEMORY)


def _scanning(folder: str) -> Any:
    return lambda: in_child(full_scan, folder, SUBJECTS_PER_CHUNK)


@bench("subject")
def subject() -> Iterator[Row]:
    """One subject against 20 items by the predicate, normalisation included."""
    pin()
    folder = city(enterprises=20_000, licences=20_000, buckets=2)
    reader = local(Path(folder))
    everyone = [s for bucket in range(reader.manifest.buckets) for s in reader.subjects(bucket)]
    book = RuleBook(pilot_rules())
    kinds = {
        "a subject of the city": everyone,
        "that holds a certificate of a pilot item": [s for s in everyone if any(c.type in PILOT_TYPES for c in s.certificates)],
        "that is hit": [s for s in everyone if book.keys(s)],
    }
    for name, some in kinds.items():
        seconds = _per_subject(book, some)
        yield Row(name, seconds * 1e6, "µs", "", None, "≤ 60", seconds <= 60e-6)
    crowded = RuleBook(_all_of_one_type())
    held = [s for s in everyone if any(c.type == ONE_TYPE for c in s.certificates)]
    seconds = _per_subject(crowded, held)
    yield Row("the same with all 20 rules on one type of certificate", seconds * 1e6, "µs", "", None, "≤ 60", seconds <= 60e-6)


def _per_subject(book: RuleBook, some: list[Subject]) -> float:
    """Seconds of processor time for one subject: the median of rounds, each over subjects whose addresses are not remembered."""
    from wugan.registry import normalise

    rounds = []
    for _ in range(7):
        normalise.address.cache_clear()
        began = time.process_time()
        for one in some:
            book.keys(one)
        rounds.append((time.process_time() - began) / len(some))
    return statistics.median(rounds)


ONE_TYPE = "construction_qualification"


def _all_of_one_type() -> list[Rule]:
    return [
        Rule(r.item.model_copy(update={"certificates": r.item.certificates.model_copy(update={"type": ONE_TYPE})}), r.version, r.conditions)
        for r in pilot_rules()
    ]


@bench("differential")
def differential() -> Iterator[Row]:
    """Random rules on random rows: DuckDB and the predicate must give the same three-valued answer."""
    rng, pairs, differences = random.Random(1), 0, 0
    while pairs < 1_000_000:
        tell(f"{pairs:,} pairs")
        asked = [(random_expression(rng, filing), filing) for filing in (False, True) for _ in range(50)]
        found = compare(asked, subjects(rng, 1_000))
        pairs, differences = pairs + found.pairs, differences + len(found.differences)
    yield Row("rule × row pairs", pairs, "pairs", "", None, "≥ 1,000,000", pairs >= 1_000_000)
    yield Row("differences", differences, "pairs", "", None, "none", differences == 0)
    yield from _hostile()


def _hostile() -> Iterator[Row]:
    """Hostile rules: all refused, and how long the longest took."""
    from wugan.detection.dialect import parse

    with suppress(RuleInvalid):
        parse("blacklisted LIKE 'x'")  # the parser's tables are made at its first use
    slowest, accepted = 0.0, 0
    for text in HOSTILE:
        began = time.thread_time()
        try:
            parse(text)
            accepted += 1
        except RuleInvalid:
            pass
        slowest = max(slowest, time.thread_time() - began)
    yield Row("hostile rules", len(HOSTILE), "rules")
    yield Row("of them accepted", accepted, "rules", "", None, "none", accepted == 0)
    yield Row("slowest refusal", slowest * 1000, "ms", "", None, "≤ 100", slowest <= 0.1)


# ── what children run ─────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def pilot_rules() -> list[Rule]:
    """The rules of `items/`."""
    return [rule(item, version(item)) for item in load_folder(ROOT / "items").items]


PILOT_TYPES = frozenset(r.certificate_type for r in pilot_rules())


def full_scan(folder: str, chunk: int) -> dict[str, Any]:
    """All hits, chunk by chunk as a scan makes them; no explanation."""
    reader, rules = local(Path(folder)), pilot_rules()
    manifest = reader.manifest
    per_chunk = max(1, round(chunk * manifest.buckets / manifest.subjects))
    hits: list[HitKey] = []
    for start in range(0, manifest.buckets, per_chunk):
        hits += _scan(reader, rules, range(start, min(start + per_chunk, manifest.buckets)))
    return {"hits": len(hits), "digest": digest(map(_triple, hits))}


def scan_buckets(folder: str, buckets: list[int]) -> list[tuple[str, str, str]]:
    """The hits of one chunk."""
    return [_triple(k) for k in _scan(local(Path(folder)), pilot_rules(), buckets)]


def predicate_scan(folder: str) -> dict[str, Any]:
    """The predicate over every subject, one after the other."""
    reader, book = local(Path(folder)), RuleBook(pilot_rules())
    found = [_triple(k) for b in range(reader.manifest.buckets) for s in reader.subjects(b) for k in book.keys(s)]
    return {"hits": len(found), "digest": digest(found)}


def _scan(reader: BucketReader, rules: list[Rule], buckets: Iterable[int]) -> list[HitKey]:
    return fullscan.scan(rules, reader.files(fullscan.READ, list(buckets)), reader.manifest.as_of)


def _triple(key: HitKey) -> tuple[str, str, str]:
    return key.item_code, key.subject, key.certificate_no or ""
