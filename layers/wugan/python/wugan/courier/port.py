"""The courier port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from wugan.errors import NotFound, VendorRefused

AREA_NOT_SERVED = "area_not_served"  # the detail of a refusal that holds for every try: this courier does not go there


class ParcelState(StrEnum):
    """The states every courier's own are mapped to."""

    ORDERED = "ordered"
    COLLECTED = "collected"
    ARRIVED = "arrived"  # signed for by the receiver
    FAILED = "failed"  # not collected, refused, returned, lost
    CANCELLED = "cancelled"


class Detail(StrEnum):
    """What a state does not say and somebody has to follow up. Where the courier is vague, the doubt is told, not the receipt."""

    LOCKER = "locker"  # COLLECTED: lies in a locker, a shop, a pick-up point; not in the receiver's hands
    OTHER_SIGNED = "other_signed"  # COLLECTED: somebody else signed
    PROBLEM = "problem"  # COLLECTED: the courier cannot deliver for now (nobody there, held back, damaged)
    SILENT = "silent"  # the courier has had no trace for days and stopped looking
    LOST = "lost"  # FAILED
    REFUSED = "refused"  # FAILED: the receiver did not take it; it goes home
    RETURNED = "returned"  # FAILED: goes home, or is there
    HOME = "home"  # FAILED: its sender has it again
    NOT_COLLECTED = "not_collected"  # FAILED: nobody came, or came for nothing
    DROPPED = "dropped"  # FAILED: the courier cancelled the order by itself


@dataclass(frozen=True)
class Address:
    """One end of a parcel: personal data."""

    name: str
    mobile: str
    address: str


@dataclass(frozen=True)
class Order:
    """A parcel to carry. `id` is deterministic, so that the courier drops repeats. Without a time the courier comes as soon as may be."""

    id: str
    sender: Address
    receiver: Address
    goods: str
    pickup_from: datetime | None = None
    pickup_until: datetime | None = None


@dataclass(frozen=True)
class Parcel:
    """A parcel as the courier tells it."""

    order_id: str
    waybill: str  # 运单号; empty until the courier has given one
    state: ParcelState
    detail: str = ""  # one of Detail, or empty: nothing beyond the state


class OrderInDoubt(VendorRefused):
    """Nobody can tell whether the courier has the order: neither repeat it nor give it to another; a person looks.

    As the answer to a cancellation: a courier may still come.
    """


class NeverPlaced(NotFound):
    """The courier itself says that it has no such order; a plain NotFound is only what we remember."""


@dataclass(frozen=True)
class Hint:
    """A push speaks of this order. Nothing more is believed: ask the courier."""

    order_id: str


@dataclass(frozen=True)
class Push:
    """A push that was verified as far as its courier allows, and what must be answered, to the byte, once it is taken in."""

    hints: tuple[Hint, ...]
    answer: bytes
    content_type: str = "application/json"


class Courier(Protocol):
    """Carries certificates, both directions."""

    def order(self, order: Order) -> Parcel:
        """Place the order; a repeat the courier reports is a success. Raises VendorRefused or VendorUnavailable."""

    def cancel(self, order_id: str) -> None:
        """Cancel; a parcel that is already cancelled or unknown is a success."""

    def query(self, order_id: str) -> Parcel:
        """The state now; what a push says is checked against it. Raises NotFound, NeverPlaced where the courier tells."""


class PushingCourier(Courier, Protocol):
    """A courier that calls back in its own way."""

    def parse_push(self, headers: Mapping[str, str], target: str, body: bytes) -> Push:
        """Verify and read a push; `target` is path and query. Hints of orders that are not ours are left out.

        Raises Forbidden or InvalidInput. A push may be repeated or replayed: it gives the same hints, and hints have no effect.
        """
