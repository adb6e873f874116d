"""The HTTP face of the sandbox: the vendors at their own paths, the pages for people, and what counts are read from.

`/_sandbox/…` is for whoever runs the sandbox; `/phones` and `/identity/face/…` are for people.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from jinja2 import Environment, PackageLoader
from pydantic import BaseModel
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.routing import Rule as Route
from werkzeug.wrappers import Request as BaseRequest
from werkzeug.wrappers import Response

from infra.sandbox import duplicates, phones, usage
from infra.sandbox.asked import DownAsked, TargetAsked, parse
from infra.sandbox.box import Box, Refusal
from infra.sandbox.issuer import Issuer
from infra.sandbox.outbox import on_this_machine
from infra.sandbox.script import Rule
from infra.sandbox.vendors import faces
from infra.sandbox.vendors.mount import Mount

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

A = TypeVar("A", bound=BaseModel)
PHONES_SHOWN = 200
REFRESH_SECONDS = 5

ROUTES = Map(
    [
        Route("/", endpoint="home", methods=["GET"]),
        Route("/phones", endpoint="phones", methods=["GET"]),
        Route("/identity/face/<reference>", endpoint="face_page", methods=["GET"]),
        Route("/identity/face/<reference>", endpoint="finish_face", methods=["POST"]),
        Route("/_sandbox/records", endpoint="records", methods=["GET"]),
        Route("/_sandbox/duplicates", endpoint="duplicates", methods=["GET"]),
        Route("/_sandbox/usage", endpoint="usage", methods=["GET"]),
        Route("/_sandbox/script", endpoint="add_rule", methods=["POST"]),
        Route("/_sandbox/script", endpoint="reset_rules", methods=["DELETE"]),
        Route("/_sandbox/target", endpoint="set_target", methods=["POST"]),
        Route("/_sandbox/down", endpoint="set_down", methods=["POST"]),
    ]
)
PAGES = Environment(loader=PackageLoader("infra.sandbox"), autoescape=True, trim_blocks=True, lstrip_blocks=True)


class Request(BaseRequest):
    """Of limited size, and only under a name of this machine, so that no web page reaches it by DNS rebinding."""

    max_content_length = 8 * 1024 * 1024
    trusted_hosts = ["127.0.0.1", "localhost"]  # noqa: RUF012 – so declared by the base class


class App:
    """The WSGI application."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._vendors = Mount(box)
        self._issuer = Issuer()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            request.host  # noqa: B018 – raises unless trusted
            vendor = self._vendors.answer(request)
            if vendor is not None:
                return vendor
            issued = self._issuer.answer(request)
            if issued is not None:
                return issued
            name, values = ROUTES.bind_to_environ(request.environ).match()
            request.get_data()
            answer: Response = getattr(self, f"_{name}")(request, **values)
            return answer
        except Refusal as refusal:
            return _error(refusal.status, refusal.code, refusal.detail)
        except HTTPException as error:
            return _error(error.code or 500, "bad_request", error.name)

    def _home(self, _request: Request) -> Response:
        return Response(status=303, headers={"Location": "/phones"})

    def _phones(self, request: Request) -> Response:
        who = request.args.get("who", "")
        with self._box.lock:
            shown = phones.shown(self._box.book, who)
        seconds = REFRESH_SECONDS if request.args.get("refresh") else 0
        return self._page("phones.html", people=shown[:PHONES_SHOWN], total=len(shown), who=who, refresh=seconds, every=REFRESH_SECONDS)

    def _face_page(self, _request: Request, reference: str) -> Response:
        with self._box.lock:
            face = faces.find(self._box, reference)
        return self._page("face.html", face=face)

    def _finish_face(self, request: Request, reference: str) -> Response:
        result = request.form.get("result")
        if result not in ("pass", "fail"):
            raise Refusal(400, "invalid_request", "result must be pass or fail")
        with self._box.lock:
            face = faces.finish(self._box, reference, passed=result == "pass")
        return Response(status=303, headers={"Location": face.return_url or request.path})

    def _records(self, request: Request) -> Response:
        kind = request.args.get("kind", "")
        if kind == "callbacks":
            return _json({"kind": kind, "records": self._box.outbox.rows()})
        if kind != "requests" and kind not in self._box.book.shelves():
            raise Refusal(400, "invalid_request", f"kind must be one of {', '.join([*self._box.book.shelves(), 'requests', 'callbacks'])}")
        with self._box.lock:
            rows = self._box.book.rows(kind, request.args.get("since", 0, type=int))
        return _json({"kind": kind, "records": rows})

    def _duplicates(self, _request: Request) -> Response:
        with self._box.lock:
            return _json(duplicates.count(self._box.book))

    def _usage(self, _request: Request) -> Response:
        with self._box.lock:
            return _json(usage.count(self._box.book, self._box.outbox.rows()))

    def _add_rule(self, request: Request) -> Response:
        return _json({"rules": self._box.script.add(parse(request, Rule))})

    def _reset_rules(self, _request: Request) -> Response:
        self._box.script.reset()
        return _json({"ok": True})

    def _set_target(self, request: Request) -> Response:
        asked = parse(request, TargetAsked)
        if not on_this_machine(asked.url):
            raise Refusal(400, "invalid_request", "the target must be on this machine")
        self._box.point_at(asked.url)
        return _json({"ok": True})

    def _set_down(self, request: Request) -> Response:
        asked = parse(request, DownAsked)
        self._box.weather.down(asked.vendor, asked.seconds)
        return _json({"ok": True})

    @staticmethod
    def _page(template: str, **values: Any) -> Response:
        html = PAGES.get_template(template).render(**values)
        headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "Cache-Control": "no-store"}
        return Response(html, content_type="text/html; charset=utf-8", headers=headers)


def _json(value: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), status=status, content_type="application/json; charset=utf-8")


def _error(status: int, code: str, detail: str) -> Response:
    return _json({"error": {"code": code, "detail": detail}}, status)
