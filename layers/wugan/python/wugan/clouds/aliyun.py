"""Alibaba Cloud's RPC services, signed with ACS3-HMAC-SHA256.

Source: help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature. A time more than 15 minutes away is refused
(`InvalidTimeStamp.Expired`), a repeated nonce too (`SignatureNonceUsed`).

Parameters travel in a form, not in the query: names and identity numbers are among them, and an address is logged by whoever is on the way.
The signature covers the body. The documents list them under the query; that the gateway reads a form as well is known from the official
client for Node.js, which sends POSTs so on demand (aliyun/openapi-core-nodejs-sdk, pull request 56). To be tried on a real account first.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from urllib.parse import quote, urlsplit

from wugan.clock import Clock
from wugan.clouds import CloudError, object_of, short
from wugan.errors import VendorUnavailable
from wugan.http import JsonClient

ALGORITHM = "ACS3-HMAC-SHA256"
CONTENT_TYPE = "application/x-www-form-urlencoded"


def encoded(parameters: Mapping[str, str]) -> str:
    """The parameters, sorted and encoded as in RFC 3986: a canonical query, and a form as well."""
    return "&".join(f"{quote(name, safe='~')}={quote(parameters[name], safe='~')}" for name in sorted(parameters))


def authorization(key_id: str, key_secret: str, headers: Mapping[str, str], query: str = "") -> str:
    """The Authorization header of a POST to "/". `headers` are all to be signed, their names in lower case, the body's hash among them."""
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    request = f"POST\n/\n{query}\n{lines}\n{names}\n{headers['x-acs-content-sha256']}"
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(key_secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"


@dataclass(frozen=True)
class AliyunCloud:
    """One RPC service of Alibaba Cloud at `base_url`. `nonce` gives a text that never comes again."""

    base_url: str
    version: str
    key_id: str
    key_secret: str
    clock: Clock
    nonce: Callable[[], str]
    client: JsonClient

    def call(self, action: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """The answer of an action; what its `Code` means differs by service. Raises CloudError (4xx with a code) or VendorUnavailable."""
        form = encoded(parameters).encode()
        found = self.client.fetch("POST", f"{self.base_url.rstrip('/')}/", form, self._headers(action, form))
        if found.status >= 500:
            raise VendorUnavailable(f"status {found.status}")
        answer = object_of(found.content)
        if found.status == 200:
            return answer
        if found.status < 400 or not isinstance(answer.get("Code"), str):
            raise VendorUnavailable(f"status {found.status}, without a word that is understood")
        raise CloudError(short(answer["Code"]))

    def _headers(self, action: str, form: bytes) -> dict[str, str]:
        headers = {
            "content-type": CONTENT_TYPE,
            "host": urlsplit(self.base_url).netloc,
            "x-acs-action": action,
            "x-acs-content-sha256": hashlib.sha256(form).hexdigest(),
            "x-acs-date": self.clock.wall().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": self.nonce(),
            "x-acs-version": self.version,
        }
        return headers | {"Authorization": authorization(self.key_id, self.key_secret, headers)}
