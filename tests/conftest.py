"""What tests of every kind stand on: a town with one open case, a good item file to spoil."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.town import Town
from tests.support.item_files import Spoil, spoiler


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def link(town: Town) -> str:
    return town.open_case(persona=1)


@pytest.fixture
def spoil(tmp_path: Path) -> Spoil:
    return spoiler(tmp_path)
