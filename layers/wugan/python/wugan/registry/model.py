"""What the registries hold, after intake: one row type for each feed, and all rows of one subject together."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Business:
    """A row of the business registry (商事登记) or of the social organisations' registry."""

    credit_code: str
    name: str
    entity_type: str  # enterprise | non_enterprise_unit | social_group | foundation
    legal_representative: str | None
    person_in_charge: str | None
    registered_address: str | None
    premises_address: str | None
    scope: str | None
    scope_changed_on: date | None
    changed_on: date | None
    registering_body: str | None  # 青岛市…局, 莱西市…局, 平度市…局
    status: str  # active | cancelled | revoked
    version: str  # of the record in its registry


@dataclass(frozen=True)
class Certificate:
    """A row of the licence registry (证照库): what is printed on a valid certificate."""

    certificate_no: str
    type: str
    credit_code: str
    name: str
    legal_representative: str | None
    person_in_charge: str | None
    registered_address: str | None
    premises_address: str | None
    producer_code: str | None
    producer_name: str | None
    issued_on: date | None
    valid_until: date | None
    issuing_body: str | None
    jurisdiction: str  # QD | LX | PD
    status: str  # valid | void
    version: str


@dataclass(frozen=True)
class Property:
    """A row of the real-estate registry (不动产登记): who owns an address."""

    credit_code: str
    address: str
    certificate_no: str
    version: str


@dataclass(frozen=True)
class Contact:
    """A person who acts for the subject. Personal data: never logged, sealed inside a case."""

    credit_code: str
    role: str  # handling_person | legal_representative | agent
    name: str
    id_number: str
    mobile: str | None
    wechat_openid: str | None
    app_user: str | None
    version: str


@dataclass(frozen=True)
class Blacklisting:
    """A row of the list of seriously dishonest subjects (严重违法失信名单)."""

    credit_code: str
    reason: str
    since: date
    until: date | None
    version: str


@dataclass(frozen=True)
class Subject:
    """All that the registries hold on one subject on one day."""

    credit_code: str
    as_of: date
    business: Business | None
    certificates: tuple[Certificate, ...] = ()
    properties: tuple[Property, ...] = ()
    contacts: tuple[Contact, ...] = ()
    blacklistings: tuple[Blacklisting, ...] = ()
    producers: dict[str, Business] = field(default_factory=dict)  # by credit code, those its certificates name
