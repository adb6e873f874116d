"""Debian's Chromium, and a town that it can reach."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.screenshots import chromium
from tests.browser.serve import serving
from tests.browser.town import Town

SLOW = 30_000  # milliseconds until what should be seen is seen: the machine may be busy


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=SLOW)
    with sync_playwright() as playwright:
        started = chromium(playwright)
        yield started
        started.close()


@pytest.fixture
def base(town: Town) -> Iterator[str]:
    with serving(town) as url:
        yield url
