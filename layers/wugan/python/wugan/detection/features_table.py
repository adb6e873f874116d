"""The table of features in docs/rules.md: `python -m wugan.detection.features_table docs/rules.md` renews it."""

from __future__ import annotations

import sys
from pathlib import Path

from wugan.detection.features import FEATURES, Definition
from wugan.detection.words import CHOICES

BEGIN, END = "<!-- features: made by `python -m wugan.detection.features_table docs/rules.md` -->", "<!-- end of features -->"
_TYPES = {"text": "text", "number": "whole number", "date": "date", "boolean": "true or false"}


def table() -> str:
    """All features that authors may use, as Markdown."""
    rows = ["| Feature | 中文 | Type | In a filing | Explanation |", "|---|---|---|---|---|"]
    return "\n".join([*rows, *(_row(d) for d in FEATURES.values() if d.offered)])


def renewed(document: str) -> str:
    """The document with the table of today between its markers. Raises ValueError when a marker is missing."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the document needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _row(feature: Definition) -> str:
    values = "，".join(f"`'{choice}'` {CHOICES.get(choice, choice)}" for choice in feature.choices)
    told = "；".join(part for part in (feature.about, values) if part)
    return f"| `{feature.name}` | {feature.title} | {_TYPES[feature.type]} | {'no' if feature.needs_certificate else 'yes'} | {told} |"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")
