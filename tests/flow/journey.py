"""One case, played by hand: what the person, the courier and the department do, through the same services as the pages."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

from tests.support import people
from tests.support.aws import Stack
from tests.support.hearing import hear
from wugan import bootstrap
from wugan.cases.applicant import Declaration
from wugan.cases.model import Event, Head, effect_id
from wugan.cases.opening import Fate
from wugan.courier.port import ParcelState
from wugan.items.model import Item
from wugan.registry.model import Contact


@dataclass
class Journey:
    """A case on the moto stack."""

    stack: Stack
    item: Item = field(default_factory=lambda: people.items()[1])
    contacts: tuple[Contact, ...] | None = None
    case_id: str = ""
    session: str = ""

    def open(self) -> Journey:
        subject = people.subject(self.item, self.contacts)
        self.stack.lookup.subjects[people.CODE] = subject
        found = people.found(self.item, subject)
        self.case_id = found.hit.case_id
        assert bootstrap.opening().open(found) is Fate.OPENED
        return self

    @property
    def head(self) -> Head:
        return bootstrap.case_store().head(self.case_id)

    @property
    def events(self) -> list[Event]:
        return bootstrap.case_store().events(self.case_id)

    @property
    def types(self) -> list[str]:
        return [e.type for e in self.events]

    @property
    def link(self) -> str:
        return bootstrap.outreach().link(self.head).rpartition("/")[2]

    def waiting(self, stage: str) -> Journey:
        """Until the case waits at a stage."""
        self.stack.until(lambda: self.head.wait is not None and self.head.stage == stage, f"waits at {stage}, is {self.head.stage}")
        return self

    def ended(self, outcome: str) -> Journey:
        """Until the case ended, and its execution with it."""
        self.stack.until(lambda: self.head.ended, f"ends, is {self.head.stage}")
        self.stack.until(lambda: self.stack.execution(self.case_id) == "SUCCEEDED", "execution ends")
        assert self.head.outcome == outcome
        return self

    # --- the person

    def identify(self) -> Journey:
        applicant = bootstrap.applicant()
        _, pending = applicant.start_face(self.link)
        reference = self.head.check.partition(":")[2]
        self.stack.identity.finish_face(reference, passed=True)
        session = applicant.finish_face(self.link, pending)
        assert session
        self.session = session
        return self

    def intend(self) -> Journey:
        bootstrap.applicant().intend(self.link, self.session)
        return self

    def declare(self, return_way: str | None = "courier", delivery_way: str = "courier", slot: str = "") -> Journey:
        self.waiting("correction" if self.head.corrections else "declaration")
        return self.declare_now(return_way, delivery_way, slot)

    def declare_now(self, return_way: str | None = "courier", delivery_way: str = "courier", slot: str = "") -> Journey:
        """Declare, wherever the case waits."""
        form = bootstrap.case_store().sealed(self.case_id, "form")
        assert form
        given = {f["name"]: "补填内容" for f in form["fields"] if f["value"] is None and f["required"]}
        place = "青岛市市南区香港中路10号"
        if not self.item.return_ways:
            return_way = None
        declaration = Declaration(given, {}, return_way, delivery_way, place, place, slot)
        bootstrap.applicant().declare(self.link, self.session, declaration)
        return self

    def withdraw(self) -> Journey:
        bootstrap.applicant().withdraw(self.link, self.session)
        return self

    def to_declaration(self) -> Journey:
        return self.open().waiting("identity").identify().intend().waiting("declaration")

    # --- the others

    def callback(self, kind: str, message: dict[str, object]) -> Journey:
        hear(bootstrap.callbacks(), self.head.jurisdiction, kind, message, "v", self.stack.clock.wall())
        return self

    def parcel(self, kind: str, state: ParcelState, detail: str = "") -> Journey:
        order_id = effect_id(self.case_id, kind, self.head.attempts[kind])
        self.stack.courier.move(order_id, state, detail)
        return self.callback("courier", {"id": f"{order_id}-{state}-{detail}", "order_id": order_id, "waybill": "x", "state": state.value})

    def decide(self, kind: str, **more: object) -> Journey:
        application_id = effect_id(self.case_id, "approval", self.head.attempts["approval"])
        file = b"%PDF-1.4 new certificate"
        certificate = {
            "number": "QD-NEW-1",
            "valid_from": "2026-11-24",
            "valid_until": "2031-11-23",
            "file_base64": base64.b64encode(file).decode(),
            "file_sha256": hashlib.sha256(file).hexdigest(),
        }
        message: dict[str, object] = {
            "id": f"{application_id}-{kind}",
            "application_id": application_id,
            "kind": kind,
            "by": "tester",
            "points": [],
            "certificate": certificate if kind == "approved" else None,
        }
        return self.callback("department", message | more)
