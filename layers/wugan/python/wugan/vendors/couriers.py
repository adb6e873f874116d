"""A bureau's couriers from its document."""

from __future__ import annotations

from collections.abc import Callable

from wugan.courier.area import Area
from wugan.courier.choice import ChosenCourier, Option
from wugan.courier.health import Health, Watched, available
from wugan.courier.port import PushingCourier
from wugan.courier.waybills import Waybills
from wugan.vendors import model
from wugan.vendors.kit import Kit, needed


def courier(bureau: model.Bureau, kit: Kit, waybills: Waybills, health: Health, callback: Callable[[str], str]) -> ChosenCourier:
    """The courier port. `callback` gives the address at which a courier of this name calls back.

    Raises InvalidInput naming the section when the bureau has none.
    """
    section = bureau.couriers
    if section is None:
        raise needed("couriers")
    home = _area(section.home)

    def option(one: model.Sf | model.Ems | model.Kuaidi100) -> Option:
        watched = Watched(one.vendor, _courier(one, home, kit, waybills, callback), health, kit.clock)
        return Option(one.vendor, watched, tuple(_area(place) for place in one.areas))

    options = [option(one) for one in section.options]
    return ChosenCourier(options, waybills, kit.clock, home, lambda name: available(health, name, kit.clock))


def _courier(
    one: model.Sf | model.Ems | model.Kuaidi100, home: Area, kit: Kit, waybills: Waybills, callback: Callable[[str], str]
) -> PushingCourier:
    """One courier; what it imports, EMS's encryption above all, is paid for by who has it."""
    match one:
        case model.Sf():
            from wugan.courier.sf import SfAccount, SfCourier

            sf = SfAccount(
                one.partner_id, kit.secret(one.checkword), one.monthly_card, kit.secret(one.push_key), one.endpoint, one.express_type
            )
            return SfCourier(sf, waybills, kit.clock, kit.client)
        case model.Ems():
            from wugan.courier.ems import EmsAccount, EmsCourier

            ems = EmsAccount(one.sender_no, kit.secret(one.authorization), kit.secret(one.sign_key), home, one.product, one.endpoint)
            return EmsCourier(ems, waybills, kit.clock, kit.client)
        case model.Kuaidi100():
            from wugan.courier.kuaidi100 import TRACE_EVERY, Kuaidi100Account, Kuaidi100Courier

            kuaidi100 = Kuaidi100Account(
                kit.secret(one.key),
                kit.secret(one.secret),
                kit.secret(one.customer),
                kit.secret(one.push_key),
                one.company,
                one.phone,
                callback(one.vendor),
                one.order_endpoint,
                one.query_endpoint,
                TRACE_EVERY / kit.pace,
            )
            return Kuaidi100Courier(kuaidi100, waybills, kit.clock, kit.client)


def _area(place: model.Place) -> Area:
    return Area(place.province, place.city, place.county)
