"""Which couriers answer (可用性), so that new orders go round an outage. Parcels that a courier has stay with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from wugan.clock import Clock
from wugan.courier.port import Order, Parcel, Push, PushingCourier
from wugan.errors import VendorUnavailable, WuganError

DOWN = 3  # failures in a row
AGAIN = timedelta(minutes=10)  # after the last of them it is asked again


@dataclass(frozen=True)
class Record:
    """Failures in a row, and when the last one was (wall time)."""

    failures: int
    at: datetime


class Health(Protocol):
    """Where it is kept, for all processes."""

    def failed(self, courier: str, at: datetime) -> None:
        """One more failure in a row."""

    def worked(self, courier: str) -> None:
        """The row of failures is over."""

    def of(self, courier: str) -> Record | None:
        """The row of failures; None: it answered last."""


class MemoryHealth:
    """In memory, for tests and local runs."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}

    def failed(self, courier: str, at: datetime) -> None:
        known = self._records.get(courier)
        self._records[courier] = Record(known.failures + 1 if known else 1, at)

    def worked(self, courier: str) -> None:
        self._records.pop(courier, None)

    def of(self, courier: str) -> Record | None:
        return self._records.get(courier)


def available(health: Health, courier: str, clock: Clock) -> bool:
    """Whether a courier is worth asking now."""
    record = health.of(courier)
    return record is None or record.failures < DOWN or clock.wall() - record.at >= AGAIN


@dataclass(frozen=True)
class Watched:
    """A courier whose answers to orders are noted; a refusal is an answer."""

    name: str
    courier: PushingCourier
    health: Health
    clock: Clock

    def order(self, order: Order) -> Parcel:
        """Place it."""
        try:
            parcel = self.courier.order(order)
        except VendorUnavailable:
            self.health.failed(self.name, self.clock.wall())
            raise
        except WuganError:
            self._worked()
            raise
        self._worked()
        return parcel

    def cancel(self, order_id: str) -> None:
        """Cancel it."""
        self.courier.cancel(order_id)

    def query(self, order_id: str) -> Parcel:
        """Ask for it."""
        return self.courier.query(order_id)

    def parse_push(self, headers: Mapping[str, str], target: str, body: bytes) -> Push:
        """Read a push."""
        return self.courier.parse_push(headers, target, body)

    def _worked(self) -> None:
        if self.health.of(self.name):
            self.health.worked(self.name)
