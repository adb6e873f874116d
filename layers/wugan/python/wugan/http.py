"""JSON over HTTP to a vendor: bounded in time and size, no redirects, two kinds of failure.

VendorRefused is only what the vendor said itself: 4xx with `{"error": {"code", …}}`. All else is VendorUnavailable, to be
repeated with the same id: no connection, timeout, 3xx, 5xx, an answer that is no JSON object, and 401, 403, 408, 425, 429,
which tell something about us or the hour but nothing about the person or the parcel. No detail quotes what the vendor
wrote, beyond its code: it may quote personal data back. And urllib3 is silenced: of an answer whose headers it cannot read it logs the
whole address, which holds secrets at some vendors (WeChat's access token).
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import quote

import urllib3

from wugan import json_text
from wugan.clock import Clock
from wugan.errors import VendorRefused, VendorUnavailable
from wugan.signing import SIGNATURE_HEADER, TIME_HEADER, sign

NOT_ABOUT_THE_MATTER = frozenset({401, 403, 408, 425, 429})
CODE = re.compile(r"[a-z0-9_]{1,40}")
CHUNK = 64 * 1024


class VendorUnknown(VendorRefused):
    """The vendor knows nothing under this id (404)."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    content: bytes
    content_type: str


class JsonClient:
    """Sends and reads JSON objects. One client serves all vendors, keeps connections, and may be shared by threads."""

    def __init__(self, *, connect_seconds: float = 2, read_seconds: float = 5, max_bytes: int = 1024 * 1024) -> None:
        self._timeout = urllib3.Timeout(connect=connect_seconds, read=read_seconds)
        self._read_seconds = read_seconds
        self._max_bytes = max_bytes
        _silence()
        self._pool = urllib3.PoolManager(retries=False, timeout=self._timeout)

    def call(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> dict[str, Any]:
        """The object of a 2xx answer. Raises VendorRefused, VendorUnknown or VendorUnavailable."""
        found = self.fetch(method, url, body, headers)
        answer = _object(found.content)
        if 200 <= found.status < 300 and answer is not None:
            return answer
        raise _failure(found.status, answer)

    def fetch(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Whatever was answered, as it is, for those who do not speak JSON. Raises VendorUnavailable."""
        try:
            response = self._pool.request(method, url, body=body, headers=dict(headers), redirect=False, preload_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise VendorUnavailable(f"no answer: {type(error).__name__}") from error
        try:
            content = self._read(response)
        finally:
            response.close()
        return Answer(response.status, content, response.headers.get("Content-Type", ""))

    def _read(self, response: urllib3.BaseHTTPResponse) -> bytes:
        deadline = monotonic() + self._read_seconds
        content = bytearray()
        try:
            while part := response.read1(CHUNK):
                content += part
                if len(content) > self._max_bytes or monotonic() > deadline:
                    raise VendorUnavailable("the answer is too long or comes too slowly")
        except urllib3.exceptions.HTTPError as error:
            raise VendorUnavailable(f"the answer broke off: {type(error).__name__}") from error
        return bytes(content)


@dataclass(frozen=True)
class SignedService:
    """A vendor at `base_url` whose requests are signed with `secret` over their path (`wugan.signing`)."""

    base_url: str
    secret: str
    clock: Clock
    client: JsonClient

    def get(self, path: str) -> dict[str, Any]:
        """Ask. Raises as `JsonClient.call`."""
        return self._call("GET", path, None)

    def post(self, path: str, value: Mapping[str, Any]) -> dict[str, Any]:
        """Act. Raises as `JsonClient.call`."""
        return self._call("POST", path, json.dumps(value, ensure_ascii=False).encode())

    def _call(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        timestamp = str(int(self.clock.wall().timestamp()))
        headers = {
            "Accept": "application/json",
            TIME_HEADER: timestamp,
            SIGNATURE_HEADER: sign(self.secret, timestamp, path, body or b""),
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self.client.call(method, self.base_url.rstrip("/") + path, body, headers)


def untouched(error: VendorUnavailable) -> bool:
    """Whether nothing can have reached the vendor, so that it did not act: there was no connection at all."""
    return isinstance(error.__cause__, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError))


def segment(text: str) -> str:
    """An id as one segment of a path."""
    return quote(text, safe="")


def text_in(answer: Mapping[str, Any], name: str) -> str:
    """A text that the answer must hold. Raises VendorUnavailable: an answer without it was not understood."""
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise VendorUnavailable(f"the answer has no {name}", field=name)
    return value


def flag_in(answer: Mapping[str, Any], name: str) -> bool:
    """A truth value that the answer must hold. Raises VendorUnavailable."""
    value = answer.get(name)
    if not isinstance(value, bool):
        raise VendorUnavailable(f"the answer has no {name}", field=name)
    return value


def _silence() -> None:
    """Each of urllib3's loggers for itself: a level set on one of them would outdo one set above."""
    for name in list(logging.Logger.manager.loggerDict):
        if name.partition(".")[0] == "urllib3":
            logging.getLogger(name).disabled = True


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        value = json_text.loads(content)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _failure(status: int, answer: dict[str, Any] | None) -> VendorRefused | VendorUnavailable:
    error = answer.get("error") if answer else None
    code = error.get("code") if isinstance(error, dict) else None
    said = code if isinstance(code, str) and CODE.fullmatch(code) else None
    if said is None or not 400 <= status < 500 or status in NOT_ABOUT_THE_MATTER:
        return VendorUnavailable(f"status {status}, {said or 'without a word that is understood'}")
    return VendorUnknown(said) if status == 404 else VendorRefused(said)
