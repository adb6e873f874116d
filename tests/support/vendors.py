"""One vendors' document for tests, the secrets it names, and the sandbox's accounts that fit it.

QD has WeChat, two SMS vendors, the app, faces over Tencent, and SF before EMS; LX has SMS over Aliyun, faces over Aliyun, Kuaidi100 and a
department with a platform.
"""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import Any

from infra.sandbox.vendors import settings

NAMES = (
    "wechat_secret", "wechat_token", "tencent_key", "aliyun_key", "sms_key", "app_secret", "app_key", "code_key", "sf_checkword", "sf_push",
    "ems_authorization", "kd_key", "kd_secret", "kd_customer", "kd_push", "department", "registry",
)  # fmt: skip
SECRETS = {name: f"{name}_{sha256(name.encode()).hexdigest()[:16]}" for name in NAMES}  # the same in all of pytest's workers
SECRETS |= {"ems_sign": base64.b64encode(sha256(b"ems_sign").digest()[:16]).decode()}
HOME = {"province": "山东省", "city": "青岛市", "county": "市南区"}
PROMPT = {"id": "P", "fields": [{"name": "text", "source": "text", "most": 60}, {"name": "link", "source": "link"}]}
CODE = {"id": "C", "fields": [{"name": "code", "source": "text"}]}


def document(url: str) -> dict[str, Any]:
    """The document, with every endpoint at `url`."""
    aliyun = {
        "vendor": "aliyun", "key_id": "LTAI", "key_secret": "aliyun_key", "sign_name": "审批局", "prompt": PROMPT, "code": CODE,
        "callback_key": "sms_key", "endpoint": url,
    }  # fmt: skip
    tencent = {
        "vendor": "tencent", "secret_id": "AKID", "secret_key": "tencent_key", "app_id": "1400", "sign_name": "审批局", "prompt": PROMPT,
        "code": CODE, "callback_key": "sms_key", "endpoint": url,
    }  # fmt: skip
    faces: list[dict[str, Any]] = [
        {"vendor": "tencent", "secret_id": "AKID", "secret_key": "tencent_key", "rule_id": "1", "spoken": True, "endpoint": url},
        {"vendor": "aliyun", "key_id": "LTAI", "key_secret": "aliyun_key", "scene_id": "1000", "endpoint": url},
    ]
    sf = {
        "vendor": "sf", "partner_id": "WG", "checkword": "sf_checkword", "monthly_card": "5320000000", "push_key": "sf_push",
        "endpoint": f"{url}/std/service", "areas": [{"province": "山东省"}],
    }  # fmt: skip
    ems = {
        "vendor": "ems", "sender_no": "1", "authorization": "ems_authorization", "sign_key": "ems_sign",
        "endpoint": f"{url}/amp-prod-api/f/amp/api/open",
    }  # fmt: skip
    kuaidi100 = {
        "vendor": "kuaidi100", "key": "kd_key", "secret": "kd_secret", "customer": "kd_customer", "push_key": "kd_push", "company": "jd",
        "phone": "13900005678", "order_endpoint": f"{url}/order/borderapi.do", "query_endpoint": f"{url}/poll/query.do",
    }  # fmt: skip
    return {
        "default": {
            "wechat": {
                "app_id": "wx1", "app_secret": "wechat_secret", "token": "wechat_token", "endpoint": url,
                "template": {"id": "T", "fields": [{"name": "thing1", "source": "text"}]},
            },
            "sms": [tencent, {**aliyun, "weight": 0.5}],
            "app": {"client_id": "city", "client_secret": "app_secret", "callback_key": "app_key", "endpoint": url},
            "identity": {"code_key": "code_key", "faces": [faces[0]]},
            "couriers": {"home": HOME, "options": [sf, ems]},
            "department": "desk",
        },
        "jurisdictions": {
            "LX": {
                "wechat": None,
                "app": None,
                "sms": [aliyun],
                "identity": {"code_key": "code_key", "faces": [faces[1]]},
                "couriers": {"home": {**HOME, "county": "莱西市"}, "options": [kuaidi100]},
                "department": {"endpoint": url, "key": "department"},
            }
        },
    }  # fmt: skip


def accounts(target: str) -> settings.Accounts:
    """The same accounts from the vendors' side; their pushes go to QD's addresses under `target`."""
    s, back = SECRETS, f"{target}/callbacks"
    texts = {"T": "{{thing1.DATA}}"}
    tencent, aliyun = {"P": "{1} {2}", "C": "验证码{1}"}, {"P": "${text} ${link}", "C": "验证码${code}"}
    return settings.Accounts(
        wechat=settings.Wechat(
            app_id="wx1", app_secret=s["wechat_secret"], token=s["wechat_token"], templates=texts, callback=f"{back}/wechat/QD"
        ),
        sms_tencent=settings.SmsTencent(
            secret_id="AKID", secret_key=s["tencent_key"], sdk_app_id="1400", sign_names=("审批局",), templates=tencent,
            callback=f"{back}/sms/QD/tencent?key={s['sms_key']}",
        ),
        sms_aliyun=settings.SmsAliyun(
            access_key_id="LTAI", access_key_secret=s["aliyun_key"], sign_names=("审批局",), templates=aliyun,
            callback=f"{back}/sms/QD/aliyun?key={s['sms_key']}",
        ),
        city_app=settings.CityApp(client_id="city", client_secret=s["app_secret"], callback=f"{back}/app/QD?key={s['app_key']}"),
        faceid_tencent=settings.FaceidTencent(secret_id="AKID", secret_key=s["tencent_key"], rule_ids=("1",)),
        cloudauth_aliyun=settings.CloudauthAliyun(access_key_id="LTAI", access_key_secret=s["aliyun_key"], scene_ids=(1000,)),
        sf=settings.Sf(partner_id="WG", checkword=s["sf_checkword"], callback=f"{back}/courier/QD/sf?key={s['sf_push']}"),
        ems=settings.Ems(sender_no="1", authorization=s["ems_authorization"], sign_key=s["ems_sign"], callback=f"{back}/courier/QD/ems"),
        kuaidi100=settings.Kuaidi100(key=s["kd_key"], secret=s["kd_secret"], customer=s["kd_customer"]),
    )  # fmt: skip
