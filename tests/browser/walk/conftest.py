"""Browsers in the deployed system. Nothing but the pages' own host is spoken to, the face vendor's page apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.rehearsal.town import Town

HEIGHT = 812


@pytest.fixture
def visit(browser: Browser, city: Town) -> Iterator[Callable[..., Page]]:
    """Open a browser of one's own; `javascript` as said. Fails when a page asked anybody else for anything."""
    contexts, foreign = [], []
    hosts = {urlsplit(city.url).netloc, urlsplit(city.sandbox.url).netloc}

    def open_browser(*, javascript: bool = False, width: int = 375) -> Page:
        context = browser.new_context(viewport={"width": width, "height": HEIGHT}, java_script_enabled=javascript, locale="zh-CN")
        contexts.append(context)
        context.on("request", lambda r: None if urlsplit(r.url).netloc in hosts else foreign.append(r.url))
        return context.new_page()

    yield open_browser
    for context in contexts:
        context.close()
    assert foreign == []
