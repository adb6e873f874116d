"""Invented subjects, hits and people for tests. Codes carry valid check digits; nobody here exists."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

from tests.support.template import ROOT
from wugan.cases.opening import Found
from wugan.detection.evaluate import hits
from wugan.items.catalogue import load_folder
from wugan.items.model import Item, Kind
from wugan.items.version import version
from wugan.registry.model import Business, Certificate, Contact, Subject

CODE = "91370202MA3C7XKB5Y"
TODAY = date(2026, 11, 23)


@cache
def items() -> dict[int, Item]:
    """The catalogue by number."""
    return {item.number: item for item in load_folder(ROOT / "items").items}


def contact(**more: Any) -> Contact:
    """Somebody who acts for the subject and can be reached over all channels."""
    base = Contact(
        CODE, "legal_representative", "测试甲", "370202199001010015", "19900000001", "openid-a", "app-a", "contact:1"
    )  # fmt: skip
    return replace(base, **more)


def business(**more: object) -> Business:
    """A subject whose name was changed."""
    base = Business(
        credit_code=CODE,
        name="青岛试新建设有限公司",
        entity_type="enterprise",
        legal_representative="测试甲",
        person_in_charge="测试甲",
        registered_address="青岛市市南区香港中路10号",
        premises_address="青岛市市南区香港中路10号",
        scope="建设工程施工",
        scope_changed_on=None,
        changed_on=TODAY,
        registering_body="青岛市市场监督管理局",
        status="active",
        version="business:2",
    )
    return replace(base, **more)  # type: ignore[arg-type]


def certificate(item: Item, **more: object) -> Certificate:
    """What is printed on the subject's certificate: its former name; for a renewal, that it ends soon."""
    base = Certificate(
        certificate_no="QD-TEST-0001",
        type=item.certificates.type,
        credit_code=CODE,
        name="青岛试旧建设有限公司",
        legal_representative="测试甲",
        person_in_charge="测试甲",
        registered_address="青岛市市南区香港中路10号",
        premises_address="青岛市市南区香港中路10号",
        producer_code=None,
        producer_name=None,
        issued_on=date(2023, 1, 1),
        valid_until=TODAY + timedelta(days=75) if item.kind is Kind.RENEWAL else date(2029, 1, 1),
        issuing_body="青岛市行政审批服务局",
        jurisdiction="QD",
        status="valid",
        version="licence:1",
    )
    return replace(base, **more)  # type: ignore[arg-type]


def subject(item: Item, contacts: tuple[Contact, ...] | None = None) -> Subject:
    """A subject that an item hits for a changed name or a coming end."""
    return Subject(CODE, TODAY, business(), (certificate(item),), (), (contact(),) if contacts is None else contacts)


def found(item: Item, whole: Subject | None = None) -> Found:
    """The one hit of an item for a subject."""
    whole = whole or subject(item)
    (hit,) = hits(item, version(item), whole)
    assert whole.business
    return Found(hit, whole.business.name, whole.contacts)
