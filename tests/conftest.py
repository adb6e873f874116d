"""A town with one open case."""

from __future__ import annotations

import pytest

from tests.browser.town import Town


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def link(town: Town) -> str:
    return town.open_case(persona=1)
