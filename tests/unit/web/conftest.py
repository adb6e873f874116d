"""A town with one open case, and somebody who holds its link."""

from __future__ import annotations

import pytest

from tests.browser.town import Town
from tests.unit.web.client import Client


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def link(town: Town) -> str:
    return town.open_case(persona=1)


@pytest.fixture
def client(town: Town) -> Client:
    return Client(town)
