"""What a department's officials do at the desk (审批工作台): the same port as a department with a platform of its own."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from wugan.approval.port import Decision, DecisionKind
from wugan.cases import decide, profile
from wugan.cases.context import Context
from wugan.cases.decide import CallOutcome
from wugan.cases.declaration import ADDRESSES
from wugan.cases.model import Event, Head, Stage, Task
from wugan.cases.ports import Roster
from wugan.cases.profile import Profile
from wugan.cases.queue import NOBODY, Card, Listing, Place
from wugan.cases.recheck import Recheck, recheck
from wugan.clock import BEIJING
from wugan.errors import Forbidden, InvalidInput, LinkExpired, NotFound, NotWaiting
from wugan.forms import prefill
from wugan.items.model import Item
from wugan.links import DESK_SESSION
from wugan.registry import normalise
from wugan.signin.entrance import Entrance
from wugan.signin.official import Official as Official
from wugan.signin.official import Role

PAGE = 25
MOST_COUNTED = 100  # of a light; more is "99+"
MOST_FOUND = 50  # cases of one subject
KEEP_ITEMS = timedelta(minutes=5)  # the names in the filter
CALLS_FROM = time(9)  # of the day on which a call is tried again
BEFORE_DECISION = frozenset({Stage.PICKUP, Stage.APPROVAL, Stage.CORRECTION})


@dataclass(frozen=True)
class QueuePage:
    """A page of the queue. `next` and `previous` are tokens; `lights` counts up to MOST_COUNTED; `officials` are names by id."""

    cards: tuple[Card, ...]
    next: str | None
    previous: str | None
    lights: Mapping[str, int]
    officials: Mapping[str, str]


@dataclass(frozen=True)
class TaskPage:
    """A page of a task's list, with the token of the next one."""

    heads: tuple[Head, ...]
    next: str | None


@dataclass(frozen=True)
class DeskCase:
    """One case as an official sees it."""

    head: Head
    item: Item
    subject_name: str  # empty when erased
    changes: tuple[dict[str, Any], ...]
    application: Mapping[str, Any] | None
    ways: Mapping[str, str | None]  # the addresses and the time that the person's choice asks for
    contact: Mapping[str, Any]
    events: list[Event]
    recheck: Recheck | None  # until the decision
    proposal: Decision | None  # waits for a second official
    sent_back: str | None  # why the last proposal was not confirmed
    extension: str | None  # why the promised date was moved
    certificate: Mapping[str, Any] | None
    officials: tuple[Official, ...]  # of the bureau

    def name(self, id: str) -> str:
        """The name of an official; of one whom the roster does not know, the id."""
        return next((o.name for o in self.officials if o.id == id), id)


@dataclass(frozen=True)
class Desk:
    """The desk of the approving departments: each sees its own jurisdiction only."""

    context: Context
    entrance: Entrance
    roster: Roster
    _items: dict[str, tuple[datetime, list[Item]]] = field(default_factory=dict)

    # --- signing in with an invitation, in rehearsals

    def invite(self, official: Official) -> str:
        """A code to sign in with, given out by operations in a rehearsal. Raises SignInRefused in production."""
        return self.entrance.sessions.invite(official)

    def sign_in(self, invite: str) -> str:
        """A session for such a code. Raises SignInRefused."""
        return self.entrance.invited(invite)

    def official(self, session: str) -> Official:
        """Who a session belongs to. Raises LinkInvalid, LinkExpired."""
        return self.entrance.sessions.read(session).official

    # --- lists

    def queue(self, official: Official, listing: Listing, token: str = "") -> QueuePage:
        """One page, the most urgent first, in one bounded query. Raises Forbidden, LinkInvalid for a token of another list."""
        if listing.jurisdiction != official.jurisdiction:
            raise Forbidden("this queue belongs to another bureau")
        start, backwards = self._opened(_name(listing), token)
        found = self.context.store.queue(listing, PAGE, start, backwards=backwards)
        cards = found.cards[::-1] if backwards else found.cards
        before = found.next if backwards else cards[0].place if start and cards else None
        after = found.next if not backwards else cards[-1].place if cards else None
        others = {c.officer for c in cards} - {NOBODY, official.id}
        officials = {o.id: o.name for o in self.roster.of(official.jurisdiction)} if others else {}
        lights = {light: self.context.store.queued(_lit(listing, light), MOST_COUNTED) for light in ("red", "yellow")}
        names = officials | {official.id: official.name}
        return QueuePage(cards, self._turn(listing, after, False), self._turn(listing, before, True), lights, names)

    def items(self, official: Official) -> list[Item]:
        """The current items of the bureau, for the filter."""
        now = self.context.clock.wall()
        at, found = self._items.get(official.jurisdiction, (None, []))
        if at is None or now - at > KEEP_ITEMS:
            found = [
                item for _, item in self.context.items.current(self.context.clock.now()) if official.jurisdiction in item.jurisdictions
            ]
            self._items[official.jurisdiction] = (now, found)
        return found

    def search(self, official: Official, text: str) -> list[Head]:
        """The bureau's case with this number, or its cases of the subject with this credit code, newest first. Raises InvalidInput."""
        text = text.strip()
        if len(text) == 26 and text.isalnum():
            return self._with_id(official, text.lower())
        code = normalise.credit_code(text)
        if not code or len(code) != 18:
            raise InvalidInput("a case number of 26 characters, or a credit code of 18", field="search")
        newest = islice(self.context.store.by_subject(code), MOST_FOUND)
        return [head for head in newest if head.jurisdiction == official.jurisdiction]

    def _with_id(self, official: Official, case_id: str) -> list[Head]:
        try:
            return [self._own(official, case_id)]
        except (NotFound, Forbidden):  # another bureau's is not even known here
            return []

    def tasks(self, official: Official, task: Task, token: str = "") -> TaskPage:
        """One page of what is to be done by hand, the longest asked for first. Raises LinkInvalid."""
        name = f"{official.jurisdiction}#{task}"
        after = self._token(name, token).get("a")
        heads, following = self.context.store.task_page(official.jurisdiction, task, PAGE, str(after) if after else None)
        return TaskPage(tuple(heads), self._sealed(name, {"a": following}) if following else None)

    # --- one case

    def case(self, official: Official, case_id: str) -> DeskCase:
        """One case. Raises NotFound, Forbidden for another bureau's."""
        head = self._own(official, case_id)
        item, sealed = self.context.item(head), self.context.store.unsealed(case_id)
        contacts = sealed.get("contacts") or [{}]
        form = sealed.get("form") or {"fields": []}
        filled = prefill.from_json(form["fields"])
        return DeskCase(
            head=head,
            item=item,
            subject_name=(sealed.get("subject") or {}).get("name") or "",
            changes=tuple(sealed.get("changes", ())),
            application=sealed.get("application"),
            ways={name: form.get(name) for name in (*ADDRESSES, "pickup_slot")},
            contact=contacts[min(head.contact, len(contacts) - 1)],
            events=self.context.store.events(case_id),
            recheck=recheck(self.context.lookup, head, item, filled) if head.stage in BEFORE_DECISION else None,
            proposal=_decision(sealed["proposal"]) if head.proposal and "proposal" in sealed else None,
            sent_back=sealed.get("sent_back", {}).get("note"),
            extension=sealed.get("extension", {}).get("reason"),
            certificate=sealed.get("certificate") if head.decided else None,
            officials=tuple(self.roster.of(official.jurisdiction)),
        )

    def subject(self, official: Official, case_id: str) -> Profile:
        """The profile of a case's subject. Raises NotFound, Forbidden for another bureau's case, VendorUnavailable."""
        return profile.read(self.context, self._own(official, case_id).subject)

    # --- deciding

    def decide(self, official: Official, decision: Decision, attempt: int) -> Head:
        """Approve, ask for corrections, or reject; where four eyes are asked for, propose it."""
        head = self._own(official, decision.application_id.partition("-")[0])
        if not self.context.item(head).four_eyes:
            return decide_case(self.context, decision, attempt)
        check_certificate(decision.certificate)
        return self._apply(head.case_id, lambda h, now: decide.proposed(h, decision, attempt, official.id, now, self.context.random))

    def confirm(self, official: Official, case_id: str, proposal: str) -> Head:
        """The second official agrees. Raises Forbidden for the one who proposed, NotWaiting when it is not this proposal any more."""
        head = self._own(official, case_id)
        kept, attempt = self.context.store.sealed(case_id, "proposal"), head.attempts.get("approval", 0)
        if kept is None or kept["id"] != proposal:
            raise NotWaiting("this is not the decision that waits for a second official")
        decision = _decision(kept)
        return self._apply(case_id, lambda h, now: decide.confirmed(h, decision, attempt, official.id, now, self.context.random))

    def send_back(self, official: Official, case_id: str, proposal: str, note: str) -> Head:
        """The second official does not agree. Raises as `confirm`."""
        self._own(official, case_id)
        return self._apply(case_id, lambda h, now: decide.sent_back(h, proposal, official.id, note, now, self.context.random))

    def extend(self, official: Official, case_id: str, reason: str) -> Head:
        """Ten more working days, once, with a reason that the person is told."""
        item = self.context.item(self._own(official, case_id))
        return self._apply(case_id, lambda h, now: decide.extended(h, item, official.id, reason, now, self.context.random))

    def assign(self, official: Official, case_id: str, before: str, officer: str) -> Head:
        """Take a case, pass it on, or put it back. Raises InvalidInput for somebody who does not decide in this bureau."""
        self._own(official, case_id)
        approvers = {o.id for o in self.roster.of(official.jurisdiction) if Role.APPROVER in o.roles}
        if officer not in approvers | {official.id, NOBODY}:
            raise InvalidInput("an official of this bureau who decides", field="officer")
        return self._apply(case_id, lambda h, now: decide.assigned(h, before, officer, official.id, now, self.context.random))

    def received(self, official: Official, case_id: str) -> Head:
        """The person fetched the new certificate at the counter."""
        self._own(official, case_id)
        return self._apply(case_id, lambda h, now: decide.handed_over_counter(h, official.id, now, self.context.random))

    # --- tasks by hand

    def called(self, official: Official, case_id: str, outcome: CallOutcome, again: date | None) -> Head:
        """What came of a call; `again` is the day to try again when nobody answered."""
        self._own(official, case_id)
        at = datetime.combine(again, CALLS_FROM, BEIJING) if again else None
        return self._apply(case_id, lambda h, now: decide.called(h, outcome, at, official.id, now, self.context.random))

    def done(self, official: Official, case_id: str, task: Task, note: str = "") -> Head:
        """A task of this case is done, with a note on how."""
        self._own(official, case_id)
        return self._apply(case_id, lambda h, now: decide.task_done(h, task, official.id, now, self.context.random, note))

    # --- inside

    def _apply(self, case_id: str, decision: Any) -> Head:
        now = self.context.clock.now()
        return self.context.apply(case_id, lambda head: decision(head, now))

    def _own(self, official: Official, case_id: str) -> Head:
        head = self.context.store.head(case_id)
        if head.jurisdiction != official.jurisdiction:
            raise Forbidden("this case belongs to another bureau")
        return head

    def _turn(self, listing: Listing, place: Place | None, backwards: bool) -> str | None:
        """The token of a neighbouring page; None when there is none."""
        if place is None:
            return None
        return self._sealed(_name(listing), {"p": place.promised_by.isoformat(), "c": place.case_id, "b": backwards})

    def _opened(self, name: str, token: str) -> tuple[Place | None, bool]:
        claims = self._token(name, token)
        if not claims:
            return None, False
        return Place(datetime.fromisoformat(claims["p"]), claims["c"]), claims["b"]

    def _sealed(self, name: str, claims: dict[str, Any]) -> str:
        """A token that opens a page of this list and of no other."""
        return self.context.keys.seal(f"desk-page:{name}", claims, self.context.clock.wall() + DESK_SESSION)

    def _token(self, name: str, token: str) -> dict[str, Any]:
        """What a token says; nothing for none, and for one past its time: the list begins anew. Raises LinkInvalid."""
        try:
            return self.context.keys.open(f"desk-page:{name}", token, self.context.clock.wall()) if token else {}
        except LinkExpired:
            return {}


def _name(listing: Listing) -> str:
    return "#".join((listing.jurisdiction, listing.stage, listing.item, listing.light, "*" if listing.officer is None else listing.officer))


def _lit(listing: Listing, light: str) -> Listing:
    """All cases of the queue with this light, whatever else is filtered."""
    return Listing(listing.jurisdiction, listing.stage, light=light)


def _decision(kept: Mapping[str, Any]) -> Decision:
    return Decision(**{**kept, "kind": DecisionKind(kept["kind"]), "points": tuple(kept["points"])})


def decide_case(context: Context, decision: Decision, attempt: int) -> Head:
    """Take in a decision, from the desk or a department's platform."""
    case_id, now = decision.application_id.partition("-")[0], context.clock.now()
    check_certificate(decision.certificate)
    return context.apply(case_id, lambda head: decide.decided(head, decision, attempt, now, context.random))


def check_certificate(certificate: Mapping[str, Any] | None) -> None:
    """Raise InvalidInput unless a new certificate has its number, dates, and a file that fits its hash."""
    if certificate is None:
        return
    for name in ("number", "valid_from", "file_base64", "file_sha256"):
        if not certificate.get(name):
            raise InvalidInput("the new certificate needs this", field=f"certificate.{name}")
    try:
        content = base64.b64decode(str(certificate["file_base64"]), validate=True)
    except binascii.Error:
        raise InvalidInput("not base64", field="certificate.file_base64") from None
    if hashlib.sha256(content).hexdigest() != certificate["file_sha256"]:
        raise InvalidInput("the file does not fit its hash", field="certificate.file_sha256")
