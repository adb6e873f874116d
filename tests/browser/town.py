"""A small town in memory: the real services on memory stores and vendors, one subject for each case, played step by step."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from tests.support.ledger import SIGNER, Log
from tests.support.vendors import SECRETS, document
from tests.support.workshop import workshop
from wugan.approval.port import Decision, DecisionKind
from wugan.cases.applicant import Applicant, Declaration
from wugan.cases.audit import Audit, PublicLog
from wugan.cases.callbacks import Callbacks
from wugan.cases.context import Context
from wugan.cases.desk import Desk, Official
from wugan.cases.messages import Messages
from wugan.cases.model import Head, Stage, effect_id
from wugan.cases.opening import Found, Opening
from wugan.cases.parcels import Parcels
from wugan.cases.preferences import Preferences
from wugan.cases.stages import Approve, Cancel, Carry, Declare, Ending, Outreach
from wugan.cases.vendor_calls import VendorCalls
from wugan.clock import BEIJING, FixedClock
from wugan.courier.choice import ChosenCourier
from wugan.courier.health import MemoryHealth
from wugan.courier.port import ParcelState
from wugan.courier.waybills import MemoryWaybills
from wugan.detection.evaluate import hits
from wugan.detection.personas import subject_of
from wugan.http import JsonClient
from wugan.items.catalogue import load_file
from wugan.items.model import Item
from wugan.links import Keyring
from wugan.memory.changes import MemoryBus, MemoryChangeStore
from wugan.memory.people import MemoryPeopleStore
from wugan.memory.stores import (
    MemoryCaseStore,
    MemoryExecutions,
    MemoryItemStore,
    MemoryLookup,
    MemoryRequestStore,
    MemoryRoster,
    MemorySignedOut,
    MemoryWaitStore,
    SeededRandom,
)
from wugan.memory.vendors import MemoryCourier, MemoryDepartment, MemoryIdentity, MemoryMessenger
from wugan.outreach.quiet import Quiet
from wugan.outreach.schedule import Rules
from wugan.outreach.sendlog import MemorySendLog
from wugan.registry.change_intake import ChangeIntake
from wugan.registry.model import Contact
from wugan.signin.entrance import Entrance
from wugan.signin.official import RoleMap
from wugan.signin.session import Sessions
from wugan.vendors.couriers import courier
from wugan.vendors.kit import Kit
from wugan.vendors.model import parse
from wugan.vendors.reader import VendorReader
from wugan.web.application import application

ITEMS = Path(__file__).parents[2] / "items"
NAME, NUMBER, MOBILE = "尹长庚", "370202198503072617", "13900000017"
ADDRESS = "青岛市崂山区海尔路1号甲单元"
LEGAL = "370202199001010015"  # of the legal representative
SLOTS = ("2026-11-24T09:00/11:00", "2026-11-24T14:00/16:00", "2026-11-25T09:00/11:00")
CHANGE = "grain-purchase-change"
RENEWAL = "foundation-certificate-renewal"
FILING = "hr-service-filing"


@dataclass
class Town:
    """Services, stores and vendors, with the state machine's steps to be played by hand."""

    public_url: str = "http://127.0.0.1/restapis/abc/rehearsal/_user_request_"
    clock: FixedClock = field(default_factory=lambda: FixedClock(datetime(2026, 11, 23, 10, 0, tzinfo=BEIJING)))

    def __post_init__(self) -> None:
        self.store, self.items = MemoryCaseStore(MemoryWaitStore()), MemoryItemStore()
        self.lookup = MemoryLookup(self.clock.now().date())
        self.context = Context(
            self.store,
            self.items,
            self.lookup,
            Keyring(lambda: "a secret of the tests"),
            self.clock,
            SeededRandom(),
            lambda: self.public_url,
        )
        self.messenger, self.identity, self.courier = MemoryMessenger(), MemoryIdentity(self.clock), MemoryCourier()
        self.department, self.requests = MemoryDepartment(), MemoryRequestStore()
        self.roster, self.signed_out = MemoryRoster(), MemorySignedOut()
        sessions = Sessions(self.context.keys, self.clock, self.context.random.hex, self.signed_out, invites=True)
        self.entrance = Entrance(sessions, RoleMap("roles", {}), None, self.context.public_url, self.roster.arrived)
        self.desk, self.people = Desk(self.context, self.entrance, self.roster), MemoryPeopleStore()
        self.parcels = Parcels(self.context)
        self.preferences = Preferences(self.context, self.people)
        self.applicant = Applicant(self.context, lambda _: self.identity, self.preferences, slots=lambda *_: SLOTS)
        messages = Messages(self.context, self.people, lambda _: self.messenger, lambda _: Rules(Quiet(time(0), time(0)), ()), False)
        self.callbacks = Callbacks(self.context, messages, lambda _: self.courier, lambda bureau: f"secret of {bureau}")
        self.send_log, self.told = MemorySendLog(), list[str]()
        self.vendor_calls = VendorCalls(self.callbacks, lambda: self.send_log, self._reader(), self.told.append)
        self.outreach, self.declaring = Outreach(self.context, messages), Declare(self.context)
        self.carrying, self.ending = Carry(self.context, lambda _: self.courier), Ending(self.context)
        self.cancelling = Cancel(self.context, lambda _: self.courier, lambda _: self.department)
        self.approving = Approve(self.context, lambda _: self.department, application)
        self.workshop = workshop(self.items, self.clock)
        self.official = Official("王审批", "QD")
        self.changes, bus = MemoryChangeStore(), MemoryBus()
        self.intake = ChangeIntake(self.changes, bus, lambda: "secret of registry", self.clock, timedelta(days=14))
        self.ledger = Log(rows=self.store.ledger)
        self.audit = Audit(self.store, self.ledger.rows, self.ledger.objects, SIGNER.verifier)
        self.public_log = PublicLog(self.ledger.objects, SIGNER.verifier, self.clock, self.context.public_url)

    def _reader(self) -> VendorReader:
        """The vendors' side of the callbacks: the tests' document, couriers that know the parcels in `waybills`."""
        vendors, kit = parse(document("http://127.0.0.1:9")), Kit(SECRETS.__getitem__, self.clock, JsonClient(), SeededRandom().hex)
        self.waybills, health = MemoryWaybills(), MemoryHealth()

        def couriers(jurisdiction: str) -> ChosenCourier:
            return courier(vendors.of(jurisdiction), kit, self.waybills, health, lambda name: f"{self.public_url}/{name}")

        return VendorReader(vendors.of, couriers, SECRETS.__getitem__, lambda: self.send_log, self.clock)

    def open_case(self, code: str = CHANGE, *, persona: int = 0, mobile: str | None = MOBILE, others: int = 0) -> str:
        """Open and push a case for an item's persona, with so many contacts beside the first; returns the link's token."""
        item = load_file(ITEMS / f"{code}.yaml")
        version = self.items.publish(item, self.clock.now())
        subject = subject_of(item, [p for p in item.personas if p.hit][persona])
        self.lookup.subjects[subject.credit_code] = subject
        hit = hits(item, version, subject)[0]
        contact = Contact(subject.credit_code, "handling_person", NAME, NUMBER, mobile, "openid-1", None, "1")
        assert subject.business
        opening = Opening(self.context, MemoryExecutions())
        more = [
            Contact(subject.credit_code, "legal_representative", "测试法人", LEGAL, f"1390000010{n}", None, "app", "1")
            for n in range(others)
        ]
        opening.open(Found(hit, subject.business.name, (contact, *more)))
        self.outreach.push(hit.case_id)
        return self.link(self.store.head(hit.case_id))

    def link(self, head: Head) -> str:
        """The token of a case's link."""
        return self.outreach.link(head).rpartition("/")[2]

    def head(self, link: str) -> Head:
        """The case that a link opens."""
        return self.store.head(self.context.keys.case_of(link, self.clock.now()))

    def item(self, link: str) -> Item:
        """The case's item."""
        return self.context.item(self.head(link))

    def session(self, link: str) -> str:
        """The person proves who they are, by code."""
        pending = self.applicant.start_code(link)
        reference = self.head(link).check.partition(":")[2]
        return self.applicant.finish_code(link, pending, self.identity.codes[reference], NUMBER)

    def to_declaration(self, link: str) -> str:
        """Identified, willing, and the form is ready. Returns the session."""
        session = self.session(link)
        self.applicant.intend(link, session)
        self.declaring.declare(self.head(link).case_id)
        return session

    def to_approval(self, link: str) -> str:
        """Declared, the old certificate fetched where it must be, and handed to the department. Returns the session."""
        session = self.to_declaration(link)
        item = self.item(link)
        back = item.return_ways[0].value if item.return_ways else None
        self.applicant.declare(link, session, Declaration({}, {}, back, item.delivery_ways[0].value, ADDRESS, ADDRESS))
        self.system(link)
        return session

    def system(self, link: str) -> None:
        """What the state machine does until it waits for the department or a person."""
        head = self.head(link)
        if head.stage is Stage.PICKUP:
            self.carrying.pickup(head.case_id)
            self.move(link, "pickup", ParcelState.COLLECTED)
        if self.head(link).stage is Stage.APPROVAL and self.head(link).wait is None:
            self.approving.approve(head.case_id)
        if self.head(link).stage is Stage.PUSH:
            self.outreach.push(head.case_id)
        if self.head(link).stage is Stage.CLOSING:
            self.ending.close(head.case_id)

    def move(self, link: str, kind: str, state: ParcelState, detail: str = "") -> None:
        """A parcel moved, and the courier told us."""
        order = effect_id(self.head(link).case_id, kind, self.head(link).attempts[kind])
        self.courier.move(order, state, detail)
        self.callbacks.parcel(order)

    def decide(self, link: str, kind: DecisionKind, *, points: tuple[str, ...] = (), reason: str = "") -> None:
        """The department's platform decides."""
        head = self.head(link)
        content = b"%PDF-1.4 a certificate"
        certificate = {
            "number": "鲁02A0017", "valid_from": "2026-11-23", "valid_until": "2029-11-22",
            "file_base64": base64.b64encode(content).decode(), "file_sha256": hashlib.sha256(content).hexdigest(),
        }  # fmt: skip
        attempt = head.attempts["approval"]
        decision = Decision(
            f"d{attempt}", effect_id(head.case_id, "approval", attempt), kind, f"desk:{self.official.name}", points,
            "not_qualified" if reason else "", reason, certificate if kind is DecisionKind.APPROVED else None,
        )  # fmt: skip
        self.desk.decide(self.official, decision, attempt)
        self.system(link)

    def to_delivery(self, link: str) -> str:
        """Approved and on its way. Returns the session."""
        session = self.to_approval(link)
        self.decide(link, DecisionKind.APPROVED)
        self.carrying.deliver(self.head(link).case_id)
        return session

    def take_back(self, link: str, session: str) -> None:
        """Withdrawn, all that is under way called off, and the old certificate on its way home."""
        self.applicant.withdraw(link, session)
        case_id = self.head(link).case_id
        self.cancelling.cancel(case_id)
        self.carrying.give_back(case_id)

    def item_of(self, case_id: str) -> Item:
        """The item of a case."""
        return self.context.item(self.store.head(case_id))

    def pick_up(self, link: str, session: str) -> None:
        """Declared for the counter, approved, and laid out there."""
        item = self.item(link)
        back = item.return_ways[0].value if item.return_ways else None
        self.applicant.declare(link, session, Declaration({}, {}, back, "pick_up", ADDRESS))
        self.system(link)
        self.decide(link, DecisionKind.APPROVED)
        self.carrying.deliver(self.head(link).case_id)

    def sequence(self) -> None:
        """Everything that happened comes into the log."""
        self.ledger.sequence()

    def sealed(self, case_id: str, section: str) -> Any:
        """A sealed section of a case."""
        return self.store.sealed(case_id, section)
