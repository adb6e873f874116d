"""python -m tests.bench.plots FOLDER: the plots of docs/outreach.md from what `make bench-outreach` left, as plain SVG."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from tests.bench.bench_outreach import CURVES

COLOURS = {"model": "#0b6e4f", "fixed": "#c1440e", "rotating": "#b8860b", "random": "#7a7a7a", "oracle": "#3a6ea5"}
DASHES = {"rotating": "6 3", "random": "2 3", "oracle": "9 3 2 3"}  # told apart without colour, too
INK, GRID = "#222222", "#dddddd"
PANEL, GAP, LEFT, TOP = (250, 150), (62, 74), 60, 62
Kept = Mapping[str, Any]


def main(folder: str) -> None:
    """Draw all plots."""
    if not CURVES.exists():
        sys.exit(f"{CURVES} is missing: run `make bench-outreach` first")
    kept = json.loads(CURVES.read_text(encoding="utf-8"))
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    populations = kept["populations"]
    drawings = {
        "gain": gain(populations, kept["seeds"]),
        "regret": panels(
            populations, "regret", "Answers forgone, cumulated (expected, mean over seeds)", ("model", "fixed", "rotating", "random")
        ),
        "share": panels(populations, "share", "Share of matters answered, by the month they began in (%)", tuple(COLOURS), 100),
    }
    for name, drawing in drawings.items():
        (target / f"{name}.svg").write_text(drawing, encoding="utf-8")


# ── drawings ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def gain(populations: Kept, seeds: int) -> str:
    """Interval by interval: the model's share answered over the others'."""
    others, row, left, wide = ("fixed", "rotating", "random"), 62, 110, 620
    intervals = [p["over"][o] for p in populations.values() for o in others]
    x = Scale(min(i["low"] for i in intervals) - 2, max(i["high"] for i in intervals) + 2, left, left + wide)
    bottom = TOP + row * len(populations)
    parts = [_text(left, 24, f"Share answered: the model less another policy, in points (95 % bootstrap interval, {seeds} seeds)", size=14)]
    parts += _legend(others, left, 44, line=False)
    for tick in _ticks(x, 5):
        parts += [_line(x(tick), TOP, x(tick), bottom, INK if tick == 0 else GRID), _text(x(tick), bottom + 16, _signed(tick, 0), "middle")]
    for number, (name, population) in enumerate(populations.items()):
        parts.append(_text(left - 10, TOP + row * (number + 0.5) + 4, name, "end"))
        for place, other in enumerate(others):
            found, y = population["over"][other], TOP + row * number + 15 + 16 * place
            parts.append(_line(x(found["low"]), y, x(found["high"]), y, COLOURS[other], 2))
            parts.append(f'<circle cx="{x(found["mean"]):.1f}" cy="{y:.1f}" r="4" fill="{COLOURS[other]}"/>')
            parts.append(_text(x(found["high"]) + 7, y + 4, _signed(found["mean"], 1), size=10))
    return _svg(left + wide + 50, bottom + 34, parts)


def panels(populations: Kept, what: str, title: str, policies: Sequence[str], factor: float = 1) -> str:
    """A small plot for each population, months to the right."""
    columns = 3
    parts = [_text(LEFT, 24, title, size=14), *_legend(policies, LEFT, 44)]
    for number, (name, population) in enumerate(populations.items()):
        left = LEFT + (number % columns) * (PANEL[0] + GAP[0])
        top = TOP + 20 + (number // columns) * (PANEL[1] + GAP[1])
        lines = {p: [factor * v for v in population[what][p]] for p in policies}
        parts += _panel(name, lines, left, top)
    rows = -(-len(populations) // columns)
    return _svg(LEFT + columns * (PANEL[0] + GAP[0]), TOP + 20 + rows * (PANEL[1] + GAP[1]), parts)


def _panel(name: str, lines: Mapping[str, Sequence[float]], left: float, top: float) -> list[str]:
    wide, high = PANEL
    months = len(next(iter(lines.values())))
    x = Scale(1, months, left, left + wide)
    y = Scale(0, max(1.0, max(max(values) for values in lines.values())) * 1.05, top + high, top)
    parts = [_text(left, top - 8, name, size=12)]
    for tick in _ticks(y, 5):
        parts += [_line(left, y(tick), left + wide, y(tick), GRID), _text(left - 6, y(tick) + 4, f"{tick:g}", "end", 10)]
    for month in (1, 6, 12, 18, 24):
        parts.append(_text(x(month), top + high + 15, str(month), "middle", 10))
    parts.append(_text(left + wide / 2, top + high + 29, "month", "middle", 10))
    for policy, values in lines.items():
        points = " ".join(f"{x(m + 1):.1f},{y(v):.1f}" for m, v in enumerate(values))
        dash = f' stroke-dasharray="{DASHES[policy]}"' if policy in DASHES else ""
        parts.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[policy]}" stroke-width="2"{dash}/>')
    return parts


# ── strokes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Scale:
    """From values to places on the drawing."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def _ticks(scale: Scale, about: int) -> Iterable[float]:
    """Round values within the scale, about so many."""
    span = (scale.high - scale.low) / about
    magnitude = 10 ** (len(str(int(span))) - 1) if span >= 1 else 1
    step = next(s * magnitude for s in (1, 2, 5, 10) if s * magnitude >= span)
    first = -(-scale.low // step)
    return [n * step for n in range(int(first), int(scale.high // step) + 1)]


def _legend(policies: Iterable[str], left: float, y: float, line: bool = True) -> list[str]:
    parts = []
    for number, policy in enumerate(policies):
        x = left + 110 * number
        dash = f' stroke-dasharray="{DASHES[policy]}"' if line and policy in DASHES else ""
        parts.append(f'<line x1="{x}" y1="{y - 4}" x2="{x + 28}" y2="{y - 4}" stroke="{COLOURS[policy]}" stroke-width="2"{dash}/>')
        parts.append(_text(x + 34, y, policy if line else f"over {policy}"))
    return parts


def _signed(value: float, digits: int) -> str:
    text = f"{value:+.{digits}f}".replace("-", "−")
    return text if text.strip("+−0.") else "0"


def _text(x: float, y: float, words: str, anchor: str = "start", size: int = 11) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{INK}">{escape(words)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def _svg(width: float, height: float, parts: Iterable[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" font-family="sans-serif">'
    return "\n".join([head, f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>', *parts, "</svg>", ""])


if __name__ == "__main__":
    main(*sys.argv[1:])
