"""The style sheets hold what the templates use."""

from __future__ import annotations

import hashlib
import json
import re

from tests.support.template import ROOT
from wugan.web import render

WEB = ROOT / "layers/wugan/python/wugan/web"


def test_each_weui_class_of_a_template_is_in_the_cut_style_sheet() -> None:
    """`npm run build` in styles/ has to be run again after a template takes a new class."""
    used = {c for page in WEB.glob("templates/**/*.html") for c in re.findall(r"(?<!data-)weui-[\w-]+", page.read_text(encoding="utf-8"))}
    used -= {"weui-btn_"}  # the start of the button macro's class
    sheets = "".join(render.static(name).decode() for name in render.STATIC)
    assert {c for c in used if f".{c}" not in sheets} == set()
    assert {"weui-btn", "weui-cells", "weui-icon-waiting", "weui-icon-info"} <= used


def test_the_style_sheets_load_nothing_from_elsewhere() -> None:
    for name in render.STATIC:
        urls = re.findall(r"url\(\s*[\"']?([^\"')]{0,8})", render.static(name).decode())
        assert all(url.startswith("data:") for url in urls)


def test_the_vendored_sheet_is_the_one_that_was_built() -> None:
    """`make styles` builds it from the WeUI that `styles/package-lock.json` pins by integrity, and records what came out."""
    recorded = (ROOT / "styles/weui.css.sha256").read_text(encoding="ascii").strip()
    assert hashlib.sha256(render.static("weui.css")).hexdigest() == recorded
    pinned = json.loads((ROOT / "styles/package-lock.json").read_text(encoding="utf-8"))["packages"]["node_modules/weui"]
    assert pinned["version"].startswith("2.6.")
    assert pinned["integrity"].startswith("sha512-")


def test_weui_comes_with_its_licence() -> None:
    assert "MIT License" in (WEB / "static/weui.LICENSE.txt").read_text(encoding="utf-8")
