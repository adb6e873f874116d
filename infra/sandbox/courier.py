"""The courier: takes orders, and moves its parcels by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from infra.sandbox.asked import OrderAsked
from infra.sandbox.book import Callback, Parcel
from infra.sandbox.box import Box, Refusal


@dataclass
class Courier:
    """Ordered → collected → arrived, or as the script says; every step is called back."""

    box: Box
    _held: dict[str, Callback] = field(default_factory=dict)  # callbacks that the next one overtakes

    def order(self, asked: OrderAsked) -> dict[str, Any]:
        """Take the order; a repeat gets the same waybill."""
        if not all((end.name.strip() and end.mobile.strip() and end.address.strip()) for end in (asked.sender, asked.receiver)):
            raise Refusal(422, "address_incomplete", "name, mobile and address are needed at both ends")
        known = self.box.book.parcels.get(asked.id)
        plan = known.plan if known else self._plan(asked)
        if plan == "refused":
            raise Refusal(422, "area_not_served", "no collection at this address")
        parcel, repeated = self.box.book.parcels.receive(asked.id, asked.model_dump(), lambda sha256: self._new(asked, sha256, plan))
        if not repeated and plan != "stall":
            self.box.steps.after(self.box.config.delays.collect, lambda: self._collect(parcel))
        return self.tell(parcel) | {"duplicate": repeated}

    def parcel(self, order_id: str) -> Parcel:
        """A parcel that was ordered."""
        parcel = self.box.book.parcels.get(order_id)
        if parcel is None:
            raise Refusal(404, "order_unknown", "no such order")
        return parcel

    def cancel(self, order_id: str) -> dict[str, Any]:
        """Cancel before collection; what is cancelled or failed already stays so."""
        parcel = self.parcel(order_id)
        if parcel.state in ("collected", "arrived"):
            raise Refusal(409, "already_collected", "the parcel is under way")
        if parcel.state == "ordered":
            self._move(parcel, "cancelled")
        return self.tell(parcel)

    def tell(self, parcel: Parcel) -> dict[str, Any]:
        """The parcel as the vendor tells it."""
        return {"order_id": parcel.id, "waybill": parcel.reference, "state": parcel.state}

    def _plan(self, asked: OrderAsked) -> str:
        case, _, rest = asked.id.partition("-")
        kind = rest.rpartition("-")[0]
        first = not self._of(case, kind)
        return self.box.script.parcel(asked.id, kind, first=first, mobiles=(asked.sender.mobile, asked.receiver.mobile))

    def _of(self, case: str, kind: str) -> list[Parcel]:
        return [p for p in self.box.book.parcels.of_case(case) if p.kind == kind]

    def _new(self, asked: OrderAsked, sha256: str, plan: str) -> Parcel:
        parcel = Parcel(
            id=asked.id,
            reference=f"SB{self.box.digits('waybill', asked.id, 13)}",
            asked_sha256=sha256,
            at=self.box.now(),
            sender=asked.sender.model_dump(),
            receiver=asked.receiver.model_dump(),
            goods=asked.goods,
            plan=plan,
        )
        parcel.beside = [other.id for other in self._of(parcel.case, parcel.kind) if other.live]
        return parcel

    def _collect(self, parcel: Parcel) -> None:
        with self.box.lock:
            if parcel.state != "ordered":
                return
            if parcel.plan == "not_collected":
                self._move(parcel, "failed")
                return
            self._move(parcel, "collected")
            self.box.steps.after(self.box.config.delays.arrive, lambda: self._end(parcel))

    def _end(self, parcel: Parcel) -> None:
        with self.box.lock:
            self._move(parcel, "arrived" if parcel.plan in ("arrive", "locker", "signed_by_other") else "failed")

    def _move(self, parcel: Parcel, state: str) -> None:
        parcel.state = state
        callback = self.box.outbox.write("courier", parcel.id, state, {"order_id": parcel.id, "waybill": parcel.reference, "state": state})
        if state == "collected" and "reorder" in self.box.script.callbacks("courier", parcel.id, state):
            self._held[parcel.id] = callback
            return
        callback.then = self._held.pop(parcel.id, None)
        self.box.outbox.send(callback)
