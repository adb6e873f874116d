"""Random subjects with everything that makes two engines disagree: missing values, dirt, other scripts, dates at the edge."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

from duckdb import DuckDBPyConnection

from wugan.registry.model import Blacklisting, Business, Certificate, Property, Subject

T = TypeVar("T")
TODAY = date(2026, 11, 23)
TYPES = ("one_licence", "other_licence")
_WORDS = (
    *("青岛示例有限公司", "青岛示例（集团）有限公司", "青岛示例(集团) 有限公司", "ＱＤ示例有限公司", "QD示例有限公司", "qd示例有限公司"),
    *("Straße", "STRASSE", "ﬁ", "FI", "\u00e9", "e\u0301", "ǅ", "ı", "İ", "ſ", "𠮷野家", "㈱示例", "①②", "示例•店", "示例·店", "Σς", "ΣΣ"),
    *("—", "无", "N/A", "", "\u3000", " ", "张三", "张 三", "Ａ１", "👩\u200d👩\u200d👧", "नमस्ते", "ﷺ", "ﾊﾟ", "パ"),
    *(
        "张三\u200b",
        "\ufeff张三",
        "张\u00ad三",
        "张三\ufe0f",
        "张\x7f三",
        "\u200b",
        "张三。",
        "〈示例〉",
        "《示例》",
        "(示例)",
        "“示例”",
        '"示例"',
    ),
    *("O'Brien", 'a"b', "%_\\", "--", "/*", ";"),
)
_DISTRICTS = (
    *("市北区", "四方区", "黄岛区", "胶南市", "即墨区", "即墨市", "莱西市", "平度市", "城阳区"),
    *("", "经济技术开发区", "山东省青岛市市南区", "青岛市南区", "266071青岛市市南区", "山东青岛市南区", "青岛平度市", "黄岛区（原胶南市）"),
    *("市南区香港中路街道", "市北区合肥路街道办事处", "市北区合肥路街道"),
)
_ROADS = ("示例路", "另一路", "香港中路", "308国道", "G204国道", "人民街", "", "工业园")
_NUMBERS = ("1号", "1 号", "１号", "2号", "12-3号", "甲1号", "1号甲", "100", "", "十二号", "一百号。")
_RESTS = ("", "3号楼", "二层", "示例大厦A座", " ", "（原示例厂）")
_SCOPES = (
    *("人力资源服务", "人力资源服务（不含职业中介活动）", "餐饮（含人力资源 服务）"),
    *(
        "咨询，不含人力资源服务；餐饮",
        "咨询（含其他（不含人力资源服务））",
        "（人力资源服务除外）",
        "不得从事人力资源服务",
        "人力资源服务\u200b",
    ),
    *("出版物零售；餐饮", "出版物零售(不含音像制品", "除人力资源服务外"),
)
_BODIES = ("青岛市行政审批服务局", "莱西市行政审批服务局", "青岛市平度市市场监督管理局", "某局", "", "即墨区局")


def subjects(rng: random.Random, number: int) -> list[Subject]:
    """Subjects with ascending codes; each may lack a registration, and holds up to three certificates."""
    registered = [_business(rng, f"S{n:06d}") for n in range(number)]
    known = {b.credit_code: b for b in registered if b}
    return [_subject(rng, f"S{n:06d}", b, known) for n, b in enumerate(registered)]


def _subject(rng: random.Random, code: str, business: Business | None, known: dict[str, Business]) -> Subject:
    certificates = tuple(_certificate(rng, code, business, n, known) for n in range(rng.choice((0, 1, 1, 1, 2, 3))))
    named = {c.producer_code for c in certificates if c.producer_code}
    place = business.premises_address or business.registered_address if business else None
    return Subject(
        credit_code=code,
        as_of=TODAY,
        business=business,
        certificates=certificates,
        properties=tuple(Property(code, _alike(rng, place, _address) or "某处", f"P{n}", "1") for n in range(rng.choice((0, 0, 1, 2)))),
        blacklistings=tuple(
            Blacklisting(code, f"R{n}", _day(rng), rng.choice((None, _day(rng))), "1") for n in range(rng.choice((0, 0, 0, 1, 2)))
        ),
        producers={c: known[c] for c in named if c in known},
    )


def _business(rng: random.Random, code: str) -> Business | None:
    if rng.random() < 0.06:
        return None
    return Business(
        credit_code=code,
        name=rng.choice(_WORDS) or "示例",
        entity_type=rng.choice(("enterprise", "non_enterprise_unit", "social_group", "foundation")),
        legal_representative=_maybe(rng, lambda: rng.choice(_WORDS)),
        person_in_charge=_maybe(rng, lambda: rng.choice(_WORDS)),
        registered_address=_maybe(rng, lambda: _address(rng)),
        premises_address=_maybe(rng, lambda: _address(rng)),
        scope=_maybe(rng, lambda: rng.choice(_SCOPES + _WORDS)),
        scope_changed_on=_maybe(rng, lambda: _day(rng)),
        changed_on=_maybe(rng, lambda: _day(rng)),
        registering_body=_maybe(rng, lambda: rng.choice(_BODIES)),
        status=rng.choice(("active", "active", "active", "cancelled", "revoked")),
        version="1",
    )


def _certificate(rng: random.Random, code: str, business: Business | None, number: int, known: dict[str, Business]) -> Certificate:
    def like(field: str, other: Callable[[random.Random], str]) -> str | None:
        return _alike(rng, getattr(business, field, None), other)

    producer = rng.choice(sorted(known)) if known and rng.random() < 0.4 else None
    printed = known[producer].name if producer else None
    return Certificate(
        certificate_no=f"{code}-{number}",
        type=rng.choice(TYPES),
        credit_code=code,
        name=like("name", _word) or "示例",
        legal_representative=like("legal_representative", _word),
        person_in_charge=like("person_in_charge", _word),
        registered_address=like("registered_address", _address),
        premises_address=like("premises_address", _address),
        producer_code=producer,
        producer_name=_alike(rng, printed, _word),
        issued_on=_maybe(rng, lambda: _day(rng)),
        valid_until=_maybe(rng, lambda: _day(rng)),
        issuing_body=_maybe(rng, lambda: rng.choice(_BODIES)),
        jurisdiction=rng.choice(("QD", "LX", "PD")),
        status=rng.choice(("valid", "valid", "valid", "void")),
        version="1",
    )


def _alike(rng: random.Random, value: str | None, other: Callable[[random.Random], str]) -> str | None:
    """The same, the same in another form, another, or missing."""
    chance = rng.random()
    if chance < 0.1:
        return None
    if value is None or chance < 0.45:
        return other(rng)
    if chance < 0.6:
        return value.replace("(", "（").replace("号", " 号").replace("市北区", "四方区")
    return value


def _word(rng: random.Random) -> str:
    return rng.choice(_WORDS)


def _address(rng: random.Random) -> str:
    return "".join(rng.choice(part) for part in (_DISTRICTS, _ROADS, _NUMBERS, _RESTS))


def _day(rng: random.Random) -> date:
    return TODAY + timedelta(days=rng.choice((-4000, -400, -91, -90, -89, -31, -30, -1, 0, 1, 2, 29, 30, 31, 89, 90, 91, 365, 9000)))


def _maybe(rng: random.Random, make: Callable[[], T]) -> T | None:
    return None if rng.random() < 0.12 else make()


def tables(connection: DuckDBPyConnection, given: Sequence[Subject]) -> None:
    """The subjects as the tables that `fullscan.judge` reads."""
    _table(connection, "business", Business, (s.business for s in given if s.business))
    _table(connection, "licence", Certificate, (c for s in given for c in s.certificates))
    _table(connection, "property", Property, (p for s in given for p in s.properties))
    _table(connection, "blacklist", Blacklisting, (b for s in given for b in s.blacklistings))
    connection.execute("CREATE OR REPLACE TEMP VIEW producers AS SELECT credit_code, name FROM business")


def _table(connection: DuckDBPyConnection, name: str, kind: type, rows: Iterable[Any]) -> None:
    fields = dataclasses.fields(kind)
    values = [dataclasses.astuple(row) for row in rows]
    columns = ", ".join(f"unnest(?::{'DATE' if 'date' in str(f.type) else 'VARCHAR'}[]) AS {f.name}" for f in fields)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {columns}", [[v[i] for v in values] for i in range(len(fields))])
