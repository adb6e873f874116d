"""The demonstration counts what the scan reported and what became of the cases."""

from __future__ import annotations

from typing import Any

from infra.demo.tally import shortcomings, tally

REPORT: dict[str, Any] = {
    "subjects": 9,
    "hits": 3,
    "fates": {"opened": 3},
    "items": {"a": {"QD": {"hits": 2, "opened": 2}, "LX": {"hits": 1, "opened": 1}}, "b": {}},
    "unopened": 0,
    "failed_chunks": 0,
    "disagreements": 0,
}


def test_hits_are_summed_over_jurisdictions() -> None:
    counted = tally(REPORT, [], {"total": 0})
    assert counted.items == {"a": {"hits": 3, "opened": 3}, "b": {"hits": 0, "opened": 0}}


def test_what_was_reported_as_opened_and_is_not_there_is_lost() -> None:
    counted = tally(REPORT | {"disagreements": 1, "failed_chunks": 1}, [], {"total": 2})
    assert (counted.lost, counted.duplicates) == (5, 2)
    assert {"5 lost", "2 side effects twice", "a: no delivered case"} <= set(shortcomings(counted))
