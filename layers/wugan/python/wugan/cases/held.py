"""Which items are held back: those that could hit somebody wrongly, because of what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from wugan.detection.absence import feeds_needed
from wugan.detection.rule import Rule
from wugan.registry.feeds import CONTACT

RULE = "rule"  # what an item is held back for when its rule cannot be read


def missing_feeds(rule: Rule, incomplete: Sequence[str]) -> list[str]:
    """The incomplete feeds without which this item could hit somebody wrongly, or nobody could be told: it waits until they come whole."""
    return sorted((feeds_needed(rule) | {CONTACT.name}) & set(incomplete)) if incomplete else []
