"""What a request carries, read strictly: headers, query, JSON body. Whatever is wrong is named."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from wugan.errors import InvalidInput, Outdated
from wugan.web.api.operation import JSON
from wugan.web.api.problems import Unauthorized, UnsupportedMedia
from wugan.web.edge import MOST_BYTES, TooLarge

SESSION_HEADER = "Wugan-Session"
KEY_HEADER = "Idempotency-Key"
KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')
_VERSION = re.compile(r'"([0-9]+)(?:-[0-9a-f]+)?"')
TAGS = re.compile(rf"\s*(?:{TAG.pattern})\s*(?:,\s*{TAG.pattern}\s*)*")
CHARSETS = ("", "charset=utf-8", 'charset="utf-8"')

M = TypeVar("M", bound=BaseModel)


def bearer(headers: Mapping[str, str]) -> str:
    """The link's token. Raises Unauthorized."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("send the token of the link: Authorization: Bearer …", field="Authorization")
    return token.strip()


def session(headers: Mapping[str, str], *, needed: bool) -> str:
    """The session of the identified person; empty without one. Raises Unauthorized when it is needed."""
    token = headers.get(SESSION_HEADER.lower(), "").strip()
    if needed and not token:
        raise unproved()
    return token


def unproved() -> Unauthorized:
    """What is told to whoever sent no session where it is needed."""
    return Unauthorized("prove first who you are, and send the session", field=SESSION_HEADER)


def key(headers: Mapping[str, str]) -> str:
    """The idempotency key. Raises InvalidInput."""
    found = headers.get(KEY_HEADER.lower(), "")
    if not KEY.fullmatch(found):
        raise InvalidInput("send a key of your own for each request: 16 to 64 letters, digits, - or _", field=KEY_HEADER)
    return found


def body(model: type[M], headers: Mapping[str, str], raw: bytes) -> M:
    """The body by its model. Raises UnsupportedMedia, TooLarge, InvalidInput."""
    kind, _, parameter = headers.get("content-type", "").lower().partition(";")
    if kind.strip() != JSON or parameter.replace(" ", "") not in CHARSETS:
        raise UnsupportedMedia(f"send {JSON} in UTF-8", field="Content-Type")
    if len(raw) > MOST_BYTES:
        raise TooLarge(f"a body has at most {MOST_BYTES} bytes", field="body")
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise _wrong(error, "body") from None


def query(model: type[M] | None, given: Mapping[str, str]) -> M | None:
    """The query by its model; none is allowed without one. Raises InvalidInput."""
    if model is None:
        if given:
            raise InvalidInput("no such parameter", field=min(given)[:100])
        return None
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        raise _wrong(error, "query") from None


def _wrong(error: ValidationError, whole: str) -> InvalidInput:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return InvalidInput(first["type"], field=".".join(map(str, first["loc"]))[:100] or whole)


def match(headers: Mapping[str, str], version: int) -> bool:
    """Whether the caller says which version it saw (If-Match); a digest beside it is not looked at.

    Raises Outdated when it is another than `version`, InvalidInput.
    """
    given = headers.get("if-match")
    if given is None:
        return False
    if given.strip() == "*":
        return False
    if not TAGS.fullmatch(given):
        raise InvalidInput("an entity tag is in quotes", field="If-Match")
    seen = filter(None, map(_VERSION.fullmatch, TAG.findall(given)))  # a weak tag matches nothing here (RFC 9110, 13.1.1)
    if str(version) not in (tag[1] for tag in seen):
        raise Outdated("the case has changed since you looked at it", field="If-Match")
    return True


def tag(version: int, body: bytes) -> str:
    """The entity tag: the case's version, for If-Match, and a digest of what is told, which may change without the case."""
    return f'"{version}-{hashlib.sha256(body).hexdigest()[:16]}"'


def unchanged(headers: Mapping[str, str], tag: str) -> bool:
    """Whether the caller has this already (If-None-Match)."""
    given = headers.get("if-none-match", "")
    return bool(tag) and (given.strip() == "*" or tag in [t.removeprefix("W/") for t in TAG.findall(given)])
