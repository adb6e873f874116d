"""The city's own app (城市 App) behind a government middle platform, over OAuth2 client credentials (RFC 6749, 4.4).

Known of the model platform is only the token's address, `/rest/oauth2/token`. All else is an assumption that stands here alone, to be
mended against a real platform's paper: the credentials travel in the form; a push is `POST /rest/message/push` with a bearer token and
`{messageId, userId, content, url}`, answered `{"code": 0, "data": {"pushId": "…"}}`; the platform drops repeats of a `messageId`; code
40401 is an unknown user, 40301 one who turned messages off; receipts come as `[{messageId, status: read|delivered|failed, code}]`
to a URL with a secret and are answered `{"code":0}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from wugan.clock import Clock
from wugan.clouds import object_of
from wugan.errors import InvalidInput, VendorRefused, VendorUnavailable
from wugan.http import Answer, JsonClient
from wugan.outreach.carrier import NotSent, Trace, as_sent_or_not
from wugan.outreach.port import Message
from wugan.outreach.receipts import Batch, Receipt, Status, batch, receipt, text
from wugan.outreach.tokens import SharedToken, Token, TokenStore, granted

NAME = "app"
TOKEN, PUSH = "/rest/oauth2/token", "/rest/message/push"
ANSWER = b'{"code":0}'
REFUSED = {40401: "unknown_user", 40301: "messages_off"}
_STATUS = {"read": Status.DELIVERED, "delivered": Status.DELIVERED, "failed": Status.UNDELIVERED}


class CityAppTokens:
    """The grant of client credentials."""

    def __init__(self, base_url: str, client_id: str, client_secret: str, store: TokenStore, clock: Clock, client: JsonClient) -> None:
        self._url = base_url.rstrip("/") + TOKEN
        self._form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        self._clock, self._client = clock, client
        self.shared = SharedToken(f"{NAME}:{client_id}", store, self._fetch, clock)

    def _fetch(self, force: bool) -> Token:  # noqa: ARG002  a grant always gives a new token
        """Without a token nothing was sent: NotSent."""
        now = self._clock.wall()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        try:
            found = self._client.fetch("POST", self._url, urlencode(self._form).encode(), headers)
            answer = object_of(found.content)
        except VendorUnavailable as error:
            raise NotSent(error.detail) from error
        token = granted(answer, now) if found.status == 200 else None
        if token is None:
            raise NotSent(f"no access token: status {found.status}")
        return token


@dataclass(frozen=True)
class CityApp:
    """A carrier (`wugan.outreach.carrier.Carrier`)."""

    base_url: str
    tokens: CityAppTokens
    client: JsonClient

    @property
    def name(self) -> str:
        return NAME

    @property
    def account(self) -> str:
        return self.tokens.shared.name

    @property
    def repeat_safe(self) -> timedelta:
        return timedelta(days=1)

    def submit(self, message: Message) -> str:
        """Push; a token that is refused is renewed once."""
        token = self.tokens.shared.value()
        found = self._push(message, token)
        if found.status == 401:
            found = self._push(message, self.tokens.shared.renewed(token))
        return self._reference(message, found)

    def trace(self, message: Message, since: datetime) -> Trace | None:  # noqa: ARG002
        """The platform cannot be asked, as far as is known."""
        raise VendorUnavailable("the city app cannot be asked about a message")

    def _push(self, message: Message, token: str) -> Answer:
        body = {"messageId": message.id, "userId": message.address, "content": message.text, "url": message.link or ""}
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        payload = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            return self.client.fetch("POST", self.base_url.rstrip("/") + PUSH, payload, headers)
        except VendorUnavailable as error:
            raise as_sent_or_not(error) from error

    def _reference(self, message: Message, found: Answer) -> str:
        if found.status in (401, 403, 429):
            raise NotSent(f"status {found.status}")
        if found.status != 200:
            raise VendorUnavailable(f"status {found.status}")
        answer = object_of(found.content)
        code = answer.get("code")
        if isinstance(code, bool) or not isinstance(code, int):
            raise VendorUnavailable("the answer has no code", field="code")
        if code in REFUSED:
            raise VendorRefused(REFUSED[code])
        if code != 0:
            raise NotSent(f"code {code}")
        data = answer.get("data")
        reference = data.get("pushId") if isinstance(data, dict) else None
        return reference if isinstance(reference, str) and reference else message.id


def receipts(body: bytes) -> Batch:
    """The receipts of a push. Raises InvalidInput when it is no array."""

    def read(row: Mapping[str, Any]) -> Receipt:
        message_id, status = text(row, "messageId"), _STATUS.get(text(row, "status"))
        if status is None:
            raise InvalidInput("read, delivered or failed is expected", field="status")
        return receipt(NAME, message_id, message_id, status, text(row, "code") if row.get("code") else "failed")

    return batch(body, read)
