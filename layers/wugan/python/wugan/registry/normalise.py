"""Names, addresses and credit codes brought to one form, so that formatting is never taken for a change.

Pure and idempotent. An empty value, or a sign that stands for one, becomes None: missing data, not a change.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from stdnum.cn import uscc

STANDS_FOR_EMPTY = frozenset({"", "-", "--", "/", "\\", "无", "暂无", "NULL", "NONE", "N/A"})
_CODE_ALPHABET = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")
_OF_ONE_KIND = {
    **{"【": "(", "】": ")", "〔": "(", "〕": ")", "[": "(", "]": ")", "{": "(", "}": ")"},
    **{"〈": "(", "〉": ")", "《": "(", "》": ")"},
    **dict.fromkeys("•・‧∙⋅.", "·"),
    **dict.fromkeys("‐‑‒–—―－_", "-"),
    **dict.fromkeys("“”„‟〝〞", '"'),
}
_VARIANTS = str.maketrans(_OF_ONE_KIND)
_VARIANT = re.compile("[" + re.escape("".join(_OF_ONE_KIND)) + "]")

# Control and format characters (Unicode's Cc and Cf) and variation selectors: nobody sees them, so no text differs by them.
_INVISIBLE = (
    *((0x00, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x600, 0x605), (0x61C, 0x61C), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890, 0x891)),
    *((0x8E2, 0x8E2), (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x2064), (0x2066, 0x206F), (0xFE00, 0xFE0F)),
    *((0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0x110BD, 0x110BD), (0x110CD, 0x110CD), (0x13430, 0x1343F), (0x1BCA0, 0x1BCA3)),
    *((0x1D173, 0x1D17A), (0xE0001, 0xE0001), (0xE0020, 0xE007F), (0xE0100, 0xE01EF)),
)
INVISIBLE = "".join(chr(c) for first, last in _INVISIBLE for c in range(first, last + 1))
# The same as the inside of a character class, for Python and for RE2.
INVISIBLE_CLASS = r"\x00-\x1f\x7f-\x9f" + "".join(f"{chr(first)}-{chr(last)}" for first, last in _INVISIBLE[2:])
_PLAIN = re.compile("[!-`{-~、。一-鿿]*")  # surely itself in every form: most texts are, and are soon told
_UNSEEN = re.compile(f"[{INVISIBLE_CLASS}]+")

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
_FORMER = {**SUPERSEDED, **{name[:-1]: district for name, district in SUPERSEDED.items()}}


def _any_of(names: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))


# What lies above the district, in full, or in short where a name of what lies below follows: 青岛路 and 山东路 are roads.
_ABOVE = rf"中国|山东省|山东(?=青岛|{_any_of(_AREAS)})|青岛(?=市[南北]区)|青岛市|青岛(?={_any_of(_AREAS)})"
ABOVE = re.compile(f"^(?:{_ABOVE})+")
_FRONT = re.compile(rf"(?:{_ABOVE}|\d{{6}}[,·-]?(?=[一-鿿]))+|(?P<area>{_any_of(_AREAS)})|\(原?(?P<former>{_any_of(_FORMER)})\)")
_STOPS = "。,;、·"
_OFFICE_WORDS = "街道(?:办事处|办(?!公))?"
_TOWN = re.compile(
    rf"[^\d路街号]{{1,6}}[路街]{_OFFICE_WORDS}"  # an office named after a road, before that road is taken for the address's own
    rf"|[^\d路街号]{{1,8}}?(?:{_OFFICE_WORDS}|经济开发区|开发区|高新区|工业园区?|保税区|[镇乡](?![路街道巷口]))"
)
_ROAD = re.compile(r"G?\d{1,3}(?:国道|省道|县道)|[^\d号]{1,14}?(?:路|大街|街(?!道)|大道|道(?!路)|巷|公路)")
_NUMBER = re.compile(r"([甲乙丙丁戊]?)(\d+(?:-\d+)?)([甲乙丙丁戊]?)(?:号(?!楼)([甲乙丙丁戊]?)|(?=$))")
_NUMERAL = re.compile("([甲乙丙丁戊]?)([〇零一二三四五六七八九十百千]{1,7})(?=号(?!楼))")
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_OFFICE = re.compile("街道办(?:事处)?$")


def text(value: str | None) -> str | None:
    """Full-width forms folded (NFKC), white space and invisible characters removed, upper case; None when nothing is said."""
    folded = _settled(value or "")
    return None if folded in STANDS_FOR_EMPTY else folded


def name(value: str | None) -> str | None:
    """The name of a person or a subject: brackets, dots, dashes and quotes of one kind each."""
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
    left = left.rstrip(_STOPS)
    town, left = _take(_TOWN, left)
    road, left = _take(_ROAD, left)
    number, left = _take_number(left) if road else (None, left)
    parts = Address(district, _OFFICE.sub("街道", town) if town else None, road, number, left or None)
    return parts if parts.text else None


def _agree(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def _settled(value: str) -> str:
    """Removing what is not seen can bring characters together that compose, so fold until nothing moves."""
    if _PLAIN.fullmatch(value):
        return value
    folded = _UNSEEN.sub("", "".join(unicodedata.normalize("NFKC", value).upper().split()))
    return folded if folded == value else _settled(folded)


def _take_areas(left: str) -> tuple[str | None, str]:
    """Take postcode, province, city and district names off the front; of several names for one district the first counts."""
    district: str | None = None
    while match := _FRONT.match(left):
        area, former = match.group("area", "former")
        if area and district and _AREAS[area] != district:
            break
        district = district or _AREAS.get(area or "") or _FORMER.get(former or "")
        left = left[match.end() :]
    return district, left


def _take(pattern: re.Pattern[str], left: str) -> tuple[str | None, str]:
    match = pattern.match(left)
    return (match.group(), left[match.end() :]) if match else (None, left)


def _take_number(left: str) -> tuple[str | None, str]:
    numeral = _NUMERAL.match(left)
    if numeral:
        left = f"{numeral[1]}{_value(numeral[2])}{left[numeral.end() :]}"
    match = _NUMBER.match(left)
    if not match:
        return None, left
    front, digits, before, after = match.groups()
    return f"{digits}号{front or before or after or ''}", left[match.end() :]


def _value(numeral: str) -> int:
    """A Chinese numeral below 10,000: 十八, 一百零八, or digit by digit 一〇八."""
    if not _PLACES.keys() & set(numeral):
        return int("".join(str(_DIGITS[c]) for c in numeral))
    total, digit = 0, 0
    for c in numeral:
        if c in _DIGITS:
            digit = _DIGITS[c]
        else:
            total, digit = total + (digit or 1) * _PLACES[c], 0
    return total + digit
