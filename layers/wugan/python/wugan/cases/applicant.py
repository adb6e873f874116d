"""What a person can do with their case, from the link of the prompt to the certificate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wugan.cases import decide
from wugan.cases import declaration as declaring
from wugan.cases.audit import DELIBERATION
from wugan.cases.context import Context
from wugan.cases.decide.delegation import section
from wugan.cases.declaration import ADDRESSES, Confirmed
from wugan.cases.declaration import Declaration as Declaration
from wugan.cases.door import Door, Guest, Identified
from wugan.cases.model import Change, Event, Head, Power, Stage, effect_id
from wugan.cases.parcels import Parcels
from wugan.cases.preferences import Preferences
from wugan.cases.rights import Rights
from wugan.cases.together import Other
from wugan.courier.slots import slots
from wugan.errors import Forbidden, InvalidInput
from wugan.forms import package, prefill
from wugan.forms.prefill import Filled
from wugan.identity.number import valid
from wugan.identity.port import Checked, IdentityVerifier
from wugan.items.model import DeliveryWay, Item
from wugan.outreach.plan import bureau
from wugan.signing import same

QUESTION = "是否继续办理“{item}”？选择“继续办理”即视为您提出申请。"
FACE_CONSENT = "我单独同意认证服务处理我的人脸信息，仅用于本次身份核验"
_LEAST_MASKED = 5  # a shorter name would be told by its ends


def offered(jurisdiction: str, now: datetime) -> Sequence[str]:  # noqa: ARG001 – a bureau's couriers may have hours of their own
    """The times at which a courier can come, as text."""
    return tuple(map(str, slots(now)))


@dataclass(frozen=True)
class Landing:
    """What the link alone shows: masked, nothing personal."""

    head: Head
    item: Item
    bureau: str
    masked_name: str  # of the subject
    agent: bool  # whether the link is an agent's
    people: tuple[tuple[int, str, str], ...]  # who may prove to be the person: index, role, masked name
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
    name: str  # of who looks at it
    agent: str  # their number, when it is an agent
    powers: frozenset[Power]
    slots: tuple[str, ...]  # when the courier could come
    slot: str  # and was asked to come
    others: tuple[Other, ...] = ()  # the person's other cases that were told of in the same message

    @property
    def principal(self) -> bool:
        """Whether it is the person, and no agent."""
        return not self.agent


@dataclass(frozen=True)
class Preview:
    """The application as it is, or will be, submitted."""

    fields: list[Filled]
    materials: list[dict[str, Any]]
    form: Mapping[str, Any]  # addresses, number, time slot
    return_way: str | None
    delivery_way: str


def mask(name: str) -> str:
    """A name of which only the ends can be read; of a short one, as people have, the beginning."""
    if len(name) < _LEAST_MASKED:
        return name[:1] + "＊" * len(name[1:])
    return name[0] + "＊" * (len(name) - 3) + name[-2:]


@dataclass(frozen=True)
class Applicant:
    """The applicant's side of the cases. Links open masked pages; a session belongs to an identified person and one case."""

    context: Context
    identity: Callable[[str], IdentityVerifier]  # by jurisdiction
    preferences: Preferences | None = None
    others: Callable[[Head, Mapping[str, Any]], tuple[Other, ...]] = lambda *_: ()  # told of in the same message
    slots: Callable[[str, datetime], Sequence[str]] = offered  # when a courier can come: jurisdiction, now → ISO start/end

    @property
    def door(self) -> Door:
        """Links and sessions."""
        return Door(self.context)

    @property
    def rights(self) -> Rights:
        """What a person may do beside the steps."""
        return Rights(self.context, self.preferences)

    # --- reading

    def head(self, link: str) -> Head:
        """The case that a link opens. Raises LinkInvalid, LinkExpired."""
        return self.door.guest(link).head

    def identified(self, link: str, session: str) -> Head:
        """The case of an identified person. Raises Forbidden, LinkInvalid, LinkExpired."""
        return self.door.identified(link, session).head

    def landing(self, link: str) -> Landing:
        """What a link opens. Raises LinkInvalid, LinkExpired."""
        guest = self.door.guest(link)
        head, item = guest.head, self.context.item(guest.head)
        opened = next(e for e in self.context.store.events(head.case_id) if e.type == "opened")
        subject = self.context.store.sealed(head.case_id, "subject") or {}
        named = enumerate(self.door.people(guest))
        people = tuple((i, str(p.get("role", "")), mask(str(p["name"]))) for i, p in named if p.get("name"))
        return Landing(
            head, item, bureau(item, head.jurisdiction), mask(str(subject.get("name") or "贵单位")), bool(guest.agent), people,
            tuple(opened.facts["fields"]), self.context.keys.code(head.case_id),
        )  # fmt: skip

    def opened(self, link: str, session: str) -> Opened:
        """The whole case for the identified person. Raises Forbidden, LinkInvalid, LinkExpired."""
        who = self.door.identified(link, session)
        head = who.head
        item, sealed = self.context.item(head), self.context.store.unsealed(head.case_id)
        contacts, form = sealed.get("contacts") or [{}], sealed.get("form") or {}
        looking = (sealed.get(section(who.agent)) or {}) if who.agent else contacts[min(who.contact or 0, len(contacts) - 1)]
        return Opened(
            head=head,
            item=item,
            bureau=bureau(item, head.jurisdiction),
            changes=tuple(sealed.get("changes", ())),
            contact=contacts[min(head.contact, len(contacts) - 1)],
            form=prefill.from_json(form["fields"]) if form else None,
            addresses={name: value for name, value in form.items() if name in ADDRESSES},
            points=tuple(sealed.get("corrections", ())),
            rejection=sealed.get("rejection", {}).get("reason"),
            extension=sealed.get("extension", {}).get("reason"),
            events=[e for e in self.context.store.events(head.case_id) if e.type not in DELIBERATION],
            certificate=sealed.get("certificate") if head.decided else None,
            code=self.context.keys.code(head.case_id),
            name=str(looking.get("name", "")),
            agent=who.agent,
            powers=frozenset(head.delegations[who.agent].powers if who.agent else Power),
            slots=self._slots(head),
            slot=str(form.get("pickup_slot", "")),
            others=() if who.agent else self.others(head, looking),
        )

    def verify(self, code: str, credit_code: str) -> Landing | None:
        """Whether this code was really sent to this subject: for people who rightly distrust a link. None when not."""
        for head in self.context.store.by_subject(credit_code.strip().upper()):
            if self.context.keys.code(head.case_id) == code.strip().upper():
                item = self.context.item(head)
                return Landing(head, item, bureau(item, head.jurisdiction), "", False, (), (), self.context.keys.code(head.case_id))
        return None

    # --- identity

    def start_face(self, link: str, who: int | None = None, meta_info: str = "") -> tuple[str, str]:
        """Begin a face check of a contact on file (None: who was prompted), or of the agent whose link it is.

        Whoever calls this has the separate consent of PIPL art. 29; it is recorded before the vendor hears anything. Returns (the vendor's
        page, a token that binds the check to this browser). `meta_info` is what the vendor's script says
        of the device, if the page has one. Raises Locked.
        """
        guest = self.door.guest(link)
        index, person = self.door.person(guest, who)
        decide.may_begin_check(guest.head, self.context.clock.now())
        head = self._apply(guest.head, lambda h, now: decide.face_consented(h, FACE_CONSENT, guest.agent, now, self.context.random))
        check_id = effect_id(head.case_id, "face", head.attempts.get("face", 0) + 1)
        back = f"{self.context.public_url()}/c/{link}/identity/return"
        intention, vendor = QUESTION.format(item=self.context.item(head).name), self.identity(head.jurisdiction)
        started = vendor.start_face(check_id, str(person["name"]), str(person["id_number"]), back, intention, meta_info)
        return started.url or back, self._started(guest, index, "face", started.reference)

    def start_code(self, link: str, who: int | None = None) -> str:
        """Send a code to the number on file: the way without a face. Raises Locked.

        Returns the token that binds the check to this browser.
        """
        guest = self.door.guest(link)
        index, person = self.door.person(guest, who)
        mobile = person.get("mobile")
        if not mobile:
            raise InvalidInput("no mobile number is on file: use the face check or ask a person", field="method")
        head = guest.head
        decide.may_begin_check(head, self.context.clock.now())  # before a message goes out
        check_id = effect_id(head.case_id, "code", head.attempts.get("code", 0) + 1)
        return self._started(guest, index, "code", self.identity(head.jurisdiction).start_code(check_id, str(mobile)).reference)

    def awaits_code(self, link: str, pending: str) -> bool:
        """Whether the check that this browser began is by code and can still pass. Raises LinkInvalid, LinkExpired for the link."""
        guest = self.door.guest(link)
        try:
            self.door.check(guest, pending, "code")
        except Forbidden:
            return False
        return not decide.locked(guest.head, self.context.clock.now())

    def finish_face(self, link: str, pending: str) -> str | None:
        """Back from the vendor: a session when the check passed, None while it is not finished. Raises Forbidden when it failed."""
        guest = self.door.guest(link)
        who, reference = self.door.check(guest, pending, "face")
        result = self.identity(guest.head.jurisdiction).check_face(reference)
        return None if result is None else self._session(guest, who, result)

    def finish_code(self, link: str, pending: str, code: str, id_number: str) -> str:
        """The code, and the whole identity number. Returns a session. Raises Forbidden; and InvalidInput, which counts as no attempt, for
        a number that is nobody's: a slip of the finger."""
        guest = self.door.guest(link)
        who, reference = self.door.check(guest, pending, "code")
        number = "".join(id_number.split()).upper()
        if not valid(number):
            raise InvalidInput("no identity number has this check digit: look at each digit", field="id_number")
        result = self.identity(guest.head.jurisdiction).check_code(reference, code.strip())
        _, person = self.door.person(guest, who)
        if result.passed and not same(str(person.get("id_number", "")).upper(), number):
            result = Checked(result.reference, False, result.level, result.at, "id_number")
        return self._session(guest, who, result)

    def checked(self, case_id: str) -> None:
        """A vendor hinted that a check is finished: ask the vendor, and go on."""
        head = self.context.store.head(case_id)
        method, _, reference = head.check.partition(":")
        result = self.identity(head.jurisdiction).check_face(reference) if method == "face" else None
        if result is not None:
            self._take_result(head, result, None)

    # --- answers

    def decline(self, link: str, forever: bool, session: str = "") -> Head:
        """No, for now or for this item for ever: until somebody was identified without identification (PIPL art. 24), then with it."""
        guest = self.door.guest(link)
        known = self._known(link, session, Power.DECLARE)
        if guest.agent and (known is None or forever):
            raise Forbidden("an agent may not say no for the person for ever, nor unidentified", field="agent")

        def decision(head: Head, now: datetime) -> Change:
            if known is None and head.resume is not Stage.IDENTITY:
                raise Forbidden("somebody has identified already: prove who you are first", field="identity")
            return decide.declined(head, forever, now, self.context.random, guest.agent)

        return self._apply(guest.head, decision)

    def ask_person(self, link: str, session: str = "") -> Head:
        """A human, please (PIPL art. 24). Who did not identify ends nothing that somebody identified has begun."""
        guest, known = self.door.guest(link), self._known(link, session) is not None
        return self._apply(guest.head, lambda head, now: decide.asked_person(head, now, self.context.random, guest.agent, known=known))

    def intend(self, link: str, session: str) -> Head:
        """Continue: this counts as the application (step 4)."""
        who = self.door.identified(link, session, Power.DECLARE)
        text = QUESTION.format(item=self.context.item(who.head).name)
        return self._apply(who.head, lambda head, now: decide.intended(head, text, now, self.context.random, who.agent))

    def declare(self, link: str, session: str, declaration: Declaration) -> Head:
        """Confirm form, material, return and delivery (step 5), or correct them (补正). Raises InvalidForm with all that is wrong."""
        who = self.door.identified(link, session, Power.DECLARE)
        item, before, confirmed = self._confirmed(who, declaration)
        disputed = [f.name for f in confirmed.fields if f.disputed]
        asked = declaring.requests(before, confirmed.fields)
        return self._apply(
            who.head,
            lambda head, now: decide.declared(
                head, item, confirmed.form, declaration.return_way, declaration.delivery_way, disputed, now, self.context.random,
                who.agent, asked,
            ),
        )  # fmt: skip

    def preview(self, link: str, session: str, declaration: Declaration) -> Preview:
        """The application as this declaration would submit it; nothing is written. Raises as `declare`."""
        item, _, confirmed = self._confirmed(self.door.identified(link, session, Power.DECLARE), declaration)
        made = package.materials(item, confirmed.fields, declaration.return_way)
        return Preview(confirmed.fields, made, confirmed.form, declaration.return_way, declaration.delivery_way)

    def submitted(self, link: str, session: str) -> Preview | None:
        """The application as it was confirmed; None before."""
        head = self.door.identified(link, session).head
        form = self.context.store.sealed(head.case_id, "form")
        if not form or not head.delivery_way:
            return None
        fields = prefill.from_json(form["fields"])
        return Preview(
            fields, package.materials(self.context.item(head), fields, head.return_way), form, head.return_way, head.delivery_way
        )

    def withdraw(self, link: str, session: str) -> Head:
        """Take the application back, at any time before the decision: the person alone may."""
        who = self.door.principal(link, session)
        return self._apply(who.head, lambda head, now: decide.withdrawn(head, now, self.context.random))

    def confirm_receipt(self, link: str, session: str, received: bool) -> Head:
        """Whether what a courier carried is in the person's hands: what the courier says of it may be wrong."""
        who = self.door.principal(link, session)
        return Parcels(self.context).received(who.head.case_id, received)

    def choose_redelivery(self, link: str, session: str, way: str, address: str) -> Head:
        """What becomes of a certificate that came home: sent again to this address, or fetched at the counter. Raises InvalidInput."""
        who = self.door.principal(link, session)
        if way not in (DeliveryWay.COURIER, DeliveryWay.PICK_UP):
            raise InvalidInput("by courier, or at the counter", field="delivery_way")
        return Parcels(self.context).choose(who.head.case_id, DeliveryWay(way), address)

    # --- inside

    def _known(self, link: str, session: str, power: Power | None = None) -> Identified | None:
        try:
            return self.door.identified(link, session, power) if session else None
        except Forbidden:
            return None

    def _apply(self, case: Head, decision: Callable[[Head, datetime], Change | None]) -> Head:
        return self.context.apply(case.case_id, lambda head: decision(head, self.context.clock.now()))

    def _confirmed(self, who: Identified, declaration: Declaration) -> tuple[Item, list[Filled], Confirmed]:
        head = who.head
        item, sealed = self.context.item(head), self.context.store.sealed(head.case_id, "form")
        if not sealed:
            raise InvalidInput("the form is not ready yet", field="form")
        before = prefill.from_json(sealed["fields"])
        return item, before, declaring.confirm(item, head.jurisdiction, head.holds_old, before, declaration, self._slots(head))

    def _slots(self, head: Head) -> tuple[str, ...]:
        return tuple(self.slots(head.jurisdiction, self.context.clock.now()))

    def _started(self, guest: Guest, who: int, method: str, reference: str) -> str:
        self._apply(guest.head, lambda h, now: decide.identity_started(h, method, reference, now, self.context.random, guest.agent))
        return self.door.begun(guest, who, reference, method)

    def _take_result(self, head: Head, result: Checked, agent: str | None) -> None:
        item = self.context.item(head)
        self._apply(head, lambda h, now: decide.identity_checked(h, item, result, now, self.context.random, agent))

    def _session(self, guest: Guest, who: int, result: Checked) -> str:
        self._take_result(guest.head, result, guest.agent)
        if not result.passed:
            raise Forbidden("the check did not pass: try again, another way, or ask a person", field="identity")
        return self.door.session(guest, who)
