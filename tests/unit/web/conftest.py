"""Somebody who reads the pages of the town."""

from __future__ import annotations

import pytest

from tests.browser.town import Town
from tests.unit.web.client import Client


@pytest.fixture
def client(town: Town) -> Client:
    return Client(town)
