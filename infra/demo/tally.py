"""What came of it, counted from the tables' and the vendors' own records, not from what the play meant to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wugan.cases.model import Head, Outcome

EFFECTS = ("messages", "parcels", "faces", "applications")
KINDS = ("messages", "parcels", "applications", "certificates")
CORRECTED = "returned_for_correction"  # a stage passed, not an end: these cases are counted under their end as well


@dataclass(frozen=True)
class Tally:
    """The summary of a demonstration, as `summary.json` holds it."""

    subjects: int
    hits: int
    opened: int
    outcomes: Mapping[str, int]
    items: Mapping[str, Mapping[str, int]]
    lost: int
    duplicates: int
    twice: Mapping[str, int]  # what there is twice, by kind
    vendors: Mapping[str, Mapping[str, int]]  # what was used of each

    def as_json(self) -> dict[str, Any]:
        return {
            "subjects": self.subjects,
            "hits": self.hits,
            "opened": self.opened,
            "outcomes": dict(self.outcomes),
            "items": {code: dict(counts) for code, counts in self.items.items()},
            "lost": self.lost,
            "duplicates": self.duplicates,
            "twice": dict(self.twice),
            "vendors": {vendor: dict(counts) for vendor, counts in self.vendors.items()},
        }


def tally(report: Mapping[str, Any], heads: Iterable[Head], duplicates: Mapping[str, Any], usage: Mapping[str, Mapping[str, int]]) -> Tally:
    """Count a scan's report, all heads, what the sandbox received twice, and what was used of each of its vendors.

    `lost`: hits that neither opened a case nor have a stated reason, those on which the engines do not agree, and cases that
    neither ended nor wait on somebody.
    """
    heads = list(heads)
    items = {code: _found(jurisdictions.values()) for code, jurisdictions in report["items"].items()}
    outcomes: Counter[str] = Counter({o.value: 0 for o in Outcome} | {CORRECTED: 0})
    for head in heads:
        ended = head.outcome.value if head.ended and head.outcome else "open"
        for counter in (outcomes, items[head.item_code]):
            counter[ended] += 1
            counter[CORRECTED] += bool(head.corrections)
    left = report["unopened"] + report["failed_chunks"] + report["disagreements"]
    adrift = sum(not h.ended and h.wait is None for h in heads)
    return Tally(
        subjects=report["subjects"],
        hits=report["hits"],
        opened=len(heads),
        outcomes=outcomes,
        items=items,
        lost=left + max(0, report["fates"].get("opened", 0) - len(heads)) + adrift,
        duplicates=int(duplicates["total"]),
        twice={kind: len(duplicates[kind]) for kind in KINDS},
        vendors=usage,
    )


def _found(by_jurisdiction: Iterable[Mapping[str, int]]) -> Counter[str]:
    """What the scan found for one item in all jurisdictions, and what it opened."""
    counts = list(by_jurisdiction)
    return Counter({name: sum(c.get(name, 0) for c in counts) for name in ("hits", "opened")})


def shortcomings(counted: Tally) -> list[str]:
    """What the demonstration promises and did not show."""
    missing = [f"{code}: no delivered case" for code, counts in counted.items.items() if not counts.get("delivered")]
    missing += [f"no case ended {outcome}" for outcome, count in counted.outcomes.items() if not count and outcome != "open"]
    missing += [f"{vendor}: never used" for vendor, counts in counted.vendors.items() if not any(counts.get(kind) for kind in EFFECTS)]
    missing += [f"{counted.lost} lost"] if counted.lost else []
    missing += [f"{counted.duplicates} side effects twice"] if counted.duplicates else []
    missing += [f"{n} cases still open" for n in [counted.outcomes.get("open", 0)] if n]
    return missing
