"""The named, typed facts that rules are made of, each for both engines: in Python for one subject, in SQL for all of them.

SQL sees a candidate's columns: `c_…` of the certificate, `b_…` of the business registration, `p_name` of the producer. What SQL
cannot say as Python does (names and addresses in one form) is worked out in Python, once for each candidate on which `guard` holds,
and read as `w_<feature>`. `docs/rules.md` is made from this table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from wugan.detection import places
from wugan.detection.expression import Type, Value
from wugan.detection.row import Row
from wugan.items.model import Jurisdiction, SubjectField
from wugan.registry import normalise
from wugan.registry.feeds import BLACKLIST, BUSINESS, ENTITY_TYPES, LICENCE, PROPERTY

_COLUMN = re.compile(r"\b([cbp])_(\w+)\b")
# What is read beside a certificate: registrations, producers' registrations and small tables, each with the feed it comes from.
PARTS = {
    "b": BUSINESS.name,
    "p": BUSINESS.name,
    "properties": PROPERTY.name,
    "blacklisted": BLACKLIST.name,
    "filed": LICENCE.name,
}


@dataclass(frozen=True)
class Worked:
    """A column that Python works out: the function of these columns, where the guard holds; NULL elsewhere."""

    function: Callable[..., Value | None]
    columns: tuple[str, ...]
    guard: str
    cost: int = 1  # dearer columns come later, for the rows that are left then


@dataclass(frozen=True)
class Definition:
    """One feature. A value of None is missing: the registries do not tell."""

    name: str
    title: str  # in Chinese, for item managers and explanations
    type: Type
    python: Callable[[Row], Value | None]
    sql: str  # may use {as_of} and {sensed_on}
    about: str = ""
    worked: Worked | None = None
    choices: tuple[str, ...] = ()  # the only values there are
    needs_certificate: bool = True  # not to be had in a filing, which looks at the registration alone
    offered: bool = True  # to authors, in `when`
    narrow: str = ""  # holds on every row on which a truth value is true, and is cheaper
    day: str = ""  # the date column on which the value depends, so that it changes as days pass
    ahead: bool = False  # the days run out until that date, instead of adding up since

    @cached_property
    def columns(self) -> frozenset[tuple[str, str]]:
        """The columns that the value is made of: (c | b | p, name)."""
        return frozenset((side, column) for side, column in _COLUMN.findall(self._said))

    @cached_property
    def parts(self) -> frozenset[str]:
        """The parts of the registries, of `PARTS`, that it reads beside the certificate that is looked at."""
        tables = frozenset(re.findall(r"\b(properties|blacklisted|filed)\b", self._said))
        return tables | {side for side, _ in self.columns if side in PARTS}

    @property
    def _said(self) -> str:
        return " ".join([self.sql, *((*self.worked.columns, self.worked.guard) if self.worked else ())])


SUBJECT_FIELDS = {
    SubjectField.NAME: "名称",
    SubjectField.LEGAL_REPRESENTATIVE: "法定代表人",
    SubjectField.PERSON_IN_CHARGE: "负责人",
    SubjectField.REGISTERED_ADDRESS: "注册地址",
    SubjectField.PREMISES_ADDRESS: "生产经营地址",
    SubjectField.PRODUCER_NAME: "实际生产企业名称",
}
ADDRESSES = (SubjectField.REGISTERED_ADDRESS, SubjectField.PREMISES_ADDRESS)


def sides(field: SubjectField, row: Row) -> tuple[str | None, str | None]:
    """A field as printed on the certificate and as registered now, as the registries write them."""
    return _SIDES[field](row)


def _sides(field: SubjectField) -> Callable[[Row], tuple[str | None, str | None]]:
    name = field.value

    def registered(row: Row) -> tuple[str | None, str | None]:
        certificate, business = row.certificate, row.business
        return getattr(certificate, name) if certificate else None, getattr(business, name) if business else None

    def producers(row: Row) -> tuple[str | None, str | None]:
        certificate, producer = row.certificate, row.producer()
        return getattr(certificate, name) if certificate else None, producer.name if producer else None

    return producers if field is SubjectField.PRODUCER_NAME else registered


_SIDES = {field: _sides(field) for field in SubjectField}


def changed(field: SubjectField) -> str:
    """The name of the feature that tells whether a field changed."""
    return f"{field.value}_changed"


def moved(field: SubjectField) -> str:
    """The name of the feature that tells whether an address moved."""
    return f"{field.value}_moved"


def off_road(field: SubjectField) -> str:
    """The name of the feature that tells whether an address changed in more than its plate number."""
    return f"{field.value}_off_road"


def _columns(field: SubjectField) -> tuple[str, str]:
    return f"c_{field.value}", "p_name" if field is SubjectField.PRODUCER_NAME else f"b_{field.value}"


def _changed(field: SubjectField, title: str) -> Definition:
    compare = places.address_changed if field in ADDRESSES else places.name_changed
    old, new = _columns(field)
    both = _SIDES[field]
    return Definition(
        changed(field),
        f"{title}已变更",
        Type.BOOLEAN,
        lambda row: compare(*both(row)),
        f"CASE WHEN {old} = {new} THEN FALSE ELSE w_{changed(field)} END",
        f"登记的{title}与证照上的不同（只差书写形式不算）",
        worked=Worked(compare, (old, new), f"{old} <> {new}"),
        narrow=f"{old} <> {new}",
    )


def _moved(field: SubjectField, title: str) -> Definition:
    about = f"{title}变到另一处；仅路名、门牌号变更或没有变更为否，无法判断时缺失"
    return _compared(field, moved(field), f"{title}已迁移", places.address_moved, about)


def _off_road(field: SubjectField, title: str) -> Definition:
    about = f"{title}的变更不限于门牌号，如路名也不同；仅门牌号变更或没有变更为否，无法判断时缺失"
    return _compared(field, off_road(field), f"{title}变更不限于门牌号", places.address_off_road, about)


def _compared(
    field: SubjectField, name: str, title: str, compare: Callable[[str | None, str | None], bool | None], about: str
) -> Definition:
    """How the address on the certificate became the registered one; false where they are written alike or one is missing."""
    old, new = _columns(field)
    both = _SIDES[field]
    return Definition(
        name,
        title,
        Type.BOOLEAN,
        lambda row: compare(*both(row)),
        f"CASE WHEN {old} <> {new} THEN w_{name} ELSE FALSE END",
        about,
        worked=Worked(compare, (old, new), f"{old} <> {new}"),
        narrow=f"{old} <> {new}",
    )


def _plain(of: str, column: str, name: str, title: str, type: Type, about: str = "", choices: tuple[str, ...] = ()) -> Definition:
    """A column as it stands."""
    side = "certificate" if of == "c" else "business"

    def read(row: Row) -> Value | None:
        return getattr(getattr(row, side), column, None)

    return Definition(name, title, type, read, f"{of}_{column}", about, choices=choices, needs_certificate=of == "c")


def _form(
    of: str, column: str, name: str, title: str, function: Callable[[str | None], str | None], about: str, choices: tuple[str, ...] = ()
) -> Definition:
    """A text column in one form."""
    side, source = "certificate" if of == "c" else "business", f"{of}_{column}"
    worked = Worked(function, (source,), f"{source} IS NOT NULL")

    def read(row: Row) -> Value | None:
        return function(getattr(getattr(row, side), column, None))

    return Definition(name, title, Type.TEXT, read, f"w_{name}", about, worked=worked, choices=choices, needs_certificate=of == "c")


def _district(of: str, column: str, name: str, title: str) -> Definition:
    return _form(of, column, name, title, places.district, "旧区名换算为现名", normalise.DISTRICTS)


def _days(of: str, column: str, name: str, title: str, about: str, *, ahead: bool = False) -> Definition:
    """Days from a date to the day of sensing, or ahead to it."""
    side, source = "certificate" if of == "c" else "business", f"{of}_{column}"

    def count(row: Row) -> Value | None:
        day: date | None = getattr(getattr(row, side), column, None)
        if day is None:
            return None
        return (day - row.sensed_on).days if ahead else (row.sensed_on - day).days

    sql = f"({source} - {{sensed_on}})" if ahead else f"({{sensed_on}} - {source})"
    return Definition(name, title, Type.NUMBER, count, sql, about, needs_certificate=of == "c", day=source, ahead=ahead)


def _in_force(row: Row) -> bool | None:
    certificate = row.certificate
    if certificate is None:
        return None
    return certificate.status == "valid" and (certificate.valid_until is None or certificate.valid_until >= row.subject.as_of)


def _blacklisted(row: Row) -> bool:
    today = row.subject.as_of
    return any(b.since <= today and (b.until is None or b.until >= today) for b in row.subject.blacklistings)


def _filed(row: Row) -> bool:
    return any(c.type == row.certificate_type and c.status == "valid" for c in row.subject.certificates)


def _place(business: Any) -> str | None:
    return (business.premises_address or business.registered_address) if business else None


_DEFINITIONS = (
    *(_changed(field, title) for field, title in SUBJECT_FIELDS.items()),
    *(_moved(field, SUBJECT_FIELDS[field]) for field in ADDRESSES),
    *(_off_road(field, SUBJECT_FIELDS[field]) for field in ADDRESSES),
    Definition(
        "certificate_in_force",
        "证照有效",
        Type.BOOLEAN,
        _in_force,
        "(c_status = 'valid' AND coalesce(c_valid_until >= {as_of}, TRUE))",
        "证照状态有效，且有效期未过（未载明有效期的视为未过）",
        day="c_valid_until",
        ahead=True,
    ),
    Definition(
        "blacklisted",
        "列入严重违法失信名单",
        Type.BOOLEAN,
        _blacklisted,
        "(credit_code IN (SELECT credit_code FROM blacklisted))",
        "当日在严重违法失信名单中",
        needs_certificate=False,
    ),
    Definition(
        "owns_premises",
        "经营场所为自有产权",
        Type.BOOLEAN,
        lambda row: places.owned(_place(row.business), [p.address for p in row.subject.properties]),
        "w_owns_premises",
        "不动产登记显示主体拥有其生产经营地址（未登记时为注册地址）",
        worked=Worked(
            places.owned,
            ("coalesce(nullif(b_premises_address, ''), b_registered_address)", "properties"),
            "coalesce(nullif(b_premises_address, ''), b_registered_address) IS NOT NULL",
            cost=2,
        ),
        needs_certificate=False,
    ),
    Definition(
        "filed",
        "已办理过备案",
        Type.BOOLEAN,
        _filed,
        "EXISTS (SELECT 1 FROM filed f WHERE f.credit_code = c.credit_code AND f.type = c.certificate_type)",
        needs_certificate=False,
        offered=False,
    ),
    Definition(
        "scope_covers_phrase",
        "经营范围含所列业务",
        Type.BOOLEAN,
        lambda row: places.covers(row.business.scope if row.business else None, row.phrase),
        "w_scope_covers_phrase",
        worked=Worked(places.covers, ("b_scope", "phrase"), "b_scope IS NOT NULL", cost=3),
        needs_certificate=False,
        offered=False,
    ),
    Definition(
        "registered_jurisdiction",
        "登记所属区域",
        Type.TEXT,
        lambda row: places.registered_in(row.business.registering_body, row.business.registered_address) if row.business else None,
        "w_registered_jurisdiction",
        "按登记机关，其次按注册地址判断，从不按信用代码",
        worked=Worked(
            places.registered_in,
            # The address is asked only where the body does not tell, so that most rows are alike and looked at once.
            ("b_registering_body", "CASE WHEN NOT coalesce(contains(b_registering_body, '青岛'), FALSE) THEN b_registered_address END"),
            "b_registering_body IS NOT NULL OR b_registered_address IS NOT NULL",
        ),
        choices=tuple(j.value for j in Jurisdiction),
        needs_certificate=False,
    ),
    _plain("c", "jurisdiction", "jurisdiction", "证照所属区域", Type.TEXT, choices=tuple(j.value for j in Jurisdiction)),
    _plain("c", "status", "certificate_status", "证照状态", Type.TEXT, choices=("valid", "void")),
    _plain("b", "status", "business_status", "登记状态", Type.TEXT, choices=("active", "cancelled", "revoked")),
    _plain("b", "entity_type", "entity_type", "主体类型", Type.TEXT, choices=ENTITY_TYPES),
    _plain("c", "issued_on", "issued_on", "发证日期", Type.DATE),
    _plain("c", "valid_until", "valid_until", "有效期至", Type.DATE),
    _plain("b", "changed_on", "changed_on", "最近变更日期", Type.DATE),
    _plain("b", "scope_changed_on", "scope_changed_on", "经营范围变更日期", Type.DATE),
    _days("c", "valid_until", "days_to_expiry", "距有效期届满的天数", "当日届满为0，已过为负", ahead=True),
    _days("c", "issued_on", "days_since_issue", "发证至今的天数", "当日发证为0"),
    _days("b", "changed_on", "days_since_change", "最近变更至今的天数", "当日变更为0"),
    _days("b", "scope_changed_on", "days_since_scope_change", "经营范围变更至今的天数", "当日变更为0"),
    _form("b", "name", "business_name", "登记名称", normalise.name, "统一书写形式后的名称"),
    _form("b", "registering_body", "registering_body", "登记机关", normalise.name, "统一书写形式后的名称"),
    _form(
        "b",
        "scope",
        "business_scope",
        "经营范围",
        places.covered,
        "统一书写形式，并去掉“不含”“不包括”“不得”“除……外”“……除外”的部分（括号内外）",
    ),
    _district("b", "registered_address", "registered_district", "注册地址所在区市"),
    _district("b", "premises_address", "premises_district", "生产经营地址所在区市"),
    _form("c", "name", "certificate_name", "证照上的名称", normalise.name, "统一书写形式后的名称"),
    _form("c", "issuing_body", "issuing_body", "发证机关", normalise.name, "统一书写形式后的名称"),
    _district("c", "registered_address", "certificate_registered_district", "证照注册地址所在区市"),
    _district("c", "premises_address", "certificate_premises_district", "证照生产经营地址所在区市"),
)
FEATURES = {d.name: d for d in _DEFINITIONS}
