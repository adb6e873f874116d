"""What the vendor contracts run against: the ports in memory, and the adapters with the sandbox behind them."""

from __future__ import annotations

import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import urllib3
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from infra.sandbox.script import Config, Delays, Retry
from infra.sandbox.server import QuietHandler
from infra.sandbox.vendors.settings import Accounts, Department
from wugan.http import JsonClient

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CASE = "abcdefghijklmnopqrstuvwxyz"
SECRET, OTHERS = secrets.token_hex(16), secrets.token_hex(16)  # of the platforms of QD and LX
DEPARTMENT = Accounts(department=Department(secrets={"QD": SECRET, "LX": OTHERS}))
FAULTS = ["error_before", "error_after", "malformed", "slow"]
READ_SECONDS = 1.0
# Steps far away unless a test asks for them, so that states stand still.
STILL = Delays(collect=3600, arrive=3600, decide=3600, receipt=0, slow=3 * READ_SECONDS, repeat=0.01)
QUICK = STILL.model_copy(update={"collect": 0.01, "arrive": 0.01, "decide": 0.01})


def config(delays: Delays = STILL, vendors: Accounts = DEPARTMENT, **more: Any) -> Config:
    """A configuration with this run's accounts, and callbacks that are repeated quickly."""
    return Config(vendors=vendors, delays=delays, retry=Retry(first=(0.01,), every=0.02, give_up=0.3, timeout=1), **more)


def client(read_seconds: float = READ_SECONDS) -> JsonClient:
    return JsonClient(connect_seconds=1, read_seconds=read_seconds)


def until(holds: Callable[[], Any], seconds: float = 5) -> Any:
    """Wait for a true value and return it; fails when it does not come."""
    deadline = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.005)
    return value


def press(url: str, result: str) -> urllib3.BaseHTTPResponse:
    """What a browser does when the person presses a button of the face page; redirects are not followed."""
    body = urlencode({"result": result})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return urllib3.request("POST", url, body=body, headers=headers, redirect=False, retries=False)


@dataclass(frozen=True)
class Received:
    """A callback as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.body)
        return value


@dataclass
class Target:
    """A receiver of callbacks under a stage path, as an API has one. `statuses` are answered first, then 200."""

    received: list[Received] = field(default_factory=list)
    statuses: deque[int] = field(default_factory=deque)

    def __enter__(self) -> Target:
        self._server = make_server("127.0.0.1", 0, self._app, threaded=True, request_handler=QuietHandler)
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/stage"

    def of(self, id: str) -> list[dict[str, Any]]:
        """The decisions on an application, in the order they came."""
        return [r.json for r in list(self.received) if r.json.get("application_id") == id]

    def _app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        self.received.append(Received(request.path.removeprefix("/stage"), dict(request.headers), request.get_data()))
        return Response("{}", status=self.statuses.popleft() if self.statuses else 200)(environ, start_response)
