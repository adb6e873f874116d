"""A city's app platform, modelled on a middle platform with OAuth2 client credentials (RFC 6749, section 4.4).

Only the token endpoint's path is public (`/rest/oauth2/token`); messages and receipts (an array, as SMS vendors send them) are a model.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NotBase64
from typing import Any

from werkzeug.wrappers import Request, Response

from infra.sandbox.book import Message
from infra.sandbox.box import Box
from infra.sandbox.vendors.plumbing import Vendor, free_id, json_answer, loads, message, missing
from infra.sandbox.vendors.push import Push, json_body, says
from infra.sandbox.vendors.receipts import Receipts

USER = re.compile(r"\S{3,128}")


class CityApp(Vendor):
    """`/rest/oauth2/token` and `/rest/message/push`."""

    name = "city_app"

    def __init__(self, box: Box) -> None:
        super().__init__(box)
        self.account = box.config.vendors.city_app
        self._tokens: dict[str, float] = {}
        self._receipts = Receipts(box, self.name, self._push)

    def token(self, request: Request) -> Response:
        """A bearer token for client credentials, in the form, the query or Basic authentication."""
        id, secret = _credentials(request)
        if request.values.get("grant_type") != "client_credentials":
            return json_answer({"error": "unsupported_grant_type", "error_description": "grant_type must be client_credentials"}, 400)
        account = self.account
        if account is None or (id, secret) != (account.client_id, account.client_secret):
            return json_answer({"error": "invalid_client", "error_description": "Bad client credentials"}, 401)
        return self.act("token", id, self._token)

    def push_message(self, request: Request) -> Response:
        """One message to one user of the app; the same `messageId` is the same message."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or self._tokens.get(token, 0.0) <= self.box.now():
            return json_answer({"error": "invalid_token", "error_description": "Access token expired or unknown"}, 401)
        data = loads(request.get_data())
        if absent := missing(data, "messageId", "userId", "content"):
            return json_answer({"code": 400, "message": f"{absent} is required", "data": None}, 400)
        return self.act("message", str(data["messageId"]), lambda: self._send(data))

    def _token(self) -> Response:
        assert self.account is not None
        token = self.box.token("city token", str(len(self._tokens)), 40)
        self._tokens[token] = self.box.now() + self.account.token_seconds
        return json_answer(
            {"access_token": token, "token_type": "bearer", "expires_in": int(self.account.token_seconds), "scope": "message"}
        )

    def _send(self, data: dict[str, Any]) -> Response:
        id, to = str(data["messageId"]), str(data["userId"])
        plan = self.box.script.message("app", id, to)
        if plan == "refused" or not USER.fullmatch(to):
            return json_answer({"code": 40401, "message": "user not found", "data": None})
        reference = f"app-{self.box.token('message', id, 16)}"
        text = "\n".join(str(data[part]) for part in ("title", "content") if data.get(part))
        known = self.box.book.messages.get(id)
        kept = id if known is None or known.vendor == self.name else free_id(self.box, id)
        sent, repeated = message(self.box, "app", kept, to, text, reference=reference, link=data.get("url") or None, vendor=self.name)
        if not repeated and plan != "silent":
            self.box.steps.after(self.box.config.delays.receipt, lambda: self._receipt(sent, str(plan)))
        return json_answer({"code": 0, "message": "success", "data": {"pushId": sent.reference, "repeated": repeated}})

    def _receipt(self, sent: Message, status: str) -> None:
        with self.box.lock:
            sent.status = status
            told = {"messageId": sent.id, "pushId": sent.reference, "status": "delivered" if status == "delivered" else "failed"}
            self._receipts.add(sent.id, status, told)

    def _push(self, rows: list[dict[str, Any]]) -> Push | None:
        address = self.account and self.account.callback
        return Push(address, lambda _: json_body(rows), says("code", 0)) if address else None


def _credentials(request: Request) -> tuple[str, str]:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return request.values.get("client_id", ""), request.values.get("client_secret", "")
    try:
        id, _, secret = b64decode(value).decode().partition(":")
    except (NotBase64, ValueError):
        return "", ""
    return id, secret
