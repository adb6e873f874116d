"""Alibaba Cloud's OpenAPI in RPC style: both signatures, and the shape of its errors.

From "V3 request structure and signature" (ACS3-HMAC-SHA256) and "RPC signature mechanism" (version 1.0, HMAC-SHA1).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import quote

from werkzeug.wrappers import Request, Response

from infra.sandbox.vendors.plumbing import json_answer

SKEW_SECONDS = 900
AUTHORIZATION = re.compile(
    r"ACS3-HMAC-SHA256 Credential=(?P<id>[^,]+), ?SignedHeaders=(?P<signed>[a-z0-9;-]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)
Fault = tuple[int, str, str]
MISMATCH: Fault = (400, "SignatureDoesNotMatch", "Specified signature is not matched with our calculation.")
NO_ACTION: Fault = (404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.")


def encoded(text: str) -> str:
    """Percent-encoding after RFC 3986."""
    return quote(text, safe="~")


def v3_signature(
    secret: str, method: str, path: str, query: Iterable[tuple[str, str]], headers: Mapping[str, str], signed: list[str], payload: bytes
) -> str:
    """ACS3-HMAC-SHA256; `headers` by lower-case name."""
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in signed)
    canonical = "\n".join([method, path, _query(query), lines, ";".join(signed), hashlib.sha256(payload).hexdigest()])
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def v1_signature(secret: str, method: str, parameters: Iterable[tuple[str, str]]) -> str:
    """Version 1.0: base64 of HMAC-SHA1 over all parameters but the signature."""
    text = f"{method}&{encoded('/')}&{encoded(_query(p for p in parameters if p[0] != 'Signature'))}"
    return b64encode(hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()


class Account(Protocol):
    """What a vendor's console shows of an account."""

    @property
    def access_key_id(self) -> str: ...

    @property
    def access_key_secret(self) -> str: ...


class Door:
    """Lets in the signed calls of one account to the actions of one service; a nonce is good once. Without an account nobody is let in."""

    def __init__(self, account: Account | None, actions: Collection[str]) -> None:
        self._id = account.access_key_id if account else None
        self._secret = account.access_key_secret if account else ""
        self._actions = actions
        self._nonces: set[str] = set()

    def fault_of(self, request: Request, action: str, now: float) -> Fault | None:
        """What is wrong with a request, as HTTP status, code and message."""
        fault = self._v3(request, now) if request.headers.get("x-acs-action") else self._v1(request, now)
        return fault or (None if action in self._actions else NO_ACTION)

    def _v3(self, request: Request, now: float) -> Fault | None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        given = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        if given is None:
            return 400, "IncompleteSignature", "The request signature does not conform to Aliyun standards."
        fault = self._common(given["id"], headers.get("x-acs-date", ""), headers.get("x-acs-signature-nonce", ""), now)
        if fault:
            return fault
        signed, payload = given["signed"].split(";"), request.get_data()
        needed = {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"}
        if not needed <= set(signed) <= set(headers) or headers["x-acs-content-sha256"] != hashlib.sha256(payload).hexdigest():
            return MISMATCH
        query = list(request.args.items(multi=True))
        right = v3_signature(self._secret, request.method, request.path, query, headers, signed, payload)
        return self._used(headers["x-acs-signature-nonce"]) if hmac.compare_digest(right, given["signature"]) else MISMATCH

    def _v1(self, request: Request, now: float) -> Fault | None:
        values = request.values
        if values.get("SignatureMethod") != "HMAC-SHA1" or values.get("SignatureVersion") != "1.0":
            return 400, "IncompleteSignature", "The request signature does not conform to Aliyun standards."
        fault = self._common(values.get("AccessKeyId", ""), values.get("Timestamp", ""), values.get("SignatureNonce", ""), now)
        if fault:
            return fault
        right = v1_signature(self._secret, request.method, [(k, v) for k in values for v in values.getlist(k)])
        same = hmac.compare_digest(right.encode(), values.get("Signature", "").encode())
        return self._used(values["SignatureNonce"]) if same else MISMATCH

    def _common(self, id: str, date: str, nonce: str, now: float) -> Fault | None:
        if id != self._id:
            return 404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."
        try:
            at = datetime.strptime(date, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
        except ValueError:
            return 400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted."
        if abs(now - at) > SKEW_SECONDS:
            return 400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."
        return None if nonce else (400, "MissingSignatureNonce", "SignatureNonce is mandatory for this action.")

    def _used(self, nonce: str) -> Fault | None:
        if nonce in self._nonces:
            return 400, "SignatureNonceUsed", "Specified signature nonce was used already."
        self._nonces.add(nonce)
        return None


def refused(id: str, fault: Fault, host: str) -> Response:
    """A gateway's refusal."""
    status, code, text = fault
    return json_answer({"RequestId": id, "HostId": host, "Code": code, "Message": text}, status)


def _query(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{encoded(k)}={encoded(v)}" for k, v in sorted(pairs))
