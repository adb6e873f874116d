"""The signed requests as a server on this machine receives them: what was signed is what arrives."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from wugan.clock import FixedClock
from wugan.clouds import aliyun, tencent
from wugan.clouds.aliyun import AliyunCloud
from wugan.clouds.tencent import TencentCloud
from wugan.http import JsonClient

Received = list[tuple[str, list[tuple[str, str]], bytes]]


@pytest.fixture
def received() -> Received:
    return []


@pytest.fixture
def url(received: Received) -> Iterator[str]:
    class Vendor(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.path, self.headers.items(), body))
            answer = b'{"Code":"OK","Response":{}}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def lower(headers: list[tuple[str, str]]) -> dict[str, str]:
    found = {name.lower(): value for name, value in headers}
    assert len(found) == len(headers)  # no header twice, not Host either
    return found


def test_aliyuns_query_arrives_as_it_was_signed(url: str, received: Received, clock: FixedClock) -> None:
    parameters = {"Name": "某 局*~/+%&=", "Empty": "", "Json": '{"a":"b"}'}
    AliyunCloud(url, "2017-05-25", "id", "key", clock, lambda: "n", JsonClient()).call("SendSms", parameters)
    [(path, headers, body)] = received
    found = lower(headers)
    signed = {name: found[name] for name in found if name == "host" or name.startswith("x-acs-")}
    assert body == b""
    assert path == "/?" + aliyun.canonical_query(parameters)
    assert found["authorization"] == aliyun.authorization("id", "key", path[2:], signed)


def test_tencents_body_and_headers_arrive_as_they_were_signed(url: str, received: Received, clock: FixedClock) -> None:
    TencentCloud(url, "sms", "2021-01-11", "ap-guangzhou", "id", "key", clock, JsonClient()).call("SendSms", {"SignName": "某局"})
    [(path, headers, body)] = received
    found = lower(headers)
    signed = {"content-type": found["content-type"], "host": found["host"], "x-tc-action": found["x-tc-action"].lower()}
    assert path == "/"
    assert found["authorization"] == tencent.authorization("id", "key", "sms", clock.wall(), signed, body)
    assert url.endswith(found["host"])
