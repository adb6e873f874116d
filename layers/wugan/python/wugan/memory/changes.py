"""Changes, their bus and registries in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from wugan.memory.stores import MemoryLookup
from wugan.registry.changes import Change, Refused


@dataclass
class MemoryChangeStore:
    """Changes in a dictionary."""

    records: dict[tuple[str, str], Change] = field(default_factory=dict)
    named: dict[str, set[str]] = field(default_factory=dict)
    noted: dict[str, list[Refused]] = field(default_factory=dict)

    def put(self, change: Change, at: datetime, until: datetime) -> bool:  # noqa: ARG002 – the port's signature
        if change.producer:
            self.named.setdefault(change.producer, set()).add(change.credit_code)
        kept = self.records.get((change.credit_code, change.record))
        if kept and kept.rank > change.rank:
            return False
        self.records[change.credit_code, change.record] = change
        return True

    def of(self, credit_code: str) -> list[Change]:
        return [change for (code, _), change in self.records.items() if code == credit_code]

    def holders(self, producer_code: str) -> set[str]:
        return set(self.named.get(producer_code, ()))

    def all(self) -> Iterator[Change]:
        return iter(list(self.records.values()))

    def refuse(self, batch: str, refused: Sequence[Refused], at: datetime, until: datetime) -> None:  # noqa: ARG002 – as above
        self.noted[batch] = list(refused)

    def refused(self, batch: str) -> list[Refused]:
        return list(self.noted.get(batch, ()))


@dataclass
class MemoryBus:
    """Keeps what was told: (credit code, batch, producer)."""

    told: list[tuple[str, str, str]] = field(default_factory=list)

    def tell(self, credit_codes: Iterable[str], batch: str, producer: str = "") -> None:
        self.told += [(code, batch, producer) for code in credit_codes]


@dataclass
class MemoryRegistries(MemoryLookup):
    """Subjects in a dictionary, with who names a producer and what was not delivered whole."""

    named: dict[str, set[str]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def holders(self, producer_code: str) -> set[str]:
        return set(self.named.get(producer_code, ()))

    def incomplete(self) -> Sequence[str]:
        return self.missing
