"""The pilot items, and a good item file to spoil."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

ITEMS = Path(__file__).parents[2] / "items"
GOOD = ITEMS / "publication-retail-change.yaml"

Spoil = Callable[..., Path]


def spoiler(folder: Path) -> Spoil:
    """Writes the good item with one text replaced, as `item.yaml` in a folder."""

    def write(old: str = "", new: str = "", name: str = "item.yaml") -> Path:
        text = GOOD.read_text(encoding="utf-8")
        assert old in text, f"the good item no longer holds {old!r}"
        path = folder / name
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return write


def line_of(path: Path, text: str) -> int:
    """The first line of a file that holds a text, from 1."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(i for i, line in enumerate(lines, start=1) if text in line)
