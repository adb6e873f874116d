"""Publishing: an item goes out only when its rule and personas are right, and when it does not suddenly hit many others than before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from wugan.items.catalogue import Entry
from wugan.items.model import Item
from wugan.items.port import ItemStore
from wugan.items.problem import Problem
from wugan.items.said import said
from wugan.items.version import version

LEAST_MOVED = 20  # hits; below, a share of the hits says nothing
USUAL_PERCENT = 20.0

# What keeps an item back whatever the registries hold. `detection` knows and imports `items`, so it is passed in: `checks.check`.
Check = Callable[[Item], Sequence[Problem]]


@dataclass(frozen=True)
class Draft:
    """An item that is to be published, and the version that it takes the place of."""

    item: Item
    version: str
    before: tuple[str, Item] | None


@dataclass(frozen=True)
class Simulated:
    """What a draft comes to in the registries of one run."""

    run: str
    as_of: date
    hits: int
    before: int | None  # hits of the version that is current now; None when there is none
    newly: int = 0  # hits that the current version does not have
    no_longer: int = 0  # hits that only the current version has

    @property
    def moved(self) -> int:
        """Hits that come or go. As many others instead of those of today are a move too."""
        return self.newly + self.no_longer

    def beyond(self, percent: float) -> bool:
        """Whether more hits move than a change of a rule usually does. The first version has nothing to be compared with."""
        return self.before is not None and self.moved > LEAST_MOVED and self.moved * 100 > self.before * percent

    @property
    def numbers(self) -> str:
        """One line."""
        if self.before is None:
            return f"{self.hits} hits (run {self.run}), first version"
        return f"{self.hits} hits (run {self.run}), {self.before} before: {self.newly} newly, {self.no_longer} no longer"

    def as_json(self) -> dict[str, Any]:
        """Plain JSON without personal data."""
        return asdict(self) | {"as_of": self.as_of.isoformat()}


# Simulates drafts, by item code; empty when no registries were taken in yet.
Simulator = Callable[[Sequence[Draft]], Mapping[str, Simulated]]


@dataclass(frozen=True)
class Gate:
    """How far the hits may move."""

    simulate: Simulator
    percent: float = USUAL_PERCENT
    accept: bool = False  # a person looked at the numbers and wants them


@dataclass(frozen=True)
class Order:
    """Who publishes, what was looked at before, and from when the versions are current; None is at once."""

    by: str = ""
    simulation: str = ""
    starts: datetime | None = None


@dataclass(frozen=True)
class Published:
    """What became of one item: its version, or the problems that kept it back."""

    item: Item
    version: str | None
    problems: tuple[Problem, ...] = ()
    simulated: Simulated | None = None
    unchanged: bool = False  # this version was current already


def publish(
    entries: Iterable[Entry], store: ItemStore, now: datetime, check: Check, gate: Gate | None = None, order: Order | None = None
) -> list[Published]:  # fmt: skip
    """Publish each item that passes its checks and the gate; the others are kept back, with file and line.

    An item whose current version is the same is left alone, unsimulated. Without a gate nothing is simulated.
    """
    order = order or Order()
    current = {item.code: (name, item) for name, item in store.current(now)}
    checked = [(entry, tuple(entry.located(check(entry.item)))) for entry in entries]
    drafts = [_draft(entry.item, current) for entry, problems in checked if not problems]
    fresh = [d for d in drafts if d.before is None or d.before[0] != d.version]
    simulated = gate.simulate(fresh) if gate and fresh else {}
    renewed = {d.item.code for d in fresh}
    results = []
    for entry, problems in checked:
        code, outcome = entry.item.code, simulated.get(entry.item.code)
        if not problems and outcome and gate:
            problems = tuple(entry.located(_refused(outcome, gate)))
        if problems:
            results.append(Published(entry.item, None, problems, outcome))
        elif code in renewed:
            note = outcome.as_json() | {"accepted": gate.accept} if outcome and gate else None
            name = store.publish(entry.item, now, note, by=order.by, starts=order.starts, simulation=order.simulation)
            results.append(Published(entry.item, name, simulated=outcome))
        else:
            results.append(Published(entry.item, current[code][0], unchanged=True))
    return results


def _draft(item: Item, current: Mapping[str, tuple[str, Item]]) -> Draft:
    return Draft(item, version(item), current.get(item.code))


def _refused(outcome: Simulated, gate: Gate) -> list[Problem]:
    if gate.accept or not outcome.beyond(gate.percent):
        return []
    facts = {name: getattr(outcome, name) for name in ("numbers", "before", "hits", "newly", "no_longer")}
    return [Problem(("trigger",), said("moved", least=LEAST_MOVED, percent=gate.percent, **facts))]
