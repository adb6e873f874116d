"""Sensing (即时感知): a subject changed, so all items are evaluated for it at once, and what hits is opened."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from wugan.cases.held import missing_feeds
from wugan.cases.opening import Found, Opening
from wugan.cases.ports import SubjectLookup
from wugan.clock import Clock
from wugan.detection.evaluate import explained
from wugan.detection.predicate import RuleBook
from wugan.detection.rule import readable
from wugan.errors import InvalidInput
from wugan.items.port import ItemStore
from wugan.registry import normalise
from wugan.registry.model import Subject
from wugan.registry.port import ChangeBus


class Registries(SubjectLookup, Protocol):
    """One subject in today's registries, and what must be known beside it."""

    def holders(self, producer_code: str) -> set[str]:
        """The credit codes of those whose licences name this producer."""

    def incomplete(self) -> Sequence[str]:
        """The feeds of which not everything is there."""


@dataclass
class Sensed:
    """What became of some events: fates of hits, and by the event's id the class of error of those that must come again."""

    fates: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sense:
    """Evaluates subjects that changed. Everything may be repeated: a hit opens one case."""

    registries: Registries
    items: ItemStore
    opening: Opening
    bus: ChangeBus
    clock: Clock
    describe: Callable[[BaseException], str] = lambda error: type(error).__name__

    def sense(self, events: Mapping[str, str]) -> Sensed:
        """Take events of the bus in, as JSON by their id. One that fails does not keep the others from being sensed."""
        sensed, book = Sensed(), self._book()
        for event_id, event in events.items():
            try:
                self._subject(*_asked(event), book, sensed.fates)
            except Exception as error:
                sensed.failed[event_id] = self.describe(error)
        return sensed

    def _book(self) -> RuleBook:
        """The rules of the items that may be opened: a feed that did not come whole holds some back, as in the scan."""
        incomplete = self.registries.incomplete()
        rules, _ = readable(self.items.current(self.clock.now()))
        return RuleBook(r for r in rules if not missing_feeds(r, incomplete))

    def _subject(self, code: str, batch: str, producer: str, book: RuleBook, fates: Counter[str]) -> None:
        if not producer:  # whoever is looked at for a producer's sake is not one for others
            self.bus.tell(sorted(self.registries.holders(code) - {code}), batch, producer=code)
        subject = self.registries.subject(code)
        self._open(replace(subject, as_of=max(subject.as_of, self.clock.now().date())), book, fates)

    def _open(self, subject: Subject, book: RuleBook, fates: Counter[str]) -> None:
        """Open what hits. A case that cannot be opened keeps none of the others from it, and brings the event again."""
        failed: Exception | None = None
        name = subject.business.name if subject.business else ""
        for hit in explained(book, subject):
            try:
                fates[self.opening.open(Found(hit, name, subject.contacts)).value] += 1
            except Exception as error:
                failed = failed or error
        if failed:
            raise failed


def _asked(event: str) -> tuple[str, str, str]:
    """Credit code, batch and producer of an event {detail: {credit_code, batch, producer}}. Raises InvalidInput."""
    try:
        detail: dict[str, Any] = json.loads(event)["detail"]
        code = normalise.credit_code(detail["credit_code"])
        batch, producer = detail.get("batch", ""), detail.get("producer", "")
    except (ValueError, TypeError, LookupError, AttributeError):
        raise InvalidInput("an event must name a subject", field="credit_code") from None
    if not code:
        raise InvalidInput("an event must name a subject", field="credit_code")
    return code, str(batch)[:64], str(producer)
