"""Parcels carried by the sandbox's courier. For rehearsals: `wugan.bootstrap` refuses it in production."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from typing import Any

from wugan.clock import Clock
from wugan.courier.port import Order, Parcel, ParcelState
from wugan.errors import NotFound, VendorUnavailable
from wugan.http import JsonClient, SignedService, VendorUnknown, segment, text_in


class SandboxCourier:
    """The courier port (`wugan.courier.port.Courier`). To cancel what was collected already is VendorRefused."""

    def __init__(self, base_url: str, secret: str, clock: Clock, client: JsonClient) -> None:
        self._service = SignedService(base_url, secret, clock, client)

    def order(self, order: Order) -> Parcel:
        """POST /courier/orders."""
        body = {"id": order.id, "sender": asdict(order.sender), "receiver": asdict(order.receiver), "goods": order.goods}
        return _parcel(order.id, self._service.post("/courier/orders", body))

    def cancel(self, order_id: str) -> None:
        """POST /courier/orders/{id}/cancel."""
        with suppress(VendorUnknown):
            self._service.post(f"/courier/orders/{segment(order_id)}/cancel", {})

    def query(self, order_id: str) -> Parcel:
        """GET /courier/orders/{id}."""
        try:
            return _parcel(order_id, self._service.get(f"/courier/orders/{segment(order_id)}"))
        except VendorUnknown as error:
            raise NotFound("the courier has no such order", field="order_id") from error


def _parcel(order_id: str, answer: dict[str, Any]) -> Parcel:
    try:
        state = ParcelState(text_in(answer, "state"))
    except ValueError as error:
        raise VendorUnavailable("the answer has an unknown state", field="state") from error
    return Parcel(order_id, text_in(answer, "waybill"), state)
