"""Where vendors and departments call back; the service verifies who it is.

The department's address takes our own signed JSON; each vendor speaks as it does, and is answered to the byte what it waits for.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from chalice.app import Chalice, Request, Response

from wugan.cases.callbacks import Callbacks
from wugan.cases.vendor_calls import Call, VendorCalls
from wugan.errors import Duplicate, WuganError
from wugan.web.edge import body_of, current, report

HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
DEPARTMENT = "/callbacks/department/{jurisdiction}"
# In the address stand the bureau and, where it may have several of a kind, the vendor.
VENDORS = {
    "courier": "/callbacks/courier/{jurisdiction}/{vendor}",
    "sms": "/callbacks/sms/{jurisdiction}/{vendor}",
    "wechat": "/callbacks/wechat/{jurisdiction}",
    "app": "/callbacks/app/{jurisdiction}",
}
TYPES = ["application/json", "application/x-www-form-urlencoded", "text/xml", "application/xml", "text/plain", "application/octet-stream"]


def create(service: Callable[[], Callbacks], calls: Callable[[], VendorCalls]) -> Chalice:
    """The Chalice app; the services are asked for when the first request comes."""
    app = Chalice("callbacks", configure_logs=False)
    app.route(DEPARTMENT, methods=["POST"], name="department")(_taking(app, service))
    for kind, path in VENDORS.items():
        app.route(path, methods=["POST"], name=f"vendor {kind}", content_types=TYPES)(_hearing(app, calls, kind))
    app.route(VENDORS["wechat"], methods=["GET"], name="handshake")(_shaking(app, calls))
    return app


def _hearing(app: Chalice, calls: Callable[[], VendorCalls], kind: str) -> Callable[..., Response]:
    def hear(jurisdiction: str, vendor: str = "") -> Response:
        def take(*_: object) -> Response:
            heard = calls().take(jurisdiction, kind, vendor, _call(current(app)))
            return Response(heard.answer.decode(), {**HEADERS, "Content-Type": heard.content_type})

        return answered(app, take)

    return hear


def _shaking(app: Chalice, calls: Callable[[], VendorCalls]) -> Callable[..., Response]:
    def shake(jurisdiction: str) -> Response:
        def take(*_: object) -> Response:
            return Response(calls().handshake(jurisdiction, _call(current(app))), {**HEADERS, "Content-Type": "text/plain"})

        return answered(app, take)

    return shake


def _call(request: Request) -> Call:
    query, path = dict(request.query_params or {}), _path(request)
    target = f"{path}?{urlencode(query)}" if query else path
    return Call(dict(request.headers), target, query, body_of(request))


def _path(request: Request) -> str:
    return str(request.path.format(**(request.uri_params or {})))  # Chalice's path is the route


def _taking(app: Chalice, service: Callable[[], Callbacks]) -> Callable[..., Response]:
    def hear(jurisdiction: str) -> Response:
        def take(headers: dict[str, str], path: str, body: bytes) -> Response:
            with suppress(Duplicate):  # taken in before: to the sender a success
                service().department(jurisdiction, headers, path, body)
            return Response({"ok": True}, dict(HEADERS))

        return answered(app, take)

    return hear


def answered(app: Chalice, take: Callable[[dict[str, str], str, bytes], Response]) -> Response:
    """What `take` makes of the signed message that is being answered, or why it was refused."""
    request = current(app)
    try:
        return take(dict(request.headers), _path(request), body_of(request))
    except WuganError as error:
        return _refused(error.status, error.code, error.detail, error.field)
    except Exception as error:  # the sender repeats; the log gets the type and the place, never a value
        report(error, request.path)
        return _refused(500, "internal", "an error on our side; send it again later", None)


def _refused(status: int, code: str, detail: str, field: str | None) -> Response:
    body: dict[str, Any] = {"error": {"code": code, "detail": detail, "field": field}}
    return Response(body, dict(HEADERS), status)
