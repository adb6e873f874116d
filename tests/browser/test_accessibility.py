"""WCAG 2.1 AA, touch targets, contrast, weight: measured on every page, in both modes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response

from tests.browser import measures
from tests.browser.screenshots import shots, show
from tests.browser.serve import apps, serving
from tests.browser.town import Town
from wugan.web.edge import AWAY

# The waiting page asks again by itself: nothing is read long or typed there, and a link does the same without waiting.
EXCEPTIONS = {"04-preparing": ["meta-refresh"], "12-simulation-waiting": ["meta-refresh"]}
MOST_BYTES = 60_000  # of a first view, compressed
FILES = {
    "/c/{link}/certificate", "/c/{link}/proof", "/static/{name}", "/health", "/ledger/checkpoint", "/ledger/log.vkey",
    "/ledger/tile/{level}/{a}", "/ledger/tile/{level}/{a}/{b}", "/ledger/tile/{level}/{a}/{b}/{c}",
    "/desk/cases/{case_id}/label/{kind}", "/desk/cases/{case_id}/application",
    "/bench/items/{code}/{digest}/yaml", "/bench/statistics/csv", "/callbacks/wechat/{jurisdiction}",
}  # fmt: skip

PRESSED = {"/c/{link}/identity/code"}  # 02-code comes there by a button


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 375, "height": 812}, locale="zh-CN")
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module", params=[False, True], ids=["standard", "elder"])
def found(request: pytest.FixtureRequest, browser: Browser) -> Any:
    """Every page in one mode, with all that was measured on it, by measure and page; what is empty is left out."""
    elder, town = bool(request.param), Town()
    measured: dict[str, dict[str, Any]] = defaultdict(dict)
    context = browser.new_context(viewport={"width": 375, "height": 812}, locale="zh-CN")
    page, responses = context.new_page(), list[Response]()
    page.on("response", lambda response: responses.append(response))
    context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})  # each view is somebody's first
    with serving(town) as base:
        for shot in shots(town):
            responses.clear()
            show(page, base, shot, elder=elder)
            page.wait_for_load_state("load")
            page.evaluate("window.stop()")  # a page that asks again by itself stays while it is measured
            last = max(n for n, r in enumerate(responses) if r.request.is_navigation_request() and r.status != 303)
            first_view = responses[last:]
            personal = bool(elder and shot.session and not shot.path.startswith(("desk", "bench")))
            broken = measures.violations(page, enhanced=personal)
            told = {
                "heavy": measures.transferred(first_view) > MOST_BYTES or len(first_view) < 2,
                "axe": [v for v in broken if v[0] not in (measures.ENHANCED, *EXCEPTIONS.get(shot.name, ()))],
                "wide": page.evaluate("document.documentElement.scrollWidth") > 375,
                "targets": measures.small_targets(page, 60 if elder else 44),
                "contrast": measures.faint_texts(page),
                "elder contrast": [v for v in broken if v[0] == measures.ENHANCED],
                "text": measures.small_texts(page) if elder else [],
                "foreign": [r.url for r in first_view if not r.url.startswith(base)],
            }
            for name, value in told.items():
                if value:
                    measured[name][shot.name] = value
    context.close()
    return measured


def test_axe_finds_nothing(found: Any) -> None:
    assert found["axe"] == {}


def test_no_page_is_wider_than_a_phone(found: Any) -> None:
    assert found["wide"] == {}


def test_everything_to_touch_is_large_enough(found: Any) -> None:
    """44 CSS pixels either way, 60 in elder mode (policy.md)."""
    assert found["targets"] == {}


def test_every_text_stands_out(found: Any) -> None:
    """4.5:1, measured on the colours that the browser computed."""
    assert found["contrast"] == {}


def test_the_elder_mode_has_high_contrast(found: Any) -> None:
    """7:1 (WCAG AAA) on the person's pages, where 4.5:1 is asked for."""
    assert found["elder contrast"] == {}


def test_elder_text_is_large(found: Any) -> None:
    assert found["text"] == {}


def test_the_largest_text_is_30_dp(town: Town, page: Page, base: str) -> None:
    texts = "main p.lead, main .weui-btn, main .weui-cell__bd"
    sizes = f"[...document.querySelectorAll('{texts}')].map(e => parseFloat(getComputedStyle(e).fontSize))"
    seen = []
    for shot in (s for s in shots(town) if s.query == "?elder=2"):
        show(page, base, shot)
        seen.append(page.evaluate(sizes))
    assert seen
    assert all(found and min(found) >= 30 for found in seen)


def test_every_first_view_is_light_and_asks_nobody_else(found: Any) -> None:
    assert found["heavy"] == {}
    assert found["foreign"] == {}


def test_the_measures_find_what_is_wrong(page: Page) -> None:
    """A page with each fault."""
    page.set_content(
        '<html lang="zh"><title>t</title><main><h1 style="color:#999;background:#fff;font-size:12px">太淡的标题</h1>'
        '<p style="color:#6a6a6a">不够深的字</p><button style="height:20px">小</button></main></html>'
    )
    assert [text for text, _ in measures.faint_texts(page)] == ["太淡的标题"]
    assert {text for text, _ in measures.small_texts(page)} >= {"太淡的标题"}
    assert [text for text, _, _ in measures.small_targets(page, 44)] == ["小"]
    assert "color-contrast" in [rule for rule, _ in measures.violations(page)]
    assert measures.ENHANCED not in [rule for rule, _ in measures.violations(page)]
    assert [places for rule, places in measures.violations(page, enhanced=True) if rule == measures.ENHANCED] == [
        ['<p style="color:#6a6a6a">不够深的字</p>']
    ]


def test_every_page_has_its_pictures() -> None:
    """A page without a shot would be measured by nobody."""
    town = Town()
    paths = {f"/{shot.path}" for shot in shots(town)}
    routes = [
        (path, methods["GET"]) for app in apps(town) if app.app_name != "api" for path, methods in app.routes.items() if "GET" in methods
    ]
    pages = {path for path, route in routes if not route.view_name.startswith(AWAY)} - FILES - PRESSED
    unseen = [p for p in pages if not any(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", p), path) for path in paths)]
    assert unseen == []
