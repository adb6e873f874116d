"""The message port."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from wugan.items.model import Channel
from wugan.outreach.receipts import Receipt


@dataclass(frozen=True)
class Message:
    """One message to one person. `id` is deterministic, so that a vendor drops repeats."""

    id: str
    channel: Channel
    address: str  # mobile number, openid or app user: personal data
    text: str
    link: str | None


class Messenger(Protocol):
    """Sends messages over the channels."""

    def send(self, message: Message) -> str:
        """Hand the message over; returns the vendor's reference. A repeat the vendor reports is a success.

        Raises VendorRefused (this address will never work) or VendorUnavailable (try again with the same id)."""


@runtime_checkable
class Asked(Protocol):
    """A messenger that can be asked what became of a message."""

    def poll(self, message: Message) -> Receipt | None:
        """What became of it; None when nothing is known. Raises VendorUnavailable when its vendor cannot tell."""
