"""Charts as SVG: plain shapes without styles or scripts, told in words too, and beside a table with the same numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH, LABEL, BAR, GAP = 320, 20, 16, 12  # a phone's width, so that texts keep their size there
COLOURS = ("#067a3b", "#2b4c7e", "#8a5a00", "#6a3a7c")
Group = tuple[str, Sequence[int]]  # a label, and a number for each series


def bars(title: str, series: Sequence[str], groups: Sequence[Group]) -> Markup:
    """Bars from the left, for each group one of each series, with their numbers."""
    most = max((n for _, numbers in groups for n in numbers), default=0) or 1
    tall = LABEL + len(series) * BAR + GAP
    height = len(groups) * tall + LABEL
    ident = hashlib.sha256(repr((title, groups)).encode()).hexdigest()[:8]
    described = "；".join(f"{label}：" + "，".join(f"{s}{n}" for s, n in zip(series, numbers, strict=True)) for label, numbers in groups)
    drawn = Markup("").join(_group(i * tall + LABEL, group, most) for i, group in enumerate(groups))
    keys = Markup("").join(_key(i, name, len(series)) for i, name in enumerate(series))
    return Markup(
        '<svg class="chart" role="img" viewBox="0 0 {w} {h}" aria-labelledby="t{id} d{id}" xmlns="http://www.w3.org/2000/svg">'
        '<title id="t{id}">{title}</title><desc id="d{id}">{described}</desc>{keys}{drawn}</svg>'
    ).format(w=WIDTH, h=height, id=ident, title=title, described=described, keys=keys, drawn=drawn)


def _group(top: int, group: Group, most: int) -> Markup:
    label, numbers = group
    said = Markup('<text x="0" y="{}" fill="#1a1a1a">{}</text>').format(top + 14, label)
    return said + Markup("").join(_bar(top + LABEL + i * BAR, number, most, COLOURS[i % len(COLOURS)]) for i, number in enumerate(numbers))


def _bar(top: int, number: int, most: int, colour: str) -> Markup:
    width = round(number / most * (WIDTH - 60), 1)
    return Markup('<rect x="0" y="{}" width="{}" height="{}" fill="{}"/><text x="{}" y="{}" fill="#1a1a1a">{}</text>').format(
        top, max(width, 1), BAR - 3, colour, max(width, 1) + 5, top + 11, number
    )


def _key(index: int, name: str, of: int) -> Markup:
    left = index * WIDTH // of
    return Markup('<rect x="{}" y="4" width="10" height="10" fill="{}"/><text x="{}" y="14" fill="#1a1a1a">{}</text>').format(
        left, COLOURS[index % len(COLOURS)], left + 14, escape(name)
    )
