"""Names, addresses and credit codes brought to one form, so that formatting is never taken for a change.

Pure and idempotent. An empty value, or a sign that stands for one, becomes None: missing data, not a change.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from stdnum.cn import uscc

STANDS_FOR_EMPTY = frozenset({"", "-", "--", "/", "\\", "无", "暂无", "NULL", "NONE", "N/A"})
_CODE_ALPHABET = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")
_OF_ONE_KIND = {
    **{"【": "(", "】": ")", "〔": "(", "〕": ")", "[": "(", "]": ")", "{": "(", "}": ")"},
    **dict.fromkeys("•・‧∙⋅.", "·"),
    **dict.fromkeys("‐‑‒–—―－_", "-"),
}
_VARIANTS = str.maketrans(_OF_ONE_KIND)
_VARIANT = re.compile("[" + re.escape("".join(_OF_ONE_KIND)) + "]")

DISTRICTS = ("市南区", "市北区", "李沧区", "崂山区", "城阳区", "黄岛区", "即墨区", "胶州市", "莱西市", "平度市")

# Area names that were superseded by a change of the administrative divisions, or that people use for the same area.
SUPERSEDED = {
    "胶南市": "黄岛区",
    "胶南县": "黄岛区",
    "青岛西海岸新区": "黄岛区",
    "西海岸新区": "黄岛区",
    "青岛经济技术开发区": "黄岛区",
    "经济技术开发区": "黄岛区",
    "青岛开发区": "黄岛区",
    "开发区": "黄岛区",
    "即墨市": "即墨区",
    "即墨县": "即墨区",
    "四方区": "市北区",
    "台东区": "市北区",
    "台西区": "市南区",
    "沧口区": "李沧区",
    "胶县": "胶州市",
    "莱西县": "莱西市",
    "平度县": "平度市",
}

_AREAS = {**{d: d for d in DISTRICTS}, **SUPERSEDED}
_AREA = re.compile("|".join(sorted(map(re.escape, _AREAS), key=len, reverse=True)))
ABOVE = re.compile("^(?:中国|山东省|青岛市)+")  # what lies above the district
_TOWN = re.compile(r"[^\d路街号]{1,8}?(?:街道办事处|街道办|街道|经济开发区|开发区|高新区|工业园区?|保税区|[镇乡](?![路街道巷口]))")
_ROAD = re.compile(r"G?\d{1,3}(?:国道|省道|县道)|[^\d号]{1,14}?(?:路|大街|街(?!道)|大道|道(?!路)|巷|公路)")
_NUMBER = re.compile(r"([甲乙丙丁戊]?)(\d+(?:-\d+)?)([甲乙丙丁戊]?)(?:号(?!楼)([甲乙丙丁戊]?)|(?=$))")
_OFFICE = re.compile("街道办(?:事处)?$")


def text(value: str | None) -> str | None:
    """Full-width forms folded (NFKC), white space removed, upper case; None when nothing is said."""
    folded = _settled(value or "")
    return None if folded in STANDS_FOR_EMPTY else folded


def name(value: str | None) -> str | None:
    """The name of a person or a subject: brackets, dots and dashes of one kind each."""
    folded = text(value)
    # Looking for a variant first is several times as fast as translating texts that have none, which most have.
    return text(folded.translate(_VARIANTS)) if folded and _VARIANT.search(folded) else folded


def credit_code(value: str | None) -> str | None:
    """A unified social credit code (GB 32100-2015) in upper case; it need not pass its check."""
    return text(value)


def code_passes_check(code: str) -> bool:
    """Whether a credit code has the right length, alphabet and check digit (GB 32100-2015)."""
    # Not `uscc.is_valid`: it wants eight digits in front, while the standard also registers letters there.
    return len(code) == 18 and set(code) <= _CODE_ALPHABET and code[-1] == uscc.calc_check_digit(code)


@dataclass(frozen=True)
class Address:
    """The parts of an address inside Qingdao; a part that is not said is None."""

    district: str | None  # of today, after the alias table
    town: str | None  # 街道, 镇, 园区
    road: str | None
    number: str | None  # 100号, 12-3号, 100号甲
    rest: str | None  # building, room, or the whole where no road is named

    @property
    def text(self) -> str:
        """The address in one piece, in the form that reads back to the same parts."""
        return "".join(p for p in (self.district, self.town, self.road, self.number, self.rest) if p)

    def same(self, other: Address) -> bool:
        """Whether both name one place. A district or town that one of them leaves out is missing, not different."""
        return (
            _agree(self.district, other.district)
            and _agree(self.town, other.town)
            and (self.road, self.number, self.rest) == (other.road, other.number, other.rest)
        )


@lru_cache(maxsize=65_536)
def address(value: str | None) -> Address | None:
    """An address in parts; None when nothing is said."""
    folded = name(value)
    if folded is None:
        return None
    district, left = _take_areas(folded)
    town, left = _take(_TOWN, left)
    road, left = _take(_ROAD, left)
    number, left = _take_number(left) if road else (None, left)
    parts = Address(district, _OFFICE.sub("街道", town) if town else None, road, number, left or None)
    return parts if parts.text else None


def _agree(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def _settled(value: str) -> str:
    """Removing white space can bring characters together that compose, so fold until nothing moves."""
    folded = "".join(unicodedata.normalize("NFKC", value).upper().split())
    return folded if folded == value else _settled(folded)


def _take_areas(left: str) -> tuple[str | None, str]:
    """Take province, city and district names off the front; of several names for one district the first counts."""
    district: str | None = None
    while match := ABOVE.match(left) or _AREA.match(left):
        area = _AREAS.get(match.group())
        if area and district and area != district:
            break
        district = district or area
        left = left[match.end() :]
    return district, left


def _take(pattern: re.Pattern[str], left: str) -> tuple[str | None, str]:
    match = pattern.match(left)
    return (match.group(), left[match.end() :]) if match else (None, left)


def _take_number(left: str) -> tuple[str | None, str]:
    match = _NUMBER.match(left)
    if not match:
        return None, left
    front, digits, before, after = match.groups()
    return f"{digits}号{front or before or after or ''}", left[match.end() :]
