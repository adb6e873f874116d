"""Stores, executions and registries in memory."""

from __future__ import annotations

import itertools
import json
import random as chance
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, field, replace
from datetime import date, datetime
from typing import Any

from wugan.cases.model import Change, Event, Head, Task, WaitRecord
from wugan.cases.outbox import pending_of
from wugan.cases.ports import Claim
from wugan.cases.queue import Card, Cards, Listing, Place, card, picked
from wugan.errors import AlreadyOpen, Conflict, Duplicate, NotFound, NotWaiting, StaleHead, VendorUnavailable
from wugan.items.model import Item
from wugan.items.port import ItemStore
from wugan.items.release import Release
from wugan.items.version import version
from wugan.memory.ledger import MemoryLedgerRows
from wugan.registry.model import Subject
from wugan.signin.official import Official


@dataclass
class MemoryWaitStore:
    """Waits in a dictionary."""

    records: dict[str, WaitRecord] = field(default_factory=dict)
    answered_at: dict[str, datetime] = field(default_factory=dict)

    def get(self, wait_id: str) -> WaitRecord:
        try:
            return self.records[wait_id]
        except KeyError:
            raise NotFound("no such wait", field="wait_id") from None

    def store_token(self, wait_id: str, task_token: str) -> None:
        self._set(wait_id, task_token=task_token)

    def sent(self, wait_id: str, at: datetime) -> None:
        self._set(wait_id, task_token=None, sent_at=at)

    def reschedule(self, wait_id: str, due_at: datetime) -> None:
        if self.get(wait_id).answer is None:
            self._set(wait_id, due_at=due_at)

    def drop(self, wait_id: str) -> None:
        self._set(wait_id, due_at=None)

    def due_before(self, at: datetime) -> Iterator[WaitRecord]:
        due = [r for r in self.records.values() if r.answer is None and r.due_at and r.due_at <= at]
        return iter(sorted(due, key=lambda r: str(r.due_at)))

    def pending_before(self, at: datetime) -> Iterator[WaitRecord]:
        return iter([r for r in self.records.values() if r.answer and not r.sent_at and self.answered_at[r.id] < at])

    def _set(self, wait_id: str, **fields: Any) -> None:
        self.records[wait_id] = replace(self.get(wait_id), **fields)


@dataclass
class MemoryCaseStore:
    """Cases in dictionaries; each write happens whole or not at all."""

    waits: MemoryWaitStore
    heads: dict[str, Head] = field(default_factory=dict)
    trail: dict[str, list[Event]] = field(default_factory=dict)
    sections: dict[str, dict[str, str]] = field(default_factory=dict)  # as JSON
    seen: set[tuple[str, str]] = field(default_factory=set)
    optouts: set[tuple[str, str]] = field(default_factory=set)
    asked_at: dict[tuple[str, Task], str] = field(default_factory=dict)
    ledger: MemoryLedgerRows = field(default_factory=MemoryLedgerRows)

    def create(self, change: Change) -> None:
        if change.head.case_id in self.heads:
            raise AlreadyOpen("this hit has its case already")
        self._write(change)

    def commit(self, change: Change) -> None:
        head = self.head(change.head.case_id)
        if head.version != change.head.version - 1:
            raise StaleHead("the case changed meanwhile")
        if any((head.case_id, s) in self.seen for s in change.seen):
            raise Duplicate("this message was taken in before")
        if change.answered and self.waits.get(change.answered.wait_id).answer is not None:
            raise NotWaiting("this wait was answered")
        self._write(change)

    def _write(self, change: Change) -> None:
        case_id = change.head.case_id
        self.heads[case_id] = change.head
        self.trail.setdefault(case_id, []).extend(change.events)
        for event in change.events:
            self.ledger.add(pending_of(event))
        self.sections.setdefault(case_id, {}).update({name: json.dumps(value) for name, value in change.sealed.items()})
        self.seen |= {(case_id, s) for s in change.seen}
        self.asked_at |= {(case_id, task): str(change.head.put_off.get(task.value, change.head.updated_at)) for task in change.asked}
        if change.optout:
            self.optouts.add((change.head.subject, change.optout))
        if change.opened:
            w = change.opened
            self.waits.records[w.id] = WaitRecord(w.id, w.case_id, w.stage, w.due_at, None, None, None, None)
        if change.rescheduled:
            self.waits.reschedule(change.rescheduled.id, change.rescheduled.due_at)
        if change.answered:
            answer = json.dumps(change.head.flags())
            self.waits._set(change.answered.wait_id, answer=answer, error=change.answered.error, due_at=None)
            assert change.head.updated_at is not None
            self.waits.answered_at[change.answered.wait_id] = change.head.updated_at

    def head(self, case_id: str) -> Head:
        try:
            return self.heads[case_id]
        except KeyError:
            raise NotFound("no such case", field="case_id") from None

    def events(self, case_id: str) -> list[Event]:
        return list(self.trail.get(case_id, []))

    def sealed(self, case_id: str, section: str) -> Any | None:
        return json.loads(self.sections.get(case_id, {}).get(section, "null"))

    def unsealed(self, case_id: str) -> dict[str, Any]:
        return {name: json.loads(value) for name, value in self.sections.get(case_id, {}).items()}

    def erase(self, case_id: str) -> None:
        self.head(case_id)
        self.sections.pop(case_id, None)
        self.trail[case_id] = [replace(e, salt="") for e in self.trail[case_id]]

    def opted_out(self, subject: str, item_code: str) -> bool:
        return (subject, item_code) in self.optouts

    def opted_out_of(self, subject: str) -> set[str]:
        return {code for whose, code in self.optouts if whose == subject}

    def by_item(self, item_code: str) -> Iterator[Head]:
        return self._newest(lambda h: h.item_code == item_code)

    def by_subject(self, subject: str) -> Iterator[Head]:
        return self._newest(lambda h: h.subject == subject)

    def _newest(self, wanted: Any) -> Iterator[Head]:
        return iter(sorted(filter(wanted, self.heads.values()), key=lambda h: h.opened_at, reverse=True))

    def queue(self, listing: Listing, limit: int, start: Place | None = None, *, backwards: bool = False) -> Cards:
        found = [one for one in self._cards(listing) if listing.admits(one)]
        found.sort(key=lambda one: astuple(one.place), reverse=backwards)
        if start:
            found = [one for one in found if (astuple(one.place) < astuple(start)) is backwards and one.place != start]
        return picked(listing, found, limit, None)

    def queued(self, listing: Listing, most: int) -> int:
        return min(most, sum(map(listing.admits, self._cards(listing))))

    def _cards(self, listing: Listing) -> list[Card]:
        at = (listing.jurisdiction, listing.stage)
        return [card(h) for h in self.heads.values() if (h.jurisdiction, h.stage) == at and h.wait and h.promised_by]

    def tasks(self, jurisdiction: str, task: Task) -> Iterator[Head]:
        found = [h for h in self.heads.values() if h.jurisdiction == jurisdiction and task in h.tasks]
        return iter(sorted(found, key=lambda h: self.asked_at[h.case_id, task]))

    def task_page(self, jurisdiction: str, task: Task, limit: int, after: str | None = None) -> tuple[list[Head], str | None]:
        found, start = list(self.tasks(jurisdiction, task)), int(after or 0)
        return found[start : start + limit], str(start + limit) if start + limit < len(found) else None

    def working_before(self, at: datetime) -> Iterator[Head]:
        return iter([h for h in self.heads.values() if h.working_since and h.working_since < at])


@dataclass
class MemoryRoster:
    """Officials in a dictionary."""

    officials: dict[str, Official] = field(default_factory=dict)

    def arrived(self, official: Official) -> None:
        self.officials[official.id] = official

    def of(self, jurisdiction: str) -> list[Official]:
        return sorted((o for o in self.officials.values() if o.jurisdiction == jurisdiction), key=lambda o: (o.name, o.id))


@dataclass
class MemoryRequestStore:
    """Requests in a dictionary."""

    claims: dict[str, Claim] = field(default_factory=dict)

    def get(self, id: str) -> Claim | None:
        return self.claims.get(id)

    def swap(self, id: str, old: Claim | None, new: Claim) -> bool:
        kept = self.claims.get(id)
        if (kept and kept.tag) != (old and old.tag):
            return False
        self.claims[id] = new
        return True


@dataclass
class MemorySignedOut:
    """Sessions that were signed out, in a dictionary."""

    sessions: dict[str, datetime] = field(default_factory=dict)

    def add(self, session: str, until: datetime) -> None:
        self.sessions[session] = until

    def has(self, session: str) -> bool:
        return session in self.sessions


@dataclass
class MemoryItemStore(ItemStore):
    """Item versions and releases in memory."""

    versions: dict[tuple[str, str], Item] = field(default_factory=dict)
    recorded: dict[tuple[str, int], Release] = field(default_factory=dict)

    def keep(self, item: Item) -> str:
        name = version(item)
        self.versions[item.code, name] = item
        return name

    def get(self, code: str, version: str) -> Item:
        try:
            return self.versions[code, version]
        except KeyError:
            raise NotFound("no such item version", field="item") from None

    def record(self, release: Release) -> None:
        if self.recorded.setdefault((release.code, release.number), release) is not release:
            raise Conflict("somebody else released this item just now: look again")

    def releases(self, code: str = "") -> list[Release]:
        return [release for key, release in sorted(self.recorded.items()) if code in ("", key[0])]


@dataclass
class MemoryExecutions:
    """Records what the state machine was told."""

    started: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    resumed: list[tuple[str, Mapping[str, Any] | str]] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)

    def start(self, case_id: str, flags: Mapping[str, Any]) -> bool:
        fresh = case_id not in self.started
        self.started.setdefault(case_id, flags)
        return fresh

    def succeed(self, task_token: str, output: Mapping[str, Any]) -> bool:
        self.resumed.append((task_token, output))
        return True

    def fail(self, task_token: str, error: str, cause: str) -> bool:  # noqa: ARG002 – the port's signature
        self.resumed.append((task_token, error))
        return True

    def status(self, case_id: str) -> str:
        return self.states.get(case_id, "RUNNING" if case_id in self.started else "MISSING")


@dataclass
class MemoryLookup:
    """Subjects in a dictionary; `down` makes the registry unreachable."""

    as_of: date
    subjects: dict[str, Subject] = field(default_factory=dict)
    down: bool = False

    def subject(self, credit_code: str) -> Subject:
        if self.down:
            raise VendorUnavailable("the registry is down")
        return self.subjects.get(credit_code, Subject(credit_code, self.as_of, None))


class SeededRandom:
    """Repeatable randomness; for tests only."""

    def __init__(self, seed: int = 1) -> None:
        self._random, self._count = chance.Random(seed), itertools.count()

    def hex(self, size: int) -> str:
        return self._random.randbytes(size).hex()
