"""One messenger for all channels, and recipients to rehearse with (as GOV.UK Notify's simulated numbers)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wugan.config import PRODUCTION
from wugan.errors import InvalidInput, VendorRefused
from wugan.items.model import Channel
from wugan.outreach.port import Message, Messenger
from wugan.outreach.receipts import Receipt, Status, receipt

NAME = "rehearsal"
# No mobile number in China begins with 10; no openid and no user has a hyphen after "test".
DELIVERED = frozenset({"10000000001", "test-delivered"})
FAILED = frozenset({"10000000002", "test-failed"})
SILENT = frozenset({"10000000003", "test-silent"})
REHEARSED = DELIVERED | FAILED | SILENT


@dataclass(frozen=True)
class Channels:
    """The message port (`wugan.outreach.port.Messenger`): each channel by its own."""

    messengers: Mapping[Channel, Messenger]

    def send(self, message: Message) -> str:
        """Send over the message's channel; one that is not set up is refused, so that the next is tried."""
        messenger = self.messengers.get(message.channel)
        if messenger is None:
            raise VendorRefused("channel_not_configured")
        return messenger.send(message)

    def poll(self, message: Message) -> Receipt | None:
        """Ask the message's channel."""
        messenger = self.messengers.get(message.channel)
        return messenger.poll(message) if messenger else None


class Rehearsal:
    """The message port in front of another one: addresses of rehearsal never reach a vendor. Refuses to be made in production.

    As with a vendor that pushes no receipts, what became of a message is told when it is asked for, which the sweeper does after hours.
    """

    def __init__(self, messenger: Messenger, stage: str) -> None:
        if stage == PRODUCTION:
            raise InvalidInput("a rehearsal aid must not be set in production", field="stage")
        self._messenger = messenger

    def send(self, message: Message) -> str:
        """Send, or do as if."""
        return f"{NAME}:{message.id}" if message.address in REHEARSED else self._messenger.send(message)

    def poll(self, message: Message) -> Receipt | None:
        """Ask the vendor; of an address of rehearsal it is known."""
        if message.address not in REHEARSED:
            return self._messenger.poll(message)
        if message.address in SILENT:
            return None
        status = Status.DELIVERED if message.address in DELIVERED else Status.UNDELIVERED
        return receipt(NAME, message.id, message.id, status, "rehearsed")
