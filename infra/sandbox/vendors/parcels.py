"""A carrier's parcels: what the courier does is told as stops, which each vendor words in its own codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from infra.sandbox.book import Callback, Parcel
from infra.sandbox.box import Box
from infra.sandbox.vendors.weather import LOOK_AGAIN_SECONDS

# What follows the collection, by the script's plan. The last stop decides the parcel's state.
ROADS = {
    "arrive": ("delivering", "signed"),
    "locker": ("delivering", "locker"),
    "signed_by_other": ("delivering", "signed_by_other"),
    "returned": ("delivering", "refused", "returning", "returned"),
    "lost": ("silent",),
}
ENDS = {"signed": "arrived", "locker": "arrived", "signed_by_other": "arrived", "returned": "failed", "silent": "collected"}


@dataclass(frozen=True)
class Order:
    """A parcel to carry as every vendor understands it: ends with name, mobile and address."""

    id: str
    sender: dict[str, Any]
    receiver: dict[str, Any]
    goods: str


@dataclass
class Parcels:
    """The parcels of one carrier. `tell` is called with each stop and writes the vendor's push, or None when it says nothing."""

    box: Box
    vendor: str
    prefix: str
    tell: Callable[[Parcel, str], Callback | None]
    _held: dict[str, Callback] = field(default_factory=dict)
    _ids: dict[str, str] = field(default_factory=dict)  # the records' ids by the customer's, where another carrier's has it already

    def plan(self, order: Order) -> str:
        """What becomes of it; `refused` is for the vendor to say before it takes the order."""
        case, _, rest = order.id.partition("-")
        kind = rest.rpartition("-")[0]
        first = not [p for p in self.box.book.parcels.of_case(case) if p.kind == kind]
        mobiles = (order.sender["mobile"], order.receiver["mobile"])
        return self.box.script.parcel(order.id, kind, first=first, mobiles=mobiles)

    def order(self, order: Order, plan: str, extra: dict[str, Any]) -> tuple[Parcel, bool]:
        """Take it; a repeat under the same id is the same parcel. `extra`: what this vendor must remember of it."""
        known = self.box.book.parcels.get(order.id)
        if known and known.vendor != self.vendor:
            self._ids.setdefault(order.id, f"{order.id}~{self.vendor}")
        id = self._ids.get(order.id, order.id)
        parcel, repeated = self.box.book.parcels.receive(id, vars(order), lambda sha256: self._new(order, id, sha256, plan, extra))
        if not repeated:
            self._stop(parcel, "ordered")
            if plan != "stall":
                self._later(self.box.config.delays.collect, lambda: self._collect(parcel))
        return parcel, repeated

    def get(self, id: str) -> Parcel | None:
        """This carrier's parcel under the customer's id."""
        parcel = self.box.book.parcels.get(self._ids.get(id, id))
        return parcel if parcel and parcel.vendor == self.vendor else None

    def find(self, waybill: str) -> Parcel | None:
        """This carrier's parcel with the waybill."""
        parcel = self.box.book.parcels.find(waybill)
        return parcel if parcel and parcel.vendor == self.vendor else None

    def cancel(self, parcel: Parcel) -> None:
        """The customer's cancellation, before collection."""
        parcel.state = "cancelled"
        self._stop(parcel, "cancelled")

    def _new(self, order: Order, id: str, sha256: str, plan: str, extra: dict[str, Any]) -> Parcel:
        parcel = Parcel(
            id=id,
            reference=f"{self.prefix}{self.box.digits(f'waybill {self.vendor}', order.id, 13)}",
            asked_sha256=sha256,
            at=self.box.now(),
            sender=order.sender,
            receiver=order.receiver,
            goods=order.goods,
            plan=plan,
            vendor=self.vendor,
            extra=extra,
        )
        same = [p for p in self.box.book.parcels.of_case(parcel.case) if p.kind == parcel.kind]
        parcel.beside = [other.id for other in same if other.live]
        return parcel

    def _later(self, seconds: float, step: Callable[[], None]) -> None:
        def when_up() -> None:
            left = self.box.weather.left(self.vendor)
            if left:
                self._later(min(left, LOOK_AGAIN_SECONDS), step)
                return
            with self.box.lock:
                step()

        self.box.steps.after(seconds, when_up)

    def _collect(self, parcel: Parcel) -> None:
        if parcel.state != "ordered":
            return
        if parcel.plan == "not_collected":
            parcel.state = "failed"
            self._stop(parcel, "not_collected")
            return
        parcel.state = "collected"
        self._stop(parcel, "collected")
        self._travel(parcel, ROADS[parcel.plan])

    def _travel(self, parcel: Parcel, road: tuple[str, ...]) -> None:
        stop, rest = road[0], road[1:]

        def arrive() -> None:
            parcel.state = ENDS.get(stop, parcel.state)
            self._stop(parcel, stop)
            if rest:
                self._travel(parcel, rest)

        self._later(self.box.config.delays.arrive / len(ROADS[parcel.plan]), arrive)

    def _stop(self, parcel: Parcel, stop: str) -> None:
        parcel.stops.append({"stop": stop, "at": self.box.now()})
        callback = self.tell(parcel, stop)
        if callback is None:
            return
        if stop == "collected" and "reorder" in callback.faults:
            self._held[parcel.id] = callback
            return
        held = self._held.pop(parcel.id, None)
        if held is not None:
            callback.last().then = held
        self.box.outbox.send(callback)
