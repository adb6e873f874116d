"""Step 2, and the word at the end."""

from __future__ import annotations

from dataclasses import dataclass

from wugan.cases import decide
from wugan.cases.messages import LINK_LIFE, Claimed, Messages
from wugan.cases.model import Change, Head, Stage, effect_id
from wugan.cases.preferences import person_key, prompted
from wugan.cases.stages.stage import Flags, StageService
from wugan.errors import VendorRefused, VendorUnavailable
from wugan.items.model import Channel, Item
from wugan.outreach import plan
from wugan.outreach.port import Message
from wugan.outreach.schedule import Call, Wait

__all__ = ["LINK_LIFE", "Outreach"]

NIGHT = "发出之前进入免打扰时段，次日早晨再发"


@dataclass(frozen=True)
class Outreach(StageService):
    """Step 2, and the word at the end."""

    messages: Messages

    def push(self, case_id: str) -> Flags:
        """Prompt as the person's plan allows, wait for the moment at which it does, or find that an official must call."""
        random = self.context.random
        while True:
            head = self._begin(case_id, Stage.PUSH)
            if head is None:
                return self._repeat(case_id)
            item = self.context.item(head)
            match self.messages.plan(head, item):
                case Call(_, reason):
                    return self._commit(head, lambda h, now, i=item, why=reason: decide.unreachable(h, i, why, now, random))  # type: ignore[misc]
                case Wait(_, reason, until):
                    return self._commit(head, lambda h, now, at=until, why=reason: decide.held(h, at, why, now, random))  # type: ignore[misc]
                case Claimed() as claimed:
                    flags = self._sent(head, item, claimed)
                    if flags is not None:
                        return flags

    def _sent(self, head: Head, item: Item, claimed: Claimed) -> Flags | None:
        """Hand a claimed message over and write it down; None when the channel refused it, and the next one is to be tried."""
        random = self.context.random
        until = self.messages.held_until(claimed.message)
        if until:
            return self._commit(head, lambda h, now: decide.held(h, until, NIGHT, now, random))
        message = self.messages.send(claimed)
        channel, told = message.channel.value, {"message": message.id, "reason": message.reason}
        if message.failed:
            self._commit(head, lambda h, now: decide.push_refused(h, channel, VendorRefused.code, now, random))
            return None
        flags = self._commit(head, lambda h, now: decide.pushed(h, item, channel, claimed.contact, message.reference, now, random, **told))
        if message.parts[0].case_id != head.case_id and self.messages.failed(claimed):
            self._undelivered(head, message.id, channel)
        return flags

    def _undelivered(self, head: Head, message_id: str, channel: str) -> None:
        """The receipt of a shared message came before this case had written the message down."""
        attempt, receipt_id = head.attempts.get("push", 0) + 1, f"late:{message_id}"

        def late(found: Head) -> Change | None:
            open_still = found.wait is not None and found.wait == found.prompt_wait and found.attempts.get("push") == attempt
            now, random = self.context.clock.now(), self.context.random
            return decide.receipt(found, attempt, False, receipt_id, now, random, channel=channel) if open_still else None

        self.context.apply(head.case_id, late)

    # --- the word at the end

    def notify(self, case_id: str) -> Flags:
        """Tell the person how it ended, not at night, over the channel that worked; a vendor that fails does not hold up the end."""
        head, now, random = self.context.store.head(case_id), self.context.clock.now(), self.context.random
        message = None if head.attempts.get("notice") or head.ended else self._notice(head)
        if message is None:
            return head.flags()
        morning = self.messages.rules(head.jurisdiction).quiet.next_allowed(now)
        if morning > now:
            return self._end(case_id, lambda h, at: decide.notice_held(h, morning, at, random))
        try:
            reference = self.messages.messenger(head.jurisdiction).send(message)
        except (VendorRefused, VendorUnavailable) as error:
            reference = f"failed: {error.code}"
        return self._end(case_id, lambda h, at: decide.notified(h, reference, at, random, channel=message.channel.value))

    def _notice(self, head: Head) -> Message | None:
        """The word at the end; None where there is nothing to tell, or no channel that the person has not left."""
        item = self.context.item(head)
        text = plan.notice_text(item, head.jurisdiction, head.outcome.value if head.outcome else "")
        contact = prompted(self.context.store.sealed(head.case_id, "contacts") or [], head.contact)
        key = person_key(self.context.keys, contact)
        if text is None or key is None or not head.channel:
            return None
        left = self.messages.people.get(key).opted_out
        ways = [c for c in (Channel(head.channel), *item.channels) if c not in left and plan.address_of(contact, c)]
        if not ways:
            return None
        address = plan.address_of(contact, ways[0])
        assert address
        return Message(effect_id(head.case_id, "notice", 1), ways[0], address, text, self.messages.link(head))

    def link(self, head: Head) -> str:
        """The full link of a case."""
        return self.messages.link(head)
