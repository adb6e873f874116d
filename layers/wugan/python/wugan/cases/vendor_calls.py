"""What the vendors' own calls bring (厂商回调): read by their adapters, taken in one by one, answered as each vendor wants it.

Every receipt and hint of a call is taken in for itself, so that one bad one loses no other. Only when all are in does the vendor hear its
word of success; else it hears an error and repeats the whole, and what was taken in before has no effect again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from wugan.cases.callbacks import Callbacks
from wugan.errors import InvalidInput, NotFound, NotYet
from wugan.outreach.receipts import Receipt
from wugan.outreach.sendlog import SendLog

MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class Call:
    """A call as it came in; `target` is path and query as in the vendor's configuration."""

    headers: Mapping[str, str]
    target: str
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Heard:
    """What a verified call says, and what must be answered, to the byte, once it is taken in."""

    answer: bytes
    content_type: str = "application/json"
    receipts: tuple[Receipt, ...] = ()
    orders: tuple[str, ...] = ()  # of which a courier hints that something moved
    unknown: int = 0  # rows about messages that we do not know yet
    bad: tuple[str, ...] = ()  # rows that were not understood: repeating them mends nothing


class Reader(Protocol):
    """The adapters of all bureaus' vendors, as far as they read calls."""

    def read(self, jurisdiction: str, kind: str, vendor: str, call: Call) -> Heard:
        """Verify and read. `kind`: courier, sms, wechat, app. Raises NotFound, Forbidden or InvalidInput."""

    def handshake(self, jurisdiction: str, call: Call) -> str:
        """What WeChat wants to hear when the address is entered in its console. Raises NotFound or Forbidden."""


@dataclass(frozen=True)
class VendorCalls:
    """The way in for vendors in their own protocols. `report` is told, without values, what was not understood."""

    callbacks: Callbacks
    log: Callable[[], SendLog]
    reader: Reader
    report: Callable[[str], None]

    def handshake(self, jurisdiction: str, call: Call) -> str:
        """WeChat's question whether this address is ours; changes nothing."""
        return self.reader.handshake(jurisdiction, call)

    def take(self, jurisdiction: str, kind: str, vendor: str, call: Call) -> Heard:
        """Take everything in. Raises NotYet or VendorUnavailable when the vendor must repeat; else Forbidden, InvalidInput, NotFound."""
        if len(call.body) > MOST_BYTES:
            raise InvalidInput(f"at most {MOST_BYTES} bytes", field="body")
        heard = self.reader.read(jurisdiction, kind, vendor, call)
        for row in heard.bad:
            self.report(f"{kind} {vendor}: {row}")
        failed = [error for error in (*map(self._receipt, heard.receipts), *map(self._order, heard.orders)) if error]
        if failed:
            raise failed[0]
        if heard.unknown:
            raise NotYet(f"{heard.unknown} messages are not known yet: send them again", field="message")
        return heard

    def _receipt(self, receipt: Receipt) -> Exception | None:
        try:
            self.log().heard(receipt.message_id, receipt.status, self.callbacks.context.clock.wall())
            self.callbacks.receipt(receipt)
        except (InvalidInput, NotFound) as error:  # a message of another sender of the account: it will never be ours
            self.report(f"receipt: {error.code}")
        except Exception as error:  # whatever it is, the others are taken in first; then it is raised
            return error
        return None

    def _order(self, order_id: str) -> Exception | None:
        try:
            self.callbacks.parcel(order_id)
        except Exception as error:  # as above
            return error
        return None
