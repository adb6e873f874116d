"""The vendors of a rehearsal, from both sides: the accounts that the sandbox knows, and the document by which the product knows them.

The bureaus differ, as real ones do: every courier, both SMS vendors and both identity vendors are somebody's first. Every secret is made
from the stack's key, as the template makes the product's side of them.
"""

from __future__ import annotations

import json
from typing import Any

from infra.sandbox.vendors import settings

SIGN = "青岛行政审批"
PROMPT, CODE, TEMPLATE = "1001", "1002", "prompt"
HOME = {"province": "山东省", "city": "青岛市"}
COUNTIES = {"QD": "市南区", "LX": "莱西市", "PD": "平度市"}
PHONE = "053212345"


def secret_of(key: str) -> str:
    """What we share with every vendor but the departments."""
    return f"vendor.{key}"


def platform_key(jurisdiction: str) -> str:
    """The name in the secret of what a bureau's approval platform signs with."""
    return f"department_{jurisdiction.lower()}"


def platform_secret(key: str, jurisdiction: str) -> str:
    """What lies under that name."""
    return f"{platform_key(jurisdiction)}.{key}"


def sm4_key(key: str) -> str:
    """The base64 of 16 bytes, for EMS; `key` has 22 letters and digits."""
    return f"{key}=="


def accounts(key: str, origin: str) -> settings.Accounts:
    """The accounts. `origin` is scheme and host of the product's pages, which approved SMS templates hold (variables may not be URLs)."""
    secret, city = secret_of(key), "QD"
    return settings.Accounts(
        sf=settings.Sf(partner_id="wugan", checkword=secret, callback=f"callbacks/courier/{city}/sf?key={secret}"),
        ems=settings.Ems(sender_no="wugan", authorization=secret, sign_key=sm4_key(key), callback="callbacks/courier/LX/ems"),
        kuaidi100=settings.Kuaidi100(key=secret, secret=secret, customer=secret),
        wechat=settings.Wechat(
            app_id="wugan", app_secret=secret, token=secret, templates={TEMPLATE: "{{text.DATA}}"}, callback=f"callbacks/wechat/{city}"
        ),
        sms_tencent=settings.SmsTencent(
            secret_id="wugan-sms", secret_key=secret, sdk_app_id="1400000000", sign_names=(SIGN,),
            templates={PROMPT: f"{{1}}办理：{origin}/{{2}}", CODE: "您的验证码是{1}，10分钟内有效，请勿告诉他人。"},
            callback=f"callbacks/sms/{city}/tencent?key={secret}",
        ),
        sms_aliyun=settings.SmsAliyun(
            access_key_id="wugan-sms", access_key_secret=secret, sign_names=(SIGN,),
            templates={PROMPT: f"${{text}}办理：{origin}/${{path}}", CODE: "您的验证码是${text}，10分钟内有效，请勿告诉他人。"},
            callback=f"callbacks/sms/{city}/aliyun?key={secret}",
        ),
        city_app=settings.CityApp(client_id="wugan", client_secret=secret, callback=f"callbacks/app/{city}?key={secret}"),
        faceid_tencent=settings.FaceidTencent(secret_id="wugan-face", secret_key=secret, rule_ids=("1",)),
        cloudauth_aliyun=settings.CloudauthAliyun(access_key_id="wugan-face", access_key_secret=secret, scene_ids=(1000,)),
        department=settings.Department(secrets={j: platform_secret(key, j) for j in COUNTIES}),
    )  # fmt: skip


def document(url: str, desk: str) -> str:
    """The vendors' document (`wugan.vendors.model`); `url` is the sandbox's, `desk` the jurisdiction without a platform."""
    tencent, aliyun = _sms(url)
    faces = _faces(url)
    couriers = _couriers(url)
    default = {
        "wechat": {"app_id": "wugan", "app_secret": "vendor", "token": "vendor", "template": _template(TEMPLATE, "text"), "endpoint": url},
        "sms": [tencent, aliyun],
        "app": {"client_id": "wugan", "client_secret": "vendor", "callback_key": "vendor", "endpoint": url},
        "identity": {"code_key": "vendor", "faces": [faces["tencent"], faces["aliyun"]]},
        "couriers": _section("QD", couriers["sf"], couriers["ems"]),
    }
    own: dict[str, dict[str, Any]] = {
        "QD": {},
        "LX": {"sms": [aliyun, {**tencent, "weight": 0}], "couriers": _section("LX", couriers["ems"], couriers["kuaidi100"])},
        "PD": {
            "identity": {"code_key": "vendor", "faces": [faces["aliyun"], faces["tencent"]]},
            "couriers": _section("PD", couriers["kuaidi100"], couriers["sf"]),
        },
    }
    for jurisdiction, bureau in own.items():
        bureau["department"] = "desk" if jurisdiction == desk else {"endpoint": f"{url}/{jurisdiction}", "key": platform_key(jurisdiction)}
    return json.dumps({"default": default, "jurisdictions": own}, ensure_ascii=False, separators=(",", ":"))


def _sms(url: str) -> tuple[dict[str, Any], dict[str, Any]]:
    common = {"sign_name": SIGN, "callback_key": "vendor", "endpoint": url, "code": _template(CODE, "text")}
    tencent = {"vendor": "tencent", "weight": 3, "secret_id": "wugan-sms", "secret_key": "vendor", "app_id": "1400000000"}
    aliyun = {"vendor": "aliyun", "key_id": "wugan-sms", "key_secret": "vendor"}
    prompt = _template(PROMPT, "text", "path")
    return {**tencent, **common, "prompt": prompt}, {**aliyun, **common, "prompt": prompt}


def _faces(url: str) -> dict[str, dict[str, Any]]:
    return {
        "tencent": {"vendor": "tencent", "secret_id": "wugan-face", "secret_key": "vendor", "rule_id": "1", "endpoint": url},
        "aliyun": {"vendor": "aliyun", "key_id": "wugan-face", "key_secret": "vendor", "scene_id": "1000", "endpoint": url},
    }


def _couriers(url: str) -> dict[str, dict[str, Any]]:
    return {
        "sf": {
            "vendor": "sf", "partner_id": "wugan", "checkword": "vendor", "monthly_card": "5320000000", "push_key": "vendor",
            "endpoint": f"{url}/std/service",
        },
        "ems": {
            "vendor": "ems", "sender_no": "wugan", "authorization": "vendor", "sign_key": "sm4",
            "endpoint": f"{url}/amp-prod-api/f/amp/api/open",
        },
        "kuaidi100": {
            "vendor": "kuaidi100", "key": "vendor", "secret": "vendor", "customer": "vendor", "push_key": "vendor", "company": "jd",
            "phone": PHONE, "order_endpoint": f"{url}/order/borderapi.do", "query_endpoint": f"{url}/poll/query.do",
        },
    }  # fmt: skip


def _section(jurisdiction: str, *options: dict[str, Any]) -> dict[str, Any]:
    return {"home": HOME | {"county": COUNTIES[jurisdiction]}, "options": options}


def _template(id: str, *sources: str) -> dict[str, Any]:
    return {"id": id, "fields": [{"name": source, "source": source} for source in sources]}
