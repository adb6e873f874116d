"""One messenger for all channels, and recipients to rehearse with (as GOV.UK Notify's simulated numbers)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wugan.config import PRODUCTION
from wugan.errors import InvalidInput, VendorRefused
from wugan.items.model import Channel
from wugan.outreach.port import Asked, Message, Messenger
from wugan.outreach.receipts import Receipt, Status, receipt

NAME = "rehearsal"
# No mobile number in China begins with 10; no openid and no user has a hyphen after "test".
DELIVERED = frozenset({"10000000001", "test-delivered"})
FAILED = frozenset({"10000000002", "test-failed"})
SILENT = frozenset({"10000000003", "test-silent"})


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
        """Ask the message's channel; None where it cannot be asked."""
        messenger = self.messengers.get(message.channel)
        return messenger.poll(message) if isinstance(messenger, Asked) else None


class Rehearsal:
    """The message port in front of another one: addresses of rehearsal never reach a vendor. Refuses to be made in production.

    Their receipts go to `hear` while `send` is under way, so before the push is committed: whoever hears them takes them in later.
    """

    def __init__(self, messenger: Messenger, stage: str, hear: Callable[[Receipt], None]) -> None:
        if stage == PRODUCTION:
            raise InvalidInput("a rehearsal aid must not be set in production", field="stage")
        self._messenger, self._hear = messenger, hear

    def send(self, message: Message) -> str:
        """Send, or do as if."""
        if message.address not in DELIVERED | FAILED | SILENT:
            return self._messenger.send(message)
        if message.address not in SILENT:
            status = Status.DELIVERED if message.address in DELIVERED else Status.UNDELIVERED
            self._hear(receipt(NAME, message.id, message.id, status, "rehearsed"))
        return f"{NAME}:{message.id}"

    def poll(self, message: Message) -> Receipt | None:
        """Nothing is ever known of an address of rehearsal beyond its receipt."""
        known = message.address in DELIVERED | FAILED | SILENT
        return self._messenger.poll(message) if isinstance(self._messenger, Asked) and not known else None
