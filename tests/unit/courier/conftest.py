"""A courier's side of the line: a server on 127.0.0.1 that records what it is sent and answers as it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import pytest

from wugan.clock import BEIJING, FixedClock
from wugan.courier.port import Address, Order
from wugan.courier.waybills import MemoryWaybills
from wugan.http import JsonClient

NOW = datetime(2026, 3, 4, 10, 20, 30, tzinfo=BEIJING)
CASE = "01JQ8Z0000000000000000CASE"
PERSON = Address("测试甲", "13800001234", "山东省青岛市市南区演示路1号")
BUREAU = Address("审批窗口", "13900005678", "青岛市市北区样例街2号")
PICKUP = Order(f"{CASE}-pickup-1", PERSON, BUREAU, "旧证")
TIMED = replace(PICKUP, pickup_from=datetime(2026, 3, 5, 9, tzinfo=BEIJING), pickup_until=datetime(2026, 3, 5, 11, tzinfo=BEIJING))
DELIVERY = Order(f"{CASE}-delivery-1", BUREAU, PERSON, "新证")


@dataclass
class Line:
    """`answers` are given one after the other: a JSON value, or bytes as they are, or None for a line that breaks off."""

    url: str = ""
    answers: list[Any] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def will(self, *answers: Any) -> None:
        self.answers.extend(answers)

    def form(self, index: int = -1) -> dict[str, str]:
        return dict(parse_qsl(self.bodies[index].decode(), keep_blank_values=True, strict_parsing=True))


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            line.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            line.headers.append(dict(self.headers))
            answer = line.answers.pop(0)
            if answer is None:
                self.close_connection = True
                return
            status, content = (503, b"") if answer == 503 else (200, answer if isinstance(answer, bytes) else json.dumps(answer).encode())
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    line.url = f"http://127.0.0.1:{server.server_port}/open"
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield line
    server.shutdown()
    server.server_close()
    assert line.answers == [], "not everything was asked"


@pytest.fixture
def client() -> JsonClient:
    return JsonClient()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def waybills() -> MemoryWaybills:
    return MemoryWaybills()
