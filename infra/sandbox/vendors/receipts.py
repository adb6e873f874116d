"""Receipts that go out in batches: lost, twice, or a batch too late, as the script says of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from infra.sandbox.box import Box
from infra.sandbox.vendors.push import Push


@dataclass
class Receipts:
    """A vendor's queue of receipts. `push` makes the request of a batch; None: the customer has configured no URL."""

    box: Box
    vendor: str
    push: Callable[[list[dict[str, Any]]], Push | None]
    _waiting: list[dict[str, Any]] = field(default_factory=list)
    _late: list[dict[str, Any]] = field(default_factory=list)
    _due: bool = False
    _numbers: Any = field(default_factory=lambda: count(1))

    def add(self, effect: str, status: str, row: dict[str, Any]) -> None:
        """Tell of one message with the next batch, or the one after it."""
        faults = self.box.script.callbacks(self.vendor, effect, status)
        self.box.book.receipts.append({"vendor": self.vendor, "effect": effect, "faults": sorted(faults)})
        if "lose" in faults:
            return
        if "reorder" in faults:
            self._late.append(row)
        else:
            self._waiting.append(row)
            if "repeat" in faults:
                self._late.append(row)
        self._schedule()

    def _schedule(self) -> None:
        if not self._due:
            self._due = True
            self.box.steps.after(self.box.config.delays.batch, self._flush)

    def _flush(self) -> None:
        with self.box.lock:
            batch, self._waiting, self._late = self._waiting, self._late, []
            self._due = False
            if self._waiting:
                self._schedule()
            push = self.push(batch) if batch else None
            if push is not None:
                name = f"batch-{next(self._numbers)}"
                self.box.outbox.send(self.box.outbox.write(self.vendor, name, "receipts", {"receipts": len(batch)}, push, batch=True))
