"""What a scan finds in some buckets: hits by the full scan, each confirmed and explained by the predicate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from wugan.detection import delta, fullscan
from wugan.detection.evaluate import explained
from wugan.detection.model import Hit, HitKey
from wugan.detection.predicate import RuleBook
from wugan.detection.rule import Rule
from wugan.registry.lookup import BucketReader
from wugan.registry.model import Subject


@dataclass(frozen=True)
class Searched:
    """Hits on which both engines agree, and how many there are on which they do not: those open no case."""

    hits: tuple[tuple[Subject, Hit], ...]
    disagreements: int = 0

    def __add__(self, other: Searched) -> Searched:
        return Searched(self.hits + other.hits, self.disagreements + other.disagreements)


def everybody(rules: Sequence[Rule], reader: BucketReader, buckets: Sequence[int]) -> Searched:
    """Every subject of the buckets."""
    return _search(rules, reader, buckets, None)


def since(known: Sequence[Rule], fresh: Sequence[Rule], reader: BucketReader, before: BucketReader, buckets: Sequence[int]) -> Searched:
    """What is new since the scan of `before`, whose rules were `known`; `fresh` rules look at everybody."""
    today, then = (r.files(fullscan.READ, buckets) for r in (reader, before))
    codes = delta.codes(known, today, then, before.manifest.as_of, reader.manifest.as_of)
    return _search(known, reader, buckets, codes) + _search(fresh, reader, buckets, None)


def _search(rules: Sequence[Rule], reader: BucketReader, buckets: Sequence[int], only: Iterable[str] | None) -> Searched:
    keys = set(fullscan.scan(rules, reader.files(fullscan.READ, buckets), reader.manifest.as_of, only=only))
    explanations = list(_explanations(RuleBook(rules), reader, keys))
    confirmed = {hit.key for _, hit in explanations}
    return Searched(tuple(pair for pair in explanations if pair[1].key in keys), len(keys ^ confirmed))


def _explanations(book: RuleBook, reader: BucketReader, keys: Iterable[HitKey]) -> Iterator[tuple[Subject, Hit]]:
    """The predicate's hits of every subject that the full scan found."""
    for subject in reader.subjects_of({key.subject for key in keys}):
        yield from ((subject, hit) for hit in explained(book, subject))
