"""Simulation (模拟): whom items would hit in local registry files, beside another version or day after day. Opens nothing.

A case's values are personal where they name a person, so samples show no more of them than the surname.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from wugan.detection import fullscan
from wugan.detection.evaluate import changes, explained, verdict
from wugan.detection.fullscan import Files
from wugan.detection.model import FieldChange, HitKey
from wugan.detection.predicate import Judge, RuleBook, judge
from wugan.detection.row import Row
from wugan.detection.rule import Rule
from wugan.registry.buckets import MANIFEST
from wugan.registry.lookup import BucketReader, Fetch

_Hits = Mapping[str, set[HitKey]]  # by item code


@dataclass(frozen=True)
class Snapshot:
    """The registries of one day as clean local files."""

    name: str  # of the run, or of the folder
    reader: BucketReader
    files: Files
    intake: Mapping[str, Any]  # the manifest: what became of the rows that were delivered

    @property
    def as_of(self) -> date:
        """The day of the records."""
        return self.reader.manifest.as_of


@dataclass(frozen=True)
class Sample:
    """One subject and why it is hit, or no longer."""

    kind: str  # hit | newly | no_longer
    subject: str  # credit code
    certificate_no: str | None
    jurisdiction: str
    changes: tuple[FieldChange, ...]  # persons' names masked
    conditions: tuple[str, ...]  # those that hold; of one that is no longer hit, those that do not, with what they need


@dataclass(frozen=True)
class Against:
    """The same item in another version."""

    version: str
    hits: int
    newly: int  # hits that the other version does not have
    no_longer: int  # hits that only the other version has


@dataclass(frozen=True)
class Simulation:
    """What one item comes to."""

    code: str
    version: str
    rule: str  # hash
    hits: int
    by_jurisdiction: Mapping[str, int]
    against: Against | None = None
    samples: tuple[Sample, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


@dataclass(frozen=True)
class DayOfReplay:
    """What one item would have come to on one of several days."""

    code: str
    day: date
    hits: int
    newly: int  # since the day before; on the first day all
    no_longer: int
    opened: int  # cases that were not opened on an earlier day

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self) | {"day": self.day.isoformat()}


def snapshot(name: str, fetch: Fetch) -> Snapshot:
    """The clean files that `fetch` brings here, all of them."""
    reader = BucketReader(fetch)
    files = reader.files(fullscan.READ, range(reader.manifest.buckets))
    return Snapshot(name, reader, files, json.loads(fetch(MANIFEST).read_text(encoding="utf-8")))


def simulate(rules: Sequence[Rule], shot: Snapshot, *, against: Sequence[Rule] = (), samples: int = 0) -> list[Simulation]:
    """What each rule hits in a snapshot, beside the rule of the same item in `against`; up to so many samples of each item."""
    found, others = _by_item(rules, shot), {r.item.code: r for r in against}
    alike = {(r.item.code, r.hash) for r in rules}  # what decides by the same hits the same
    before = found | _by_item([r for r in against if (r.item.code, r.hash) not in alike], shot)
    return [_simulation(one, others.get(one.item.code), found, before, shot, samples) for one in rules]


@dataclass
class Replay:
    """Simulates one day after the other. `cases` are the ids of all cases that would be opened, by item."""

    rules: Sequence[Rule]
    cases: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _yesterday: Mapping[str, set[HitKey]] = field(default_factory=dict)

    def day(self, shot: Snapshot) -> list[DayOfReplay]:
        """The next day. A case is opened once, however long its hit lasts; a hit whose facts changed opens another."""
        found = _by_item(self.rules, shot)
        opened = self._open(shot, {k.subject for keys in found.values() for k in keys})
        results = []
        for one in self.rules:
            code = one.item.code
            hits, before = found[code], self._yesterday.get(code, set())
            results.append(DayOfReplay(code, shot.as_of, len(hits), len(hits - before), len(before - hits), opened[code]))
        self._yesterday = found
        return results

    def _open(self, shot: Snapshot, codes: Collection[str]) -> Counter[str]:
        book, opened = RuleBook(self.rules), Counter[str]()
        for subject in shot.reader.subjects_of(codes):
            for hit in explained(book, subject):
                if hit.case_id not in self.cases[hit.item_code]:
                    self.cases[hit.item_code].add(hit.case_id)
                    opened[hit.item_code] += 1
        return opened


def _by_item(rules: Sequence[Rule], shot: Snapshot) -> dict[str, set[HitKey]]:
    found: dict[str, set[HitKey]] = {r.item.code: set() for r in rules}
    for key in fullscan.scan(rules, shot.files, shot.as_of):
        found[key.item_code].add(key)
    return found


def _simulation(one: Rule, other: Rule | None, found: _Hits, others: _Hits, shot: Snapshot, samples: int) -> Simulation:
    code = one.item.code
    hits, before = found[code], others[code] if other else None
    compared = Against(other.version, len(before), len(hits - before), len(before - hits)) if other and before is not None else None
    told = tuple(_samples(one, shot, _kinds(hits, before), samples)) if samples else ()
    return Simulation(code, one.version, one.hash, len(hits), dict(sorted(Counter(k.jurisdiction for k in hits).items())), compared, told)


def _kinds(hits: set[HitKey], before: set[HitKey] | None) -> dict[HitKey, str]:
    """What is new and what is gone; all hits without another version, or when nothing differs."""
    if before is None or before == hits:
        return dict.fromkeys(_shuffled(hits), "hit")
    return dict.fromkeys(_shuffled(hits - before), "newly") | dict.fromkeys(_shuffled(before - hits), "no_longer")


def _shuffled(keys: Iterable[HitKey]) -> list[HitKey]:
    """In an order that is the same each time and prefers nobody."""
    return sorted(keys, key=lambda k: hashlib.sha256(f"{k.subject} {k.certificate_no}".encode()).digest())


def _samples(one: Rule, shot: Snapshot, kinds: Mapping[HitKey, str], most: int) -> Iterator[Sample]:
    chosen = _alternating(kinds, most)
    its_judge = judge(one)
    subjects = {s.credit_code: s for s in shot.reader.subjects_of({k.subject for k in chosen})}
    for key in chosen:
        for row in its_judge.rows(subjects[key.subject], shot.as_of):
            if (row.certificate.certificate_no if row.certificate else None) == key.certificate_no:
                yield _sample(its_judge, row, key, kinds[key])


def _alternating(kinds: Mapping[HitKey, str], most: int) -> list[HitKey]:
    """At most so many, of each kind about as many."""
    of_kind = [[k for k, kind in kinds.items() if kind == wanted] for wanted in dict.fromkeys(kinds.values())]
    return [keys[i] for i in range(most) for keys in of_kind if i < len(keys)][:most]


def _sample(its_judge: Judge, row: Row, key: HitKey, kind: str) -> Sample:
    conditions = verdict(its_judge, row).conditions
    told = [f"{c.reason}：{c.needed}" for c in conditions if not c.held] or [c.reason for c in conditions]
    shown = tuple(c.masked() for c in changes(its_judge.rule.item, row))
    return Sample(kind, key.subject, key.certificate_no, key.jurisdiction, shown, tuple(told))
