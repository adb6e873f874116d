"""What every case service works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from wugan.cases.model import Change, Head
from wugan.cases.ports import CaseStore, Random, SubjectLookup
from wugan.clock import Clock
from wugan.errors import Conflict, Outdated, StaleHead
from wugan.items.model import Item
from wugan.items.port import ItemStore
from wugan.links import Keyring

MOST_RETRIES = 8


@dataclass(frozen=True)
class Context:
    """Stores, clock and chance, wired in `bootstrap.py`."""

    store: CaseStore
    items: ItemStore
    lookup: SubjectLookup
    keys: Keyring
    clock: Clock
    random: Random
    public_url: Callable[[], str]
    version: int | None = None  # the only one of a case that may be changed

    def only(self, version: int) -> Context:
        """The same for somebody who decided on what they saw of a case: changes to another version raise Outdated."""
        return replace(self, version=version)

    def item(self, head: Head) -> Item:
        """The item in the version the case was opened under."""
        return self.items.get(head.item_code, head.item_version)

    def apply(self, case_id: str, decision: Callable[[Head], Change | None]) -> Head:
        """Read the head, decide, commit; read and decide again while somebody else was first."""
        for _ in range(MOST_RETRIES):
            head = self.store.head(case_id)
            if self.version not in (None, head.version):
                raise Outdated("the case has changed since you looked at it", field="If-Match")
            change = decision(head)
            if change is None:
                return head
            try:
                self.store.commit(change)
            except StaleHead:
                continue
            return change.head
        raise Conflict("too many changes at the same time: try again")
