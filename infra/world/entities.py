"""Subjects of the world as mutable drafts: what every registry will say about them. At first all registries agree."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from infra.world import city, numbers
from infra.world.city import BUREAUS, Place

Row = dict[str, str | None]

_GENERIC_CODE_SHARE = 0.11
_FAILING_CODE_EVERY = 900
_WORDS = {
    "construction_qualification": ("建设工程", "建筑安装工程", "市政工程"),
    "engineering_design": ("工程设计", "建筑设计"),
    "engineering_survey": ("岩土勘察", "工程勘察"),
    "engineering_supervision": ("工程监理", "项目管理"),
    "drawing_review": ("施工图审查",),
    "grain_purchase": ("粮油", "粮食购销"),
    "film_screening": ("影城", "影院管理"),
    "central_water_supply": ("供水", "自来水"),
    "water_product": ("净水科技", "水处理设备"),
    "disinfection_product": ("消毒用品", "卫生用品"),
    "hr_service_licence": ("人力资源", "人才服务"),
    "hr_service_filing": ("人力资源", "人才服务"),
    "publication_retail": ("书店", "图书", "文化传媒"),
}
_TRADES = ("商贸", "机械制造", "海洋食品", "电子科技", "国际物流", "餐饮管理", "纺织", "新材料", "信息技术", "农业发展", "汽车服务")
_SOCIAL = {
    "non_enterprise_unit": ("幼儿园", "培训学校", "养老服务中心", "社会工作服务中心", "康复中心"),
    "social_group": ("商会", "行业协会", "书画学会", "志愿者协会"),
    "foundation": ("慈善基金会", "教育基金会", "公益基金会"),
}
ENTITY_OF = {
    "non_enterprise_registration": "non_enterprise_unit",
    "social_group_registration": "social_group",
    "foundation_registration": "foundation",
}
_SCOPES = ("一般项目：企业管理咨询；货物进出口", "一般项目：日用百货销售；技术服务、技术开发", "许可项目：食品经营；一般项目：仓储服务")
_PREFIX = {
    "construction_qualification": "D337",
    "engineering_design": "A337",
    "engineering_survey": "B337",
    "engineering_supervision": "E337",
    "drawing_review": "鲁审图",
    "grain_purchase": "鲁粮收",
    "film_screening": "鲁影放",
    "central_water_supply": "鲁卫水证字",
    "water_product": "鲁卫水产字",
    "disinfection_product": "鲁卫消证字",
    "non_enterprise_registration": "民证字",
    "social_group_registration": "社证字",
    "foundation_registration": "基证字",
    "hr_service_licence": "鲁人服许",
    "hr_service_filing": "鲁人服备",
    "publication_retail": "鲁出零",
    "food_business": "JY137",
}


@dataclass
class Entity:
    """One subject and all rows about it."""

    jurisdiction: str
    business: Row
    registered: Place
    premises: Place
    certificates: list[Row] = field(default_factory=list)
    properties: list[Row] = field(default_factory=list)
    contacts: list[Row] = field(default_factory=list)
    blacklistings: list[Row] = field(default_factory=list)
    former: Row | None = None  # the business row before today's change
    hits: tuple[int, ...] = ()  # the numbers of the items that must hit
    story: str | None = None  # what happened to it, if anything

    @property
    def code(self) -> str:
        """The credit code."""
        return str(self.business["credit_code"])


class Registrar:
    """Makes entities and certificates; every random choice comes from one generator."""

    def __init__(self, rng: Random, day: date) -> None:
        self.rng = rng
        self.day = day
        self._codes: set[str] = set()
        self._names: set[str] = set()
        self._certificates = 0

    def entity(self, entity_type: str, jurisdiction: str, *, trade: str | None = None, numbered: bool = False) -> Entity:
        """A subject whose registry row is honest and complete, not changed lately, with its contacts."""
        area, area_code = city.district(self.rng, jurisdiction)
        registered = city.place(self.rng, area, numbered=numbered)
        premises = registered if self.rng.random() < 0.7 else city.place(self.rng, area, numbered=numbered)
        representative = city.person(self.rng)
        business: Row = {
            "credit_code": self._code(entity_type, area_code),
            "name": self.name(entity_type, area, trade),
            "entity_type": entity_type,
            "legal_representative": representative,
            "person_in_charge": representative if self.rng.random() < 0.6 else city.person(self.rng),
            "registered_address": city.written(self.rng, registered),
            "premises_address": city.written(self.rng, premises),
            "scope": self.rng.choice(_SCOPES),
            "scope_changed_on": self.before(500, 3000),
            "changed_on": self.before(100, 2500),
            "registering_body": self._body(entity_type, jurisdiction, area),
            "status": "active",
            "version": None,
        }
        business["version"] = f"{business['changed_on']}".replace("-", "") + "01"
        made = Entity(jurisdiction, business, registered, premises)
        made.contacts = self._contacts(made)
        return made

    def name(self, entity_type: str, area: str, trade: str | None = None) -> str:
        """A name that nobody in the world has yet."""
        while (name := self._name(entity_type, area, trade)) in self._names:
            pass
        self._names.add(name)
        return name

    def certificate(self, holder: Entity, kind: str, jurisdiction: str | None = None) -> Row:
        """Issue a valid certificate that says what the registry says, in other handwriting; it ends in more than a year."""
        self._certificates += 1
        where, business, issued = jurisdiction or holder.jurisdiction, holder.business, self.before(200, 1400)
        certificate: Row = {
            "certificate_no": f"{_PREFIX[kind]}{self._certificates:07d}",
            "type": kind,
            "credit_code": holder.code,
            "name": self.handwriting(str(business["name"])),
            "legal_representative": business["legal_representative"],
            "person_in_charge": business["person_in_charge"],
            "registered_address": city.written(self.rng, holder.registered),
            "premises_address": city.written(self.rng, holder.premises),
            "producer_code": None,
            "producer_name": None,
            "issued_on": issued,
            "valid_until": self.after(400, 1800),
            "issuing_body": BUREAUS[where],
            "jurisdiction": where,
            "status": "valid",
            "version": f"{issued}".replace("-", "") + "01",
        }
        holder.certificates.append(certificate)
        return certificate

    def own(self, holder: Entity, there: Place) -> None:
        """Enter the holder as owner of a place."""
        number = f"鲁(2021)青岛市不动产权第{self.rng.randrange(10**7):07d}号"
        row: Row = {"credit_code": holder.code, "address": city.written(self.rng, there), "certificate_no": number, "version": "1"}
        holder.properties.append(row)

    def blacklist(self, holder: Entity, since: str, until: str | None) -> None:
        """Enter the holder in the list of seriously dishonest subjects."""
        row: Row = {"credit_code": holder.code, "reason": "未按规定公示年度报告", "since": since, "until": until, "version": "1"}
        holder.blacklistings.append(row)

    def handwriting(self, name: str) -> str:
        """The same name with other brackets or a stray space, now and then."""
        if self.rng.random() < 0.05:
            name = name.replace("（", "(").replace("）", ")")
        return name[:2] + " " + name[2:] if self.rng.random() < 0.003 else name

    def before(self, nearest: int, farthest: int) -> str:
        """A day in the past, ISO; from `nearest` to `farthest` days ago."""
        return (self.day - timedelta(days=self.rng.randint(nearest, farthest))).isoformat()

    def after(self, nearest: int, farthest: int) -> str:
        """A day in the future, ISO; in `nearest` to `farthest` days."""
        return (self.day + timedelta(days=self.rng.randint(nearest, farthest))).isoformat()

    def contact(self, holder: Entity, role: str, name: str) -> Row:
        """Somebody who acts for the holder; most by mobile, some also over WeChat or the app."""
        number = self.rng.randrange(16**12)
        return {
            "credit_code": holder.code,
            "role": role,
            "name": name,
            "id_number": numbers.id_number(self.rng),
            "mobile": numbers.mobile(self.rng) if self.rng.random() < 0.96 else None,
            "wechat_openid": f"oInvented{number:012x}" if self.rng.random() < 0.45 else None,
            "app_user": f"u{number:012x}" if self.rng.random() < 0.25 else None,
            "version": "1",
        }

    def unregistered_code(self) -> str:
        """A code that nobody has."""
        return self._code("enterprise", city.CITY_CODE)

    def _contacts(self, holder: Entity) -> list[Row]:
        people = [self.contact(holder, "legal_representative", str(holder.business["legal_representative"]))]
        if self.rng.random() < 0.5:
            people.append(self.contact(holder, "handling_person", city.person(self.rng)))
        return people

    def _code(self, entity_type: str, area_code: str) -> str:
        generic = self.rng.random() < _GENERIC_CODE_SHARE
        code = numbers.credit_code(self.rng, entity_type, city.CITY_CODE if generic else area_code)
        if len(self._codes) % _FAILING_CODE_EVERY == _FAILING_CODE_EVERY // 2:
            code = numbers.failing_code(code)
        if code in self._codes:
            return self._code(entity_type, area_code)
        self._codes.add(code)
        return code

    def _name(self, entity_type: str, area: str, trade: str | None) -> str:
        brand = city.brand(self.rng)
        if entity_type in _SOCIAL:
            return f"青岛市{area[:-1] if entity_type != 'foundation' else ''}{brand}{self.rng.choice(_SOCIAL[entity_type])}"
        words = self.rng.choice(_WORDS.get(trade or "", _TRADES))
        return f"青岛{brand}{self.rng.choice(('', '', '', '（集团）'))}{words}{self.rng.choice(('有限公司', '有限公司', '股份有限公司'))}"

    def _body(self, entity_type: str, jurisdiction: str, area: str) -> str:
        if entity_type != "enterprise" or jurisdiction != "QD":
            return BUREAUS[jurisdiction]
        return f"青岛市{area}行政审批服务局"
