"""One case with everybody around it, in this process: the real services on memory stores, every call of a port open to mischief."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from tests.faults.machine import Machine
from tests.faults.mischief import Killed, Mischief, Watched
from tests.support import people
from tests.support.hearing import hear
from wugan.cases import decide
from wugan.cases.applicant import Applicant, Declaration
from wugan.cases.callbacks import Callbacks
from wugan.cases.context import Context
from wugan.cases.counting import Counting
from wugan.cases.custody import Certificate, custody, holder
from wugan.cases.decide import Settlement
from wugan.cases.desk import Official
from wugan.cases.messages import Messages
from wugan.cases.model import Event, Head, broken_link, effect_id
from wugan.cases.opening import Opening
from wugan.cases.outbox import pending_of
from wugan.cases.parcels import Parcels
from wugan.cases.resume import Resume, Sweep
from wugan.cases.stages import LINK_LIFE, Approve, Cancel, Carry, Declare, Ending, Outreach
from wugan.clock import BEIJING, FixedClock
from wugan.courier.port import Detail, ParcelState
from wugan.errors import Conflict, StaleHead
from wugan.items.model import DeliveryWay, Item
from wugan.links import Keyring
from wugan.memory.people import MemoryPeopleStore
from wugan.memory.stores import MemoryCaseStore, MemoryItemStore, MemoryLookup, MemoryWaitStore, SeededRandom
from wugan.memory.vendors import MemoryCourier, MemoryDepartment, MemoryIdentity, MemoryMessenger
from wugan.outreach.schedule import Rules
from wugan.web.application import application

NIGHT = datetime(2026, 11, 22, 23, 0, tzinfo=BEIJING)
MORNING = datetime(2026, 11, 23, 10, 0, tzinfo=BEIJING)
PLACE = "青岛市市南区香港中路10号"
SECRET = "a secret of the tests"
GUARDED = {
    "store": ("create", "commit", "head"),
    "waits": ("get", "sent", "reschedule", "drop"),
    "messenger": ("send",),
    "identity": ("start_face", "check_face"),
    "courier": ("order", "cancel", "query"),
    "department": ("submit", "cancel"),
    "executions": ("start", "succeed", "fail"),
    "lookup": ("subject",),
    "people": ("get", "put"),
}
SIDE_BY_SIDE = (  # at the vendors' own pace
    "identity_started", "identified", "delivered_prompt", "pickup_collected", "pickup_arrived", "delivery_collected",
)  # fmt: skip
COURIERS_WORDS = {
    "collected": (ParcelState.COLLECTED, ""), "locker": (ParcelState.COLLECTED, Detail.LOCKER), "lost": (ParcelState.FAILED, Detail.LOST),
    "somebody": (ParcelState.COLLECTED, Detail.OTHER_SIGNED), "silent": (ParcelState.COLLECTED, Detail.SILENT),
    "refused": (ParcelState.FAILED, Detail.REFUSED), "returned": (ParcelState.FAILED, Detail.RETURNED),
    "home": (ParcelState.FAILED, Detail.HOME), "nobody came": (ParcelState.FAILED, Detail.NOT_COLLECTED),
    "arrived": (ParcelState.ARRIVED, ""),
}  # fmt: skip
OFFICIAL = Official("王", "QD")


@dataclass(frozen=True)
class Script:
    """How one case goes: what the department decides in turn, where the person withdraws or says no, what the courier does."""

    item: int = 1
    decisions: tuple[str, ...] = ("approved",)
    withdraw_at: str = ""
    decline: bool = False
    silent: bool = False
    failing: str = ""  # which parcel fails once: pickup, delivery
    undelivered: bool = False  # the first channel
    delivery_way: str = "courier"
    night: bool = False  # opened at 23:00, in the quiet hours
    modelled: bool = False  # the behaviour model chooses channel and hour
    story: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by kind, what becomes of parcels before the last one arrives


Message = tuple[str, dict[str, Any]]


@dataclass
class World:
    """Plays one case by its script. `hints` and `stream` say whether pushes and stream records arrive at all."""

    script: Script = field(default_factory=Script)
    mischief: Mischief = field(default_factory=Mischief)
    messenger: MemoryMessenger = field(default_factory=MemoryMessenger)
    hints: bool = True
    stream: bool = True
    deliver: Callable[[World, Message], None] | None = None  # what to do with a vendor's message instead of taking it at once

    def __post_init__(self) -> None:
        self.clock = FixedClock(NIGHT if self.script.night else MORNING)
        self.waits, self.identity, self.courier = MemoryWaitStore(), MemoryIdentity(self.clock), MemoryCourier()
        self.department, self.people = MemoryDepartment(), MemoryPeopleStore()
        self.store, self.items = MemoryCaseStore(self.waits), MemoryItemStore()
        self.lookup = MemoryLookup(self.clock.now().date())
        self.machine = Machine(self.waits, {})
        self.left = {kind: list(steps) for kind, steps in self.script.story.items()}
        self.session, self.receipted, self.failed = "", set[str](), False
        self.action: Callable[[], Any] | None = None
        self._wire()
        self.item: Item = people.items()[self.script.item]
        self.items.publish(self.item, self.clock.now())
        self.lookup.subjects[people.CODE] = people.subject(self.item)
        self.found = people.found(self.item)
        self.case_id = self.found.hit.case_id

    def _wire(self) -> None:
        ports: dict[str, Any] = {
            "store": self.store, "waits": self.waits, "messenger": self.messenger, "identity": self.identity, "courier": self.courier,
            "department": self.department, "executions": self.machine, "lookup": self.lookup, "people": self.people,
        }  # fmt: skip
        w = {name: Watched(name, port, self.mischief, GUARDED[name]) for name, port in ports.items()}
        keys = Keyring(lambda: SECRET)
        context = Context(w["store"], self.items, w["lookup"], keys, self.clock, SeededRandom(), lambda: "https://wugan.example")
        identity: Any = w["identity"]
        courier: Any = w["courier"]
        executions: Any = w["executions"]
        department: Any = w["department"]
        messenger: Any = w["messenger"]
        waits: Any = w["waits"]
        self.context, self.parcels = context, Parcels(context)
        self.applicant = Applicant(context, lambda _: identity)
        people_store: Any = w["people"]
        messages = Messages(context, people_store, lambda _: messenger, lambda _: Rules(), self.script.modelled)
        self.callbacks = Callbacks(context, messages, lambda _: courier, lambda _: SECRET)
        self.opening, self.resumer = Opening(context, executions), Resume(waits, executions, context.clock)
        self.outreach, ending = Outreach(context, messages), Ending(context)
        carry, cancel = Carry(context, lambda _: courier), Cancel(context, lambda _: courier, lambda _: department)
        self.sweeper = Sweep(self.resumer, self.callbacks, ending, context, executions, Counting(context, people_store))
        approve, declare = Approve(context, lambda _: department, application), Declare(context)
        stages = {
            "push": self.outreach.push, "declare": declare.declare, "pickup": carry.pickup, "approve": approve.approve,
            "deliver": carry.deliver, "give_back": carry.give_back, "cancel": cancel.cancel, "notify": self.outreach.notify,
            "close": ending.close,
        }  # fmt: skip
        self.machine.verbs = {verb: self._acting(stage) for verb, stage in stages.items()} | {
            "hand_over": lambda payload: ending.hand_over(payload["case_id"], payload["error"]["Error"])
        }

    def _acting(self, stage: Callable[[str], Any]) -> Callable[[dict[str, Any]], Any]:
        def run(payload: dict[str, Any]) -> Any:
            self.action = lambda: stage(payload["case_id"])
            return self.action()

        return run

    # --- playing

    @property
    def head(self) -> Head:
        return self.store.heads[self.case_id]

    @property
    def events(self) -> list[Event]:
        return self.store.events(self.case_id)

    def play(self) -> World:
        """From the opening to the end."""
        self.again(lambda: self.opening.open(self.found))
        for _ in range(200):
            moved = self.machine.run() or self.pump()
            if self.machine.status(self.case_id) not in ("RUNNING", "MISSING"):
                return self
            if not moved:
                self.act()
        raise AssertionError(f"the case never ended: it is at {self.head.stage}, waiting for {self.head.wait}")

    def again(self, call: Callable[[], Any]) -> Any:
        """Do it; after a crash do it once more, as whoever asked for it would."""
        self.action = call
        try:
            return call()
        except (Killed, StaleHead):
            with suppress(Conflict):  # it had taken effect before the crash
                return call()
        except Conflict:
            if self.mischief.what is None:
                raise  # only a twin may have been first

    def pump(self) -> bool:
        """Deliver what the stream of the waits table would."""
        met = [r.id for r in self.waits.records.values() if r.task_token and r.answer and not r.sent_at] if self.stream else []
        for wait_id in met:
            self.again(lambda w=wait_id: self.resumer.resume(w))  # type: ignore[misc]
        return bool(met)

    def act(self) -> None:
        """What comes from outside next."""
        head = self.head
        if head.wait is None or not self.stream or self.script.silent:
            self.clock.move(minutes=2)
            self.again(self.sweeper.sweep)
        if self._receipts() or head.wait is None or self.head.version != head.version:
            return
        if self.script.withdraw_at == head.stage == "push":  # nobody has a session yet: by operations
            self.again(lambda: self.context.apply(self.case_id, self._withdrawn))
            return
        if self.script.withdraw_at == head.stage:
            self.again(lambda: self.applicant.withdraw(self.link, self.session))
            return
        getattr(self, f"_at_{head.stage.value}")()

    @property
    def link(self) -> str:
        """The token of the case's link."""
        return Keyring(lambda: SECRET).link(self.case_id, self.head.opened_at + LINK_LIFE)

    def _receipts(self) -> bool:
        """Receipts of the messages that have none yet."""
        new = [m for m in self.messenger.messages if m not in self.receipted]
        for message_id in new:
            self.receipted.add(message_id)
            lost = self.script.undelivered and message_id.endswith("-push-1")
            status = "undelivered" if lost else "delivered"
            self.tell("channel", {"id": f"r-{message_id}", "message_id": message_id, "status": status, "reason": ""})
        return bool(new)

    def _withdrawn(self, head: Head) -> Any:
        return decide.withdrawn(head, self.clock.now(), self.context.random)

    def _at_push(self) -> None:
        if self.script.decline:
            self.again(lambda: self.applicant.decline(self.link, forever=False))
            return
        self._wait()

    def _at_closing(self) -> None:
        self._wait()

    def _wait(self) -> None:
        """Until the moment that the case waits for."""
        due = self.waits.get(str(self.head.wait)).due_at
        assert due
        self.clock.at = max(self.clock.at, due)
        self.again(self.sweeper.sweep)

    def _at_identity(self) -> None:
        if self.script.silent:
            self.clock.move(days=1)
            return
        if self.script.decline:
            self.again(lambda: self.applicant.decline(self.link, forever=False))
            return
        _, pending = self.again(lambda: self.applicant.start_face(self.link))
        for begun in self.identity.faces:
            self.identity.finish_face(begun, passed=True)
        self.session = self.again(lambda: self.applicant.finish_face(self.link, pending))

    def _at_intention(self) -> None:
        self.again(lambda: self.applicant.intend(self.link, self.session))

    def _at_declaration(self) -> None:
        form = self.store.sealed(self.case_id, "form")
        assert form
        given = {f["name"]: "补填内容" for f in form["fields"] if f["value"] is None and f["required"]}
        back = self.item.return_ways[0].value if self.item.return_ways else None
        declaration = Declaration(given, {}, back, self.script.delivery_way, PLACE, PLACE)
        self.again(lambda: self.applicant.declare(self.link, self.session, declaration))

    _at_correction = _at_declaration

    def _at_pickup(self) -> None:
        self._moves("pickup", (ParcelState.COLLECTED, ParcelState.ARRIVED))

    def _at_delivery(self) -> None:
        self._moves("delivery", (ParcelState.COLLECTED, ParcelState.ARRIVED))

    def _at_give_back(self) -> None:
        self._moves("give_back", (ParcelState.ARRIVED,))

    def _moves(self, kind: str, states: tuple[ParcelState, ...]) -> None:
        if self._tells(kind):
            return
        if kind == "delivery" and self.head.delivery_way == "pick_up":
            now, random = self.clock.now(), self.context.random
            self.again(lambda: self.context.apply(self.case_id, lambda head: decide.handed_over_counter(head, "王", now, random)))
            return
        if self.script.failing == kind and not self.failed:
            self.failed, states = True, (ParcelState.FAILED,)
        self._move(kind, [(state, "") for state in states])

    def _tells(self, kind: str) -> bool:
        """The next step of the story of this kind's parcels; whether there was one. People wait until they can."""
        if not self.left.get(kind):
            return False
        step, now = self.left[kind][0], self.head
        known = now.parcels.get(kind, ())
        if step in COURIERS_WORDS:
            self.left[kind].pop(0)
            self._move(kind, [COURIERS_WORDS[step]])
            return True
        possible = {
            "has it": True,
            "denies it": bool({"locker", "other_signed", "arrived"} & set(known)),
            "found": "claimed" in known or not self.hints,
            "again": "lost" in known,
            "counter": decide.may_choose_redelivery(now),
            "elsewhere": decide.may_choose_redelivery(now),
        }
        if possible[step]:
            self.left[kind].pop(0)
            self.again(lambda: self._says(step))
        return True

    def _says(self, step: str) -> None:
        match step:
            case "has it" | "denies it":
                self.parcels.received(self.case_id, step == "has it")
            case "found" | "again":
                self.parcels.settle(OFFICIAL, self.case_id, Settlement.RECEIVED if step == "found" else Settlement.RESEND)
            case "counter":
                self.parcels.choose(self.case_id, DeliveryWay.PICK_UP)
            case _:
                self.parcels.choose(self.case_id, DeliveryWay.COURIER, "青岛市崂山区示例路2号")

    def _move(self, kind: str, told: list[tuple[ParcelState, str]]) -> None:
        order_id = effect_id(self.case_id, kind, self.head.attempts[kind])
        for state, detail in told:
            self.courier.move(order_id, state, detail)
            if self.hints:
                id = f"c-{order_id}-{state}-{detail}"
                self.tell("courier", {"id": id, "order_id": order_id, "waybill": "w", "state": state.value})
        if not self.hints:
            self.clock.move(days=1, minutes=1)
            self.again(self.sweeper.sweep)

    def _at_approval(self) -> None:
        if self._tells("pickup"):
            return
        attempt = self.head.attempts["approval"]
        kind = self.script.decisions[min(attempt, len(self.script.decisions)) - 1]  # one decision for one application, however often told
        application_id = effect_id(self.case_id, "approval", attempt)
        content = b"%PDF-1.4 a certificate"
        certificate = {
            "number": "QD-1", "valid_from": "2026-11-24", "valid_until": "2031-11-23",
            "file_base64": base64.b64encode(content).decode(), "file_sha256": hashlib.sha256(content).hexdigest(),
        }  # fmt: skip
        self.tell("department", {
            "id": f"d-{application_id}", "application_id": application_id, "kind": kind, "by": "tester",
            "points": ["补充门牌号"] if kind == "correction" else [],
            "reason_code": "not_qualified", "reason": "不符合设置要求" if kind == "rejected" else "",
            "certificate": certificate if kind == "approved" else None,
        })  # fmt: skip

    # --- messages from outside

    def tell(self, kind: str, message: dict[str, Any]) -> None:
        """A vendor tells us something."""
        if self.deliver:
            self.deliver(self, (kind, message))
        else:
            self.again(lambda: self.receive((kind, message)))

    def receive(self, message: Message) -> None:
        """What the edge does with a signed message. Raises NotYet, and what a vendor would take for a failure."""
        kind, content = message
        hear(self.callbacks, self.head.jurisdiction, kind, content, SECRET, self.clock.wall())

    # --- what came of it

    def effects(self) -> dict[str, list[str]]:
        """The ids under which the vendors did something, checks of the person's own choosing apart."""
        return {
            "messages": sorted(self.messenger.messages),
            "orders": sorted(f"{p.order_id}:{p.state}" for p in self.courier.parcels.values()),
            "applications": sorted(self.department.applications),
            "cancelled": sorted(self.department.cancelled),
        }

    def trace(self) -> Counter[str]:
        """What happened, by type and attempt."""
        return Counter(f"{e.type}:{e.facts.get('attempt', '')}" for e in self.events if e.type not in SIDE_BY_SIDE)

    def order(self) -> list[str]:
        """What happened, in order."""
        return [e.type for e in self.events if e.type not in SIDE_BY_SIDE]

    def state(self) -> dict[str, Any]:
        """How the case ended."""
        head = self.head
        return {
            "stage": head.stage, "outcome": head.outcome, "reason": head.reason, "old": head.old_certificate, "tasks": head.tasks,
            "waits": dict(head.waits), "decided": head.decided, "withdrawing": head.withdrawing, "corrections": head.corrections,
            "execution": self.machine.status(self.case_id),
            "attempts": {k: v for k, v in head.attempts.items() if k != "face"},
        }  # fmt: skip


def check(world: World, quiet: World) -> None:
    """The invariant: the same end, the same side effects once each, no event twice, nothing left behind, the trace whole,
    and the outbox has each event once."""
    assert world.state() == quiet.state()
    assert world.effects() == quiet.effects()
    assert world.order() == quiet.order()
    assert world.trace() == quiet.trace()
    assert broken_link(world.events) is None
    assert world.store.ledger.pending(len(world.events) + 1) == [pending_of(e) for e in world.events]
    for certificate in Certificate:
        held, last = [h for h in custody(world.events) if h.certificate is certificate], holder(custody(quiet.events), certificate)
        assert all(a.until == b.since for a, b in pairwise(held))
        assert holder(held, certificate) == last
    unsent = [r.id for r in world.waits.records.values() if r.answer and not r.sent_at]
    assert not unsent
