"""Where published items are kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from wugan.items.model import Item

Note = Mapping[str, Any]  # what was simulated when a version was published: counts and the registries' run, nothing personal


class ItemStore(Protocol):
    """Published item versions: immutable, content-addressed."""

    def publish(self, item: Item, at: datetime, note: Note | None = None) -> str:
        """Store a version and make it current; the same content twice is one version. Returns the version."""

    def current(self) -> list[tuple[str, Item]]:
        """All current (version, item), by number."""

    def get(self, code: str, version: str) -> Item:
        """A pinned version. Raises NotFound."""

    def note(self, code: str, version: str) -> Note | None:
        """The note of a version; None when it was published without one. Raises NotFound."""
