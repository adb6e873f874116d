"""What is measured on a page in the browser."""

from __future__ import annotations

import gzip
from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, Response

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}, "resultTypes": ["violations"]}
ENHANCED = "color-contrast-enhanced"  # 7:1 (WCAG AAA)
# Standing alone; a link inside a sentence is exempt (WCAG 2.5.5), and a hidden input has its label for a target.
TARGETS = "a:visible, button:visible, summary:visible, input:visible, select:visible, textarea:visible, label.choice:visible"
_ALONE = """all => all
    .filter(e => e.tagName !== 'A' || e.classList.contains('plain') || !e.closest('p.words, ul.words li, .notice p, .weui-msg__desc'))
    .filter(e => !['radio', 'checkbox'].includes(e.type) && !e.classList.contains('skip'))
    .map(e => [e.innerText, e.getBoundingClientRect().width, e.getBoundingClientRect().height])"""
LEAST_COMPRESSED = 1024  # bytes; smaller answers go out as they are (template.yaml, MinimumCompressionSize)
_TEXTS = """const texts = [...document.querySelectorAll('body *')].filter(
    e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) && e.checkVisibility() && !e.closest('.sr, .skip'));"""
_SMALL = f"""() => {{ {_TEXTS}
    return texts.map(e => [e.textContent.trim().slice(0, 20), parseFloat(getComputedStyle(e).fontSize)])
        .filter(([_, size]) => size < 18) }}"""
# WCAG 2.1, relative luminance; half-transparent colours are laid over what is below them, and a faded element fades its text.
_CONTRAST = f"""() => {{ {_TEXTS}
    const parts = c => {{ const n = c.match(/[\\d.]+/g).map(Number); return [...n.slice(0, 3), n.length > 3 ? n[3] : 1] }};
    const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
    const behind = e => {{
        const layers = [];
        for (let at = e; at; at = at.parentElement) layers.push(parts(getComputedStyle(at).backgroundColor));
        return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255, 1]) }};
    const faded = e => e ? parseFloat(getComputedStyle(e).opacity) * faded(e.parentElement) : 1;
    const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
    const ratio = e => {{
        const ground = behind(e), ink = parts(getComputedStyle(e).color);
        ink[3] *= faded(e);
        const [a, b] = [light(over(ink, ground)), light(ground)].sort((x, y) => y - x);
        return (a + .05) / (b + .05) }};
    return texts.map(e => [e.textContent.trim().slice(0, 20), ratio(e)]).filter(([_, found]) => found < 4.495) }}"""


def violations(page: Page, *, enhanced: bool = False) -> list[tuple[str, list[str]]]:
    """What axe finds, by rule, with some of the places; texts of less than 7:1 (WCAG AAA), too, when asked for."""
    found = Axe().run(page, options=RULES | {"rules": {ENHANCED: {"enabled": enhanced}}}).response["violations"]
    return [(v["id"], [n["html"][:120] for n in v["nodes"]][:4]) for v in found]


def small_targets(page: Page, least: float) -> list[tuple[str, float, float]]:
    """Everything to touch that is smaller than `least` CSS pixels either way."""
    found = page.locator(TARGETS).evaluate_all(_ALONE)
    return [(text, width, height) for text, width, height in found if min(width, height) < least - 0.5]


def small_texts(page: Page) -> Any:
    """Texts below 18 CSS pixels."""
    return page.evaluate(_SMALL)


def faint_texts(page: Page) -> Any:
    """Texts with less contrast than 4.5:1."""
    return page.evaluate(_CONTRAST)


def transferred(responses: list[Response]) -> int:
    """Bytes of these answers as the API sends them, compressed."""
    bodies = [response.body() for response in responses]
    return sum(len(gzip.compress(body, 6)) if len(body) >= LEAST_COMPRESSED else len(body) for body in bodies)
