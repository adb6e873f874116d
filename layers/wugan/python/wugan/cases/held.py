"""Which items are held back: those that could hit somebody wrongly, because of what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from wugan.items.model import Item, Kind, Requirement
from wugan.registry.feeds import BLACKLIST, CONTACT, LICENCE

RULE = "rule"  # what an item is held back for when its rule cannot be read


def missing_feeds(item: Item, incomplete: Sequence[str]) -> list[str]:
    """The incomplete feeds without which this item could hit somebody wrongly: it is held back until they come whole.

    A missing row elsewhere only hides a hit, which the next scan finds.
    """
    wrong = {CONTACT.name}
    if Requirement.NOT_BLACKLISTED in item.requires:
        wrong.add(BLACKLIST.name)
    if item.kind is Kind.FILING:
        wrong.add(LICENCE.name)
    return sorted(wrong & set(incomplete))
