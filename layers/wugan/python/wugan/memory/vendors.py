"""The vendors' ports in memory: what was asked, once for each id, and failures as they are scripted.

For unit and flow tests. The contract tests in `tests/contract/vendors` hold them to the same promises as the adapters.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal

from wugan.approval.port import Application
from wugan.clock import Clock
from wugan.courier.port import AREA_NOT_SERVED, NeverPlaced, Order, Parcel, ParcelState
from wugan.errors import VendorRefused, VendorUnavailable, WuganError
from wugan.identity.port import Checked, Started
from wugan.outreach.port import Message
from wugan.outreach.receipts import Receipt

WRONG_CODES = 5


class Scripted:
    """`asked` counts the calls by id; `fail` plans failures, which the next calls meet one after the other."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self._planned: deque[tuple[str, WuganError]] = deque()

    def fail(self, when: Literal["before", "after"] = "before", *, times: int = 1, error: WuganError | None = None) -> None:
        """Let the next `times` calls fail, before or after they take effect; VendorUnavailable unless said otherwise."""
        self._planned.extend([(when, error or VendorUnavailable("scripted"))] * times)

    @contextmanager
    def _call(self, id: str) -> Iterator[None]:
        self.asked[id] += 1
        when, error = self._planned.popleft() if self._planned else ("", None)
        if error and when == "before":
            raise error
        yield
        if error:
            raise error


class MemoryMessenger(Scripted):
    """`messages`: what was delivered, by id; `receipts`: what is told of them when asked. Addresses in `blocked` are refused."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: dict[str, Message] = {}
        self.receipts: dict[str, Receipt] = {}
        self.blocked: set[str] = set()

    def send(self, message: Message) -> str:
        with self._call(message.id):
            if message.id not in self.messages:
                if message.address in self.blocked:
                    raise VendorRefused("address_blocked")
                self.messages[message.id] = message
            reference = f"message-{message.id}"
        return reference

    def poll(self, message: Message) -> Receipt | None:
        with self._call(message.id):
            return self.receipts.get(message.id)


class MemoryIdentity(Scripted):
    """`faces` and `codes`: the checks by reference. `finish_face` plays the person; `codes` holds what they would read.

    Identity numbers and mobiles in `unknown` are refused.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.faces: dict[str, Checked | None] = {}
        self.codes: dict[str, str] = {}
        self.unknown: set[str] = set()
        self._wrong: Counter[str] = Counter()
        self._clock = clock

    def start_face(self, id: str, name: str, id_number: str, return_url: str, intention: str = "", meta_info: str = "") -> Started:  # noqa: ARG002 – the port's signature
        reference = f"face-{id}"
        with self._call(id):
            if reference not in self.faces:
                self._admit(id_number)
                self.faces[reference] = None
        return Started(reference, f"https://identity.example/{reference}")

    def start_code(self, id: str, mobile: str) -> Started:
        reference = f"code-{id}"
        with self._call(id):
            if reference not in self.codes:
                self._admit(mobile)
                self.codes[reference] = f"{len(self.codes):06d}"
        return Started(reference, None)

    def check_face(self, reference: str) -> Checked | None:
        with self._call(reference):
            if reference not in self.faces:
                raise VendorRefused("check_unknown")
        return self.faces[reference]

    def check_code(self, reference: str, code: str) -> Checked:
        with self._call(reference):
            if reference not in self.codes:
                raise VendorRefused("check_unknown")
            reason = self._fault(reference, code)
        return Checked(reference, not reason, "code", self._clock.now(), reason)

    def finish_face(self, reference: str, *, passed: bool) -> None:
        """The person showed their face; what came out first stays."""
        reason = "" if passed else "face_mismatch"
        if self.faces[reference] is None:
            self.faces[reference] = Checked(reference, passed, "face", self._clock.now(), reason)

    def _admit(self, person: str) -> None:
        if person in self.unknown:
            raise VendorRefused("person_unknown")

    def _fault(self, reference: str, code: str) -> str:
        if self._wrong[reference] >= WRONG_CODES:
            return "too_many_attempts"
        if self.codes[reference] == code:
            return ""
        self._wrong[reference] += 1
        return "code_wrong"


class MemoryCourier(Scripted):
    """`orders` and `parcels` by order id. `move` plays the courier; mobiles in `not_served` are refused."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[str, Order] = {}
        self.parcels: dict[str, Parcel] = {}
        self.not_served: set[str] = set()

    def order(self, order: Order) -> Parcel:
        with self._call(order.id):
            if order.id not in self.orders:
                if {order.sender.mobile, order.receiver.mobile} & self.not_served:
                    raise VendorRefused(AREA_NOT_SERVED)
                self.orders[order.id] = order
                self.parcels[order.id] = Parcel(order.id, f"MEM{len(self.orders):010d}", ParcelState.ORDERED)
        return self.parcels[order.id]

    def cancel(self, order_id: str) -> None:
        with self._call(order_id):
            parcel = self.parcels.get(order_id)
            if parcel and parcel.state in (ParcelState.COLLECTED, ParcelState.ARRIVED):
                raise VendorRefused("already_collected")
            if parcel and parcel.state is ParcelState.ORDERED:
                self.move(order_id, ParcelState.CANCELLED)

    def query(self, order_id: str) -> Parcel:
        with self._call(order_id):
            if order_id not in self.parcels:
                raise NeverPlaced("the courier has no such order", field="order_id")
        return self.parcels[order_id]

    def move(self, order_id: str, state: ParcelState, detail: str = "") -> None:
        """The parcel reached a state."""
        self.parcels[order_id] = replace(self.parcels[order_id], state=state, detail=detail)


class MemoryDepartment(Scripted):
    """`applications` by id, `cancelled` and `decided` ids. `decide` plays the department; subjects in `not_competent` are refused."""

    def __init__(self) -> None:
        super().__init__()
        self.applications: dict[str, Application] = {}
        self.cancelled: set[str] = set()
        self.decided: set[str] = set()
        self.not_competent: set[str] = set()

    def submit(self, application: Application) -> str:
        with self._call(application.id):
            if application.id not in self.applications:
                if application.subject in self.not_competent:
                    raise VendorRefused("not_competent")
                self.applications[application.id] = application
        return f"department-{application.id}"

    def cancel(self, application_id: str) -> None:
        with self._call(application_id):
            if application_id in self.decided:
                raise VendorRefused("already_decided")
            if application_id in self.applications:
                self.cancelled.add(application_id)

    def decide(self, application_id: str) -> None:
        """The application was approved or rejected; what the decision was comes by callback."""
        self.decided.add(application_id)
