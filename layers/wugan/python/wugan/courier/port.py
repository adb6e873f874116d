"""The courier port."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class ParcelState(StrEnum):
    """The states every courier's own are mapped to."""

    ORDERED = "ordered"
    COLLECTED = "collected"
    ARRIVED = "arrived"  # signed for by the receiver
    FAILED = "failed"  # not collected, refused, returned, lost
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Address:
    """One end of a parcel: personal data."""

    name: str
    mobile: str
    address: str


@dataclass(frozen=True)
class Order:
    """A parcel to carry. `id` is deterministic, so that the courier drops repeats."""

    id: str
    sender: Address
    receiver: Address
    goods: str


@dataclass(frozen=True)
class Parcel:
    """A parcel as the courier tells it."""

    order_id: str
    waybill: str  # 运单号
    state: ParcelState


class Courier(Protocol):
    """Carries certificates, both directions."""

    def order(self, order: Order) -> Parcel:
        """Place the order; a repeat the courier reports is a success. Raises VendorRefused or VendorUnavailable."""

    def cancel(self, order_id: str) -> None:
        """Cancel; a parcel that is already cancelled or unknown is a success."""

    def query(self, order_id: str) -> Parcel:
        """The state now; what a push says is checked against it. Raises NotFound."""
