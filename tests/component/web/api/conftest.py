"""A caller with the link of an open case."""

from __future__ import annotations

import pytest

from tests.browser.town import Town
from tests.component.web.api.caller import Caller


@pytest.fixture
def caller(town: Town, link: str) -> Caller:
    return Caller(town, link)
