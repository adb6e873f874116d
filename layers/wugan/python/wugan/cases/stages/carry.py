"""Steps 6 and 8, and the way back of an old certificate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wugan.cases import decide
from wugan.cases.model import Head, Stage, effect_id
from wugan.cases.stages.stage import Flags, StageService
from wugan.courier.port import Address, Courier, Order
from wugan.errors import VendorRefused
from wugan.items.model import DeliveryWay
from wugan.outreach import plan


@dataclass(frozen=True)
class Carry(StageService):
    """Steps 6 and 8, and the way back of an old certificate."""

    courier: Callable[[str], Courier]  # by jurisdiction

    def pickup(self, case_id: str) -> Flags:
        """Order the courier who fetches the old certificate at the door."""
        return self._carry(case_id, Stage.PICKUP, "旧证", self._person_end("pickup_address"), self._bureau_end)

    def give_back(self, case_id: str) -> Flags:
        """Order the courier who brings the old certificate back."""
        return self._carry(case_id, Stage.GIVE_BACK, "旧证（退还）", self._bureau_end, self._person_end("pickup_address"))

    def deliver(self, case_id: str) -> Flags:
        """Send the new certificate by courier, lay it out at the counter, or find that nothing has to travel."""
        head = self._begin(case_id, Stage.DELIVERY)
        if head is None:
            return self._repeat(case_id)
        if head.delivery_way == DeliveryWay.ELECTRONIC:
            return self._commit(head, lambda h, now: decide.finished_delivery(h, now, self.context.random))
        if head.delivery_way == DeliveryWay.PICK_UP:
            return self._commit(head, lambda h, now: decide.awaiting_counter(h, now, self.context.random))
        return self._carry(case_id, Stage.DELIVERY, "新证照", self._bureau_end, self._person_end("delivery_address"))

    def _carry(
        self, case_id: str, stage: Stage, goods: str, sender: Callable[[Head], Address], receiver: Callable[[Head], Address]
    ) -> Flags:
        head = self._begin(case_id, stage)
        if head is None:
            return self._repeat(case_id)
        number = head.attempts.get(stage.value, 0) + 1
        if number > decide.MOST_TRIES:
            return self._to_person(case_id, f"courier_failed_{stage.value}", "")
        order = Order(effect_id(case_id, stage.value, number), sender(head), receiver(head), goods)
        try:
            waybill = self.courier(head.jurisdiction).order(order).waybill
        except VendorRefused as refused:
            return self._to_person(case_id, f"courier_refused_{stage.value}", refused.detail)
        return self._commit(head, lambda h, now: decide.ordered(h, stage, waybill, now, self.context.random))

    def _person_end(self, address: str) -> Callable[[Head], Address]:
        def end(head: Head) -> Address:
            sealed = self.context.store.sealed
            contact = (sealed(head.case_id, "contacts") or [{}])[head.contact]
            form = sealed(head.case_id, "form") or {}
            where = form.get(address) or form.get("delivery_address") or form.get("pickup_address") or ""
            return Address(str(contact.get("name", "")), str(form.get("courier_mobile", "")), where)

        return end

    def _bureau_end(self, head: Head) -> Address:
        name = plan.bureau(self.context.item(head), head.jurisdiction)
        return Address(name, plan.HOTLINE, f"{name}审批窗口")
