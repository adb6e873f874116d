"""What people do about a parcel that did not simply arrive: the person it is for, and the officials of the bureau.

Who may do so is checked by who calls: the person's page after identification, the desk for its own bureau (checked again here).
"""

from __future__ import annotations

from dataclasses import dataclass

from wugan.cases import decide
from wugan.cases.context import Context
from wugan.cases.decide import Settlement
from wugan.cases.declaration import misplaced
from wugan.cases.ends import GOODS, ends
from wugan.cases.model import Change, Head, Stage, effect_id
from wugan.errors import Forbidden, NotFound, NotWaiting
from wugan.items.model import DeliveryWay
from wugan.signin.official import Official


@dataclass(frozen=True)
class Parcels:
    """Answers about parcels."""

    context: Context

    def received(self, case_id: str, received: bool) -> Head:
        """The identified person has the certificate ("我已收到"), or does not. Raises NotWaiting, Conflict."""
        now = self.context.clock.now()
        return self.context.apply(case_id, lambda head: decide.confirmed_receipt(head, received, now, self.context.random))

    def choose(self, case_id: str, way: DeliveryWay, address: str = "") -> Head:
        """The identified person says what becomes of a certificate that came home. Raises NotWaiting, Conflict, InvalidInput."""
        form, now, address = dict(self.context.store.sealed(case_id, "form") or {}), self.context.clock.now(), address.strip()

        def chosen(head: Head) -> Change:
            wrong = misplaced("delivery_address", address, head.jurisdiction) if way is DeliveryWay.COURIER else None
            if wrong:
                raise wrong
            field = "pickup_address" if head.stage is Stage.GIVE_BACK else "delivery_address"
            new = form | ({field: address} if way is DeliveryWay.COURIER else {})
            return decide.chose_redelivery(head, way, new, now, self.context.random)

        return self.context.apply(case_id, chosen)

    def settle(self, official: Official, case_id: str, what: Settlement, stage: Stage | None = None) -> Head:
        """An official found out what became of a parcel: the `stage`'s, or the one in question. Raises Forbidden, NotWaiting, Conflict."""
        self._own(official, case_id)
        now = self.context.clock.now()

        def settled(head: Head) -> Change:
            asked = stage or decide.in_question(head)
            if asked is None:
                raise NotWaiting("there is no parcel to settle")
            return decide.settled(head, asked, what, official.id, now, self.context.random)

        return self.context.apply(case_id, settled)

    def label(self, official: Official, case_id: str, stage: Stage) -> bytes:
        """The label of the stage's newest parcel as PDF. Raises Forbidden, NotFound when none was ordered."""
        from wugan.courier.label import Label, label, masked  # the desk alone draws labels, every function has these services

        head = self._own(official, case_id)
        ordered = [e for e in self.context.store.events(case_id) if e.type == f"{stage.value}_ordered"]
        if not ordered or not ordered[-1].facts["waybill"]:
            raise NotFound("there is no parcel with a waybill", field="kind")
        sender, receiver = ends(self.context, head, stage)
        ours = (masked(sender), receiver) if stage is Stage.PICKUP else (sender, masked(receiver))
        mark = effect_id(case_id, stage.value, ordered[-1].facts["attempt"])
        return label(Label(ordered[-1].facts["waybill"], *ours, GOODS[stage], mark))

    def _own(self, official: Official, case_id: str) -> Head:
        head = self.context.store.head(case_id)
        if head.jurisdiction != official.jurisdiction:
            raise Forbidden("this case belongs to another bureau")
        return head
