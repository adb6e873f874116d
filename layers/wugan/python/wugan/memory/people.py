"""People and the behaviour model's counters in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from wugan.errors import StaleHead
from wugan.outreach.behaviour import Arm, Counts, Group, Known, Tally, added
from wugan.outreach.people import Learnt, Record


@dataclass
class MemoryPeopleStore:
    """Records and counters in dictionaries."""

    records: dict[str, Record] = field(default_factory=dict)
    groups: dict[Group, Counts] = field(default_factory=dict)
    persons: dict[str, Counts] = field(default_factory=dict)
    likeness: dict[int, float] = field(default_factory=dict)

    def get(self, key: str) -> Record:
        return self.records.get(key, Record(key))

    def put(self, record: Record, learnt: Learnt | None = None, *, forget: bool = False) -> None:
        if self.get(record.key).version != record.version - 1:
            raise StaleHead("the person's record changed meanwhile")
        self.records[record.key] = record
        if forget:
            self.persons.pop(record.key, None)
        if learnt:
            self.groups[learnt.group] = added(self.groups.get(learnt.group, {}), learnt.arm, learnt.tally)
            self.persons[record.key] = added(self.persons.get(record.key, {}), learnt.arm, learnt.tally)
            for people, score in learnt.likeness.items():
                self.likeness[people] = self.likeness.get(people, 0.0) + score

    def known(self, key: str, group: Group) -> Known:
        everyone: dict[Arm, Tally] = {}
        for counts in self.groups.values():
            for arm, tally in counts.items():
                everyone[arm] = everyone.get(arm, Tally()).plus(tally)
        return Known(everyone, self.groups.get(group, {}), self.persons.get(key, {}), dict(self.likeness))

    def due_before(self, at: datetime) -> Iterator[str]:
        return iter([r.key for r in self.records.values() if r.look_at and r.look_at <= at])
