"""The item model. The JSON Schema of `items/*.yaml` is generated from it; nothing else defines an item."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from itertools import pairwise
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, WithJsonSchema, model_validator

from wugan.items.said import Said, said
from wugan.registry.model import Blacklisting, Business, Certificate, Contact, Property

Point = tuple[tuple[str | int, ...], Said]  # where in the item, and what to mend


class Disagreement(ValueError):
    """Fields that are right by themselves but do not fit each other; all of them at once."""

    def __init__(self, points: list[Point]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, where))}: {what}" for where, what in points))
        self.points = points


class Strict(BaseModel):
    """Frozen, and no field that the model does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Kind(StrEnum):
    """What sets the item off (policy, official Q&A)."""

    CHANGE = "change"  # 变更类
    RENEWAL = "renewal"  # 延续类
    FILING = "filing"  # 备案类


class Jurisdiction(StrEnum):
    """The three bureaus of the pilot."""

    QD = "QD"  # 青岛市
    LX = "LX"  # 莱西市
    PD = "PD"  # 平度市


class SubjectField(StrEnum):
    """Fields that both a certificate and the registry carry, so that they can be compared."""

    NAME = "name"
    LEGAL_REPRESENTATIVE = "legal_representative"
    PERSON_IN_CHARGE = "person_in_charge"
    REGISTERED_ADDRESS = "registered_address"
    PREMISES_ADDRESS = "premises_address"
    PRODUCER_NAME = "producer_name"


ADDRESSES = frozenset({SubjectField.REGISTERED_ADDRESS, SubjectField.PREMISES_ADDRESS})


class Requirement(StrEnum):
    """Named conditions beside the trigger; each is a feature in `detection/features.py`."""

    ACTIVE = "active"  # the subject is in normal operation
    NOT_BLACKLISTED = "not_blacklisted"
    OWNS_PREMISES = "owns_premises"  # 仅限自有产权
    SAME_PLACE = "same_place"  # 非迁移: road name or plate only
    SAME_ROAD = "same_road"  # 非迁移，仅门牌号: as same_place, but the road keeps its name
    SAME_PREMISES = "same_premises"  # 非迁移厂址: as same_place, but the registered address may move


class ReturnWay(StrEnum):
    """How the old certificate comes back (旧证回收方式)."""

    COURIER = "courier"
    HAND_IN = "hand_in"
    NONE_HELD = "none_held"


class DeliveryWay(StrEnum):
    """How the result is delivered (送达方式)."""

    COURIER = "courier"
    PICK_UP = "pick_up"
    ELECTRONIC = "electronic"


class Channel(StrEnum):
    """Where a prompt can reach a person."""

    WECHAT = "wechat"
    APP = "app"
    SMS = "sms"


class ChangeTrigger(Strict):
    """The registry says something else than the certificate in one of these fields."""

    change: Annotated[list[SubjectField], Field(min_length=1)]


APPLY_DAYS_BEFORE = 30  # a renewal is applied for so many days before the certificate ends (行政许可法 art. 50)
_USUAL_REMINDERS = (60, 45)


def _usual_reminders(given: dict[str, Any]) -> list[int]:
    """The usual days that lie within the window."""
    return [days for days in _USUAL_REMINDERS if days < given.get("expires_within_days", 0)]


class RenewalTrigger(Strict):
    """The certificate ends within this many days, and has not ended yet: the first rung of the ladder.

    Who stays silent is reminded on the later rungs, so many days before the end; all leave time to apply by art. 50.
    """

    expires_within_days: Annotated[int, Field(gt=APPLY_DAYS_BEFORE, le=180)]  # links and executions live 180 days
    remind_days_before: Annotated[list[Annotated[int, Field(gt=APPLY_DAYS_BEFORE)]], Field(max_length=5)] = Field(
        default_factory=_usual_reminders
    )

    @model_validator(mode="after")
    def _descending(self) -> RenewalTrigger:
        if any(a <= b for a, b in pairwise([self.expires_within_days, *self.remind_days_before])):
            raise Disagreement([(("remind_days_before",), said("remind_days"))])
        return self


class FilingTrigger(Strict):
    """The business scope came to cover this phrase within the last days, and nothing is filed yet."""

    newly_covers: Annotated[str, Field(min_length=2, max_length=40)]
    within_days: Annotated[int, Field(ge=1, le=365)] = 90


_TRIGGERS = {"change": "ChangeTrigger", "expires_within_days": "RenewalTrigger", "newly_covers": "FilingTrigger"}


def _trigger_type(value: Any) -> str | None:
    """The trigger that is meant, so that a mistake in it is told once and not for each type."""
    if isinstance(value, dict):
        return next((name for key, name in _TRIGGERS.items() if key in value), None)
    return type(value).__name__


Trigger = Annotated[
    Annotated[ChangeTrigger, Tag("ChangeTrigger")]
    | Annotated[RenewalTrigger, Tag("RenewalTrigger")]
    | Annotated[FilingTrigger, Tag("FilingTrigger")],
    Discriminator(_trigger_type),
]


def _columns(row: type) -> dict[str, str]:
    """Column → its type as written: `str`, `date | None`, …"""
    return {f.name: str(f.type) for f in dataclasses.fields(row)}


RECORDS = {
    "business": _columns(Business),
    "certificate": _columns(Certificate),
    "property": _columns(Property),
    "blacklist": _columns(Blacklisting),
    "producer": _columns(Business),
}
_FORM_RECORDS: dict[str, Iterable[str]] = {
    "business": RECORDS["business"],
    "certificate": RECORDS["certificate"],
    "contact": _columns(Contact),
    "property": RECORDS["property"],
    "case": ("item_name", "certificate_no", "bureau"),  # what `declare` hands to the form
}
SOURCES = tuple(f"{record}.{column}" for record, columns in _FORM_RECORDS.items() for column in columns)


def _known_source(source: str) -> str:
    if source not in SOURCES:
        raise ValueError(said("unknown_source", source=source))
    return source


def _fillable(text: str) -> str:
    only = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise ValueError(said("brace", only=only)) from error
    for _, name, spec, conversion in parts:
        if name is not None and (name not in PLACEHOLDERS or spec or conversion):
            raise ValueError(said("placeholder", name=name, only=only))
    return text


PLACEHOLDERS = ("subject", "bureau", "reason")
Source = Annotated[str, AfterValidator(_known_source), WithJsonSchema({"type": "string", "enum": list(SOURCES)})]
Text = Annotated[str, Field(min_length=10, max_length=200), AfterValidator(_fillable)]


class FormField(Strict):
    """One field of the declaration, prefilled from `source` (`registry.column`)."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")]
    label: Annotated[str, Field(min_length=1, max_length=40)]
    source: Source
    required: bool = True


class Material(Strict):
    """One material of the application: made from the form, or shared by another registry."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    origin: Literal["generated", "shared", "old_certificate"]


class Certificates(Strict):
    """The old certificate and the new one."""

    type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")]
    title: Annotated[str, Field(min_length=1, max_length=60)]
    old_returns: bool  # the old paper certificate must come back
    new: bool = True  # a filing may end with a receipt only
    electronic: bool = True
    valid_years: Annotated[int, Field(ge=1, le=30)] | None = None


class TimeLimits(Strict):
    """In working days (行政许可法 art. 42, 44, 82)."""

    legal: Annotated[int, Field(ge=1, le=20)] = 20
    promised: Annotated[int, Field(ge=1, le=20)]
    delivery: Annotated[int, Field(ge=1, le=10)] = 10


class Reminders(Strict):
    """The reminder ladder: days after the first prompt at which the person is prompted again, and the day the case expires."""

    after_days: Annotated[list[Annotated[int, Field(ge=1, le=120)]], Field(max_length=5)] = [3, 7]
    expire_after_days: Annotated[int, Field(ge=2, le=180)] = 15
    correction_days: Annotated[int, Field(ge=1, le=60)] = 15

    @model_validator(mode="after")
    def _ascending(self) -> Reminders:
        ladder = [*self.after_days, self.expire_after_days]
        if any(a >= b for a, b in pairwise(ladder)):
            raise Disagreement([(("after_days",), said("after_days"))])
        return self


class Texts(Strict):
    """What the person reads. `{subject}`, `{bureau}`, `{reason}` are filled in."""

    prompt: Text
    remedy: Text = "如不服本决定，可自收到之日起六十日内申请行政复议，或者六个月内提起行政诉讼。"


class Persona(Strict):
    """A rule test: records as the registries hold them, and whether the item must hit."""

    name: Annotated[str, Field(min_length=2, max_length=80)]
    records: dict[Literal["business", "certificate", "property", "blacklist", "producer"], dict[str, str | None]]
    hit: bool
    fields: list[SubjectField] = []  # a change hit names exactly these
    today: Annotated[date, Field(ge=date(1900, 1, 1), le=date(9998, 12, 31))] = date(2026, 11, 23)  # days are counted around it

    @model_validator(mode="after")
    def _records_fit(self) -> Persona:
        points: list[Point] = [
            (("records", registry, column), wrong)
            for registry, row in self.records.items()
            for column, value in row.items()
            if (wrong := _misfit(registry, column, value))
        ]
        if points:
            raise Disagreement(points)
        return self


def _misfit(registry: str, column: str, value: str | None) -> Said | None:
    """What keeps a persona's value out of its registry."""
    kind = RECORDS[registry].get(column)
    if kind is None:
        return said("no_column", registry=registry, columns=", ".join(RECORDS[registry]))
    if value is None:
        return None if "None" in kind else said("null")
    return None if "date" not in kind or _is_date(value) else said("no_date", value=value)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


class Item(Strict):
    """An item (事项) of the catalogue."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{2,40}$")]
    number: Annotated[int, Field(ge=1, le=999)]
    name: Annotated[str, Field(min_length=4, max_length=80)]
    kind: Kind
    jurisdictions: Annotated[dict[Jurisdiction, str], Field(min_length=1)]  # to the implementing body's name
    trigger: Trigger
    requires: list[Requirement] = [Requirement.ACTIVE, Requirement.NOT_BLACKLISTED]
    when: Annotated[str, Field(min_length=1, max_length=1000)] | None = None  # a further condition in the rule language, docs/rules.md
    form: Annotated[list[FormField], Field(min_length=1)]
    materials: list[Material] = []
    certificates: Certificates
    return_ways: list[ReturnWay] = []
    delivery_ways: Annotated[list[DeliveryWay], Field(min_length=1)]
    limits: TimeLimits
    four_eyes: bool = False  # at the desk a second official confirms every decision; a department's platform has rules of its own
    reminders: Reminders = Reminders()
    channels: Annotated[list[Channel], Field(min_length=1)] = [Channel.WECHAT, Channel.APP, Channel.SMS]
    texts: Texts
    personas: Annotated[list[Persona], Field(min_length=2)]

    @model_validator(mode="after")
    def _agrees(self) -> Item:
        points = [*self._parts_agree(), *self._form_agrees(), *self._personas_agree()]
        if points:
            raise Disagreement(points)
        return self

    def _parts_agree(self) -> Iterator[Point]:
        kinds = {Kind.CHANGE: ChangeTrigger, Kind.RENEWAL: RenewalTrigger, Kind.FILING: FilingTrigger}
        if not isinstance(self.trigger, kinds[self.kind]):
            key = next(key for key, name in _TRIGGERS.items() if name == kinds[self.kind].__name__)
            yield ("trigger",), said("kind", kind=self.kind, key=key)
        for staying in (Requirement.SAME_PLACE, Requirement.SAME_ROAD):
            if staying in self.requires and not ADDRESSES & set(self.changing):
                yield ("requires",), said("staying", requirement=staying)
        if self.certificates.old_returns != bool(self.return_ways):
            yield ("return_ways",), said("return_ways")
        if self.limits.promised > self.limits.legal:
            yield ("limits", "promised"), said("promised", legal=self.limits.legal)

    def _form_agrees(self) -> Iterator[Point]:
        names = [f.name for f in self.form]
        for i, name in enumerate(names):
            if name in names[:i]:
                yield ("form", i, "name"), said("taken_name", name=name)

    def _personas_agree(self) -> Iterator[Point]:
        if {p.hit for p in self.personas} != {True, False}:
            yield ("personas",), said("hit_and_miss")
        for i, persona in enumerate(self.personas):
            wanted = persona.hit and bool(self.changing)
            if wanted != bool(persona.fields):
                yield ("personas", i, "fields"), said("name_fields")
            elif not set(persona.fields) <= set(self.changing):
                yield ("personas", i, "fields"), said("only_changing")

    @property
    def changing(self) -> list[SubjectField]:
        """The fields whose change sets the item off; empty for renewals and filings."""
        return self.trigger.change if isinstance(self.trigger, ChangeTrigger) else []
