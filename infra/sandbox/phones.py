"""What each person's phone would have received, and which parcels came to their door: for the eyes of whoever follows a demonstration."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from infra.sandbox.book import Book, Face, Message, Parcel
from infra.sandbox.vendors.push import beijing

VENDORS = {
    "wechat": "微信公众号",
    "city_app": "城市服务 App",
    "sms_tencent": "腾讯云短信",
    "sms_aliyun": "阿里云短信",
    "sf": "顺丰速运",
    "ems": "邮政 EMS",
    "kuaidi100": "快递100",
    "faceid_tencent": "腾讯云人脸核身",
    "cloudauth_aliyun": "阿里云实人认证",
}
CHANNELS = {"wechat": "微信", "app": "App", "sms": "短信"}
STATUSES = {"sent": "已发出", "delivered": "已送达", "undelivered": "未送达"}
STOPS = {
    "ordered": "下单",
    "collected": "快递员取件",
    "not_collected": "未取到件",
    "delivering": "派送中",
    "signed": "本人签收",
    "signed_by_other": "他人代收",
    "locker": "放入快递柜",
    "refused": "拒收",
    "returning": "退回途中",
    "returned": "退回签收",
    "silent": "查不到轨迹",
    "cancelled": "取消",
}
CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


@dataclass
class Phone:
    """One address (mobile number, openid or app user) with its entries, newest first."""

    who: str
    entries: list[dict[str, Any]] = field(default_factory=list)
    newest: int = 0

    def add(self, seq: int, **entry: Any) -> None:
        self.entries.append({"seq": seq, **entry})
        self.newest = max(self.newest, seq)


def shown(book: Book, who: str) -> list[Phone]:
    """The phones, the one with the newest entry first; `who`: only those whose address holds this text."""
    phones: dict[str, Phone] = {}
    for message in book.messages:
        _of(phones, message.to).add(message.seq, **_message(message))
    for parcel in book.parcels:
        for side in ("sender", "receiver"):
            end = getattr(parcel, side)
            _of(phones, end["mobile"]).add(parcel.seq, **_parcel(parcel, side))
    for face in book.faces:
        _of(phones, f"实人认证 {face.name}").add(face.seq, **_face(face))
    for phone in phones.values():
        phone.entries.sort(key=lambda entry: -entry["seq"])
    return sorted((p for p in phones.values() if who in p.who), key=lambda p: -p.newest)


def _of(phones: dict[str, Phone], who: str) -> Phone:
    return phones.setdefault(who, Phone(who))


def _message(message: Message) -> dict[str, Any]:
    code = CODE.search(message.text) if "码" in message.text else None
    return {
        "kind": "message",
        "title": f"{CHANNELS[message.channel]} · {VENDORS[message.vendor]}",
        "text": message.text,
        "link": message.link,
        "code": code and code.group(),
        "status": STATUSES[message.status],
        "bad": message.status == "undelivered",
        "at": beijing(message.at),
        "times": message.times,
    }


def _parcel(parcel: Parcel, side: str) -> dict[str, Any]:
    door = "上门取件" if side == "sender" else "送件上门"
    return {
        "kind": "parcel",
        "title": f"{door} · {VENDORS[parcel.vendor]} · {parcel.reference}",
        "text": parcel.goods,
        "status": STOPS[parcel.stops[-1]["stop"]],
        "bad": parcel.state == "failed",
        "at": beijing(parcel.at),
        "stops": [f"{beijing(s['at'])[11:]} {STOPS[s['stop']]}" for s in parcel.stops],
        "times": parcel.times,
    }


def _face(face: Face) -> dict[str, Any]:
    return {
        "kind": "face",
        "title": f"刷脸认证 · {VENDORS[face.vendor]}",
        "text": "",
        "link": f"/identity/face/{face.reference}" if face.state == "open" else None,
        "status": {"open": "等待本人", "passed": "已通过", "failed": "未通过"}[face.state],
        "bad": face.state == "failed",
        "at": beijing(face.at),
        "times": face.times,
    }
