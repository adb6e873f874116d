"""The stages with side effects: each reads the head, does one thing outside under a deterministic id, and commits.

Any of them may die at any point and be run again: what was committed is not done again, what was done outside but not committed is
asked for again under the same id, and a vendor that reports the repeat has done it once.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from wugan.approval.port import Application, Department
from wugan.cases import decide
from wugan.cases.context import Context
from wugan.cases.model import Change, Head, OldCertificate, Stage, effect_id
from wugan.courier.port import Address, Courier, Order
from wugan.detection.evaluate import still_qualifies
from wugan.errors import StaleHead, VendorRefused, VendorUnavailable
from wugan.forms import prefill
from wugan.forms.package import materials
from wugan.items.model import Channel, DeliveryWay, Item
from wugan.outreach import plan
from wugan.outreach.port import Message, Messenger
from wugan.registry.model import Subject

Flags = dict[str, Any]
LINK_LIFE = timedelta(days=180)  # business time; a case rarely lives longer


@dataclass(frozen=True)
class _Stage:
    """What every stage does: begin once, commit once, and tell a repeat what the first time told."""

    context: Context

    def _begin(self, case_id: str, stage: Stage) -> Head | None:
        """The head when this stage has work to do; None when it was done before, or the person is withdrawing."""
        head = self.context.store.head(case_id)
        begins = head.stage is stage or (stage is Stage.GIVE_BACK and head.stage is Stage.CLOSING and head.holds_old)
        return head if begins and head.wait is None and not head.withdrawing else None

    def _repeat(self, case_id: str) -> Flags:
        """What a stage that was done before tells the state machine again; of a withdrawal it learns here."""
        return self._standing(self.context.store.head(case_id))

    def _standing(self, head: Head) -> Flags:
        return head.flags() if head.withdrawing else dict(head.output)

    def _commit(self, head: Head, decision: Callable[[Head, datetime], Change]) -> Flags:
        """Commit what a stage did. When somebody was first, decide again on the new head, unless the stage is over."""
        stage, begun, now = head.stage, head.attempts, self.context.clock.now()
        while True:
            change = decision(head, now)
            flags = change.head.flags()
            try:
                self.context.store.commit(replace(change, head=replace(change.head, output=flags)))
            except StaleHead:
                head = self.context.store.head(head.case_id)
                if head.stage is not stage or head.wait is not None or head.withdrawing:
                    return self._standing(head)
                if head.attempts != begun:
                    raise  # a twin of this call was faster: begin again with the next id
                continue
            return flags

    def _to_person(self, case_id: str, code: str, detail: str) -> Flags:
        """The system must not go on by itself: an official takes the case, and reads why."""
        random = self.context.random
        return self._end(case_id, lambda h, now: None if h.reason == code else decide.handed_over(h, code, detail, now, random))

    def _end(self, case_id: str, decision: Callable[[Head, datetime], Change | None]) -> Flags:
        """Commit an end, whatever else happens to the case meanwhile."""
        now = self.context.clock.now()

        def ending(head: Head) -> Change | None:
            change = None if head.ended else decision(head, now)
            return change and replace(change, head=replace(change.head, output=change.head.flags()))

        return self.context.apply(case_id, ending).flags()


@dataclass(frozen=True)
class Outreach(_Stage):
    """Step 2, and the word at the end."""

    messenger: Messenger

    def push(self, case_id: str) -> Flags:
        """Prompt over the first channel that takes the message, or find the person unreachable."""
        while True:
            head = self._begin(case_id, Stage.PUSH)
            if head is None:
                return self._repeat(case_id)
            item = self.context.item(head)
            contacts = self.context.store.sealed(case_id, "contacts") or []
            target = plan.next_target(item, contacts, head.tried)
            if target is None:
                return self._unreachable(head, item)
            try:
                reference = self.messenger.send(self._prompt(head, item, target))
            except VendorRefused as refused:
                self._refused(head, target.channel, refused.code)
                continue
            return self._pushed(head, item, target, reference)

    def _unreachable(self, head: Head, item: Item) -> Flags:
        return self._commit(head, lambda h, now: decide.unreachable(h, item, now, self.context.random))

    def _pushed(self, head: Head, item: Item, target: plan.Target, reference: str) -> Flags:
        channel, contact, random = target.channel.value, target.contact, self.context.random
        return self._commit(head, lambda h, now: decide.pushed(h, item, channel, contact, reference, now, random))

    def _refused(self, head: Head, channel: Channel, code: str) -> None:
        self._commit(head, lambda h, now: decide.push_refused(h, channel.value, code, now, self.context.random))

    def _prompt(self, head: Head, item: Item, target: plan.Target) -> Message:
        link = self.link(head)
        code = self.context.keys.code(head.case_id)
        text = plan.prompt_text(item, head.jurisdiction, head.resume.value, head.rung, head.corrections, code)
        number = head.attempts.get("push", 0) + 1
        return Message(effect_id(head.case_id, "push", number), target.channel, target.address, text, link)

    def notify(self, case_id: str) -> Flags:
        """Tell the person how it ended, over the channel that worked; a vendor that fails does not hold up the end."""
        head = self.context.store.head(case_id)
        item, number = self.context.item(head), head.attempts.get("notice", 0)
        text = plan.notice_text(item, head.jurisdiction, head.outcome.value if head.outcome else "")
        contacts = self.context.store.sealed(case_id, "contacts") or []
        address = plan.address_of(contacts[head.contact], Channel(head.channel)) if contacts and head.channel else None
        if text is None or address is None or number or head.ended:
            return head.flags()
        message = Message(effect_id(case_id, "notice", 1), Channel(head.channel), address, text, self.link(head))
        try:
            reference = self.messenger.send(message)
        except (VendorRefused, VendorUnavailable) as error:
            reference = f"failed: {error.code}"
        return self._end(case_id, lambda h, now: decide.notified(h, reference, now, self.context.random))

    def link(self, head: Head) -> str:
        """The full link of a case: always the same for the same case."""
        token = self.context.keys.link(head.case_id, head.opened_at + LINK_LIFE)
        return f"{self.context.public_url()}/c/{token}"


@dataclass(frozen=True)
class Declare(_Stage):
    """Step 5."""

    def declare(self, case_id: str) -> Flags:
        """Fetch the person's data and fill the form; what a registry cannot tell is left for the person."""
        head = self._begin(case_id, Stage.DECLARATION)
        if head is None:
            return self._repeat(case_id)
        item = self.context.item(head)
        contacts = self.context.store.sealed(case_id, "contacts") or [{}]
        case = {"item_name": item.name, "certificate_no": head.certificate_no or "", "bureau": plan.bureau(item, head.jurisdiction)}
        contact = contacts[min(head.contact, len(contacts) - 1)]
        fields = prefill.prefill(item, self._subject(head), head.certificate_no, contact, case)
        missing = [f.name for f in fields if f.missing]
        form = {"fields": prefill.to_json(fields)}
        return self._commit(head, lambda h, now: decide.prefilled(h, item, form, missing, now, self.context.random))

    def _subject(self, head: Head) -> Subject:
        """The subject's rows; none of them while the registry is down (degraded prefill never blocks a person)."""
        try:
            return self.context.lookup.subject(head.subject)
        except VendorUnavailable:
            return Subject(head.subject, self.context.clock.now().date(), None)


@dataclass(frozen=True)
class Carry(_Stage):
    """Steps 6 and 8, and the way back of an old certificate."""

    courier: Courier

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
            waybill = self.courier.order(order).waybill
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


@dataclass(frozen=True)
class Approve(_Stage):
    """Step 7."""

    department: Callable[[str], Department]  # by jurisdiction

    def approve(self, case_id: str) -> Flags:
        """Check once more that the case still qualifies, then hand the application to the department."""
        head = self._begin(case_id, Stage.APPROVAL)
        if head is None:
            return self._repeat(case_id)
        item = self.context.item(head)
        qualifies, why_not = self._qualifies(head, item)
        if not qualifies:
            return self._to_person(case_id, "no_longer_qualifies", why_not)
        application = self._application(head, item)
        try:
            reference = self.department(head.jurisdiction).submit(application)
        except VendorRefused as refused:
            return self._to_person(case_id, "department_refused", refused.detail)
        package = asdict(application)
        return self._commit(head, lambda h, now: decide.submitted(h, item, reference, package, now, self.context.random))

    def _qualifies(self, head: Head, item: Item) -> tuple[bool, str]:
        """Whether today's registries still bear the case out; else why not, without personal data.

        A certificate that ended on the way does not undo an application to renew it: its last day counts.
        """
        subject = self.context.lookup.subject(head.subject)
        if head.expires_on:
            subject = replace(subject, as_of=min(subject.as_of, date.fromisoformat(head.expires_on)))
        return still_qualifies(item, head.item_version, subject, head.fingerprint, head.opened_at.date())

    def _application(self, head: Head, item: Item) -> Application:
        sealed = self.context.store.sealed
        form = sealed(head.case_id, "form") or {"fields": []}
        fields = prefill.from_json(form["fields"])
        number = head.attempts.get("approval", 0) + 1
        return Application(
            id=effect_id(head.case_id, "approval", number),
            case_id=head.case_id,
            item_code=head.item_code,
            item_version=head.item_version,
            jurisdiction=head.jurisdiction,
            subject=head.subject,
            form={f.name: {"value": f.final, "source": f.source, "disputed": f.disputed} for f in fields},
            materials=tuple(materials(item, fields)),
            changes=tuple(sealed(head.case_id, "changes") or ()),
            promised_by=head.promised_by.isoformat() if head.promised_by else "",
        )


@dataclass(frozen=True)
class Cancel(_Stage):
    """After a withdrawal."""

    courier: Courier
    department: Callable[[str], Department]

    def cancel(self, case_id: str) -> Flags:
        """After a withdrawal: drop what is under way at the courier and the department."""
        head = self.context.store.head(case_id)
        if head.old_certificate is OldCertificate.WITH_PERSON:
            self._each(head, "pickup", self.courier.cancel)
        self._each(head, "approval", self.department(head.jurisdiction).cancel)
        return self._end(case_id, lambda h, now: decide.cancelled(h, now, self.context.random) if h.withdrawing else None)

    def _each(self, head: Head, kind: str, drop: Callable[[str], None]) -> None:
        """Drop every side effect of a kind, with the one that may have been begun and not committed."""
        if head.attempts.get(kind) or head.stage.value == kind:
            for number in range(1, head.attempts.get(kind, 0) + 2):
                with suppress(VendorRefused):  # collected or decided already: what comes of it goes back or is ignored
                    drop(effect_id(head.case_id, kind, number))


@dataclass(frozen=True)
class Ending(_Stage):
    """The end, whoever brings it about."""

    def hand_over(self, case_id: str, code: str) -> Flags:
        """The system cannot go on: an official takes the case."""
        return self._to_person(case_id, code, "")

    def close(self, case_id: str) -> Flags:
        """End the case."""
        return self._end(case_id, lambda h, now: decide.closed(h, now, self.context.random))
