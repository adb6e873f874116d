"""Opening cases from hits, in bulk: once for each hit, however often it is found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum

from wugan.cases import decide
from wugan.cases.context import Context
from wugan.cases.ports import Executions
from wugan.detection.model import Hit
from wugan.errors import AlreadyOpen, NotFound
from wugan.registry.model import Contact


class Fate(StrEnum):
    """What became of a hit: every hit has one, none is lost."""

    OPENED = "opened"
    ALREADY_OPEN = "already_open"
    OPTED_OUT = "opted_out"


@dataclass(frozen=True)
class Found:
    """A hit with what a case needs beside it."""

    hit: Hit
    name: str
    contacts: tuple[Contact, ...]


@dataclass(frozen=True)
class Opening:
    """Opens cases and starts their executions."""

    context: Context
    executions: Executions

    def standing(self, hit: Hit) -> Fate | None:
        """What became of this hit before now; None when it is new."""
        if self.context.store.opted_out(hit.subject, hit.item_code):
            return Fate.OPTED_OUT
        try:
            self.context.store.head(hit.case_id)
        except NotFound:
            return None
        return Fate.ALREADY_OPEN

    def open(self, found: Found) -> Fate:
        """Open one case. A start that fails is made up for by the sweeper."""
        hit, store = found.hit, self.context.store
        if store.opted_out(hit.subject, hit.item_code):
            return Fate.OPTED_OUT
        item = self.context.items.get(hit.item_code, hit.item_version)
        contacts = [asdict(c) for c in found.contacts]
        change = decide.open_case(hit, item, found.name, contacts, self.context.clock.now(), self.context.random)
        try:
            store.create(change)
        except AlreadyOpen:
            return Fate.ALREADY_OPEN
        self.executions.start(hit.case_id, change.head.flags())
        return Fate.OPENED

    def open_all(self, found: Iterable[Found]) -> list[tuple[Hit, Fate]]:
        """Open many; returns what became of each."""
        return [(f.hit, self.open(f)) for f in found]
