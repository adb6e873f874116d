"""What must be remembered of an order so that its parcel is found again: whom it was given to, and under what number.

EMS answers only for waybills and Kuaidi100 only for its own task ids, so an order's own id does not suffice; and which courier
has an order cannot be told from the id, which the case makes before anybody is chosen. Holds no personal data.

The entry is written before the courier is asked: who dies in between finds it, and stays with that courier.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import Protocol

from wugan.courier.port import Parcel, ParcelState


class Step(StrEnum):
    """How far an order got; in this order, and never back."""

    ASKED = "asked"  # perhaps placed: the answer is not known
    PLACED = "placed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Entry:
    """One order. `tries` counts those who sent it; who alone did so knows what became of it."""

    order_id: str
    courier: str
    at: datetime  # when it was first asked for
    step: Step = Step.ASKED
    waybill: str = ""
    reference: str = ""  # the courier's own ids
    tries: int = 1
    told: ParcelState | None = None  # by a signed push or the last query
    told_detail: str = ""
    told_at: datetime | None = None  # when it was told, or last asked
    subscribed_at: datetime | None = None  # when pushes were last asked for again

    def parcel(self, state: ParcelState, detail: str = "") -> Parcel:
        """The order as its parcel."""
        return Parcel(self.order_id, self.waybill, state, detail)


def learnt(known: Entry, entry: Entry) -> Entry:
    """What is known once `entry` is kept: no step goes back, nothing empty erases what was told, tries are counted elsewhere."""
    told = entry if entry.told else known
    return replace(
        entry,
        step=max(known.step, entry.step, key=list(Step).index),
        waybill=entry.waybill or known.waybill,
        reference=entry.reference or known.reference,
        tries=known.tries,
        told=told.told,
        told_detail=told.told_detail,
        told_at=told.told_at,
        subscribed_at=entry.subscribed_at or known.subscribed_at,
    )


class Waybills(Protocol):
    """The store. Every method is one conditional or plain write of one item, keyed by order id."""

    def find(self, order_id: str) -> Entry | None:
        """The entry, as of the last write."""

    def order_of(self, waybill: str) -> str | None:
        """The order id of a waybill."""

    def claim(self, entry: Entry) -> bool:
        """Write if there is none yet; False if there is."""

    def touch(self, order_id: str) -> Entry | None:
        """Count one more try, and return the entry after it."""

    def release(self, entry: Entry) -> bool:
        """Remove if courier, step and tries are still these; False if not."""

    def keep(self, entry: Entry) -> None:
        """Write what was learnt (`learnt`): others may have written since it was read. Nothing if another courier has the order by now."""


class MemoryWaybills:
    """In memory, for tests and local runs."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._lock = Lock()

    def find(self, order_id: str) -> Entry | None:
        return self._entries.get(order_id)

    def order_of(self, waybill: str) -> str | None:
        return next((entry.order_id for entry in list(self._entries.values()) if waybill and entry.waybill == waybill), None)

    def claim(self, entry: Entry) -> bool:
        with self._lock:
            return self._entries.setdefault(entry.order_id, entry) is entry

    def touch(self, order_id: str) -> Entry | None:
        with self._lock:
            entry = self._entries.get(order_id)
            if entry:
                entry = self._entries[order_id] = replace(entry, tries=entry.tries + 1)
            return entry

    def release(self, entry: Entry) -> bool:
        with self._lock:
            found = self._entries.get(entry.order_id)
            same = found is not None and (found.courier, found.step, found.tries) == (entry.courier, entry.step, entry.tries)
            if same:
                del self._entries[entry.order_id]
            return same

    def keep(self, entry: Entry) -> None:
        with self._lock:
            found = self._entries.get(entry.order_id)
            if found is None or found.courier == entry.courier:
                self._entries[entry.order_id] = learnt(found, entry) if found else entry
