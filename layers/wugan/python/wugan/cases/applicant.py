"""What a person can do with their case, from the link of the prompt to the certificate."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wugan.cases import decide
from wugan.cases.audit import DELIBERATION
from wugan.cases.context import Context
from wugan.cases.model import Event, Head, effect_id
from wugan.errors import Forbidden, InvalidInput, LinkInvalid, NotFound
from wugan.forms import prefill
from wugan.forms.prefill import Filled
from wugan.identity.port import Checked, IdentityVerifier
from wugan.items.model import DeliveryWay, Item, ReturnWay
from wugan.links import SESSION
from wugan.outreach.plan import bureau

MOBILE = re.compile(r"1[0-9]{10}")
ADDRESSES = ("pickup_address", "delivery_address")
QUESTION = "是否继续办理“{item}”？选择“继续办理”即视为您提出申请。"


@dataclass(frozen=True)
class Landing:
    """What the link alone shows: masked, nothing personal."""

    head: Head
    item: Item
    bureau: str
    masked_name: str  # of the subject
    fields: tuple[str, ...]  # which fields changed, without their values
    code: str  # to check at the portal


@dataclass(frozen=True)
class Opened:
    """What an identified person sees."""

    head: Head
    item: Item
    bureau: str
    changes: tuple[dict[str, Any], ...]  # field, old, new
    contact: Mapping[str, Any]
    form: list[Filled] | None
    addresses: Mapping[str, str]  # pickup_address, delivery_address, as the person gave them
    points: tuple[str, ...]  # corrections asked for
    rejection: str | None
    extension: str | None  # why the promised date was moved
    events: list[Event]
    certificate: Mapping[str, Any] | None
    code: str


@dataclass(frozen=True)
class Declaration:
    """What the person confirms in step 5."""

    given: Mapping[str, str]
    disputed: Mapping[str, str]
    return_way: str | None
    delivery_way: str
    pickup_address: str = ""
    delivery_address: str = ""


def mask(name: str) -> str:
    """A name of which only the ends can be read."""
    return name if len(name) < 2 else name[0] + "＊" * max(1, len(name) - 4) + name[-2:]


@dataclass(frozen=True)
class Applicant:
    """The applicant's side of the cases. Links open masked pages; a session belongs to an identified person and one case."""

    context: Context
    identity: Callable[[str], IdentityVerifier]  # by jurisdiction

    # --- reading

    def landing(self, link: str) -> Landing:
        """What a link opens. Raises LinkInvalid, LinkExpired."""
        head = self._linked(link)
        item = self.context.item(head)
        opened = next(e for e in self.context.store.events(head.case_id) if e.type == "opened")
        subject = self.context.store.sealed(head.case_id, "subject") or {}
        return Landing(
            head, item, bureau(item, head.jurisdiction), mask(str(subject.get("name") or "贵单位")), tuple(opened.facts["fields"]),
            self.context.keys.code(head.case_id),
        )  # fmt: skip

    def opened(self, link: str, session: str) -> Opened:
        """The whole case for the identified person. Raises Forbidden, LinkInvalid, LinkExpired."""
        head = self._identified(link, session)
        item, sealed = self.context.item(head), self.context.store.unsealed(head.case_id)
        contacts, form = sealed.get("contacts") or [{}], sealed.get("form")
        return Opened(
            head=head,
            item=item,
            bureau=bureau(item, head.jurisdiction),
            changes=tuple(sealed.get("changes", ())),
            contact=contacts[min(head.contact, len(contacts) - 1)],
            form=prefill.from_json(form["fields"]) if form else None,
            addresses={name: value for name, value in (form or {}).items() if name in ADDRESSES},
            points=tuple(sealed.get("corrections", ())),
            rejection=sealed.get("rejection", {}).get("reason"),
            extension=sealed.get("extension", {}).get("reason"),
            events=[e for e in self.context.store.events(head.case_id) if e.type not in DELIBERATION],
            certificate=sealed.get("certificate") if head.decided else None,
            code=self.context.keys.code(head.case_id),
        )

    def verify(self, code: str, credit_code: str) -> Landing | None:
        """Whether this code was really sent to this subject: for people who rightly distrust a link. None when not."""
        for head in self.context.store.by_subject(credit_code.strip().upper()):
            if self.context.keys.code(head.case_id) == code.strip().upper():
                item = self.context.item(head)
                return Landing(head, item, bureau(item, head.jurisdiction), "", (), self.context.keys.code(head.case_id))
        return None

    # --- identity

    def start_face(self, link: str) -> tuple[str, str]:
        """Begin a face check. Returns (the vendor's page, a token that binds the check to this browser)."""
        head = self._linked(link)
        contact = self._contact(head)
        check_id = effect_id(head.case_id, "face", head.attempts.get("face", 0) + 1)
        back = f"{self.context.public_url()}/c/{link}/identity/return"
        started = self.identity(head.jurisdiction).start_face(check_id, str(contact["name"]), str(contact["id_number"]), back)
        return started.url or back, self._started(head, "face", started.reference)

    def start_code(self, link: str) -> str:
        """Send a code to the number on file: the way without a face. Returns the token that binds the check to this browser."""
        head = self._linked(link)
        mobile = self._contact(head).get("mobile")
        if not mobile:
            raise InvalidInput("no mobile number is on file: use the face check or ask a person", field="method")
        check_id = effect_id(head.case_id, "code", head.attempts.get("code", 0) + 1)
        return self._started(head, "code", self.identity(head.jurisdiction).start_code(check_id, str(mobile)).reference)

    def finish_face(self, link: str, pending: str) -> str | None:
        """Back from the vendor: a session when the check passed, None while it is not finished. Raises Forbidden when it failed."""
        head, reference = self._pending(link, pending, "face")
        result = self.identity(head.jurisdiction).check_face(reference)
        return None if result is None else self._session(head, result)

    def finish_code(self, link: str, pending: str, code: str, id_tail: str) -> str:
        """The code, and the last four of the identity number. Returns a session. Raises Forbidden."""
        head, reference = self._pending(link, pending, "code")
        result = self.identity(head.jurisdiction).check_code(reference, code.strip())
        number = str(self._contact(head).get("id_number", ""))
        if result.passed and id_tail.strip().upper() != number[-4:]:
            result = Checked(result.reference, False, result.level, result.at, "id_number")
        return self._session(head, result)

    def checked(self, case_id: str) -> None:
        """A vendor hinted that a check is finished: ask the vendor, and go on."""
        head = self.context.store.head(case_id)
        method, _, reference = head.check.partition(":")
        result = self.identity(head.jurisdiction).check_face(reference) if method == "face" else None
        if result is not None:
            self._take_result(head, result)

    # --- answers

    def decline(self, link: str, forever: bool) -> Head:
        """No, for now or for this item for ever: as easy as a tap, without identification (PIPL art. 24)."""
        return self._apply(self._linked(link), lambda head, now: decide.declined(head, forever, now, self.context.random))

    def ask_person(self, link: str) -> Head:
        """A human, please (PIPL art. 24)."""
        return self._apply(self._linked(link), lambda head, now: decide.asked_person(head, now, self.context.random))

    def intend(self, link: str, session: str) -> Head:
        """Continue: this counts as the application (step 4)."""
        case = self._identified(link, session)
        text = QUESTION.format(item=self.context.item(case).name)
        return self._apply(case, lambda head, now: decide.intended(head, text, now, self.context.random))

    def declare(self, link: str, session: str, declaration: Declaration) -> Head:
        """Confirm form, material, return and delivery (step 5), or correct them (补正)."""
        case = self._identified(link, session)
        item, sealed = self.context.item(case), self.context.store.sealed(case.case_id, "form")
        if not sealed:
            raise InvalidInput("the form is not ready yet", field="form")
        fields = prefill.confirm(prefill.from_json(sealed["fields"]), declaration.given, declaration.disputed)
        addresses = _addresses(declaration, fields)
        form = {"fields": prefill.to_json(fields), **addresses}
        disputed = [f.name for f in fields if f.disputed]
        return self._apply(
            case,
            lambda head, now: decide.declared(
                head, item, form, declaration.return_way, declaration.delivery_way, disputed, now, self.context.random
            ),
        )

    def withdraw(self, link: str, session: str) -> Head:
        """Take the application back, at any time before the decision."""
        case = self._identified(link, session)
        return self._apply(case, lambda head, now: decide.withdrawn(head, now, self.context.random))

    # --- inside

    def _apply(self, case: Head, decision: Any) -> Head:
        return self.context.apply(case.case_id, lambda head: decision(head, self.context.clock.now()))

    def _linked(self, link: str) -> Head:
        case_id = self.context.keys.case_of(link, self.context.clock.now())
        try:
            return self.context.store.head(case_id)
        except NotFound:
            raise LinkInvalid("this link opens nothing") from None

    def _contact(self, head: Head) -> Mapping[str, Any]:
        contacts = self.context.store.sealed(head.case_id, "contacts") or []
        if not contacts:
            raise Forbidden("nobody is on file for this case: ask a person")
        contact: Mapping[str, Any] = contacts[min(head.contact, len(contacts) - 1)]
        return contact

    def _started(self, case: Head, method: str, reference: str) -> str:
        now = self.context.clock.now()
        self.context.apply(case.case_id, lambda head: decide.identity_started(head, method, reference, now, self.context.random))
        return self.context.keys.seal("check", {"c": case.case_id, "r": reference, "m": method}, self.context.clock.wall() + SESSION)

    def _pending(self, link: str, pending: str, method: str) -> tuple[Head, str]:
        head = self._linked(link)
        claims = self.context.keys.open("check", pending, self.context.clock.wall())
        if claims["c"] != head.case_id or claims["m"] != method:
            raise Forbidden("this check was begun for another case")
        return head, str(claims["r"])

    def _take_result(self, head: Head, result: Checked) -> None:
        item, now = self.context.item(head), self.context.clock.now()
        self.context.apply(head.case_id, lambda h: decide.identity_checked(h, item, result, now, self.context.random))

    def _session(self, head: Head, result: Checked) -> str:
        self._take_result(head, result)
        if not result.passed:
            raise Forbidden("the check did not pass: try again, another way, or ask a person", field="identity")
        return self.context.keys.seal("session", {"c": head.case_id}, self.context.clock.wall() + SESSION)

    def _identified(self, link: str, session: str) -> Head:
        head = self._linked(link)
        if self.context.keys.open("session", session, self.context.clock.wall())["c"] != head.case_id:
            raise Forbidden("this session belongs to another case")
        return head


def _addresses(declaration: Declaration, fields: Sequence[Filled]) -> dict[str, str]:
    """What the couriers of the chosen ways need: addresses, and the form's mobile number. Raises InvalidInput."""
    needed = {
        "pickup_address": (declaration.pickup_address, declaration.return_way == ReturnWay.COURIER),
        "delivery_address": (declaration.delivery_address, declaration.delivery_way == DeliveryWay.COURIER),
    }
    for name, (value, wanted) in needed.items():
        if wanted and not 6 <= len(value.strip()) <= 120:
            raise InvalidInput("give an address of 6 to 120 characters at which the courier finds you", field=name)
    given = {name: value.strip() for name, (value, wanted) in needed.items() if wanted}
    if not given:
        return {}
    mobile = next((f for f in fields if f.source == "contact.mobile"), None)
    if mobile is None or not MOBILE.fullmatch(mobile.final or ""):
        raise InvalidInput("give a mobile number of 11 digits: the courier calls it", field=mobile.name if mobile else "delivery_way")
    return given | {"courier_mobile": str(mobile.final)}
