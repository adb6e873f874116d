"""What the desk's first page asks of DynamoDB: bounded, whatever the number of cases; read units are printed by `make bench-queue`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bench.bench_queue import PAGES, Meter, fill, metered
from tests.support.aws import storage
from wugan import bootstrap
from wugan.cases.desk import MOST_COUNTED, PAGE
from wugan.cases.queue import MOST_READ, Listing
from wugan.signin.official import Official

CASES = 500
MOST_BYTES = 1000  # of a row in a list


@pytest.fixture(scope="module")
def meter() -> Iterator[Meter]:
    with pytest.MonkeyPatch.context() as monkeypatch, storage(monkeypatch):
        fill(CASES)
        yield metered(monkeypatch)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_one_query_of_so_many_rows(meter: Meter, name: str) -> None:
    listing = PAGES[name]
    meter.taken()
    found = bootstrap.case_store().queue(listing, PAGE)
    [(action, rows, _)] = meter.taken()
    assert (action, bool(found.cards)) == ("Query", True)
    assert rows <= (PAGE + 1 if listing.filters < 2 else MOST_READ)
    assert len(found.cards) <= PAGE
    assert meter.largest <= MOST_BYTES


def test_counting_stops(meter: Meter) -> None:
    meter.taken()
    assert bootstrap.case_store().queued(Listing("QD", light="green"), MOST_COUNTED) == MOST_COUNTED
    assert [(action, rows) for action, rows, _ in meter.taken()] == [("Query", MOST_COUNTED)]


def test_the_whole_page_is_the_list_and_two_counts_and_no_scan(meter: Meter) -> None:
    desk, official = bootstrap.desk(), Official("王", "QD", "officer-1")
    meter.taken()
    page = desk.queue(official, Listing("QD"))
    asked = meter.taken()
    assert [action for action, *_ in asked] == ["Query"] * 4  # the list, the names of its officials, two lights
    assert sum(rows for _, rows, _ in asked) <= PAGE + 1 + 2 * MOST_COUNTED
    onward = desk.queue(official, Listing("QD"), page.next or "")
    assert not {c.case_id for c in page.cards} & {c.case_id for c in onward.cards}
    assert desk.queue(official, Listing("QD"), onward.previous or "").cards == page.cards
