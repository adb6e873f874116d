"""The HTTP face of the sandbox: routes, signatures, faults, the pages for people, and what counts are read from.

Vendor routes are signed and JSON. `/_sandbox/…` is for whoever runs the sandbox; `/` and `/identity/face/…` are for people.
"""

from __future__ import annotations

import itertools
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.routing import Rule as Route
from werkzeug.wrappers import Request as BaseRequest
from werkzeug.wrappers import Response

from infra.sandbox import duplicates, phones
from infra.sandbox.asked import ApplicationAsked, CodeAsked, CodeGiven, DownAsked, FaceAsked, MessageAsked, OrderAsked, TargetAsked
from infra.sandbox.box import Box, Refusal
from infra.sandbox.channels import Channels
from infra.sandbox.courier import Courier
from infra.sandbox.department import Department
from infra.sandbox.identity import Identity
from infra.sandbox.issuer import Issuer
from infra.sandbox.outbox import on_this_machine
from infra.sandbox.script import Rule
from infra.sandbox.signature import fault_of
from infra.sandbox.vendors.mount import Mount

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

A = TypeVar("A", bound=BaseModel)
PHONES_SHOWN = 200

ROUTES = Map(
    [
        Route("/channel/<any(wechat, app, sms):channel>/messages", endpoint="send_message", methods=["POST"]),
        Route("/identity/face", endpoint="start_face", methods=["POST"]),
        Route("/identity/face/<reference>", endpoint="face_page", methods=["GET"]),
        Route("/identity/face/<reference>", endpoint="finish_face", methods=["POST"]),
        Route("/identity/face/<reference>/result", endpoint="face_result", methods=["GET"]),
        Route("/identity/code", endpoint="start_code", methods=["POST"]),
        Route("/identity/code/<reference>/check", endpoint="check_code", methods=["POST"]),
        Route("/courier/orders", endpoint="order", methods=["POST"]),
        Route("/courier/orders/<id>", endpoint="order_state", methods=["GET"]),
        Route("/courier/orders/<id>/cancel", endpoint="cancel_order", methods=["POST"]),
        Route("/department/applications", endpoint="submit", methods=["POST"]),
        Route("/department/applications/<id>/cancel", endpoint="cancel_application", methods=["POST"]),
        Route("/", endpoint="inbox", methods=["GET"]),
        Route("/_sandbox/records", endpoint="records", methods=["GET"]),
        Route("/_sandbox/duplicates", endpoint="duplicates", methods=["GET"]),
        Route("/_sandbox/script", endpoint="add_rule", methods=["POST"]),
        Route("/_sandbox/script", endpoint="reset_rules", methods=["DELETE"]),
        Route("/_sandbox/target", endpoint="set_target", methods=["POST"]),
        Route("/_sandbox/down", endpoint="set_down", methods=["POST"]),
        Route("/phones", endpoint="phones", methods=["GET"]),
    ]
)
PAGES = Environment(loader=PackageLoader("infra.sandbox"), autoescape=True, trim_blocks=True, lstrip_blocks=True)


class Request(BaseRequest):
    """Of limited size, and only under a name of this machine, so that no web page reaches it by DNS rebinding."""

    max_content_length = 8 * 1024 * 1024
    trusted_hosts = ["127.0.0.1", "localhost"]  # noqa: RUF012 – so declared by the base class

    @property
    def raw_path(self) -> str:
        """The path as it was sent: what is signed."""
        return urlsplit(str(self.environ["REQUEST_URI"])).path


class App:
    """The WSGI application."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._channels = Channels(box)
        self._identity = Identity(box)
        self._courier = Courier(box)
        self._department = Department(box)
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

    def _send_message(self, request: Request, channel: str) -> Response:
        asked = self._asked(request, "channel", MessageAsked)
        return self._act("message", asked.id, lambda: self._channels.send(channel, asked))

    def _start_face(self, request: Request) -> Response:
        asked = self._asked(request, "identity", FaceAsked)
        return self._act("face", asked.id, lambda: self._identity.start_face(asked, request.host_url.rstrip("/")))

    def _face_result(self, request: Request, reference: str) -> Response:
        self._check(request, "identity")
        face = self._identity.face(reference)
        return self._act("face_result", face.id, lambda: self._identity.result(face))

    def _start_code(self, request: Request) -> Response:
        asked = self._asked(request, "identity", CodeAsked)
        return self._act("code", asked.id, lambda: self._identity.start_code(asked))

    def _check_code(self, request: Request, reference: str) -> Response:
        asked = self._asked(request, "identity", CodeGiven)
        code = self._identity.code(reference)
        return self._act("code_check", code.id, lambda: self._identity.check_code(code, asked.code))

    def _order(self, request: Request) -> Response:
        asked = self._asked(request, "courier", OrderAsked)
        return self._act("order", asked.id, lambda: self._courier.order(asked))

    def _order_state(self, request: Request, id: str) -> Response:
        self._check(request, "courier")
        return self._act("order_state", id, lambda: self._courier.tell(self._courier.parcel(id)))

    def _cancel_order(self, request: Request, id: str) -> Response:
        self._check(request, "courier")
        return self._act("cancel_order", id, lambda: self._courier.cancel(id))

    def _submit(self, request: Request) -> Response:
        asked = self._asked(request, "department", ApplicationAsked)
        return self._act("application", asked.id, lambda: self._department.submit(asked))

    def _cancel_application(self, request: Request, id: str) -> Response:
        self._check(request, "department")
        return self._act("cancel_application", id, lambda: self._department.cancel(id))

    def _face_page(self, _request: Request, reference: str) -> Response:
        with self._box.lock:
            face = self._identity.face(reference)
        return self._page("face.html", face=face)

    def _finish_face(self, request: Request, reference: str) -> Response:
        result = request.form.get("result")
        if result not in ("pass", "fail"):
            raise Refusal(400, "invalid_request", "result must be pass or fail")
        with self._box.lock:
            face = self._identity.finish_face(reference, passed=result == "pass")
        return Response(status=303, headers={"Location": face.return_url or request.path})

    def _inbox(self, _request: Request) -> Response:
        with self._box.lock:
            messages = sorted(self._box.book.messages, key=lambda m: -m.seq)
        phones: defaultdict[str, list[Any]] = defaultdict(list)
        for message in messages:
            phones[message.to].append(message)
        return self._page("inbox.html", phones=list(itertools.islice(phones.items(), PHONES_SHOWN)), total=len(phones))

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

    def _add_rule(self, request: Request) -> Response:
        return _json({"rules": self._box.script.add(_parse(request, Rule))})

    def _reset_rules(self, _request: Request) -> Response:
        self._box.script.reset()
        return _json({"ok": True})

    def _set_target(self, request: Request) -> Response:
        asked = _parse(request, TargetAsked)
        if not on_this_machine(asked.url):
            raise Refusal(400, "invalid_request", "the target must be on this machine")
        self._box.point_at(asked.url, {str(vendor): secret for vendor, secret in asked.secrets.items()})
        return _json({"ok": True})

    def _set_down(self, request: Request) -> Response:
        asked = _parse(request, DownAsked)
        self._box.weather.down(asked.vendor, asked.seconds)
        return _json({"ok": True})

    def _phones(self, request: Request) -> Response:
        with self._box.lock:
            shown = phones.shown(self._box.book, request.args.get("who", ""))
        return self._page("phones.html", people=shown[:PHONES_SHOWN], total=len(shown), who=request.args.get("who", ""))

    def _asked(self, request: Request, vendor: str, shape: type[A]) -> A:
        self._check(request, vendor)
        return _parse(request, shape)

    def _check(self, request: Request, vendor: str) -> None:
        secret = self._box.secrets.get(vendor)
        if secret is None:
            raise Refusal(401, "secret_missing", "the sandbox was given no secret for this vendor")
        fault = fault_of(secret, request.headers, request.raw_path, request.get_data(), time.time())
        if fault:
            raise Refusal(401, fault, "the signature does not hold")

    def _act(self, operation: str, id: str, act: Callable[[], dict[str, Any]]) -> Response:
        fault = self._box.script.fault(operation, id)
        entry = {"operation": operation, "id": id, "at": time.time(), "fault": fault, "status": 503}
        with self._box.lock:
            self._box.book.requests.append(entry)
            if fault == "error_before":
                raise Refusal(503, "try_again", "nothing was done")
            answer = self._acted(entry, act)
        if fault == "error_after":
            raise Refusal(503, "try_again", "it may have been done")
        entry["status"] = 200
        if fault == "malformed":
            return Response("<html>网关错误</html>", content_type="text/html; charset=utf-8")
        if fault == "slow":
            time.sleep(self._box.config.delays.slow)
        return _json(answer)

    @staticmethod
    def _acted(entry: dict[str, Any], act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return act()
        except Refusal as refusal:
            entry["status"] = refusal.status
            raise

    @staticmethod
    def _page(template: str, **values: Any) -> Response:
        html = PAGES.get_template(template).render(**values)
        headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "Cache-Control": "no-store"}
        return Response(html, content_type="text/html; charset=utf-8", headers=headers)


def _parse(request: Request, shape: type[A]) -> A:
    # A web page cannot send this content type to us without asking first, and is never allowed to.
    if request.mimetype != "application/json":
        raise Refusal(415, "invalid_request", "the content type must be application/json")
    try:
        return shape.model_validate_json(request.get_data())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Refusal(400, "invalid_request", f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _json(value: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), status=status, content_type="application/json; charset=utf-8")


def _error(status: int, code: str, detail: str) -> Response:
    return _json({"error": {"code": code, "detail": detail}}, status)
