"""What a person confirms in step 5 (申报信息确认), and what has to hold of it before it is taken."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wugan.courier.area import Area, divide
from wugan.errors import InvalidForm, InvalidInput
from wugan.forms import prefill
from wugan.forms.prefill import Filled
from wugan.items.model import DeliveryWay, Item, Jurisdiction, ReturnWay

MOBILE = re.compile(r"1[0-9]{10}")
ADDRESSES = ("pickup_address", "delivery_address")
HOMES = {
    Jurisdiction.QD: Area("山东省", "青岛市"),
    Jurisdiction.LX: Area("山东省", "青岛市", "莱西市"),
    Jurisdiction.PD: Area("山东省", "青岛市", "平度市"),
}
_COUNTY_CITIES = ("胶州市", "平度市", "莱西市")  # of Qingdao: people leave the upper city out


@dataclass(frozen=True)
class Declaration:
    """What the person confirms in step 5. `pickup_slot`: Beijing time, as "2026-11-25 09:00-11:00"; empty: any time."""

    given: Mapping[str, str]
    disputed: Mapping[str, str]
    return_way: str | None
    delivery_way: str
    pickup_address: str = ""
    delivery_address: str = ""
    pickup_slot: str = ""
    why: Mapping[str, str] = field(default_factory=dict)  # of a dispute


@dataclass(frozen=True)
class Confirmed:
    """A declaration that can be taken."""

    fields: list[Filled]
    form: dict[str, Any]  # as it is sealed: fields, addresses, the couriers' number, the time slot


def confirm(
    item: Item, jurisdiction: str, holds_old: bool, before: Sequence[Filled], told: Declaration, slots: Collection[str]
) -> Confirmed:
    """The declaration, checked against the form as it was filled. Raises InvalidForm with all that is wrong, in the page's order."""
    faults: list[InvalidInput] = []
    fields = list(before)
    try:
        fields = prefill.confirm(before, told.given, told.disputed, told.why)
    except InvalidForm as wrong:
        faults += wrong.faults
    faults += _ways(item, told)
    faults += _places(jurisdiction, told)
    if _by_courier(told):
        faults += _number(fields, {f.field for f in faults})
    if told.pickup_slot and told.return_way == ReturnWay.COURIER and not holds_old and told.pickup_slot not in slots:
        faults.append(InvalidInput("this time is not to be had any more: choose another", field="pickup_slot"))
    if faults:
        raise InvalidForm(faults)
    return Confirmed(fields, {"fields": prefill.to_json(fields), **_travel(fields, told)})


def requests(before: Sequence[Filled], after: Sequence[Filled]) -> list[dict[str, Any]]:
    """All disputes as requests for correction to their registries' keepers, when one of them is new; else none."""
    known = {(f.name, f.disputed) for f in before}
    disputes = [f for f in after if f.disputed]
    if all((f.name, f.disputed) in known for f in disputes):
        return []
    return [
        {"field": f.name, "label": f.label, "source": f.source, "as_of": f.as_of, "value": f.value, "claimed": f.disputed, "why": f.why}
        for f in disputes
    ]


def _ways(item: Item, told: Declaration) -> Iterator[InvalidInput]:
    back, there = [w.value for w in item.return_ways], [w.value for w in item.delivery_ways]
    if (back or told.return_way) and told.return_way not in back:
        yield InvalidInput(f"choose one of {', '.join(back) or 'nothing'}", field="return_way")
    if told.delivery_way not in there:
        yield InvalidInput(f"choose one of {', '.join(there)}", field="delivery_way")


def _wanted(told: Declaration) -> dict[str, str]:
    """The addresses that couriers of the chosen ways need."""
    wanted = {}
    if told.return_way == ReturnWay.COURIER:
        wanted["pickup_address"] = told.pickup_address.strip()
    if told.delivery_way == DeliveryWay.COURIER:
        wanted["delivery_address"] = told.delivery_address.strip()
    return wanted


def _by_courier(told: Declaration) -> bool:
    return bool(_wanted(told))


def _places(jurisdiction: str, told: Declaration) -> Iterator[InvalidInput]:
    yield from filter(None, (misplaced(name, value, jurisdiction) for name, value in _wanted(told).items()))


def misplaced(name: str, address: str, jurisdiction: str) -> InvalidInput | None:
    """What is wrong with an address to which a courier is to come, told of the field `name`; None when nothing is."""
    if not 6 <= len(address) <= 120:
        return InvalidInput("give an address of 6 to 120 characters at which the courier finds you", field=name)
    if not findable(address, jurisdiction):
        return InvalidInput("name the province, the city and the district, and then the road or village", field=name)
    return None


def findable(address: str, jurisdiction: str) -> bool:
    """Whether an address tells province, city and district, or leaves out what is the bureau's own, and then goes on."""
    home = HOMES[Jurisdiction(jurisdiction)]
    text = re.sub(r"\s+", "", address)
    area, rest = divide(home.city + text if text.startswith(_COUNTY_CITIES) else text, home)
    return bool(area.province and area.city and area.county and rest)


def _number(fields: Sequence[Filled], faulty: set[str | None]) -> Iterator[InvalidInput]:
    mobile = next((f for f in fields if f.source == "contact.mobile"), None)
    if mobile is not None and mobile.name in faulty:
        return
    if mobile is None or not MOBILE.fullmatch(mobile.final or ""):
        yield InvalidInput("give a mobile number of 11 digits: the courier calls it", field=mobile.name if mobile else "delivery_way")


def _travel(fields: Sequence[Filled], told: Declaration) -> dict[str, str]:
    wanted = _wanted(told)
    if not wanted:
        return {}
    mobile = next(f for f in fields if f.source == "contact.mobile")
    slot = {"pickup_slot": told.pickup_slot} if told.pickup_slot and "pickup_address" in wanted else {}
    return wanted | {"courier_mobile": str(mobile.final)} | slot
