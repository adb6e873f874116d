"""The vendors' document: which vendors the bureaus have, what they are called there, and under which names their secrets lie.

A `default`, and by jurisdiction what differs from it, section by section; null takes a section away. The document holds no secret: a
field of the type `SecretName` names a key of the secret in Secrets Manager (`WUGAN_VENDOR_SECRET`). docs/vendors.md explains each field.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from wugan.errors import InvalidInput
from wugan.items.model import Jurisdiction
from wugan.outreach.carrier import Source
from wugan.vendors import endpoint


def _url(value: str) -> str:
    try:
        endpoint.check(value)
    except InvalidInput as error:
        raise ValueError(error.detail) from None
    return value


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
NAMES_SECRET = "names a key of the secret"
SecretName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,63}$"), NAMES_SECRET]
Endpoint = Annotated[str, StringConstraints(max_length=300), AfterValidator(_url)]
Mobile = Annotated[str, StringConstraints(pattern=r"^[0-9-]{5,20}$")]


class Strict(BaseModel):
    """Frozen, and no field that the model does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Variable(Strict):
    """One variable of an approved template, in the template's order."""

    name: Text
    source: Source
    most: Annotated[int, Field(ge=0, le=1000)] = 0  # characters let through; 0 for all


class Template(Strict):
    """A template that the vendor approved."""

    id: Text
    fields: Annotated[tuple[Variable, ...], Field(min_length=1, max_length=10)]


class Wechat(Strict):
    """The bureau's WeChat official account. `subscription`: the template is one of subscription messages."""

    app_id: Text
    app_secret: SecretName
    token: SecretName  # of the callback
    template: Template
    subscription: bool = False
    endpoint: Endpoint = "https://api.weixin.qq.com"


class TencentSms(Strict):
    """SMS over Tencent Cloud: `prompt` for what we write, `code` for one-time codes."""

    vendor: Literal["tencent"]
    weight: Annotated[float, Field(ge=0, le=100)] = 1
    secret_id: Text
    secret_key: SecretName
    app_id: Text
    sign_name: Text
    prompt: Template
    code: Template | None = None
    callback_key: SecretName
    region: Text = "ap-guangzhou"
    endpoint: Endpoint = "https://sms.tencentcloudapi.com"


class AliyunSms(Strict):
    """SMS over Alibaba Cloud: `prompt` for what we write, `code` for one-time codes."""

    vendor: Literal["aliyun"]
    weight: Annotated[float, Field(ge=0, le=100)] = 1
    key_id: Text
    key_secret: SecretName
    sign_name: Text
    prompt: Template
    code: Template | None = None
    callback_key: SecretName
    endpoint: Endpoint = "https://dysmsapi.aliyuncs.com"


class App(Strict):
    """The city's app, by the assumptions of `wugan.outreach.city_app`."""

    client_id: Text
    client_secret: SecretName
    callback_key: SecretName
    endpoint: Endpoint


class TencentFace(Strict):
    """Faces over Tencent Cloud. `spoken`: the flow behind the rule asks to read the intention out."""

    vendor: Literal["tencent"]
    secret_id: Text
    secret_key: SecretName
    rule_id: Text
    spoken: bool = False
    region: Text = "ap-guangzhou"
    endpoint: Endpoint = "https://faceid.tencentcloudapi.com"


class AliyunFace(Strict):
    """Faces over Alibaba Cloud."""

    vendor: Literal["aliyun"]
    key_id: Text
    key_secret: SecretName
    scene_id: Text
    endpoint: Endpoint = "https://cloudauth.aliyuncs.com"


class Identity(Strict):
    """`faces` are tried in their order; without one the code is left. `code_key` makes the one-time codes: a secret of its own."""

    code_key: SecretName
    faces: Annotated[tuple[Annotated[TencentFace | AliyunFace, Field(discriminator="vendor")], ...], Field(max_length=2)] = ()


class Place(Strict):
    """An administrative area; a part that is left out is not named."""

    province: str = ""
    city: str = ""
    county: str = ""


class Sf(Strict):
    """SF Express. `push_key` stands in the callback's address."""

    vendor: Literal["sf"]
    partner_id: Text
    checkword: SecretName
    monthly_card: Text
    push_key: SecretName
    express_type: int = 1
    areas: tuple[Place, ...] = ()
    endpoint: Endpoint = "https://bspgw.sf-express.com/std/service"


class Ems(Strict):
    """China Post EMS. `sign_key` is the base64 of 16 bytes."""

    vendor: Literal["ems"]
    sender_no: Text
    authorization: SecretName
    sign_key: SecretName
    product: Text = "1"
    areas: tuple[Place, ...] = ()
    endpoint: Endpoint = "https://api.ems.com.cn/amp-prod-api/f/amp/api/open"


class Kuaidi100(Strict):
    """Kuaidi100: `company` is the courier behind it (kuaidicom), `phone` the bureau's own, `push_key` makes the salts of pushes."""

    vendor: Literal["kuaidi100"]
    key: SecretName
    secret: SecretName
    customer: SecretName
    push_key: SecretName
    company: Text
    phone: Mobile
    areas: tuple[Place, ...] = ()
    order_endpoint: Endpoint = "https://poll.kuaidi100.com/order/borderapi.do"
    query_endpoint: Endpoint = "https://poll.kuaidi100.com/poll/query.do"


class Couriers(Strict):
    """Asked in this order. `home` completes addresses that do not name province, city and county."""

    home: Place
    options: Annotated[tuple[Annotated[Sf | Ems | Kuaidi100, Field(discriminator="vendor")], ...], Field(min_length=1, max_length=3)]


class Platform(Strict):
    """A department with an approval platform; `key` signs both ways. Each platform has its own: it must not decide for another.

    `certificate_key` is public: with it the department's signatures on certificates are checked (`wugan.approval.certificate`).
    """

    endpoint: Endpoint
    key: SecretName = "department"
    certificate_key: Annotated[str, StringConstraints(pattern=r"^(ed25519:[A-Za-z0-9+/]{43}=)?$")] = ""


class Bureau(Strict):
    """The vendors of one bureau; what is left out it does not have."""

    wechat: Wechat | None = None
    sms: Annotated[tuple[Annotated[TencentSms | AliyunSms, Field(discriminator="vendor")], ...], Field(max_length=2)] = ()
    app: App | None = None
    identity: Identity | None = None
    couriers: Couriers | None = None
    department: Platform | Literal["desk"] = "desk"

    @model_validator(mode="after")
    def _each_once(self) -> Bureau:
        faces, couriers = self.identity.faces if self.identity else (), self.couriers.options if self.couriers else ()
        for name, found in (("sms", self.sms), ("faces", faces), ("couriers", couriers)):
            vendors = [one.vendor for one in found]
            if len(vendors) != len(set(vendors)):
                raise ValueError(f"{name}: each vendor once")
        return self


class Vendors(Strict):
    """The document."""

    default: Bureau = Bureau()
    jurisdictions: dict[Jurisdiction, Bureau] = {}

    @model_validator(mode="after")
    def _each_platform_its_key(self) -> Vendors:
        found = {self.of(jurisdiction).department for jurisdiction in Jurisdiction}
        platforms = {(one.endpoint, one.key) for one in found if isinstance(one, Platform)}
        if len({key for _, key in platforms}) != len(platforms):
            raise ValueError("department.key: each platform has a key of its own, else one could decide for another's bureau")
        return self

    def of(self, jurisdiction: str) -> Bureau:
        """A bureau's vendors: its own sections over the default's."""
        own = next((bureau for name, bureau in self.jurisdictions.items() if name == jurisdiction), Bureau())
        return self.default.model_copy(update={name: getattr(own, name) for name in own.model_fields_set})


def parse(value: Any) -> Vendors:
    """The document from what JSON or YAML held. Raises InvalidInput naming the field, with no value quoted."""
    try:
        return Vendors.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise InvalidInput(first["msg"], field=_path(first["loc"])) from None


def read(text: str) -> Vendors:
    """The document from JSON. Raises InvalidInput."""
    try:
        value = json.loads(text)
    except ValueError:
        raise InvalidInput("this is not JSON", field="vendors") from None
    return parse(value)


def endpoints(vendors: Vendors) -> dict[str, str]:
    """Every endpoint by its path in the document, those by default too."""
    return {path: value for path, name, value in _leaves(vendors, "") if name.endswith("endpoint")}


def check_production(vendors: Vendors) -> None:
    """Raise InvalidInput naming the first endpoint to which production must not speak."""
    for path, url in endpoints(vendors).items():
        try:
            endpoint.check_public(url)
        except InvalidInput as error:
            raise InvalidInput(error.detail, field=path) from None


def secret_names(vendors: Vendors) -> dict[str, str]:
    """The keys that the secret must have, by the path of the first field that names each."""
    found: dict[str, str] = {}
    for path, value in _secrets(vendors, ""):
        found.setdefault(value, path)
    return found


def _secrets(model: BaseModel, at: str) -> Iterator[tuple[str, str]]:
    for path, part in parts(model, at):
        for name, info in type(part).model_fields.items():
            if NAMES_SECRET in info.metadata:
                yield f"{path}{name}", getattr(part, name)


def _leaves(model: BaseModel, at: str) -> Iterator[tuple[str, str, str]]:
    for path, part in parts(model, at):
        for name in type(part).model_fields:
            if isinstance(value := getattr(part, name), str):
                yield f"{path}{name}", name, value


def parts(value: object, at: str) -> Iterator[tuple[str, BaseModel]]:
    """Every model in a model, with its path and a dot."""
    if isinstance(value, BaseModel):
        yield at, value
        inside: list[tuple[object, object]] = [(name, getattr(value, name)) for name in type(value).model_fields]
    elif isinstance(value, tuple):
        inside = list(enumerate(value))
    elif isinstance(value, dict):
        inside = list(value.items())
    else:
        return
    for name, one in inside:
        yield from parts(one, f"{at}{name}.")


def _path(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc) or "vendors"
