"""The invented city: real district names of Qingdao, everything else made up from word lists."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

# District, its administrative code (GB/T 2260), its share of the city's subjects.
DISTRICTS = (
    ("市南区", "370202", 12),
    ("市北区", "370203", 14),
    ("黄岛区", "370211", 20),
    ("崂山区", "370212", 9),
    ("李沧区", "370213", 9),
    ("城阳区", "370214", 12),
    ("即墨区", "370215", 14),
    ("胶州市", "370281", 10),
)
CITY_CODE = "370200"
AREAS = {"LX": ("莱西市", "370285"), "PD": ("平度市", "370283")}
BUREAUS = {"QD": "青岛市行政审批服务局", "LX": "莱西市行政审批服务局", "PD": "平度市行政审批服务局"}

_FORMER = {"黄岛区": ("胶南市", "经济技术开发区"), "即墨区": ("即墨市",), "市北区": ("四方区",)}
_FORMER_SHARE = 0.46  # of addresses in those districts, so that 18.5 % of all are superseded
_NO_DIGIT_SHARE = 0.27
_HIGHWAY_SHARE = 0.014

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋"
    "余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫"
)
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉红志建国文辉玲慧宁欣怡晨宇浩然子轩梓涵思远嘉瑞博雅琪䶮㛃"
_BRAND_HEAD = "海蓝瑞鼎恒盛泰昌宏远德信汇润金嘉华安康诚达鑫源博雅卓越凯锦旭晟启明正隆"
_BRAND_TAIL = "湾洲峰岳川屿岭桥林泉禾桐帆舟星辰曦和元亨通顺兴茂丰裕祥瑞泽源"
_ROAD_HEAD = "宁长延辽临福温漳绍嘉湛闽赣粤滇榆桃松梧云鹤珠秀清沂淮汶泗潍蓬"
_ROAD_TAIL = "安春川丰泽湖山海江阳陵城溪泉原平昌兴化口林水岭河"
_VILLAGE = "双前后东西南北大小王李赵宋官沟泉岭桥店家山水石柳槐"


@dataclass(frozen=True)
class Place:
    """Where something is, before anybody writes it down."""

    district: str
    road: str | None
    number: int | None
    rest: str

    def renumbered(self, rng: Random) -> Place:
        """The same place under another plate."""
        return replace(self, number=(self.number or 0) + rng.randint(1, 40))

    def road_renamed(self, rng: Random) -> Place:
        """The same place after the road got another name."""
        return replace(self, road=_other(rng, self.road or ""))


def person(rng: Random) -> str:
    """An invented name."""
    return rng.choice(_SURNAMES) + "".join(rng.choice(_GIVEN) for _ in range(rng.choice((1, 2, 2))))


def brand(rng: Random) -> str:
    """The middle of an invented enterprise's name."""
    return rng.choice(_BRAND_HEAD) + rng.choice(_BRAND_TAIL) + rng.choice(("", "", rng.choice(_BRAND_TAIL)))


def district(rng: Random, jurisdiction: str) -> tuple[str, str]:
    """A district of the jurisdiction, with its code."""
    if jurisdiction in AREAS:
        return AREAS[jurisdiction]
    name, code, _ = rng.choices(DISTRICTS, weights=[d[2] for d in DISTRICTS])[0]
    return name, code


def place(rng: Random, district: str, *, numbered: bool) -> Place:
    """A place in the district; `numbered` places always have a road and a number, others only as often as in real registries."""
    if not numbered and rng.random() < _NO_DIGIT_SHARE:
        return Place(district, None, None, f"{_pair(rng, _VILLAGE, _VILLAGE)}村")
    road = "308国道" if rng.random() < _HIGHWAY_SHARE else _pair(rng, _ROAD_HEAD, _ROAD_TAIL) + rng.choice("路路路路街")
    return Place(district, road, rng.randint(1, 680), _room(rng))


def elsewhere(rng: Random, there: Place) -> Place:
    """Another place that nobody can take for the first: another road and number, often another district."""
    name, _ = district(rng, "QD")
    moved = place(rng, rng.choice((there.district, name)), numbered=True)
    return replace(moved, road=_other(rng, there.road or ""), number=(there.number or 0) + rng.randint(700, 900))


def written(rng: Random, there: Place) -> str:
    """One of the ways in which registries write a place: with or without the province, under a former district name, full-width."""
    former = _FORMER.get(there.district)
    area = rng.choice(former) if former and rng.random() < _FORMER_SHARE else there.district
    number = f"{there.number}号" if there.number else ""
    if rng.random() < 0.01:
        number = number.translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)})
    return f"{rng.choice(_before(there.district))}{area}{there.road or ''}{number}{there.rest}"


def _before(district: str) -> tuple[str, ...]:
    county = district in {a for a, _ in AREAS.values()}
    return ("山东省青岛市", "青岛市", "山东省", "") if county else ("山东省青岛市", "青岛市")


def _room(rng: Random) -> str:
    return rng.choice(("", "", f"{rng.randint(1, 30)}层", f"{rng.randint(1, 20)}号楼{rng.randint(101, 2910)}室", f"A{rng.randint(1, 9)}座"))


def _other(rng: Random, road: str) -> str:
    while (name := _pair(rng, _ROAD_HEAD, _ROAD_TAIL) + "路") == road:
        pass
    return name


def _pair(rng: Random, first: str, second: str) -> str:
    return rng.choice(first) + rng.choice(second)
