"""Publishing: an item goes out only when all its personas come out as they should."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from wugan.items.catalogue import Entry
from wugan.items.model import Item
from wugan.items.port import ItemStore
from wugan.items.problem import Problem


class PersonaOutcome(Protocol):
    """How one persona came out."""

    @property
    def passed(self) -> bool: ...

    @property
    def message(self) -> str: ...


# Runs the personas of an item, in their order. `detection` has it and imports `items`, so it is passed in.
PersonaRunner = Callable[[Item], Sequence[PersonaOutcome]]


@dataclass(frozen=True)
class Published:
    """What became of one item: its version, or the problems that kept it back."""

    item: Item
    version: str | None
    problems: tuple[Problem, ...] = ()


def check(item: Item, run: PersonaRunner) -> list[Problem]:
    """The personas of an item that do not come out as they say."""
    return [Problem(("personas", i), outcome.message) for i, outcome in enumerate(run(item)) if not outcome.passed]


def publish(entries: Iterable[Entry], store: ItemStore, now: datetime, run: PersonaRunner) -> list[Published]:
    """Publish each item whose personas hold; the others are kept back, with file and line."""
    results = []
    for entry in entries:
        problems = tuple(entry.located(check(entry.item, run)))
        version = None if problems else store.publish(entry.item, now)
        results.append(Published(entry.item, version, problems))
    return results
