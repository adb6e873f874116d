"""What is kept of one person over all their cases: messages, prompts that wait, wishes. No name and no number: the key is an HMAC.

A record is read, changed by a pure function, and written on the condition that nobody else wrote it meanwhile. A message is claimed here
before it is sent: whoever finds the claim hands it over under the same id, so that it is neither lost nor doubled.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from pydantic import TypeAdapter

from wugan.errors import Conflict, StaleHead
from wugan.items.model import Channel
from wugan.outreach.behaviour import ANSWER_TIME, Arm, Group, Known, Tally
from wugan.outreach.schedule import Option, Person, Prompt, Sent

ASKED_AFTER = timedelta(hours=6)  # a carrier of which nothing was heard is asked, once
KEPT = timedelta(days=60)  # messages older than this and counted are forgotten
MOST_RETRIES = 20


@dataclass(frozen=True)
class Part:
    """One case's share of a message: its `attempt`-th prompt, which leads to the stage `purpose`."""

    case_id: str
    attempt: int
    purpose: str
    rung: int = 0
    corrections: int = 0


@dataclass(frozen=True)
class Waiting:
    """A prompt that is due, and is allowed later."""

    part: Part
    jurisdiction: str
    prompt: Prompt


@dataclass(frozen=True)
class Handed:
    """A message, from the moment at which it is claimed. The first part is the case that sends it and whose link it carries."""

    id: str
    at: datetime
    channel: Channel
    jurisdiction: str
    parts: tuple[Part, ...]
    reason: str = ""
    group: Group | None = None  # of people like this one; None: nothing is learnt from this message
    reference: str = ""  # the vendor's; empty until it took the message
    delivered: bool = False
    failed: bool = False
    asked: bool = False  # the carrier, what became of it
    counted: bool = False  # by the behaviour model

    @property
    def told_at(self) -> datetime:
        """When its time to be answered is over."""
        return self.at + ANSWER_TIME

    @property
    def look_at(self) -> datetime | None:
        """When something is to be done about it next: its carrier is asked, or it is counted."""
        silent = self.reference and not (self.delivered or self.failed or self.asked)
        return self.at + ASKED_AFTER if silent else None if self.counted else self.told_at

    def about(self, case_id: str, attempt: int) -> bool:
        """Whether it carries this prompt."""
        return any((p.case_id, p.attempt) == (case_id, attempt) for p in self.parts)


@dataclass(frozen=True)
class Record:
    """One person. `version` counts the writes."""

    key: str
    version: int = 0
    messages: tuple[Handed, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    opted_out: frozenset[Channel] = frozenset()
    profiled: bool = True  # PIPL art. 24: False is a wish

    def message(self, message_id: str) -> Handed | None:
        """The message of that id."""
        return next((m for m in self.messages if m.id == message_id), None)

    def covering(self, case_id: str, attempt: int) -> Handed | None:
        """The message that carries this prompt."""
        return next((m for m in self.messages if m.about(case_id, attempt)), None)

    def planned_for(self, reached: Collection[Channel]) -> Person:
        """What the plan knows of the person."""
        return Person(frozenset(reached), self.opted_out, tuple(Sent(m.at, m.failed) for m in self.messages))

    def filed(self, waiting: Waiting, now: datetime) -> Record:
        """With a prompt that waits; what was planned for it stays planned. Prompts whose time is over are dropped."""
        before = next((w for w in self.waiting if w.part == waiting.part), None)
        kept = replace(waiting, prompt=replace(waiting.prompt, planned=before.prompt.planned if before else None))
        others = (w for w in self.without([waiting.part.case_id]).waiting if w.prompt.ends > now)
        return replace(self, waiting=(*others, kept))

    def without(self, case_ids: Collection[str]) -> Record:
        """Without the waiting prompts of these cases."""
        return replace(self, waiting=tuple(w for w in self.waiting if w.part.case_id not in case_ids))

    def planned(self, case_ids: Collection[str], option: Option | None) -> Record:
        """With what is planned for the waiting prompts of these cases."""
        later = (replace(w, prompt=replace(w.prompt, planned=option)) if w.part.case_id in case_ids else w for w in self.waiting)
        return replace(self, waiting=tuple(later))

    def claimed(self, message: Handed) -> Record:
        """With a message that is about to be sent; its prompts wait no more."""
        kept = tuple(m for m in self.messages if not m.counted or message.at - m.at < KEPT)
        return replace(self.without([p.case_id for p in message.parts]), messages=(*kept, message))

    def noted(self, message_id: str, **what: Any) -> Record:
        """With what became of a message."""
        return replace(self, messages=tuple(replace(m, **what) if m.id == message_id else m for m in self.messages))

    @property
    def uncounted(self) -> list[Handed]:
        """Messages that the behaviour model has not counted, oldest first."""
        return sorted((m for m in self.messages if not m.counted), key=lambda m: m.at)

    @property
    def look_at(self) -> datetime | None:
        """When something is to be done next about one of the messages."""
        return min((m.look_at for m in self.messages if m.look_at), default=None)

    def silent(self, now: datetime) -> list[Handed]:
        """Messages whose carriers are to be asked."""
        return [m for m in self.messages if m.look_at and m.look_at == m.at + ASKED_AFTER and m.look_at <= now]


@dataclass(frozen=True)
class Learnt:
    """What one counted message adds to the behaviour model's counters, of the group and of the person, and to the scores."""

    group: Group
    arm: Arm
    tally: Tally
    likeness: dict[int, float] = field(default_factory=dict)


class PeopleStore(Protocol):
    """Where people are kept, and what the behaviour model has learnt from them."""

    def get(self, key: str) -> Record:
        """The person's record, read consistently; an empty one for who is not known yet."""

    def put(self, record: Record, learnt: Learnt | None = None, *, forget: bool = False) -> None:
        """Write a record, with what is learnt or forgotten of the person, all or nothing. Raises StaleHead unless
        the stored version is `record.version - 1`."""

    def known(self, key: str, group: Group) -> Known:
        """The counters of all people, of a group, and of a person."""

    def due_before(self, at: datetime) -> Iterator[str]:
        """The keys of those with a message about which something was to be done before `at` (`Record.look_at`)."""


def update(store: PeopleStore, key: str, change: Callable[[Record], Record | None]) -> Record:
    """Read, change, write; again while somebody else was first. `change` returns None when there is nothing to write."""
    for _ in range(MOST_RETRIES):
        record = store.get(key)
        changed = change(record)
        if changed is None or changed == record:
            return record
        written = replace(changed, version=record.version + 1)
        try:
            store.put(written)
        except StaleHead:
            continue
        return written
    raise Conflict("too many changes to one person at the same time: try again")


_RECORD = TypeAdapter(Record)


def to_json(record: Record) -> dict[str, Any]:
    """The record as a JSON object."""
    return cast("dict[str, Any]", _RECORD.dump_python(record, mode="json"))


def from_json(value: dict[str, Any]) -> Record:
    """The reverse of `to_json`."""
    return _RECORD.validate_python(value)
