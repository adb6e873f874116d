"""The two ends of a case's parcels, and what is in them."""

from __future__ import annotations

from wugan.cases.context import Context
from wugan.cases.model import Head, Stage
from wugan.courier.port import Address
from wugan.outreach import plan

GOODS = {Stage.PICKUP: "旧证", Stage.DELIVERY: "新证照", Stage.GIVE_BACK: "旧证（退还）"}


def person_end(context: Context, head: Head, stage: Stage) -> Address:
    """Where the person is found: the delivery's address for the new certificate, the pickup's for the old one."""
    contact = (context.store.sealed(head.case_id, "contacts") or [{}])[head.contact]
    form = context.store.sealed(head.case_id, "form") or {}
    wanted = "delivery_address" if stage is Stage.DELIVERY else "pickup_address"
    where = form.get(wanted) or form.get("delivery_address") or form.get("pickup_address") or ""
    return Address(str(contact.get("name", "")), str(form.get("courier_mobile", "")), where)


def bureau_end(context: Context, head: Head) -> Address:
    """The bureau's counter."""
    name = plan.bureau(context.item(head), head.jurisdiction)
    return Address(name, plan.HOTLINE, f"{name}审批窗口")


def ends(context: Context, head: Head, stage: Stage) -> tuple[Address, Address]:
    """(sender, receiver) of a stage's parcel."""
    person, bureau = person_end(context, head, stage), bureau_end(context, head)
    return (person, bureau) if stage is Stage.PICKUP else (bureau, person)
