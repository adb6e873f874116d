"""Step 2, and the word at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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

PATIENCE = timedelta(days=2)  # so long the word at the end waits for a vendor
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
        """Tell the person how it ended, not at night, over the channel that worked, else over the next.

        Raises VendorUnavailable, to be repeated, for as long as `PATIENCE`; then the case ends, and what failed stands in the event.
        """
        head, now, random = self.context.store.head(case_id), self.context.clock.now(), self.context.random
        messages = [] if head.attempts.get("notice") or head.ended else self._notices(head)
        if not messages:
            return head.flags()
        morning = self.messages.rules(head.jurisdiction).quiet.next_allowed(now)
        if morning > now:
            return self._end(case_id, lambda h, at: decide.notice_held(h, morning, at, random))
        channel, reference = self._told(head, messages, patient=now - self._ended_at(head) < PATIENCE)
        return self._end(case_id, lambda h, at: decide.notified(h, reference, at, random, channel=channel))

    def _told(self, head: Head, messages: Sequence[Message], *, patient: bool) -> tuple[str, str]:
        """The channel and the vendor's reference, or what failed. While there is patience an outage is waited for, since the same message
        may be on its way; only a refusal leads to the next channel."""
        channel, failed = messages[0].channel.value, ""
        for message in messages:
            try:
                return message.channel.value, self.messages.messenger(head.jurisdiction).send(message)
            except VendorRefused as refused:
                failed = failed or f"failed: {refused.code}"
            except VendorUnavailable as error:
                if patient:
                    raise
                failed = failed or f"failed: {error.code}"
        return channel, failed

    def _ended_at(self, head: Head) -> datetime:
        """When the case came to its end: its newest event but the waits for a morning."""
        return next(e.at for e in reversed(self.context.store.events(head.case_id)) if e.type != "notice_held")

    def _notices(self, head: Head) -> list[Message]:
        """The word at the end, over each channel that the person has not left, under an id for each; none: there is nothing to tell."""
        item = self.context.item(head)
        text = plan.notice_text(item, head.jurisdiction, head.outcome.value if head.outcome else "")
        contact = prompted(self.context.store.sealed(head.case_id, "contacts") or [], head.contact)
        key = person_key(self.context.keys, contact)
        if text is None or key is None or not head.channel:
            return []
        left = self.messages.people.get(key).opted_out
        channels = dict.fromkeys((Channel(head.channel), *item.channels))
        ways = [(c, address) for c in channels if c not in left and (address := plan.address_of(contact, c))]
        link = self.messages.link(head)
        return [Message(effect_id(head.case_id, "notice", n), c, to, text, link) for n, (c, to) in enumerate(ways, 1)]

    def link(self, head: Head) -> str:
        """The full link of a case."""
        return self.messages.link(head)
