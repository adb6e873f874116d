"""What became of messages, for the behaviour model: read from the cases' own events, once, when the time to answer is over.

An opening is what the person first did from a message (a GET changes nothing and is not seen); an answer is what was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from wugan.cases.context import Context
from wugan.cases.model import Actor
from wugan.errors import StaleHead
from wugan.outreach import behaviour
from wugan.outreach.behaviour import Trial
from wugan.outreach.people import Handed, Learnt, PeopleStore, Record
from wugan.outreach.schedule import Option

ANSWERS = frozenset({"intention_confirmed", "declared", "corrected", "declined", "asked_person", "withdrawn"})


@dataclass(frozen=True)
class Counting:
    """Counts messages into the behaviour model."""

    context: Context
    people: PeopleStore

    def count(self, key: str) -> int:
        """Count all of a person's messages whose time is over; returns how many. A twin of this call that was faster counted them."""
        record, now = self.people.get(key), self.context.clock.now()
        counted = 0
        for message in record.uncounted:
            if now < message.told_at:
                break
            written = replace(record.noted(message.id, counted=True), version=record.version + 1)
            try:
                self.people.put(written, self._learnt(record, message, now))
            except StaleHead:
                break
            record, counted = written, counted + 1
        return counted

    def _learnt(self, record: Record, message: Handed, now: datetime) -> Learnt | None:
        """What the message teaches; None when it did not arrive, or the person is not profiled."""
        found = behaviour.counted(self._trial(message), now)
        if found is None or message.group is None or not found[1].sent:
            return None
        arm, tally = found
        known = self.people.known(record.key, message.group)
        return Learnt(message.group, arm, tally, behaviour.foretold(known, arm, tally, message.at))

    def _trial(self, message: Handed) -> Trial:
        cases = {part.case_id for part in message.parts}
        did = [e for case in cases for e in self.context.store.events(case) if e.actor is Actor.PERSON and e.at >= message.at]
        opened = min((e.at for e in did), default=None)
        answered = min((e.at for e in did if e.type in ANSWERS), default=None)
        return Trial(Option(message.channel, message.at), message.failed, opened, answered)
