"""Which courier carries an order, and who had it.

Couriers are tried in the configured order, those that serve both ends and are not known to be down. Who was asked is written
down before asking (`Waybills`), keyed by the order's id; after a restart query and cancel read it there and nowhere else.

An order goes to another courier only when it is certain that the first did not take it: it refused the only try there was, or no
connection was made in it. Whoever was asked and did not answer keeps the order until it answers: two couriers at the door, or one
certificate expected by two, is worse than a day's delay. A repeat may be refused although the first try was taken (its time of
collection has passed meanwhile, say): the courier is asked whether it has the order. `available` is how an outage reaches new orders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from wugan.clock import Clock
from wugan.courier.area import Area, divide
from wugan.courier.port import AREA_NOT_SERVED, NeverPlaced, Order, OrderInDoubt, Parcel, Push, PushingCourier
from wugan.courier.waybills import Entry, Step, Waybills
from wugan.errors import NotFound, VendorRefused, VendorUnavailable
from wugan.http import untouched


@dataclass(frozen=True)
class Option:
    """A configured courier. `name` is its module's; `areas` is where it collects and delivers, empty for everywhere."""

    name: str
    courier: PushingCourier
    areas: tuple[Area, ...] = ()

    def serves(self, order: Order, home: Area) -> bool:
        """Whether both ends lie in its areas."""
        ends = [divide(end.address, home)[0] for end in (order.sender, order.receiver)]
        return not self.areas or all(any(area.holds(end) for area in self.areas) for end in ends)


class ChosenCourier:
    """The courier port over several couriers. `home` completes addresses; `available` tells by name who is worth asking now."""

    def __init__(
        self, options: Sequence[Option], waybills: Waybills, clock: Clock, home: Area, available: Callable[[str], bool] = lambda _: True
    ) -> None:
        self._options = {option.name: option for option in options}
        self._waybills = waybills
        self._clock = clock
        self._home = home
        self._available = available

    def order(self, order: Order) -> Parcel:
        """Place it, with another courier if one certainly did not take it. Raises the last one's error."""
        entry = self._waybills.touch(order.id)
        if entry is None:
            return self._first(order, self._candidates(order))
        option = self._option(entry)
        try:
            return option.courier.order(order)
        except OrderInDoubt:
            raise
        except VendorRefused as refused:
            taken = _taken(option.courier, order.id, refused)
            if taken:
                return taken
            if entry.step is not Step.ASKED or not self._waybills.release(entry):
                raise
            return self._first(order, [other for other in self._candidates(order) if other is not option], refused)

    def cancel(self, order_id: str) -> None:
        """Cancel with whom it was given to; what was given to nobody is cancelled."""
        entry = self._waybills.find(order_id)
        if entry:
            self._option(entry).courier.cancel(order_id)

    def query(self, order_id: str) -> Parcel:
        """Ask whom it was given to. Raises NotFound if it was given to nobody."""
        entry = self._waybills.find(order_id)
        if entry is None:
            raise NotFound("this order was given to no courier", field="order_id")
        return self._option(entry).courier.query(order_id)

    def parse_push(self, name: str, headers: Mapping[str, str], target: str, body: bytes) -> Push:
        """A push that came to the address of the courier `name`. Raises NotFound, Forbidden or InvalidInput."""
        if name not in self._options:
            raise NotFound("no such courier is configured", field="courier")
        return self._options[name].courier.parse_push(headers, target, body)

    def _first(self, order: Order, candidates: Iterable[Option], failure: VendorRefused | VendorUnavailable | None = None) -> Parcel:
        for option in candidates:
            entry = Entry(order.id, option.name, self._clock.wall())
            if not self._waybills.claim(entry):
                raise VendorUnavailable("this order is being placed by somebody else")
            try:
                return option.courier.order(order)
            except OrderInDoubt:
                raise
            except VendorRefused as refused:
                failure = refused
            except VendorUnavailable as error:
                if not untouched(error):
                    raise
                failure = error
            if not self._waybills.release(entry):
                break
        raise failure or VendorRefused(AREA_NOT_SERVED)

    def _candidates(self, order: Order) -> list[Option]:
        """Those who serve it; those known to be down come last, for they may be back."""
        serving = [option for option in self._options.values() if option.serves(order, self._home)]
        return sorted(serving, key=lambda option: not self._available(option.name))

    def _option(self, entry: Entry) -> Option:
        try:
            return self._options[entry.courier]
        except KeyError:
            raise VendorUnavailable("the courier that has this order is no longer configured", field="courier") from None


def _taken(courier: PushingCourier, order_id: str, refused: VendorRefused) -> Parcel | None:
    """The parcel, if the courier took the order in an earlier try than the one it refused; None if it certainly did not.

    Raises OrderInDoubt, VendorUnavailable.
    """
    if refused.detail == AREA_NOT_SERVED:
        return None
    try:
        return courier.query(order_id)
    except NeverPlaced:
        return None
    except NotFound:
        raise OrderInDoubt(refused.detail) from refused
