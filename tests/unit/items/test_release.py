"""What is current follows from the releases alone."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from wugan.clock import BEIJING
from wugan.items.release import Act, Release, coming, retired, standing

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=BEIJING)


def day(number: float) -> datetime:
    return NOW + timedelta(days=number)


def publish(number: int, version: str, starts: float, at: float = 0) -> Release:
    return Release("item", number, Act.PUBLISH, version, day(at), day(starts))


def retire(number: int, at: float) -> Release:
    return Release("item", number, Act.RETIRE, "", day(at), day(at))


def cancel(number: int, cancels: int, at: float) -> Release:
    return Release("item", number, Act.CANCEL, "", day(at), day(at), cancels=cancels)


def versions(releases: list[Release], *days: float) -> list[str | None]:
    found = [standing(releases, day(d)).get("item") for d in days]
    return [r.version if r else None for r in found]


def test_nothing_is_current_before_it_starts() -> None:
    assert versions([publish(1, "a", 2)], 1, 2, 3) == [None, "a", "a"]


def test_a_version_published_meanwhile_gives_way_to_the_scheduled_one() -> None:
    releases = [publish(1, "a", 0), publish(2, "b", 5), publish(3, "c", 1, at=1)]
    assert versions(releases, 0, 1, 4, 5) == ["a", "c", "c", "b"]
    assert [r.version for r in coming(releases, day(1))] == ["b"]


def test_of_two_that_start_together_the_later_made_holds() -> None:
    assert versions([publish(1, "a", 3), publish(2, "b", 3)], 3) == ["b"]


def test_what_was_cancelled_in_time_does_not_come() -> None:
    releases = [publish(1, "a", 0), publish(2, "b", 5), cancel(3, 2, at=4)]
    assert versions(releases, 6) == ["a"]
    assert coming(releases, day(4)) == []
    assert versions([publish(1, "a", 0), publish(2, "b", 5), cancel(3, 2, at=5)], 6) == ["b"]  # too late


def test_retiring_ends_what_was_scheduled_too_until_it_is_published_again() -> None:
    releases = [publish(1, "a", 0), publish(2, "b", 5), retire(3, 1)]
    assert versions(releases, 0, 1, 6) == ["a", None, None]
    assert [retired(releases, day(d)) for d in (0, 1, 6)] == [False, True, True]
    again = [*releases, publish(4, "a", 7, at=6)]
    assert versions(again, 6, 7) == [None, "a"]
    assert not retired(again, day(7))


MADE = st.lists(st.tuples(st.sampled_from(Act), st.integers(0, 9), st.integers(0, 9), st.integers(1, 6)), max_size=8)


@given(MADE, st.integers(0, 20))
def test_the_order_of_reading_does_not_matter_and_nothing_from_the_future_holds(
    made: list[tuple[Act, int, int, int]], at: int
) -> None:  # fmt: skip
    releases = [
        Release(
            "item", n, act, f"v{n}", day(said), day(said + (later if act is Act.PUBLISH else 0)), cancels=of if act is Act.CANCEL else 0
        )
        for n, (act, said, later, of) in enumerate(made, start=1)
    ]
    found = standing(releases, day(at))
    assert found == standing(list(reversed(releases)), day(at))
    assert all(r.starts <= day(at) and r.act is Act.PUBLISH for r in found.values())
