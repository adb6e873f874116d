"""One person's messages over all their cases: planned together, claimed before they are sent, sent once.

The claim in the person's record is what counts: whoever finds it (the case that made it, after a crash, or another case that it is
about) hands the same message over under the same id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from wugan.cases import renewal
from wugan.cases.context import Context
from wugan.cases.model import Head, Stage, effect_id
from wugan.cases.preferences import person_key
from wugan.errors import Conflict, StaleHead, VendorRefused, VendorUnavailable
from wugan.items.model import Channel, Item
from wugan.outreach import behaviour, people, plan, schedule
from wugan.outreach.behaviour import Group, Holder, Role
from wugan.outreach.people import Handed, Part, PeopleStore, Record, Waiting
from wugan.outreach.port import Message, Messenger
from wugan.outreach.receipts import Receipt
from wugan.outreach.schedule import Call, Decision, Person, Prompt, Rules, Send, Wait

LINK_LIFE = timedelta(days=180)  # business time; a case rarely lives longer
Contacts = Sequence[Mapping[str, Any]]
_ROLES = {"handling_person": Role.HANDLER, "legal_representative": Role.REPRESENTATIVE, "agent": Role.AGENT}


@dataclass(frozen=True)
class Claimed:
    """A message that carries a case's prompt, in the record of whom it goes to; `contact` is that person among the case's contacts."""

    key: str
    contact: int
    message: Handed


def group_of(subject: str, role: str) -> Group:
    """Whom the behaviour model compares somebody with. GB 32100: 5… is registered with civil affairs, 92… is a self-employed person."""
    holder = Holder.ORGANISATION if subject.startswith("5") else Holder.ENTERPRISE
    return Group(Holder.SELF_EMPLOYED if subject.startswith("92") else holder, _ROLES.get(role, Role.HANDLER))


@dataclass(frozen=True)
class Messages:
    """Plans, claims and sends."""

    context: Context
    people: PeopleStore
    messenger: Callable[[str], Messenger]  # by jurisdiction
    rules: Callable[[str], Rules]  # by jurisdiction
    modelled: bool = True  # whether the behaviour model chooses among what is allowed

    def link(self, head: Head) -> str:
        """The full link of a case: always the same for the same case."""
        token = self.context.keys.link(head.case_id, head.opened_at + LINK_LIFE)
        return f"{self.context.public_url()}/c/{token}"

    # --- planning

    def plan(self, head: Head, item: Item) -> Claimed | Wait | Call:
        """What happens to the prompt that a case at `push` wants to send. A message is claimed, and a wait is filed, when this returns."""
        contacts = self.context.store.sealed(head.case_id, "contacts") or []
        now, part = self.context.clock.now(), _part(head)
        waiting = Waiting(part, head.jurisdiction, _prompt(head, item))
        target = plan.next_target(item, contacts, head.tried)
        if target is None:
            return _call(waiting.prompt, contacts, self.rules(head.jurisdiction), now)
        contact = contacts[target.contact]
        key = person_key(self.context.keys, contact)
        assert key
        for _ in range(people.MOST_RETRIES):
            record = self.people.get(key)
            covering = record.covering(part.case_id, part.attempt)
            if covering:
                return Claimed(key, target.contact, covering)
            decision, record = self._decided(record.filed(waiting, now), waiting, contact, head, now)
            message = self._message(record, decision, part, head, contact, now) if isinstance(decision, Send) else None
            try:
                self.people.put(_written(record, decision, part, message))
            except StaleHead:
                continue
            if message:
                return Claimed(key, target.contact, message)
            assert not isinstance(decision, Send)
            return decision
        raise Conflict("too many cases of one person at the same time: try again")

    def _decided(
        self, record: Record, mine: Waiting, contact: Mapping[str, Any], head: Head, now: datetime
    ) -> tuple[Decision, Record]:  # fmt: skip
        """The decision about this case's prompt, and the record without prompts that nobody waits for any more."""
        rules, correcting = self.rules(head.jurisdiction), head.resume is Stage.CORRECTION
        reached = [c for c in Channel if plan.address_of(contact, c)]
        choose = self._chooser(record, contact, head, now)
        while True:
            prompts = [mine.prompt] if correcting else [w.prompt for w in record.waiting if _goes_along(w, head.jurisdiction)]
            bound = replace(rules, caps=()) if correcting else rules  # the law's five days run (art. 32): only the night holds it up
            decisions = schedule.decide(record.planned_for(reached), prompts, bound, now, choose)
            decision = next(d for d in decisions if head.case_id in d.prompts)
            over = self._over(record, decision, head.case_id) if isinstance(decision, Send) else []
            if not over:
                return decision, record
            record = record.without(over)

    def _over(self, record: Record, decision: Send, case_id: str) -> list[str]:
        """Which of the other cases have moved on meanwhile: answered, withdrawn, ended."""
        others = [w.part for w in record.waiting if w.part.case_id in decision.prompts and w.part.case_id != case_id]
        return [p.case_id for p in others if not _still_wants(self.context.store.head(p.case_id), p)]

    def _chooser(self, record: Record, contact: Mapping[str, Any], head: Head, now: datetime) -> schedule.Chooser:
        if not self._learns(record, head):
            return schedule.in_order
        known = self.people.known(record.key, group_of(head.subject, str(contact.get("role"))))
        return behaviour.chooser(known, now, Random(_part(head).case_id + str(_part(head).attempt)))  # a repeat draws the same

    def _learns(self, record: Record, head: Head) -> bool:
        return self.modelled and record.profiled and head.resume is not Stage.CORRECTION

    def _message(
        self, record: Record, decision: Send, part: Part, head: Head, contact: Mapping[str, Any], now: datetime
    ) -> Handed:  # fmt: skip
        others = [w.part for case in decision.prompts for w in record.waiting if w.part.case_id == case != part.case_id]
        group = group_of(head.subject, str(contact.get("role"))) if self._learns(record, head) else None
        message_id = effect_id(part.case_id, "push", part.attempt)
        parts = (part, *others)
        return Handed(
            message_id, now, decision.channel, head.jurisdiction, parts, decision.reason, group, counted=group is None
        )  # fmt: skip

    # --- sending

    def held_until(self, message: Handed) -> datetime | None:
        """When a claimed message may go out, if a night began before it did."""
        now = self.context.clock.now()
        allowed = self.rules(message.jurisdiction).quiet.next_allowed(now)
        return allowed if allowed > now and not message.reference and not message.failed else None

    def send(self, claimed: Claimed) -> Handed:
        """Hand a claimed message over, unless that was done. Raises VendorUnavailable."""
        message = claimed.message
        if message.reference or message.failed:
            return message
        try:
            reference = self.messenger(message.jurisdiction).send(self._worded(claimed.key, message))
        except VendorRefused:
            return self._noted(claimed.key, message.id, failed=True)
        return self._noted(claimed.key, message.id, reference=reference)

    def _worded(self, key: str, message: Handed) -> Message:
        lead = message.parts[0]
        heads = [self.context.store.head(part.case_id) for part in message.parts]
        contacts = self.context.store.sealed(lead.case_id, "contacts") or []
        contact: Mapping[str, Any] = next((c for c in contacts if person_key(self.context.keys, c) == key), {})
        address, code = plan.address_of(contact, message.channel), self.context.keys.code(lead.case_id)
        if address is None:
            raise VendorRefused("no address is on file any more")
        portal = plan.verify_address(self.context.public_url())
        items = [(self.context.item(head), part.rung) for head, part in zip(heads, message.parts, strict=True)]
        if len(items) > 1:
            text = plan.joint_text(items, message.jurisdiction, code, portal)
        else:
            text = plan.prompt_text(items[0][0], message.jurisdiction, lead.purpose, lead.rung, lead.corrections, code, portal)
        return Message(message.id, message.channel, address, text, self.link(heads[0]))

    def _noted(self, key: str, message_id: str, **what: Any) -> Handed:
        record = people.update(self.people, key, lambda r: r.noted(message_id, **what))
        message = record.message(message_id)
        assert message
        return message

    # --- what became of it

    def heard(self, case_id: str, message_id: str, *, delivered: bool) -> Handed | None:
        """A receipt: noted with the message, which is returned. None for a message that is not known."""
        contacts = self.context.store.sealed(case_id, "contacts") or []
        for key in filter(None, (person_key(self.context.keys, c) for c in contacts)):
            if self.people.get(key).message(message_id):
                return self._noted(key, message_id, **({"delivered": True} if delivered else {"failed": True}))
        return None

    def ask(self, key: str) -> list[tuple[Handed, Receipt]]:
        """Ask the carriers of messages of which nothing was heard for hours, each once; returns what was learnt."""
        answers = []
        for message in self.people.get(key).silent(self.context.clock.now()):
            receipt, messenger = None, self.messenger(message.jurisdiction)
            with suppress(VendorRefused, VendorUnavailable):  # it cannot tell: the reminders go on
                receipt = messenger.poll(self._worded(key, message))
            answers += [(message, receipt)] if receipt else []
            self._noted(key, message.id, asked=receipt is None)
        return answers

    def failed(self, claimed: Claimed) -> bool:
        """Whether a receipt said meanwhile that the message did not arrive."""
        message = self.people.get(claimed.key).message(claimed.message.id)
        return message is not None and message.failed


def _part(head: Head) -> Part:
    """The prompt that a case at `push` wants to send."""
    return Part(head.case_id, head.attempts.get("push", 0) + 1, head.resume.value, head.rung, head.corrections)


def _prompt(head: Head, item: Item) -> Prompt:
    """As the plan sees it."""
    tried = frozenset(Channel(c) for c in head.tried)
    if head.resume is Stage.CORRECTION:
        assert head.paused_at
        ends = head.paused_at + timedelta(days=item.reminders.correction_days)
        return Prompt(head.case_id, tuple(item.channels), (head.paused_at,), ends, tried=tried)
    first = head.prompted_at or head.opened_at
    *reminders, ends = renewal.ladder(replace(head, prompted_at=first), item)
    rungs = (first, *reminders)
    rung = min(head.rung, len(rungs) - 1)
    return Prompt(head.case_id, tuple(item.channels), rungs, ends, rung, tried)


def _call(prompt: Prompt, contacts: Contacts, rules: Rules, now: datetime) -> Call:
    """Nobody can be reached over a channel that is left."""
    reached = frozenset(c for c in Channel if any(plan.address_of(contact, c) for contact in contacts))
    (decision,) = schedule.decide(Person(reached), [prompt], rules, now)
    assert isinstance(decision, Call)
    return decision


def _goes_along(waiting: Waiting, jurisdiction: str) -> bool:
    """A message is one bureau's, and is not about corrections."""
    return waiting.jurisdiction == jurisdiction and waiting.part.purpose != Stage.CORRECTION


def _still_wants(head: Head, part: Part) -> bool:
    """Whether a case still wants to send this prompt."""
    return head.stage is Stage.PUSH and not head.withdrawing and head.attempts.get("push", 0) + 1 == part.attempt


def _written(record: Record, decision: Decision, part: Part, message: Handed | None) -> Record:
    """The record after a decision."""
    match decision:
        case Wait():
            after = record.planned(decision.prompts, decision.planned)
        case Call():
            after = record.without([part.case_id])
        case Send():
            assert message
            after = record.claimed(message)
    return replace(after, version=record.version + 1)
