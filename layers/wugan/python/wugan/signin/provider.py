"""The issuer: how it describes itself (OpenID Connect Discovery 1.0), its keys (RFC 7517), and codes for tokens (RFC 6749, 7636)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from wugan import json_text
from wugan.clock import Clock
from wugan.errors import VendorUnavailable
from wugan.http import Answer, JsonClient, text_in
from wugan.signin.problem import SignInRefused
from wugan.signin.token import Expected, UnknownKey, verify

KEEP = timedelta(hours=1)  # what the issuer says of itself
KEEP_KEYS_AT_LEAST = timedelta(seconds=30)  # so that forged key ids do not make us ask without end


@dataclass
class _Kept:
    """A document, and when it was read."""

    document: dict[str, Any]
    at: datetime


@dataclass
class Provider:
    """One issuer. `secret` gives the client's secret, empty for a public client. `plain` admits http: in rehearsals only."""

    issuer: str
    client_id: str
    secret: Callable[[], str]
    client: JsonClient
    clock: Clock
    plain: bool = False
    _kept: dict[str, _Kept] = field(default_factory=dict)

    def authorization_url(self, redirect_uri: str, state: str, nonce: str, challenge: str) -> str:
        """Where the official signs in. Raises VendorUnavailable."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        endpoint = self._endpoint("authorization_endpoint")
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    def claims(self, code: str, redirect_uri: str, verifier: str, nonce: str) -> dict[str, Any]:
        """The verified claims for a code. Raises SignInRefused, VendorUnavailable."""
        token = text_in(self._exchange(code, redirect_uri, verifier), "id_token")
        expected, now = Expected(self.issuer, self.client_id, nonce), self.clock.wall()
        try:
            return verify(token, self._keys(KEEP), expected, now)
        except UnknownKey:
            return verify(token, self._keys(KEEP_KEYS_AT_LEAST), expected, now)

    def end_url(self) -> str | None:
        """Where the official may end the issuer's own session too; None when the issuer has no such page."""
        found = self._described().get("end_session_endpoint")
        return f"{self._safe(found)}?{urlencode({'client_id': self.client_id})}" if isinstance(found, str) else None

    def _exchange(self, code: str, redirect_uri: str, verifier: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self.client_id,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        secret = self.secret()
        if secret and self._takes("client_secret_basic"):
            pair = f"{quote_plus(self.client_id)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        elif secret:
            form["client_secret"] = secret
        found = self.client.fetch("POST", self._endpoint("token_endpoint"), urlencode(form).encode(), headers)
        if found.status == 400 and _object(found).get("error") == "invalid_grant":
            raise SignInRefused("state", "the issuer does not take this code (any more)")
        if found.status != 200:
            raise VendorUnavailable(f"the issuer gave no token: status {found.status}")
        return _object(found)

    def _takes(self, method: str) -> bool:
        """Whether clients may authenticate so; without a word it is client_secret_basic."""
        return method in self._described().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])

    def _described(self) -> dict[str, Any]:
        """The discovery document. Raises VendorUnavailable, also when it is another issuer's."""
        found = self._document(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", KEEP)
        if found.get("issuer") != self.issuer:
            raise VendorUnavailable("the discovery document is another issuer's")
        return found

    def _keys(self, keep: timedelta) -> KeySet:
        try:
            return KeySet.import_key_set(self._document(self._endpoint("jwks_uri"), keep))  # type: ignore[arg-type]
        except (JoseError, ValueError, TypeError, KeyError):
            raise VendorUnavailable("the issuer's keys cannot be read") from None

    def _document(self, url: str, keep: timedelta) -> dict[str, Any]:
        kept, now = self._kept.get(url), self.clock.wall()
        if kept is None or now - kept.at >= keep:
            found = self.client.fetch("GET", url, None, {"Accept": "application/json"})
            if found.status != 200:
                raise VendorUnavailable(f"the issuer answers with status {found.status}")
            kept = self._kept[url] = _Kept(_object(found), now)
        return kept.document

    def _endpoint(self, name: str) -> str:
        return self._safe(text_in(self._described(), name))

    def _safe(self, url: str) -> str:
        if not url.startswith("https://") and not self.plain:
            raise VendorUnavailable("the issuer names an address without https")
        return url


def _object(answer: Answer) -> dict[str, Any]:
    try:
        value = json_text.loads(answer.content)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise VendorUnavailable("the issuer's answer is no JSON object")
    return value
