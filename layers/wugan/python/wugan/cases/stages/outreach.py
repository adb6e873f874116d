"""Step 2, and the word at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from wugan.cases import decide
from wugan.cases.model import Head, Stage, effect_id
from wugan.cases.stages.stage import Flags, StageService
from wugan.errors import VendorRefused, VendorUnavailable
from wugan.items.model import Channel, Item
from wugan.outreach import plan
from wugan.outreach.port import Message, Messenger

LINK_LIFE = timedelta(days=180)  # business time; a case rarely lives longer


@dataclass(frozen=True)
class Outreach(StageService):
    """Step 2, and the word at the end."""

    messenger: Callable[[str], Messenger]  # by jurisdiction

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
                reference = self.messenger(head.jurisdiction).send(self._prompt(head, item, target))
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
            reference = self.messenger(head.jurisdiction).send(message)
        except (VendorRefused, VendorUnavailable) as error:
            reference = f"failed: {error.code}"
        return self._end(case_id, lambda h, now: decide.notified(h, reference, now, self.context.random))

    def link(self, head: Head) -> str:
        """The full link of a case: always the same for the same case."""
        token = self.context.keys.link(head.case_id, head.opened_at + LINK_LIFE)
        return f"{self.context.public_url()}/c/{token}"
