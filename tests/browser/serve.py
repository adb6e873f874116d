"""The Chalice apps behind a plain local HTTP server: each request becomes the event that a REST API would hand to the function.

For browser tests and screenshots only. Beside the apps it plays the identity vendor's page, on another host name and so another origin.
"""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from chalice.app import Chalice

from tests.browser.town import Town
from wugan.identity.port import Started
from wugan.web import api_app, applicant_app, bench_app, callbacks_app, changes_app, desk_app, ledger_app

STAGE = "/restapis/abc/rehearsal/_user_request_"
VENDOR = "/vendor/face/"


def rest_event(app: Chalice, method: str, target: str, headers: dict[str, str], body: bytes) -> dict[str, Any] | None:
    """The proxy event of a REST API whose BinaryMediaTypes is */*; None when no route fits."""
    parts = urlsplit(target)
    for path in sorted(app.routes, key=lambda path: path.count("{")):  # the API prefers what is spelt out
        match = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path), parts.path)
        if match and method in app.routes[path]:
            return {
                "resource": path,
                "path": parts.path,
                "httpMethod": method,
                "headers": headers,
                "multiValueHeaders": {name: [value] for name, value in headers.items()},
                "queryStringParameters": {k: v[-1] for k, v in parse_qs(parts.query, keep_blank_values=True).items()} or None,
                "multiValueQueryStringParameters": parse_qs(parts.query, keep_blank_values=True) or None,
                "pathParameters": match.groupdict() or None,
                "stageVariables": None,
                "requestContext": {"resourcePath": path, "httpMethod": method, "path": STAGE + parts.path},
                "body": base64.b64encode(body).decode() if body else None,
                "isBase64Encoded": bool(body),
            }
    return None


def apps(town: Town) -> list[Chalice]:
    """All of them, on a town's services."""
    return [
        applicant_app.create(lambda: town.applicant, lambda: town.audit),
        desk_app.create(lambda: town.desk, lambda: town.parcels),
        callbacks_app.create(lambda: town.callbacks, lambda: town.vendor_calls),
        bench_app.create(lambda: town.workshop.bench, lambda: town.entrance.sessions, lambda: town.public_url),
        changes_app.create(lambda: town.intake),
        ledger_app.create(lambda: town.public_log),
        api_app.create(lambda: town.applicant, lambda: town.audit, lambda: town.requests),
    ]


@contextmanager
def serving(town: Town) -> Iterator[str]:
    """Serve a town; yields the public URL, which the town uses from then on."""
    served = apps(town)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET", b"")

        def _other(self) -> None:
            self._answer(self.command, self.rfile.read(int(self.headers.get("Content-Length", 0))))

        do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_TRACE = _other

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def _answer(self, method: str, body: bytes) -> None:
            if self.path.startswith(VENDOR):
                self._vendor()
                return
            target = self.path.removeprefix(STAGE)
            for app in served:
                event = rest_event(app, method, target, dict(self.headers.items()), body)
                if event is not None:
                    self._send(app(event, None))
                    return
            self._send({"statusCode": 404, "headers": {}, "multiValueHeaders": {}, "body": ""})

        def _vendor(self) -> None:
            """The vendor's page: whoever opens it passes, and goes back by a link."""
            reference, _, query = self.path.removeprefix(VENDOR).partition("?")
            town.identity.finish_face(unquote(reference), passed=True)
            back = parse_qs(query)["back"][0]
            page = f'<!doctype html><html lang="zh-CN"><title>刷脸</title><h1>刷脸完成</h1><a href="{back}">返回</a>'
            self._send({"statusCode": 200, "headers": {"Content-Type": "text/html; charset=utf-8"}, "multiValueHeaders": {}, "body": page})

        def _send(self, response: dict[str, Any]) -> None:
            body = response["body"]
            content = base64.b64decode(body) if response.get("isBase64Encoded") else body.encode()
            self.send_response(response["statusCode"])
            for name, value in response["headers"].items():
                self.send_header(name, value)
            for name, values in response["multiValueHeaders"].items():
                for value in values:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port = server.server_address[1]
    town.public_url = f"http://127.0.0.1:{port}{STAGE}"
    _vendor_at(town, f"http://localhost:{port}{VENDOR}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield town.public_url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _vendor_at(town: Town, vendor: str) -> None:
    """Let face checks lead to the vendor's page here."""
    start = town.identity.start_face

    def start_face(id: str, name: str, id_number: str, return_url: str, intention: str = "", meta_info: str = "") -> Started:
        reference = start(id, name, id_number, return_url, intention, meta_info).reference
        return Started(reference, f"{vendor}{quote(reference)}?back={quote(return_url, safe='')}")

    town.identity.start_face = start_face  # type: ignore[method-assign]
