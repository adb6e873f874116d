"""All that keeps an item from being published whatever the registries hold."""

from __future__ import annotations

from wugan.detection import coverage, dialect, personas
from wugan.items.model import Item
from wugan.items.problem import Problem


def check(item: Item) -> list[Problem]:
    """What is wrong with the item's rule; when nothing is, with its personas and with what they leave unshown."""
    return dialect.check(item) or [*personas.check(item), *coverage.check(item)]
