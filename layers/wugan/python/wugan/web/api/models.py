"""What the JSON interface takes and tells. Unknown fields are refused; the OpenAPI document is made from these."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from wugan.cases.model import Actor, Grade, Outcome, Stage
from wugan.forms.prefill import MOST_CHARACTERS
from wugan.items.model import DeliveryWay, Kind, ReturnWay, SubjectField

PRINTABLE = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$"
Text = Annotated[str, StringConstraints(max_length=MOST_CHARACTERS, pattern=PRINTABLE)]
Address = Annotated[str, StringConstraints(max_length=120, pattern=PRINTABLE)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Slot = Annotated[str, StringConstraints(max_length=40, pattern=PRINTABLE)]
Token = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[A-Za-z0-9_.\-]+$")]


class Model(BaseModel):
    """A JSON object with exactly these fields, of exactly these types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def shown(**example: Any) -> ConfigDict:
    """The model's example."""
    return ConfigDict(json_schema_extra={"examples": [example]})


# --- what is asked

_ADDRESS = "青岛市崂山区海尔路1号"


class Nothing(Model):
    """An empty object."""

    model_config = shown()


class Decline(Model):
    """No: for now, or never again for this item."""

    model_config = shown(forever=False)
    forever: bool = False


class IdentityStart(Model):
    """How the person proves who they are, and which of `people` it is (null: who was prompted).

    A face check needs a consent of its own (PIPL art. 29): `face_consent` is the person's own "I agree" to exactly that.
    """

    model_config = shown(method="code", who=None, face_consent=False)
    method: Literal["face", "code"]
    who: Annotated[int, Field(ge=0, le=999)] | None = None
    face_consent: bool = False


class FaceResult(Model):
    """Back from the face check."""

    model_config = shown(check="eyJjIjoi.MAC")
    check: Token


class CodeResult(Model):
    """The code that was sent, and the whole identity number. One whose check digit is wrong counts as no attempt."""

    model_config = shown(check="eyJjIjoi.MAC", code="123456", id_number="37020219900307205X")
    check: Token
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{4,12}$")]
    id_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{17}[0-9Xx]$")]


class Intention(Model):
    """The policy's question; "continue" counts as the application."""

    model_config = shown(answer="continue")
    answer: Literal["continue", "decline"]


class Declaration(Model):
    """What the person confirms: fields the registries did not have, fields that are wrong, the ways and addresses."""

    model_config = shown(
        given={}, disputed={}, why={}, return_way="courier", delivery_way="courier", pickup_address=_ADDRESS, delivery_address=_ADDRESS,
        pickup_slot="",
    )  # fmt: skip
    given: dict[Name, Text] = {}
    disputed: dict[Name, Text] = Field({}, description="What is right instead: it goes to the registry's keeper, and blocks nothing")
    why: dict[Name, Text] = Field({}, description="Of a dispute")
    return_way: ReturnWay | None = None
    delivery_way: DeliveryWay
    pickup_address: Address = ""
    delivery_address: Address = ""
    pickup_slot: Slot = Field("", description="One of `pickup_slots`; empty: any time")


class VerifyCode(Model):
    """The code of a prompt, and whom it was sent to."""

    model_config = shown(code="ABCDEFGHJK", credit_code="91370283MA36AL168X")
    code: Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=r"^[A-Za-z0-9]+$")]
    credit_code: Annotated[str, StringConstraints(min_length=1, max_length=30, pattern=r"^[A-Za-z0-9]+$")]


def _digits(value: object) -> object:
    """A number in a query is digits and nothing else."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 4 else value


class EventsQuery(Model):
    """Where a page of events begins, and how long it is."""

    cursor: Annotated[str, StringConstraints(pattern=r"^e[0-9]{1,6}$")] | None = Field(None, description="`next` of the page before")
    limit: Annotated[int, BeforeValidator(_digits), Field(ge=1, le=100)] = 50


# --- what is told


class Next(StrEnum):
    """What the person has to do next."""

    IDENTITY = "identity"
    INTENTION = "intention"
    DECLARATION = "declaration"
    CORRECTION = "correction"


_STATE = {
    "version": 7, "stage": "declaration", "stage_text": "等待您确认申报信息", "next": "declaration",
    "outcome": None, "outcome_text": None, "withdrawable": True,
}  # fmt: skip
_ITEM = {
    "code": "water-supply-name", "name": "集中式供水单位卫生许可变更名称", "kind": "change", "kind_text": "变更",
    "bureau": "青岛市行政审批服务局",
}  # fmt: skip


class State(Model):
    """Where the case stands; no personal data."""

    model_config = shown(**_STATE)
    version: int = Field(description="The case's version, which is also its entity tag")
    stage: Stage
    stage_text: str
    next: Next | None
    outcome: Outcome | None
    outcome_text: str | None
    withdrawable: bool


class Item(Model):
    """The matter, and whose it is."""

    code: str
    name: str
    kind: Kind
    kind_text: str
    bureau: str


class Case(Model):
    """What the link alone shows: masked."""

    model_config = shown(
        state=_STATE, item=_ITEM, subject="青＊＊＊＊公司", why="我们发现登记信息与证照上的内容不一致",
        changed=[{"field": "name", "text": "名称"}],
        people=[{"who": 0, "role": "handling_person", "role_text": "经办人", "name": "王＊＊"}], agent=False, code="ABCDEFGHJK",
    )  # fmt: skip
    state: State
    item: Item
    subject: str = Field(description="The subject's name, masked")
    why: str
    changed: list[ChangedField]
    people: list[Contact] = Field(description="Who may prove to be the person")
    agent: bool = Field(description="Whether the link is that of somebody whom the person entrusted")
    code: str = Field(description="To be checked with `verify`, without the link")


class Contact(Model):
    """Somebody on file, masked."""

    who: int
    role: str
    role_text: str
    name: str


class ChangedField(Model):
    """A field that changed, without its values."""

    field: SubjectField
    text: str


class Begun(Model):
    """A check under way. `url` is the vendor's page of a face check."""

    model_config = shown(check="eyJjIjoi.MAC", url=None)
    check: Token
    url: str | None


class Session(Model):
    """The session of the person who proved who they are; null while the vendor's result is not there."""

    model_config = shown(session="eyJjIjoi.MAC", seconds=1800, state=_STATE | {"stage": "intention", "next": "intention"})
    session: Token | None
    seconds: int | None
    state: State


class FormField(Model):
    """A field of the form with where it comes from, and what the person said of it."""

    name: str
    label: str
    source: str
    source_text: str
    as_of: str
    value: str | None
    required: bool
    given: str | None
    disputed: str | None
    why: str | None


class ReturnChoice(Model):
    """A way for the old certificate to come back."""

    way: ReturnWay
    text: str


class DeliveryChoice(Model):
    """A way for the result to be delivered."""

    way: DeliveryWay
    text: str


class SlotChoice(Model):
    """Two hours in which the courier can come."""

    slot: str
    text: str


class Form(Model):
    """The prefilled form, with what was said of it so far. Not `ready` while the system still fills it in."""

    state: State
    ready: bool
    points: list[str] = Field(description="What has to be corrected")
    fields: list[FormField]
    return_ways: list[ReturnChoice]
    delivery_ways: list[DeliveryChoice]
    pickup_slots: list[SlotChoice]
    return_way: ReturnWay | None
    delivery_way: DeliveryWay | None
    pickup_address: str | None
    delivery_address: str | None
    pickup_slot: str | None


class PreviewField(Model):
    """A line of the application."""

    name: str
    label: str
    value: str | None
    source_text: str
    as_of: str
    disputed: str | None
    why: str | None


class Material(Model):
    """A material: made from the form (`generated`), or referred to where it is shared."""

    name: str
    origin: str
    sha256: str | None


class Preview(Model):
    """The application as this declaration would submit it."""

    fields: list[PreviewField]
    materials: list[Material]
    return_way: ReturnWay | None
    delivery_way: DeliveryWay
    pickup_address: str | None
    delivery_address: str | None
    pickup_slot: str | None
    courier_mobile: str | None = Field(description="The number that couriers call")


class Changed(Model):
    """A field that changed: as the certificate has it, and as the registry has it."""

    field: SubjectField
    text: str
    old: str | None
    new: str | None


class Condition(Model):
    """A condition of the item's rule."""

    reason: str
    held: bool | None


class StepShown(Model):
    """One of the policy's eight steps."""

    name: str
    state: Literal["done", "now", "later", "skipped", "unreached"]
    at: datetime | None
    waybills: list[str]


class Progress(Model):
    """The case of the identified person."""

    state: State
    item: Item
    changes: list[Changed]
    conditions: list[Condition]
    steps: list[StepShown]
    promised_by: datetime | None
    light: Literal["green", "yellow", "red"]
    rejection: str | None
    remedy: str | None
    certificate: bool = Field(description="Whether the electronic certificate can be fetched")
    extension: str | None = Field(description="Why the promised date was moved")
    redelivery: bool = Field(description="Whether a certificate came home, and `redelivery` has to say what becomes of it")
    ratable: bool
    rating: Grade | None
    agent: bool = Field(description="Whether it is an agent who looks")
    others: list[Other] = Field(description="The person's other cases that the same message told of")


class Other(Model):
    """Another case of the same person. Its link opens it masked, as every link does."""

    name: str
    link: str = Field(description="The bearer token of that case")


class EventShown(Model):
    """Something that happened."""

    seq: int
    type: str
    text: str
    at: datetime
    actor: Actor
    actor_text: str


class Events(Model):
    """A page of what happened."""

    events: list[EventShown]
    next: str | None = Field(description="`cursor` of the next page; null on the last one")


class Verified(Model):
    """Whether the prompt was ours."""

    model_config = shown(official=True, item=_ITEM)
    official: bool
    item: Item | None


class ProblemKind(Model):
    """What a problem's type means."""

    model_config = shown(
        code="not_waiting",
        status=409,
        title="现在不需要这一步",
        what="这一步已经完成，或者系统正在处理。",
        following="请返回办理页面查看最新进度。",
    )
    code: str
    status: int
    title: str
    what: str
    following: str


class Fault(Model):
    """One thing to mend in a form."""

    field: str
    detail: str


class Problem(Model):
    """Problem details (RFC 9457)."""

    model_config = shown(
        type="https://wugan.example/v1/problems/not_waiting", title="现在不需要这一步", status=409,
        detail="这一步已经完成。请返回办理页面查看最新进度。", code="not_waiting", field=None, errors=[],
    )  # fmt: skip
    type: Annotated[str, WithJsonSchema({"type": "string", "format": "uri"})]
    title: str
    status: int
    detail: str
    code: str
    field: str | None = Field(description="What to mend: a field of the body, a parameter or a header")
    errors: list[Fault] = Field(description="Everything that is to be mended in a form, when it is a form's contents; else empty")
