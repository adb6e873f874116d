"""What is remembered of the couriers, in DynamoDB: whom an order was given to, and how well each courier answers."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wugan.aws.tables import vendor_rows
from wugan.aws.vendor_store import ONE, ConditionFailed, conditional, end, moment
from wugan.courier.health import Record
from wugan.courier.port import ParcelState
from wugan.courier.waybills import Entry, Step

KEEP_ORDERS = timedelta(days=400)  # longer than any case may take
KEEP_HEALTH = timedelta(days=1)


@dataclass(frozen=True)
class DynamoWaybills:
    """The waybills (`wugan.courier.waybills.Waybills`). `order_of` reads an index, which follows within a second or so."""

    table: str

    @property
    def rows(self) -> Any:
        return vendor_rows(self.table)

    def find(self, order_id: str) -> Entry | None:
        try:
            return _entry(self.rows.get(_order(order_id), ONE, consistent_read=True))
        except self.rows.DoesNotExist:
            return None

    def order_of(self, waybill: str) -> str | None:
        found = self.rows.by_reference.query(_waybill(waybill), limit=1) if waybill else ()
        return next((row.pk.removeprefix("order#") for row in found), None)

    def claim(self, entry: Entry) -> bool:
        values = {name: value for name, value in _values(entry).items() if value}
        row = self.rows(_order(entry.order_id), ONE, tries=entry.tries, expires_at=end(entry.at + KEEP_ORDERS), **values)
        return self._holds(lambda: row.save(condition=self.rows.pk.does_not_exist()))

    def touch(self, order_id: str) -> Entry | None:
        row = self.rows(_order(order_id), ONE)
        touched = self._holds(lambda: row.update(actions=[self.rows.tries.add(1)], condition=self.rows.pk.exists()))
        return _entry(row) if touched else None

    def release(self, entry: Entry) -> bool:
        rows = self.rows
        same = (rows.vendor == entry.courier) & (rows.state == entry.step.value) & (rows.tries == entry.tries)
        return self._holds(lambda: rows(_order(entry.order_id), ONE).delete(condition=same))

    def keep(self, entry: Entry) -> None:
        rows, row = self.rows, self.rows(_order(entry.order_id), ONE)
        values = {name: value for name, value in _values(entry).items() if value and name != "state"}
        learnt = [getattr(rows, name).set(value) for name, value in values.items()]
        learnt += [rows.expires_at.set(end(entry.at + KEEP_ORDERS)), rows.tries.set(rows.tries | entry.tries)]
        if entry.told and not entry.told_detail:
            learnt.append(rows.detail.remove())
        before = [step.value for step in list(Step)[: list(Step).index(entry.step) + 1]]
        new, forward = rows.pk.does_not_exist(), (rows.vendor == entry.courier) & rows.state.is_in(*before)
        if not self._holds(lambda: row.update(actions=[*learnt, rows.state.set(entry.step.value)], condition=new | forward)):
            # It is further by now, and stays so, or another courier's.
            self._holds(lambda: row.update(actions=learnt, condition=rows.vendor == entry.courier))

    def _holds(self, write: Any) -> bool:
        try:
            with conditional():
                write()
        except ConditionFailed:
            return False
        return True


@dataclass(frozen=True)
class DynamoHealth:
    """How couriers answer (`wugan.courier.health.Health`)."""

    table: str

    @property
    def rows(self) -> Any:
        return vendor_rows(self.table)

    def failed(self, courier: str, at: datetime) -> None:
        rows = self.rows
        actions = [rows.tries.add(1), rows.at.set(moment(at)), rows.expires_at.set(end(at + KEEP_HEALTH))]
        rows(_health(courier), ONE).update(actions=actions)

    def worked(self, courier: str) -> None:
        with contextlib.suppress(ConditionFailed), conditional():
            self.rows(_health(courier), ONE).delete(condition=self.rows.pk.exists())

    def of(self, courier: str) -> Record | None:
        try:
            row = self.rows.get(_health(courier), ONE, consistent_read=True)
        except self.rows.DoesNotExist:
            return None
        return Record(int(row.tries), datetime.fromisoformat(row.at))


def _values(entry: Entry) -> dict[str, str | None]:
    """All of an entry but its tries, by attribute."""
    return {
        "vendor": entry.courier,
        "at": moment(entry.at),
        "state": entry.step.value,
        "waybill": entry.waybill,
        "found_by": _waybill(entry.waybill) if entry.waybill else None,
        "reference": entry.reference,
        "heard": entry.told.value if entry.told else None,
        "detail": entry.told_detail,
        "heard_at": moment(entry.told_at) if entry.told_at else None,
        "subscribed_at": moment(entry.subscribed_at) if entry.subscribed_at else None,
    }


def _entry(row: Any) -> Entry:
    return Entry(
        row.pk.removeprefix("order#"),
        row.vendor,
        datetime.fromisoformat(row.at),
        Step(row.state),
        row.waybill or "",
        row.reference or "",
        int(row.tries),
        ParcelState(row.heard) if row.heard else None,
        row.detail or "",
        datetime.fromisoformat(row.heard_at) if row.heard_at else None,
        datetime.fromisoformat(row.subscribed_at) if row.subscribed_at else None,
    )


def _order(order_id: str) -> str:
    return f"order#{order_id}"


def _waybill(waybill: str) -> str:
    return f"waybill#{waybill}"


def _health(courier: str) -> str:
    return f"health#{courier}"
