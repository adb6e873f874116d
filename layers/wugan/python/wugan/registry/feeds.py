"""The feed contract: which files the bureaus deliver, with which columns. See `docs/registries.md`.

A feed is one or more Parquet or CSV files (UTF-8 or GB18030, comma, one header line) under `registry/<feed>/`.
Every column of the contract must be there; an unknown one is ignored with a warning.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from wugan.errors import InvalidInput


class FeedRefused(InvalidInput):
    """A file that cannot be taken in as a whole. `field` names the column, `file` the file, `detail` the mending."""

    code = "feed_refused"

    def __init__(self, file: str, detail: str, *, field: str | None = None) -> None:
        super().__init__(f"{file}: {detail}", field=field)
        self.file = file


class Type(StrEnum):
    """What a column holds."""

    TEXT = "text"
    CODE = "code"  # a unified social credit code, GB 32100
    DATE = "date"


@dataclass(frozen=True)
class Column:
    """One column of a feed. A row without a required value, or with a value outside `choices`, is quarantined."""

    name: str
    title: str
    type: Type = Type.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Feed:
    """One registry's feed. Rows alike in `key` are versions of one record."""

    name: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in the order of the row type in `registry/model.py`."""
        return tuple(c.name for c in self.columns)


ENTITY_TYPES = ("enterprise", "non_enterprise_unit", "social_group", "foundation")
_CODE = Column("credit_code", "统一社会信用代码", Type.CODE, required=True)
_VERSION = Column("version", "记录版本", required=True)

BUSINESS = Feed(
    "business",
    "商事登记和社会组织登记",
    (
        _CODE,
        Column("name", "名称", required=True),
        Column("entity_type", "主体类型", required=True, choices=ENTITY_TYPES),
        Column("legal_representative", "法定代表人"),
        Column("person_in_charge", "负责人"),
        Column("registered_address", "注册地址"),
        Column("premises_address", "生产经营地址"),
        Column("scope", "经营范围"),
        Column("scope_changed_on", "经营范围变更日期", Type.DATE),
        Column("changed_on", "最近变更日期", Type.DATE),
        Column("registering_body", "登记机关"),
        Column("status", "登记状态", required=True, choices=("active", "cancelled", "revoked")),
        _VERSION,
    ),
    key=("credit_code",),
)
LICENCE = Feed(
    "licence",
    "证照库",
    (
        Column("certificate_no", "证照编号", required=True),
        Column("type", "证照类型", required=True),
        _CODE,
        Column("name", "持证主体名称", required=True),
        Column("legal_representative", "法定代表人"),
        Column("person_in_charge", "负责人"),
        Column("registered_address", "注册地址"),
        Column("premises_address", "生产经营地址"),
        Column("producer_code", "实际生产企业信用代码", Type.CODE),
        Column("producer_name", "实际生产企业名称"),
        Column("issued_on", "发证日期", Type.DATE),
        Column("valid_until", "有效期至", Type.DATE),
        Column("issuing_body", "发证机关"),
        Column("jurisdiction", "所属区域", required=True, choices=("QD", "LX", "PD")),
        Column("status", "证照状态", required=True, choices=("valid", "void")),
        _VERSION,
    ),
    key=("type", "certificate_no"),
)
PROPERTY = Feed(
    "property",
    "不动产登记",
    (
        _CODE,
        Column("address", "坐落", required=True),
        Column("certificate_no", "不动产权证号", required=True),
        _VERSION,
    ),
    key=("credit_code", "certificate_no"),
)
CONTACT = Feed(
    "contact",
    "联系人",
    (
        _CODE,
        Column("role", "身份", required=True, choices=("handling_person", "legal_representative", "agent")),
        Column("name", "姓名", required=True),
        Column("id_number", "公民身份号码", required=True),
        Column("mobile", "手机号码"),
        Column("wechat_openid", "微信标识"),
        Column("app_user", "应用账号"),
        _VERSION,
    ),
    key=("credit_code", "role", "id_number"),
)
BLACKLIST = Feed(
    "blacklist",
    "严重违法失信名单",
    (
        _CODE,
        Column("reason", "列入原因", required=True),
        Column("since", "列入日期", Type.DATE, required=True),
        Column("until", "移出日期", Type.DATE),
        _VERSION,
    ),
    key=("credit_code", "reason", "since"),
)
FEEDS = {f.name: f for f in (BUSINESS, LICENCE, PROPERTY, CONTACT, BLACKLIST)}


def check_columns(feed: Feed, file: str, found: Iterable[str]) -> tuple[str, ...]:
    """Check a file's header; returns the columns that the contract does not know. Raises FeedRefused for missing or repeated ones."""
    header = list(found)
    repeated = sorted({c for c in header if header.count(c) > 1})
    if repeated:
        raise FeedRefused(file, f"column {', '.join(repeated)} appears more than once; keep one", field=repeated[0])
    unknown = tuple(c for c in header if c not in feed.names)
    missing = [c for c in feed.names if c not in header]
    if missing:
        raise FeedRefused(file, "; ".join(_mending(c, unknown) for c in missing), field=",".join(missing))
    return unknown


def _mending(missing: str, unknown: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(missing, unknown, n=1)
    return f"column {missing} is missing" + (f": rename {near[0]!r} to it" if near else ": add it, empty where nothing is known")
