"""Chinese addresses: which province, city and county one names."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PROVINCE = re.compile(
    r"(?:河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾)省"
    r"|(?:北京|天津|上海|重庆)市|(?:内蒙古|西藏|广西壮族|宁夏回族|新疆维吾尔)自治区|(?:香港|澳门)特别行政区"
)
_CITY = re.compile(r"[^省市区县旗路街道号\W\d]{2,10}?(?:市|自治州|地区|盟)")
_COUNTY = re.compile(r"[^路街道号镇乡村弄巷\W\d]{1,12}?(?:自治县|区|县|旗|市(?!区))")
_MUNICIPALITIES = ("北京市", "天津市", "上海市", "重庆市")


@dataclass(frozen=True)
class Area:
    """An administrative area; an empty part is not named."""

    province: str = ""
    city: str = ""
    county: str = ""

    def holds(self, other: Area) -> bool:
        """Whether `other` lies in here: every part that is named here is the same there."""
        parts = ((self.province, other.province), (self.city, other.city), (self.county, other.county))
        return all(mine in ("", theirs) for mine, theirs in parts)


def divide(address: str, home: Area) -> tuple[Area, str]:
    """(area, the rest of the address). What it leaves out first is taken from `home`, unless it names another city."""
    rest = re.sub(r"\s+", "", address)
    province, rest = _taken(_PROVINCE, rest)
    if province in _MUNICIPALITIES:
        city, rest = province, rest.removeprefix(province).removeprefix("市辖区")
    else:
        city, rest = _taken(_CITY, rest)
    county, rest = _taken(_COUNTY, rest)
    if province or city not in ("", home.city):
        return Area(province, city, county), rest
    return Area(home.province, home.city, county or ("" if city else home.county)), rest


def _taken(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    found = pattern.match(text)
    return (found.group(), text[found.end() :]) if found else ("", text)
