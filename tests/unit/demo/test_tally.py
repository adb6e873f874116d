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

NOTHING: dict[str, Any] = {"total": 0, "messages": [], "parcels": [], "applications": [], "certificates": []}


def test_hits_are_summed_over_jurisdictions() -> None:
    counted = tally(REPORT, [], NOTHING, {})
    assert counted.items == {"a": {"hits": 3, "opened": 3}, "b": {"hits": 0, "opened": 0}}


def test_what_was_reported_as_opened_and_is_not_there_is_lost() -> None:
    twice = NOTHING | {"total": 2, "messages": [{"id": "a"}], "parcels": [{"id": "b"}]}
    counted = tally(REPORT | {"disagreements": 1, "failed_chunks": 1}, [], twice, {})
    assert (counted.lost, counted.duplicates) == (5, 2)
    assert counted.twice == {"messages": 1, "parcels": 1, "applications": 0, "certificates": 0}
    assert {"5 lost", "2 side effects twice", "a: no delivered case"} <= set(shortcomings(counted))


def test_a_vendor_that_was_only_asked_for_a_token_was_not_used() -> None:
    counted = tally(REPORT, [], NOTHING, {"wechat": {"requests": 3}, "sf": {"parcels": 1}})
    assert "wechat: never used" in shortcomings(counted)
    assert "sf: never used" not in shortcomings(counted)
