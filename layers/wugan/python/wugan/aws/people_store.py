"""People and the behaviour model's counters in DynamoDB: one row for each person, one for each group, one for the scores.

Counters are only ever added to, in the transaction that marks the message as counted. Nine group rows and the scores are few.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any

from wugan.aws.tables import SHARDS, Cancelled, Put, Update, people_rows, shard, transact
from wugan.cases.codec import stamp
from wugan.errors import StaleHead
from wugan.items.model import Channel
from wugan.outreach.behaviour import LIKENESS, Arm, Counts, Group, Holder, Known, Role, Tally
from wugan.outreach.people import Learnt, Record, from_json, to_json
from wugan.outreach.schedule import SLOTS

ARMS = tuple(Arm(channel, slot) for channel in Channel for slot in SLOTS)
LIKENESS_ROW = "habits#likeness"


@dataclass(frozen=True)
class DynamoPeopleStore:
    """The people store on the table `people`."""

    people_table: str

    @property
    def rows(self) -> Any:
        return people_rows(self.people_table)

    def get(self, key: str) -> Record:
        try:
            return from_json(self.rows.get(f"person#{key}", consistent_read=True).body)
        except self.rows.DoesNotExist:
            return Record(key)

    def put(self, record: Record, learnt: Learnt | None = None, *, forget: bool = False) -> None:
        puts = [Put("person", self._row(record), self._unchanged(record))]
        if forget:
            puts.append(Put("habits", self.rows(f"habits#person#{record.key}")))
        try:
            transact(puts, self._additions(record.key, learnt) if learnt else ())
        except Cancelled as cancelled:
            raise StaleHead("the person's record changed meanwhile") from cancelled

    def known(self, key: str, group: Group) -> Known:
        names = [*(_group(Group(h, r)) for h in Holder for r in Role), f"habits#person#{key}", LIKENESS_ROW]
        found = {row.pk: row for row in self.rows.batch_get(names, consistent_read=True)}
        groups = {name: _counts(row) for name, row in found.items() if name.startswith("habits#group#")}
        scores = {n: getattr(found[LIKENESS_ROW], f"alike_{n}") or 0.0 for n in LIKENESS} if LIKENESS_ROW in found else {}
        person = _counts(found[names[-2]]) if names[-2] in found else {}
        return Known(reduce(_sum, groups.values(), {}), groups.get(_group(group), {}), person, scores)

    def due_before(self, at: datetime) -> Iterator[str]:
        for number in range(SHARDS):
            for row in self.rows.by_look.query(str(number), self.rows.look_at <= stamp(at)):
                yield row.pk.removeprefix("person#")

    def _row(self, record: Record) -> Any:
        look = record.look_at
        return self.rows(
            f"person#{record.key}",
            version=record.version,
            body=to_json(record),
            look_shard=shard(record.key) if look else None,
            look_at=stamp(look) if look else None,
        )

    def _unchanged(self, record: Record) -> Any:
        return self.rows.pk.does_not_exist() if record.version == 1 else self.rows.version == record.version - 1

    def _additions(self, key: str, learnt: Learnt) -> list[Update]:
        numbers = {f"{_arm(learnt.arm)}_{name}": getattr(learnt.tally, name) for name in ("sent", "opened", "answered")}
        counters = [getattr(self.rows, name).add(value) for name, value in numbers.items()]
        scores = [getattr(self.rows, f"alike_{n}").add(score) for n, score in learnt.likeness.items()]
        updates = [Update(name, self.rows(name), counters) for name in (_group(learnt.group), f"habits#person#{key}")]
        return [*updates, Update("likeness", self.rows(LIKENESS_ROW), scores)] if scores else updates


def _group(group: Group) -> str:
    return f"habits#group#{group.holder}#{group.role}"


def _arm(arm: Arm) -> str:
    return f"{arm.channel}_{arm.slot}"


def _counts(row: Any) -> Counts:
    tallies = {arm: Tally(*(getattr(row, f"{_arm(arm)}_{name}") or 0.0 for name in ("sent", "opened", "answered"))) for arm in ARMS}
    return {arm: tally for arm, tally in tallies.items() if tally.sent}


def _sum(one: Mapping[Arm, Tally], other: Counts) -> dict[Arm, Tally]:
    return {arm: one.get(arm, Tally()).plus(other.get(arm, Tally())) for arm in {*one, *other}}
