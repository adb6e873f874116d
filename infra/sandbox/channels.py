"""The message channels: WeChat, app, SMS."""

from __future__ import annotations

import re
from typing import Any

from infra.sandbox.asked import MessageAsked
from infra.sandbox.book import Message
from infra.sandbox.box import Box, Refusal

MOBILE = re.compile(r"1[2-9][0-9]{9}")
ACCOUNT = re.compile(r"\S{3,128}")


class Channels:
    """Delivers messages to an inbox and tells of each what became of it."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def send(self, channel: str, asked: MessageAsked) -> dict[str, Any]:
        """Deliver once; a repeat is told as such."""
        plan = self._box.script.message(channel, asked.id, asked.to)
        if self._box.book.messages.get(asked.id) is None:
            self._admit(channel, asked, plan)
        content = {"channel": channel, **asked.model_dump()}
        message, repeated = self._box.book.messages.receive(asked.id, content, lambda sha256: self._new(channel, asked, sha256))
        if not repeated and plan != "silent":
            self._box.steps.after(self._box.config.delays.receipt, lambda: self._receipt(message, plan))
        return {"reference": message.reference, "repeated": repeated}

    @staticmethod
    def _admit(channel: str, asked: MessageAsked, plan: str) -> None:
        if plan == "refused":
            raise Refusal(422, "address_blocked", "the person blocked messages of this sender")
        if not (MOBILE if channel == "sms" else ACCOUNT).fullmatch(asked.to):
            raise Refusal(422, "address_unknown", "nobody has this address")

    def _new(self, channel: str, asked: MessageAsked, sha256: str) -> Message:
        reference = f"{channel}-{self._box.token('message', asked.id, 16)}"
        return Message(
            id=asked.id,
            reference=reference,
            asked_sha256=sha256,
            at=self._box.now(),
            channel=channel,
            to=asked.to,
            text=asked.text,
            link=asked.link,
        )

    def _receipt(self, message: Message, status: str) -> None:
        with self._box.lock:
            message.status = status
            reason = "user_blocked" if status == "undelivered" else ""
            body = {"message_id": message.id, "status": status, "reason": reason}
            self._box.outbox.send(self._box.outbox.write("channel", message.id, "receipt", body))
