"""Errors as problem details (RFC 9457), in Chinese, with our code and the field to mend."""

from __future__ import annotations

import json
from datetime import UTC
from email.utils import format_datetime

from wugan import errors
from wugan.errors import Conflict, Forbidden, InProgress, InvalidForm, Locked, NotYet, VendorUnavailable, WuganError
from wugan.web import edge, texts

PROBLEM = "application/problem+json"
PLACE = "/v1/problems"
UNEXPECTED = "unexpected"
WAIT = 2  # seconds after which asking again makes sense


class Unauthorized(Forbidden):
    """No link was sent along."""

    code = "unauthorized"
    status = 401


class UnsupportedMedia(WuganError):
    """The body is not JSON by its content type."""

    code = "unsupported_media_type"
    status = 415


class KeyReused(Conflict):
    """An idempotency key that came with another body before."""

    code = "key_reused"
    status = 422


def known() -> dict[str, type[WuganError]]:
    """Every error that the interface may tell, by its code. A kind without a code of its own is told as its parent."""
    kinds = [*vars(errors).values(), *globals().values(), edge.TooLarge]
    return {kind.code: kind for kind in kinds if isinstance(kind, type) and issubclass(kind, WuganError) and "code" in vars(kind)}


def status_of(error: WuganError | None) -> int:
    """The HTTP status; None is an error that nobody expected."""
    return error.status if error else 500


def code_of(error: WuganError | None) -> str:
    """The code, also of an error that nobody expected."""
    return error.code if error else UNEXPECTED


def body(error: WuganError | None, public_url: str) -> str:
    """The problem as JSON."""
    words, code = texts.problem(error), code_of(error)
    told = {
        "type": f"{public_url}{PLACE}/{code}", "title": words.title, "status": status_of(error), "detail": words.what + words.following,
        "code": code, "field": error.field if error else None, "errors": _faults(error),
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False)


def _faults(error: WuganError | None) -> list[dict[str, str]]:
    """All that is wrong with a form, each field once; empty when it is told as one."""
    faults = error.faults if isinstance(error, InvalidForm) else ()
    return [{"field": field, "detail": texts.field_error(field)} for field in dict.fromkeys(fault.field or "form" for fault in faults)]


def headers(error: WuganError | None) -> dict[str, str]:
    """What goes with a problem."""
    if isinstance(error, Unauthorized):
        return {"WWW-Authenticate": 'Bearer realm="wugan"'}
    if isinstance(error, Locked) and error.until:
        return {"Retry-After": format_datetime(error.until.astimezone(UTC), usegmt=True)}
    return {"Retry-After": str(WAIT)} if isinstance(error, InProgress | NotYet | VendorUnavailable) else {}
