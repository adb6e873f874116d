"""Steps 6 and 8, and the way back of an old certificate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from wugan.cases import decide
from wugan.cases.ends import GOODS, ends
from wugan.cases.model import Answer, Head, Stage, effect_id
from wugan.cases.stages.stage import Flags, StageService
from wugan.courier import slots
from wugan.courier.port import Courier, Order, OrderInDoubt
from wugan.courier.slots import Slot
from wugan.errors import VendorRefused
from wugan.items.model import DeliveryWay


@dataclass(frozen=True)
class Carry(StageService):
    """Steps 6 and 8, and the way back of an old certificate."""

    courier: Callable[[str], Courier]  # by jurisdiction

    def pickup(self, case_id: str) -> Flags:
        """Order the courier who fetches the old certificate at the door."""
        return self._carry(case_id, Stage.PICKUP)

    def give_back(self, case_id: str) -> Flags:
        """Order the courier who brings the old certificate back."""
        return self._carry(case_id, Stage.GIVE_BACK)

    def deliver(self, case_id: str) -> Flags:
        """Send the new certificate by courier, lay it out at the counter, or find that nothing has to travel."""
        head = self._begin(case_id, Stage.DELIVERY)
        if head is None:
            return self._repeat(case_id)
        if head.delivery_way == DeliveryWay.ELECTRONIC:
            return self._commit(head, lambda h, now: decide.finished_delivery(h, now, self.context.random))
        if head.delivery_way == DeliveryWay.PICK_UP:
            return self._commit(head, lambda h, now: decide.awaiting_counter(h, now, self.context.random))
        return self._carry(case_id, Stage.DELIVERY)

    def _carry(self, case_id: str, stage: Stage) -> Flags:
        head = self._begin(case_id, stage)
        if head is None:
            return self._repeat(case_id)
        number = head.attempts.get(stage.value, 0) + 1
        if number > decide.MOST_TRIES and head.answer is Answer.FAILED:
            return self._to_person(case_id, f"courier_failed_{stage.value}", "")
        courier, slot = self.courier(head.jurisdiction), self._slot(head, stage)
        times = (slot.start, slot.end) if slot else (None, None)
        order = Order(effect_id(case_id, stage.value, number), *ends(self.context, head, stage), GOODS[stage], *times)
        try:
            if head.answer is Answer.RESEND:
                _drop(courier, effect_id(case_id, stage.value, number - 1))
            waybill = courier.order(order).waybill
        except VendorRefused as refused:
            return self._to_person(case_id, f"courier_refused_{stage.value}", refused.detail)
        return self._commit(head, lambda h, now: decide.ordered(h, stage, waybill, slot, now, self.context.random))

    def _slot(self, head: Head, stage: Stage) -> Slot | None:
        """When the courier is to come; None: as soon as may be. The same when this is run again, unless the time has come meanwhile."""
        now = self.context.clock.now()
        slot = self._slot_from(head, stage, head.working_since or now)
        return slot if slot is None or slot.start > now else self._slot_from(head, stage, now)

    def _slot_from(self, head: Head, stage: Stage, at: datetime) -> Slot | None:
        """As the person chose, or on the next working day when one came in vain."""
        if head.answer is Answer.FAILED or (head.answer is Answer.RESEND and stage is Stage.PICKUP):
            return slots.next_day(at)
        form = self.context.store.sealed(head.case_id, "form") if stage is Stage.PICKUP else None
        return slots.usable(str((form or {}).get("pickup_slot") or ""), at)


def _drop(courier: Courier, order_id: str) -> None:
    """The parcel before is lost, or home again: nobody else may bring it. Raises OrderInDoubt."""
    try:
        courier.cancel(order_id)
    except OrderInDoubt:
        raise
    except VendorRefused:
        return  # it was collected, and cannot come a second time
