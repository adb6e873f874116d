"""A WeChat official account: access token, template and subscription messages, and the events they end with.

From developers.weixin.qq.com: "stable_token", "template message" (errcodes, TEMPLATESENDJOBFINISH), "subscription notification"
(`subscribe_msg_sent_event`), "message push" (signature). Not documented is the answer to a repeated `client_msg_id`, only that one
message is sent: kept here in one place, the answer is that of the first, with its `msgid`.
"""

from __future__ import annotations

import hashlib
import re
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from werkzeug.wrappers import Request, Response

from infra.sandbox.book import Message
from infra.sandbox.box import Box
from infra.sandbox.vendors.plumbing import Vendor, free_id, json_answer, loads, message, missing
from infra.sandbox.vendors.push import Push, Sent

OPENID = re.compile(r"[A-Za-z0-9_-]{3,128}")
AGAIN_SECONDS = 600  # how long a client_msg_id is remembered
OVERLAP_SECONDS = 300  # so long before its end a stable token is replaced
TEXTS = {
    -1: "system error",
    0: "ok",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40013: "invalid appid",
    40037: "invalid template_id",
    40125: "invalid appsecret",
    41001: "access_token missing",
    42001: "access_token expired",
    43004: "require subscribe",
    43101: "user refuse to accept the msg",
    47001: "data format error",
    47003: "argument invalid! data.{0}.value is empty",
}


def signature(token: str, timestamp: str, nonce: str) -> str:
    """SHA-1 of token, timestamp and nonce, sorted and joined."""
    return hashlib.sha1("".join(sorted((token, timestamp, nonce))).encode()).hexdigest()


class Wechat(Vendor):
    """`/cgi-bin/…`."""

    name = "wechat"
    busy = {"errcode": -1, "errmsg": TEXTS[-1]}  # noqa: RUF012

    def __init__(self, box: Box) -> None:
        super().__init__(box)
        self.account = box.config.vendors.wechat
        self._tokens: dict[str, float] = {}  # until when each is good; 0 for one that a newer has ended
        self._sent = 0

    def stable_token(self, request: Request) -> Response:
        """POST /cgi-bin/stable_token: the same token until shortly before its end, a new one by force."""
        data, account = loads(request.get_data()), self.account
        if not isinstance(data, dict):
            return _said(47001)
        if data.get("grant_type") != "client_credential":
            return _said(40002)
        if account is None or data.get("appid") != account.app_id:
            return _said(40013)
        if data.get("secret") != account.app_secret:
            return _said(40125)
        return self.act("stable_token", account.app_id, lambda: self._token(force=bool(data.get("force_refresh"))))

    def template(self, request: Request) -> Response:
        """POST /cgi-bin/message/template/send."""
        return self._message(request, "template", 43004)

    def subscription(self, request: Request) -> Response:
        """POST /cgi-bin/message/subscribe/bizsend."""
        return self._message(request, "subscription", 43101)

    def _message(self, request: Request, kind: str, refusal: int) -> Response:
        fault = self._stranger(request.args.get("access_token", ""))
        data = loads(request.get_data())
        if fault:
            return _said(fault)
        if not isinstance(data, dict) or not isinstance(data.get("data"), dict):
            return _said(47001)
        about = str(data.get("client_msg_id") or data.get("touser") or "")
        return self.act(kind, about, lambda: self._send(kind, refusal, data))

    def _send(self, kind: str, refusal: int, data: dict[str, Any]) -> Response:
        client_id, to = str(data.get("client_msg_id") or ""), str(data.get("touser") or "")
        fault = self._fault(data, refusal)
        if fault:
            return _said(*fault)
        earlier = self.box.book.messages.get(client_id) if client_id else None
        if earlier and (earlier.to, earlier.vendor) == (to, self.name) and self.box.now() - earlier.at < AGAIN_SECONDS:
            earlier.times += 1
            return _said(0, msgid=int(earlier.reference))
        self._sent += 1
        number = str(2_000_000_000 + self._sent)
        id = free_id(self.box, client_id or f"wx{number}")
        link = data.get("url") or data.get("page") or None
        sent, _ = message(self.box, "wechat", id, to, self._text(data), reference=number, link=link, vendor=self.name)
        plan = self.box.script.message("wechat", id, to)
        if plan != "silent":
            told = partial(self._event, sent, kind, data["template_id"], good=plan == "delivered")
            self.box.steps.after(self.box.config.delays.receipt, told)
        return _said(0, msgid=int(number))

    def _fault(self, data: dict[str, Any], refusal: int) -> tuple[int, str] | None:
        assert self.account is not None
        to = str(data.get("touser") or "")
        if not OPENID.fullmatch(to):
            return 40003, ""
        if missing(data, "template_id") or (self.account.templates and data["template_id"] not in self.account.templates):
            return 40037, ""
        empty = next((name for name, field in data["data"].items() if missing(field, "value")), None)
        if empty:
            return 47003, empty
        id = str(data.get("client_msg_id") or "")
        return (refusal, "") if self.box.script.message("wechat", id, to) == "refused" else None

    def _text(self, data: dict[str, Any]) -> str:
        assert self.account is not None
        values = {name: str(field["value"]) for name, field in data["data"].items()}
        text = self.account.templates.get(data["template_id"])
        if text is None:
            return "\n".join(values.values())
        return re.sub(r"\{\{(\w+)\.DATA\}\}", lambda found: values.get(found[1], ""), text)

    def _token(self, *, force: bool) -> Response:
        assert self.account is not None
        now = self.box.now()
        good = next((t for t, until in reversed(self._tokens.items()) if until - now > OVERLAP_SECONDS), None)
        if good is None or force:
            if force:
                self._tokens = dict.fromkeys(self._tokens, 0.0)
            good = self.box.token("wechat token", str(len(self._tokens)), 64)
            self._tokens[good] = now + self.account.token_seconds
        return json_answer({"access_token": good, "expires_in": int(self._tokens[good] - now)})

    def _stranger(self, token: str) -> int | None:
        if not token:
            return 41001
        until = self._tokens.get(token)
        if not until:
            return 40001
        return 42001 if until <= self.box.now() else None

    def _event(self, sent: Message, kind: str, template: str, *, good: bool) -> None:
        with self.box.lock:
            sent.status = "delivered" if good else "undelivered"
            account = self.account
            if account is None or not account.callback:
                return
            fields = _finished(sent, good) if kind == "template" else _subscribed(sent, template, good)
            ends = _xml([("ToUserName", account.original_id), ("FromUserName", sent.to)])
            head = ends + _xml([("CreateTime", int(self.box.now())), ("MsgType", "event")])
            body = f"<xml>{head}{fields}</xml>".encode()
            nonce = self.box.digits("nonce", sent.id, 10)

            def build(at: float) -> Sent:
                stamp = str(int(at))
                query = {"signature": signature(account.token, stamp, nonce), "timestamp": stamp, "nonce": nonce, "openid": sent.to}
                return Sent(body, "text/xml", query)

            push = Push(account.callback, build, lambda status, answer: status == 200 and answer.strip() in (b"", b"success"))
            self.push(sent.id, sent.status, push, {"msgid": sent.reference})


def _finished(sent: Message, good: bool) -> str:
    status = "success" if good else "failed:user block"
    return _xml([("Event", "TEMPLATESENDJOBFINISH"), ("MsgID", int(sent.reference)), ("Status", status)])


def _subscribed(sent: Message, template: str, good: bool) -> str:
    status = ("0", "success") if good else ("43101", "user refuse to accept the msg")
    row = _xml([("TemplateId", template), ("MsgID", sent.reference), ("ErrorCode", status[0]), ("ErrorStatus", status[1])])
    return _xml([("Event", "subscribe_msg_sent_event")]) + f"<SubscribeMsgSentEvent><List>{row}</List></SubscribeMsgSentEvent>"


def _xml(fields: list[tuple[str, str | int]]) -> str:
    return "".join(f"<{n}>{v}</{n}>" if isinstance(v, int) else f"<{n}><![CDATA[{escape(v)}]]></{n}>" for n, v in fields)


def _said(code: int, about: str = "", **more: Any) -> Response:
    return json_answer({"errcode": code, "errmsg": TEXTS[code].format(about), **more})
