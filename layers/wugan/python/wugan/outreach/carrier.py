"""What stands behind a channel: a carrier, which takes one message and says honestly what it knows about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from wugan.errors import VendorUnavailable
from wugan.http import untouched
from wugan.outreach.port import Message
from wugan.outreach.receipts import Status

_SIGNED = re.compile(r"^【[^】]*】")


class NotSent(VendorUnavailable):
    """The carrier certainly did nothing with this message: another one may take it. Never leaves `wugan.outreach.failover`."""


@dataclass(frozen=True)
class Trace:
    """A message that a carrier knows."""

    reference: str
    status: Status | None  # None: on its way
    reason: str = ""


class Carrier(Protocol):
    """One vendor of one channel."""

    @property
    def name(self) -> str:
        """Stable; it stands in the log of sends."""

    @property
    def account(self) -> str:
        """Whose account at the vendor this is: one may be well where another is blocked or has no money left."""

    @property
    def repeat_safe(self) -> timedelta:
        """How long after a first try the vendor itself drops a repeat of the same id."""

    def submit(self, message: Message) -> str:
        """Hand over; returns the vendor's reference.

        Raises NotSent (it did nothing), VendorRefused (this address will never work) or VendorUnavailable (it may have acted).
        """

    def trace(self, message: Message, since: datetime) -> Trace | None:
        """What became of a message tried at `since`; None proves that it was never taken. Raises VendorUnavailable: it cannot tell."""


class Source(StrEnum):
    """What of a message goes into a template's field."""

    TEXT = "text"  # without the leading 【签名】, which the vendor adds itself
    LINK = "link"
    PATH = "path"  # the link without scheme and host: SMS templates hold the host, since variables may not be URLs


@dataclass(frozen=True)
class Field:
    """One variable of an approved template. `most` characters are let through, the rest becomes "…"; 0: all."""

    name: str
    source: Source
    most: int = 0


@dataclass(frozen=True)
class Template:
    """A template that the vendor approved, and how a message fills it. Vendors' limits on variables differ by template: configured."""

    id: str
    fields: tuple[Field, ...]

    def fill(self, message: Message) -> dict[str, str]:
        """The variables, in the template's order."""
        return {field.name: _cut(_value(message, field.source), field.most) for field in self.fields}


def _value(message: Message, source: Source) -> str:
    if source is Source.TEXT:
        return _SIGNED.sub("", message.text)
    link = message.link or ""
    return link if source is Source.LINK else link.partition("://")[2].partition("/")[2]


def _cut(text: str, most: int) -> str:
    return text if not most or len(text) <= most else text[: most - 1] + "…"


def as_sent_or_not(error: VendorUnavailable) -> VendorUnavailable:
    """The same failure, told as NotSent where no connection came about."""
    return NotSent(error.detail) if untouched(error) else error
