"""Where vendors and departments call back: JSON in, JSON out; the service verifies who it is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from chalice.app import Chalice, Response

from wugan.cases.callbacks import Callbacks
from wugan.errors import Duplicate, WuganError
from wugan.web.edge import body_of, current, report

HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
KINDS = ("channel", "identity", "courier", "department")


def create(service: Callable[[], Callbacks]) -> Chalice:
    """The Chalice app; `service` is asked when the first request comes."""
    app = Chalice("callbacks", configure_logs=False)
    for kind in KINDS:
        app.route(f"/callbacks/{kind}", methods=["POST"], name=kind)(_taking(app, service, kind))
    return app


def _taking(app: Chalice, service: Callable[[], Callbacks], kind: str) -> Callable[[], Response]:
    def take(headers: dict[str, str], path: str, body: bytes) -> Response:
        with suppress(Duplicate):  # taken in before: to the sender a success
            getattr(service(), kind)(headers, path, body)
        return Response({"ok": True}, dict(HEADERS))

    return lambda: answered(app, take)


def answered(app: Chalice, take: Callable[[dict[str, str], str, bytes], Response]) -> Response:
    """What `take` makes of the signed message that is being answered, or why it was refused."""
    request = current(app)
    try:
        return take(dict(request.headers), request.path, body_of(request))
    except WuganError as error:
        return _refused(error.status, error.code, error.detail, error.field)
    except Exception as error:  # the sender repeats; the log gets the type and the place, never a value
        report(error, request.path)
        return _refused(500, "internal", "an error on our side; send it again later", None)


def _refused(status: int, code: str, detail: str, field: str | None) -> Response:
    body: dict[str, Any] = {"error": {"code": code, "detail": detail, "field": field}}
    return Response(body, dict(HEADERS), status)
