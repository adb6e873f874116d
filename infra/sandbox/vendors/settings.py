"""The accounts that the vendors know: what their consoles would show. Made by whoever starts the sandbox, never committed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

VendorName = Literal[
    "sf", "ems", "kuaidi100", "wechat", "sms_tencent", "sms_aliyun", "city_app", "faceid_tencent", "cloudauth_aliyun", "department"
]  # fmt: skip
Seconds = Annotated[float, Field(ge=0)]
Callback = Annotated[str, Field(max_length=400)]  # a URL on this machine, or a path under the target


class Account(BaseModel):
    """Frozen, and no field that the model does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Sf(Account):
    """SF Express. The callback's URL carries a secret, for its pushes are unsigned."""

    partner_id: str
    checkword: str
    callback: Callback | None = None


class Ems(Account):
    """China Post EMS; the sign key is the base64 of 16 bytes."""

    sender_no: str
    authorization: str
    sign_key: str
    callback: Callback | None = None


class Kuaidi100(Account):
    """Kuaidi100. `query_seconds`: how long a waybill may not be queried again (1,800 in earnest; 0 lets everything through).

    `again_seconds`: how long a repeated `thirdOrderId` gets the first order's answer.
    """

    key: str
    secret: str
    customer: str
    carriers: tuple[str, ...] = ("shunfeng", "ems", "youzhengguonei", "jd", "debangkuaidi", "yuantong", "zhongtong", "jtexpress")
    query_seconds: Seconds = 0
    again_seconds: Seconds = 48 * 3600


class Wechat(Account):
    """A WeChat official account. `templates`: the texts by template id, with `{{name.DATA}}`; none given, any id is taken."""

    app_id: str
    app_secret: str
    token: str
    original_id: str = "gh_sandbox"
    templates: dict[str, str] = {}
    token_seconds: Seconds = 7200
    callback: Callback | None = None


class SmsTencent(Account):
    """Tencent Cloud SMS. `templates`: the texts by template id, with `{1}`, `{2}`; none given, any id is taken."""

    secret_id: str
    secret_key: str
    sdk_app_id: str
    sign_names: tuple[str, ...] = ()
    templates: dict[str, str] = {}
    thirty_seconds: bool = False  # the console's limit of one message to a number in 30 seconds
    callback: Callback | None = None


class SmsAliyun(Account):
    """Aliyun SMS. `templates`: the texts by template code, with `${name}`; none given, any code is taken."""

    access_key_id: str
    access_key_secret: str
    sign_names: tuple[str, ...] = ()
    templates: dict[str, str] = {}
    callback: Callback | None = None


class CityApp(Account):
    """A city's app platform."""

    client_id: str
    client_secret: str
    token_seconds: Seconds = 7200
    callback: Callback | None = None


class FaceidTencent(Account):
    """Tencent Cloud faceid."""

    secret_id: str
    secret_key: str
    rule_ids: tuple[str, ...] = ()
    token_seconds: Seconds = 7200
    result_seconds: Seconds = 3 * 86400


class CloudauthAliyun(Account):
    """Aliyun cloudauth."""

    access_key_id: str
    access_key_secret: str
    scene_ids: tuple[int, ...] = ()
    certify_seconds: Seconds = 1800


class Department(Account):
    """The approving departments' platforms, one of each bureau, at `/{bureau}`. Below `callback` stands the bureau too.

    `certificate_key`: the Ed25519 key with which they sign certificates, hex; empty: they do not.
    """

    secrets: dict[str, Annotated[str, Field(min_length=16)]]  # by bureau
    callback: Callback = "callbacks/department"
    certificates: Literal["pdf", "ofd"] = "pdf"
    certificate_key: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""


class Accounts(Account):
    """One account with each vendor; None: unknown to the vendor."""

    sf: Sf | None = None
    ems: Ems | None = None
    kuaidi100: Kuaidi100 | None = None
    wechat: Wechat | None = None
    sms_tencent: SmsTencent | None = None
    sms_aliyun: SmsAliyun | None = None
    city_app: CityApp | None = None
    faceid_tencent: FaceidTencent | None = None
    cloudauth_aliyun: CloudauthAliyun | None = None
    department: Department | None = None
