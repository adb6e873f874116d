"""Where published items are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from wugan.errors import NotFound
from wugan.items.model import Item
from wugan.items.release import Act, Note, Release, standing


class ItemStore(Protocol):
    """Item versions, immutable and content-addressed, and the releases that say which of them is current when.

    An adapter keeps and reads; what follows from the releases is the same for all.
    """

    def keep(self, item: Item) -> str:
        """Store a version; the same content twice is one version. Returns the version."""

    def get(self, code: str, version: str) -> Item:
        """A version. Raises NotFound."""

    def record(self, release: Release) -> None:
        """Add a release. Raises Conflict when its number is taken: somebody else was first."""

    def releases(self, code: str = "") -> list[Release]:
        """The releases of one item, or of all, read consistently, in the order in which they were made."""

    def publish(
        self, item: Item, at: datetime, note: Note | None = None, *, by: str = "", starts: datetime | None = None, simulation: str = ""
    ) -> str:  # fmt: skip
        """Store a version and let it be current from `starts`, or from now. Returns the version."""
        version = self.keep(item)
        number = len(self.releases(item.code)) + 1
        self.record(Release(item.code, number, Act.PUBLISH, version, at, starts or at, by, simulation, note))
        return version

    def current(self, at: datetime) -> list[tuple[str, Item]]:
        """All (version, item) that are current at a time, by number."""
        found = [(r.version, self.get(r.code, r.version)) for r in standing(self.releases(), at).values()]
        return sorted(found, key=lambda pair: pair[1].number)

    def note(self, code: str, version: str) -> Note | None:
        """What was simulated when a version was last published; None when nothing was. Raises NotFound."""
        notes = [r.note for r in self.releases(code) if r.act is Act.PUBLISH and r.version == version]
        if not notes:
            raise NotFound("no such item version", field="item")
        return notes[-1]
