"""WeChat official account (微信公众号): template messages, subscription messages, the event of their result.

Source: developers.weixin.qq.com/doc/service/api (stable_token, message/template/send, message/subscribe/bizsend) and the guide to
receiving events. WeChat puts the access token into the URL: never log a URL of this module.

Not published, each kept in one place here: the error code for a repeated `client_msg_id` and its greatest length (we send 32 hex
digits); the signature of a plain event covers time and nonce but not the body, so that an event counts only for a message that we know
to have sent.

The result of a subscription message is pushed as `subscribe_msg_sent_event`: in it a `List` of `TemplateId`, `MsgID`, `ErrorCode` and
`ErrorStatus`, where code 0 is delivered (guide 订阅通知, "事件推送"). The guide's example holds one row; several are read wherever they
stand. Not said is whether its MsgID is bizsend's `msgid`: if it is not, these events tell of unknown messages and have no effect.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from wugan.clock import Clock
from wugan.clouds import object_of, short
from wugan.errors import Forbidden, InvalidInput, VendorRefused, VendorUnavailable
from wugan.http import JsonClient
from wugan.outreach.carrier import NotSent, Template, Trace, as_sent_or_not
from wugan.outreach.port import Message
from wugan.outreach.receipts import Batch, MessageOf, Receipt, Status, receipt
from wugan.outreach.tokens import SharedToken, Token, TokenStore, granted
from wugan.signing import same

NAME = "wechat"
ANSWER = b"success"  # to every event; anything else brings it again, three times
TOKEN_REFUSED = frozenset({40001, 40014, 42001})
REPEATED = frozenset({45065})  # of mass messages; that of template messages is not published
# invalid openid, does not follow, blocked by us, refused or used up
REFUSED = {40003: "invalid_openid", 43004: "not_following", 43019: "blocked", 43101: "refused_or_used_up"}
REASONS = {"userblock": "user_block", "systemfailed": "system_failed"}
BUSY = -1  # whether it was sent is not said
TEMPLATE_WINDOW = timedelta(minutes=8)  # WeChat drops repeats for 10 minutes
TOLERANCE = timedelta(minutes=5)
MOST_BYTES = 20_000
LONGEST_ID, LONGEST_CODE = 200, 9  # characters of a MsgID, digits of an error code


class WechatTokens:
    """Where the account's access token comes from: `/cgi-bin/stable_token`, whose normal mode gives everyone the same one."""

    def __init__(self, base_url: str, app_id: str, app_secret: str, store: TokenStore, clock: Clock, client: JsonClient) -> None:
        self._url = base_url.rstrip("/") + "/cgi-bin/stable_token"
        self._app_id, self._app_secret = app_id, app_secret
        self._clock, self._client = clock, client
        self.shared = SharedToken(f"{NAME}:{app_id}", store, self._fetch, clock)

    def _fetch(self, force: bool) -> Token:
        """A forced refresh is allowed 20 times a day, 30 seconds apart. Without a token nothing was sent: NotSent."""
        asked = {"grant_type": "client_credential", "appid": self._app_id, "secret": self._app_secret, "force_refresh": force}
        now = self._clock.wall()
        try:
            answer = _post(self._client, self._url, asked)
        except VendorUnavailable as error:
            raise NotSent(error.detail) from error
        token = granted(answer, now)
        if token is None:
            raise NotSent(f"no access token: errcode {short(answer.get('errcode'))}")
        return token


@dataclass(frozen=True)
class Wechat:
    """A carrier (`wugan.outreach.carrier.Carrier`). With `subscription`, messages go out as subscription messages (订阅通知)."""

    base_url: str
    template: Template
    tokens: WechatTokens
    client: JsonClient
    subscription: bool = False

    @property
    def name(self) -> str:
        return NAME

    @property
    def account(self) -> str:
        return self.tokens.shared.name

    @property
    def repeat_safe(self) -> timedelta:
        """Subscription messages know no `client_msg_id`."""
        return timedelta(0) if self.subscription else TEMPLATE_WINDOW

    def submit(self, message: Message) -> str:
        """Send; a token that WeChat refuses is renewed once."""
        token = self.tokens.shared.value()
        answer = self._send(message, token)
        if _errcode(answer) in TOKEN_REFUSED:
            answer = self._send(message, self.tokens.shared.renewed(token))
        return self._reference(message, answer)

    def trace(self, message: Message, since: datetime) -> Trace | None:  # noqa: ARG002
        """WeChat cannot be asked about a message."""
        raise VendorUnavailable("WeChat cannot be asked about a message")

    def _send(self, message: Message, token: str) -> dict[str, Any]:
        path = "subscribe/bizsend" if self.subscription else "template/send"
        url = f"{self.base_url.rstrip('/')}/cgi-bin/message/{path}?access_token={quote(token, safe='')}"
        try:
            return _post(self.client, url, self._body(message))
        except VendorUnavailable as error:
            raise as_sent_or_not(error) from error

    def _body(self, message: Message) -> dict[str, Any]:
        data = {name: {"value": value} for name, value in self.template.fill(message).items()}
        common = {"touser": message.address, "template_id": self.template.id}
        if self.subscription:
            return common | ({"page": message.link} if message.link else {}) | {"data": data}
        return common | ({"url": message.link} if message.link else {}) | {"client_msg_id": client_msg_id(message.id), "data": data}

    def _reference(self, message: Message, answer: Mapping[str, Any]) -> str:
        code = _errcode(answer)
        if code in REFUSED:
            raise VendorRefused(REFUSED[code])
        if code == BUSY:
            raise VendorUnavailable("errcode -1")
        if code != 0 and code not in REPEATED:
            raise NotSent(f"errcode {code}")
        reference = answer.get("msgid")
        known = isinstance(reference, (int, str)) and not isinstance(reference, bool) and str(reference).strip()
        return str(known) if known else client_msg_id(message.id)


def client_msg_id(message_id: str) -> str:
    """Our id in a form that fits whatever length WeChat allows."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:32]


def check_event(token: str, signature: str, timestamp: str, nonce: str, now: datetime) -> None:
    """Raise Forbidden unless a request to our webhook is signed with the account's token and fresh. The same for GET and POST."""
    told = "".join(sorted((token, timestamp, nonce))).encode("utf-8", "replace")
    if not token or not same(hashlib.sha1(told, usedforsecurity=False).hexdigest(), signature):
        raise Forbidden("the signature does not match", field="signature")
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > 12:
        raise Forbidden("the timestamp is no Unix time", field="timestamp")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise Forbidden("the timestamp is more than 300 seconds away", field="timestamp")


def event_receipts(body: bytes, message_of: MessageOf) -> Batch:
    """The receipts in an event: none in another event; `unknown` counts messages that we do not know. Raises InvalidInput."""
    event = _event(body)
    match _said(event, "Event").upper():
        case "TEMPLATESENDJOBFINISH":
            told = [(_said(event, "MsgID"), _said(event, "Status"))]
        case "SUBSCRIBE_MSG_SENT_EVENT":
            told = [(_said(row, "MsgID"), _subscribed(_said(row, "ErrorCode"))) for row in event.iter() if row.find("MsgID") is not None]
        case _:
            return Batch(())
    if not told or not all(0 < len(reference) <= LONGEST_ID and said for reference, said in told):
        raise InvalidInput("the event has no MsgID or no status", field="MsgID")
    known = [(reference, message_of(reference), said) for reference, said in told]
    receipts = tuple(_receipt(reference, message_id, said) for reference, message_id, said in known if message_id)
    return Batch(receipts, len(told) - len(receipts))


def _receipt(reference: str, message_id: str, said: str) -> Receipt:
    if said == "success":
        return receipt(NAME, reference, message_id, Status.DELIVERED)
    return receipt(NAME, reference, message_id, Status.UNDELIVERED, _reason(said))


def _subscribed(code: str) -> str:
    """The error code of a subscription message in the shape of a template message's status."""
    if code == "0":
        return "success"
    return f"failed:{short(code)}" if code else ""


def _said(part: ElementTree.Element, name: str) -> str:
    return (part.findtext(name) or "").strip()


class _NoDoctype(ElementTree.TreeBuilder):
    """Refuses a document type wherever the parser finds one: nobody needs its entities, and they can blow up."""

    def doctype(self, *_: object) -> None:
        raise InvalidInput("an event has no document type", field="body")


def _event(body: bytes) -> ElementTree.Element:
    """An event's XML. It is read as UTF-8 whatever it says of itself: in another encoding it could hide what is looked for."""
    if len(body) > MOST_BYTES:
        raise InvalidInput(f"at most {MOST_BYTES} bytes", field="body")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise InvalidInput("an event is UTF-8", field="body") from None
    if "<!DOCTYPE" in text or "\0" in text:
        raise InvalidInput("an event has no document type", field="body")
    try:
        return ElementTree.fromstring(text, ElementTree.XMLParser(target=_NoDoctype()))
    except (ElementTree.ParseError, ValueError, LookupError):
        raise InvalidInput("this is not XML", field="body") from None


def _reason(said: str) -> str:
    """`failed:user block` and `failed: system failed`, with and without the blank, and `failed:43101`, as a code."""
    why = said.partition(":")[2].replace(" ", "")
    code = why.isascii() and why.isdecimal() and len(why) <= LONGEST_CODE
    return REFUSED.get(int(why), f"code_{why}") if code else REASONS.get(why, "failed")


def _post(client: JsonClient, url: str, value: Mapping[str, Any]) -> dict[str, Any]:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    found = client.fetch("POST", url, body, {"Content-Type": "application/json"})
    if found.status != 200:
        raise VendorUnavailable(f"status {found.status}")
    return object_of(found.content)


def _errcode(answer: Mapping[str, Any]) -> int:
    """WeChat leaves `errcode` out of some successes."""
    code = answer.get("errcode", 0)
    if isinstance(code, bool) or not isinstance(code, int):
        raise VendorUnavailable("the answer's errcode is no number", field="errcode")
    return code
