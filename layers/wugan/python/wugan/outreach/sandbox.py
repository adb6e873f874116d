"""Messages over the sandbox's channels. For rehearsals: `wugan.bootstrap` refuses it in production."""

from __future__ import annotations

from wugan.clock import Clock
from wugan.http import JsonClient, SignedService, text_in
from wugan.outreach.port import Message
from wugan.outreach.receipts import Receipt


class SandboxMessenger:
    """The message port (`wugan.outreach.port.Messenger`)."""

    def __init__(self, base_url: str, secret: str, clock: Clock, client: JsonClient) -> None:
        self._service = SignedService(base_url, secret, clock, client)

    def send(self, message: Message) -> str:
        """POST /channel/{channel}/messages."""
        body = {"id": message.id, "to": message.address, "text": message.text, "link": message.link}
        return text_in(self._service.post(f"/channel/{message.channel}/messages", body), "reference")

    def poll(self, message: Message) -> Receipt | None:  # noqa: ARG002 – the port's signature
        """The old protocol has no question for it."""
        return None
