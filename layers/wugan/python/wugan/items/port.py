"""Where published items are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from wugan.items.model import Item


class ItemStore(Protocol):
    """Published item versions: immutable, content-addressed."""

    def publish(self, item: Item, at: datetime) -> str:
        """Store a version and make it current; the same content twice is one version. Returns the version."""

    def current(self) -> list[tuple[str, Item]]:
        """All current (version, item), by number."""

    def get(self, code: str, version: str) -> Item:
        """A pinned version. Raises NotFound."""
