"""The guard: a delivery is compared with the last good one, and each finding names feed, numbers and remedy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wugan.errors import InvalidInput
from wugan.registry.feeds import FEEDS
from wugan.registry.guard import EVERY_FEED, Limits, Trusted, Unfit, accepting, forgetting, judge, remembered

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LIMITS = Limits(shrink_percent=10, stale_days=3)
FULL = dict.fromkeys(FEEDS, 1000)


def test_the_same_again_is_fit() -> None:
    assert judge(FULL, FULL, {}, NOW, LIMITS) == ()


def test_more_is_fit() -> None:
    assert judge(dict.fromkeys(FEEDS, 5000), FULL, {}, NOW, LIMITS) == ()


def test_a_tenth_less_is_fit_and_one_row_fewer_is_not() -> None:
    assert judge(FULL | {"licence": 900}, FULL, {}, NOW, LIMITS) == ()
    (found,) = judge(FULL | {"licence": 899}, FULL, {}, NOW, LIMITS)
    assert (found.code, found.feed) == (Unfit.SHRINK, "licence")
    assert found.detail.startswith("899 rows, 1000 at the last good run: 10.1 % fewer, the limit is 10 %")
    assert "wugan scan --accept shrink" in found.detail


def test_a_feed_that_had_rows_and_has_none_is_empty_and_not_also_shrunk() -> None:
    (found,) = judge(FULL | {"property": 0}, FULL, {}, NOW, LIMITS)
    assert (found.code, found.feed) == (Unfit.EMPTY, "property")
    assert "1000" in found.detail


def test_a_feed_that_never_had_rows_may_stay_empty() -> None:
    assert judge(FULL | {"blacklist": 0}, FULL | {"blacklist": 0}, {}, NOW, LIMITS) == ()


def test_the_first_run_asks_only_for_businesses_and_licences() -> None:
    assert judge(FULL | {"property": 0}, None, {}, NOW, LIMITS) == ()
    found = judge(dict.fromkeys(FEEDS, 0), None, {}, NOW, LIMITS)
    assert {(f.code, f.feed) for f in found} == {(Unfit.EMPTY, "business"), (Unfit.EMPTY, "licence")}


def test_lost_counts_of_the_last_good_run_are_a_finding_and_not_a_first_run() -> None:
    (found,) = judge(FULL, {}, {}, NOW, LIMITS)
    assert (found.code, found.feed) == (Unfit.SHRINK, EVERY_FEED)


def test_files_of_three_days_are_fit_and_older_ones_are_counted_and_named() -> None:
    limit = NOW - timedelta(days=3)
    assert judge(FULL, FULL, {"contact": {"a.csv": limit}}, NOW, LIMITS) == ()
    files = {"a.csv": NOW, "b.csv": limit - timedelta(seconds=1), "c.csv": limit - timedelta(days=2)}
    (found,) = judge(FULL, FULL, {"contact": files}, NOW, LIMITS)
    assert (found.code, found.feed) == (Unfit.STALE, "contact")
    assert found.detail.startswith("2 of 3 files are older than 3 days, c.csv is 5.0 days old")


def test_a_file_from_the_future_is_not_stale() -> None:
    assert judge(FULL, None, {"contact": {"a.csv": NOW + timedelta(days=400)}}, NOW, LIMITS) == ()


@given(st.integers(1, 10**7), st.integers(1, 10**7), st.integers(0, 100))
def test_shrinking_is_found_exactly_beyond_the_share(before: int, now: int, percent: int) -> None:
    found = judge(FULL | {"licence": now}, FULL | {"licence": before}, {}, NOW, Limits(shrink_percent=percent))
    assert bool(found) == (100 * (before - now) > percent * before)


def test_many_small_losses_count_together_for_as_long_as_they_are_remembered() -> None:
    trusted: tuple[Trusted, ...] = ()
    count, stopped = 1000, []
    for day in range(7):
        at, rows = NOW + timedelta(days=day), FULL | {"licence": count}
        trusted = remembered(trusted, at, LIMITS)
        before = trusted[-1].rows if trusted else None
        found = judge(rows, before, {}, at, LIMITS, trusted)
        stopped += [(day, f.code, f.feed) for f in found]
        trusted = (*trusted, *(() if found else [Trusted(at, rows)]))
        count = int(count * 0.905)
    assert stopped[0] == (2, Unfit.SHRINK, "licence")
    assert [day for day, *_ in stopped] == [2, 3, 4, 5, 6]
    assert remembered(trusted, NOW + timedelta(days=7), LIMITS) == trusted
    assert remembered(trusted, NOW + timedelta(days=8, seconds=1), LIMITS) == ()


def test_a_loss_that_was_accepted_is_forgotten() -> None:
    trusted = forgetting([Trusted(NOW, FULL)], {"licence"})
    assert judge(FULL | {"licence": 700}, FULL | {"licence": 750}, {}, NOW, LIMITS, trusted) == ()
    (found,) = judge(FULL | {"business": 880}, FULL | {"business": 900}, {}, NOW, LIMITS, trusted)
    assert found.detail.startswith("880 rows, 1000 at a good run of the last 7 days: 12.0 % fewer, the limit is 10 %")


def test_what_is_accepted_is_known_by_name() -> None:
    assert accepting(["shrink", " stale", ""]) == {Unfit.SHRINK, Unfit.STALE}
    assert accepting([]) == frozenset()
    with pytest.raises(InvalidInput, match=r"accept: smaller: there are shrink, stale, empty"):
        accepting(["smaller"])
