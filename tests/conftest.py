"""What tests of every kind stand on: a town in memory with one open case, the deployed city, a good item file to spoil."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.browser.town import Town
from tests.support.item_files import Spoil, spoiler

if TYPE_CHECKING:
    from tests.rehearsal.town import Town as City

IN_THE_CITY = ("tests/rehearsal/", "tests/browser/walk/")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadscope`, what needs the deployed system stays in one process; other modules run beside it."""
    if config.getvalue("dist") != "loadscope":
        return None
    scheduler = LoadScopeScheduling(config, log)
    module_of = scheduler._split_scope
    scheduler._split_scope = lambda nodeid: "city" if nodeid.startswith(IN_THE_CITY) else module_of(nodeid)
    return scheduler


@pytest.fixture(scope="session")
def city() -> Iterator[City]:
    """The deployed system: one for all tests that ask for it."""
    from tests.rehearsal.town import deployed  # the emulator's world is no matter of most tests

    with deployed() as running:
        yield running


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def link(town: Town) -> str:
    return town.open_case(persona=1)


@pytest.fixture
def spoil(tmp_path: Path) -> Spoil:
    return spoiler(tmp_path)
