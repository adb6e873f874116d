"""A draft: the text of an item, checked as the command line checks a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wugan.detection import checks
from wugan.items import catalogue, source
from wugan.items.catalogue import Entry
from wugan.items.model import Item
from wugan.items.problem import ItemInvalid, Problem
from wugan.items.said import said

NAME = "draft.yaml"  # what problems call the text


@dataclass(frozen=True)
class Checked:
    """What checking came to: the item, unless the text is none, and all that is wrong, with line and field."""

    entry: Entry | None
    problems: tuple[Problem, ...]


def check(text: str, others: Iterable[Item]) -> Checked:
    """Check a draft beside the items that are current."""
    try:
        entry = read(text)
    except ItemInvalid as invalid:
        return Checked(None, invalid.problems)
    taken = [o for o in others if o.number == entry.item.number and o.code != entry.item.code]
    found = [Problem(("number",), said("taken", value=o.number, field="number", others=o.code)) for o in taken]
    return Checked(entry, tuple(entry.located([*found, *checks.check(entry.item)])))


def read(text: str) -> Entry:
    """The item of a text. Raises ItemInvalid."""
    return catalogue.entry_of(source.parse(text.replace("\r\n", "\n").encode(), NAME))
