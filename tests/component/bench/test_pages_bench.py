"""The pages bench asks for every page with the session that opens it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.bench_pages import measured
from tests.browser.screenshots import Shot, shots
from tests.browser.serve import apps
from tests.browser.town import Town


def test_every_page_that_a_get_shows_is_measured() -> None:
    """`measured` asks each page once, and refuses one that answers otherwise than its picture says."""
    town, taken = Town(), list[Shot]()

    def noted() -> Iterator[Shot]:
        for shot in shots(town):
            taken.append(shot)
            yield shot

    found = [name for name, _ in measured(apps(town), noted())]
    assert found == [shot.name for shot in taken if not shot.press]
    assert {"09-queue", "09-case", "12-items", "12-statistics", "09-problem"} <= {*found}
