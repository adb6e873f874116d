"""Tencent Cloud API 3.0, signed with TC3-HMAC-SHA256.

Source: cloud.tencent.com/document/api/382/52067 (签名方法 v3). A timestamp more than five minutes away is refused
(`AuthFailure.SignatureExpire`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from wugan.clock import Clock
from wugan.clouds import CloudError, object_of, short
from wugan.errors import VendorUnavailable
from wugan.http import JsonClient

ALGORITHM = "TC3-HMAC-SHA256"
CONTENT_TYPE = "application/json; charset=utf-8"


def authorization(secret_id: str, secret_key: str, service: str, at: datetime, headers: Mapping[str, str], payload: bytes) -> str:
    """The Authorization header of a POST to "/". `headers` are those to be signed, sorted, their names and values in lower case."""
    day = at.astimezone(UTC).strftime("%Y-%m-%d")
    scope = f"{day}/{service}/tc3_request"
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(payload).hexdigest()}"
    to_sign = f"{ALGORITHM}\n{int(at.timestamp())}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"TC3{secret_key}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={names}, Signature={signature}"


@dataclass(frozen=True)
class TencentCloud:
    """One service of Tencent Cloud at `base_url`."""

    base_url: str
    service: str
    version: str
    region: str
    secret_id: str
    secret_key: str
    clock: Clock
    client: JsonClient

    def call(self, action: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The `Response` of an action. Raises CloudError (the vendor said no) or VendorUnavailable."""
        payload = json.dumps(parameters, ensure_ascii=False, separators=(",", ":")).encode()
        found = self.client.fetch("POST", self.base_url.rstrip("/") + "/", payload, self._headers(action, payload))
        if found.status != 200:
            raise VendorUnavailable(f"status {found.status}")
        response = object_of(found.content).get("Response")
        if not isinstance(response, dict):
            raise VendorUnavailable("the answer has no Response", field="Response")
        error = response.get("Error")
        if error is not None:
            raise CloudError(short(error.get("Code") if isinstance(error, dict) else None))
        return response

    def _headers(self, action: str, payload: bytes) -> dict[str, str]:
        now = self.clock.wall()
        host = urlsplit(self.base_url).netloc
        signed = {"content-type": CONTENT_TYPE, "host": host, "x-tc-action": action.lower()}
        return {
            "Authorization": authorization(self.secret_id, self.secret_key, self.service, now, signed, payload),
            "Content-Type": CONTENT_TYPE,
            "Host": host,
            "X-TC-Action": action,
            "X-TC-Version": self.version,
            "X-TC-Timestamp": str(int(now.timestamp())),
            "X-TC-Region": self.region,
        }
