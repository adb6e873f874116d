"""Tencent Cloud's API 3.0: signature TC3-HMAC-SHA256 and the shape of its answers.

From "Signature v3" and "Responses" of the API reference.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from infra.sandbox.vendors.plumbing import json_answer

SKEW_SECONDS = 300
AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=(?P<id>[^/]+)/(?P<date>[\d-]{10})/(?P<service>[a-z0-9]+)/tc3_request, ?"
    r"SignedHeaders=(?P<signed>[a-z0-9;-]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


def signature(secret: str, service: str, timestamp: int, headers: Mapping[str, str], signed: list[str], payload: bytes) -> str:
    """The signature of a POST of `/`; `headers` by lower-case name."""
    canonical = "\n".join(
        ["POST", "/", "", *(f"{name}:{headers[name].strip().lower()}" for name in signed), "", ";".join(signed), _hash(payload)]
    )
    date = datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")
    text = f"TC3-HMAC-SHA256\n{timestamp}\n{date}/{service}/tc3_request\n{_hash(canonical.encode())}"
    key = f"TC3{secret}".encode()
    for part in (date, service, "tc3_request"):
        key = _mac(key, part)
    return _mac(key, text).hex()


def fault_of(request: Request, accounts: Mapping[str, str], service: str, now: float) -> tuple[str, str] | None:
    """What is wrong with a request's signature, as code and message; `accounts`: the secrets by their ids."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    timestamp = headers.get("x-tc-timestamp", "")
    if not re.fullmatch(r"\d{1,12}", timestamp):
        return "MissingParameter", "The request is missing a required parameter `Timestamp`."
    given = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if given is None:
        return "AuthFailure.SignatureFailure", "The provided credentials could not be validated. Please check your signature is correct."
    if abs(now - int(timestamp)) > SKEW_SECONDS:
        return "AuthFailure.SignatureExpire", "The provided credentials could not be validated because of exceeding request time limit."
    secret = accounts.get(given["id"])
    if secret is None:
        return "AuthFailure.SecretIdNotFound", "The SecretId is not found, please ensure that your SecretId is correct."
    signed = given["signed"].split(";")
    if not {"content-type", "host"} <= set(signed) or not set(signed) <= set(headers) or given["service"] != service:
        return "AuthFailure.SignatureFailure", "The provided credentials could not be validated. Please check your signature is correct."
    right = signature(secret, service, int(timestamp), headers, signed, request.get_data())
    if not hmac.compare_digest(right, given["signature"]):
        return "AuthFailure.SignatureFailure", "The provided credentials could not be validated. Please check your signature is correct."
    return None


def answered(id: str, **fields: Any) -> Response:
    """A success; `id` is the RequestId."""
    return json_answer({"Response": {**fields, "RequestId": id}})


def refused(id: str, code: str, text: str) -> Response:
    """A refusal: HTTP 200 with an `Error`."""
    return json_answer({"Response": {"Error": {"Code": code, "Message": text}, "RequestId": id}})


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
