"""The signed requests as a server on this machine receives them: what was signed is what arrives."""

from __future__ import annotations

import hashlib
import logging
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl

import pytest

from wugan.clock import FixedClock
from wugan.clouds import aliyun, tencent
from wugan.clouds.aliyun import AliyunCloud
from wugan.clouds.tencent import TencentCloud
from wugan.errors import VendorUnavailable
from wugan.http import JsonClient
from wugan.identity.aliyun import AliyunFace
from wugan.outreach.carrier import Field, Source, Template
from wugan.outreach.port import Message
from wugan.outreach.tokens import MemoryTokenStore, Token
from wugan.outreach.wechat import Wechat, WechatTokens

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


@pytest.fixture
def babbler() -> Iterator[str]:
    """A vendor whose answer has a header line that is none."""
    head = b"HTTP/1.1 200 OK\r\nX-Good: 1\r\nbroken header line\r\nContent-Length: 13\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(head + b'{"Code":"OK"}')
                        connection.shutdown(socket.SHUT_WR)
                        while connection.recv(65536):  # closed with something unread, the line breaks before the answer is there
                            pass

        Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("level", [logging.DEBUG, logging.WARNING])
def test_no_log_has_an_address_though_the_answer_has_a_broken_header(
    babbler: str, clock: FixedClock, message: Message, caplog: pytest.LogCaptureFixture, level: int
) -> None:
    caplog.set_level(level)
    caplog.set_level(level, "urllib3.connection")
    tokens = MemoryTokenStore()
    tokens.put("wechat:a", Token("ACCESS-TOKEN", clock.wall() + timedelta(hours=2)))
    shared = WechatTokens(babbler, "a", "s", tokens, clock, JsonClient())
    Wechat(babbler, Template("1", (Field("t", Source.TEXT),)), shared, JsonClient()).submit(message)
    face = AliyunFace(AliyunCloud(babbler, "2019-03-07", "id", "key", clock, lambda: "n", JsonClient()), "1", clock)
    with pytest.raises(VendorUnavailable):
        face.start_face("x", "测试甲", "370202199001010015", "https://portal.example/back")
    told = caplog.text + "".join(record.getMessage() for record in caplog.records)
    assert not any(secret in told for secret in ("ACCESS-TOKEN", "370202199001010015", "/cgi-bin", "%E6%B5%8B"))


def lower(headers: list[tuple[str, str]]) -> dict[str, str]:
    found = {name.lower(): value for name, value in headers}
    assert len(found) == len(headers)  # no header twice, not Host either
    return found


def test_aliyuns_form_arrives_as_it_was_signed(url: str, received: Received, clock: FixedClock) -> None:
    parameters = {"Name": "某 局*~/+%&=", "Empty": "", "Json": '{"a":"b"}'}
    AliyunCloud(url, "2017-05-25", "id", "key", clock, lambda: "n", JsonClient()).call("SendSms", parameters)
    [(path, headers, body)] = received
    found = lower(headers)
    signed = {name: found[name] for name in found if name in ("host", "content-type") or name.startswith("x-acs-")}
    assert path == "/"
    assert dict(parse_qsl(body.decode(), keep_blank_values=True)) == parameters
    assert found["x-acs-content-sha256"] == hashlib.sha256(body).hexdigest()
    assert found["authorization"] == aliyun.authorization("id", "key", signed)


def test_tencents_body_and_headers_arrive_as_they_were_signed(url: str, received: Received, clock: FixedClock) -> None:
    TencentCloud(url, "sms", "2021-01-11", "ap-guangzhou", "id", "key", clock, JsonClient()).call("SendSms", {"SignName": "某局"})
    [(path, headers, body)] = received
    found = lower(headers)
    signed = {"content-type": found["content-type"], "host": found["host"], "x-tc-action": found["x-tc-action"].lower()}
    assert path == "/"
    assert found["authorization"] == tencent.authorization("id", "key", "sms", clock.wall(), signed, body)
    assert url.endswith(found["host"])
