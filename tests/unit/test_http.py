"""The JSON client: which answers count, which are a refusal, and which only a failure for now."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Iterator
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from wugan.clock import FixedClock, SystemClock
from wugan.errors import VendorRefused, VendorUnavailable
from wugan.http import JsonClient, SignedService, VendorUnknown, flag_in, segment, text_in
from wugan.signing import verify

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

REFUSAL = '{"error":{"code":"address_blocked","detail":"13800001234 blocked you"}}'


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: object, **__: object) -> None:
        return


class Vendor:
    """Answers what it is told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answer = Response("{}")
        self.asked: list[Request] = []

    def app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        request.get_data()
        self.asked.append(request)
        return self.answer(environ, start_response)


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def url(vendor: Vendor) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, vendor.app, threaded=True, request_handler=Quiet)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def call(url: str, **options: Any) -> dict[str, Any]:
    return JsonClient(**({"connect_seconds": 0.5, "read_seconds": 0.5} | options)).call("GET", url, None, {})


@pytest.mark.parametrize("status", [200, 201, 202])
def test_an_object_with_2xx_is_the_answer(vendor: Vendor, url: str, status: int) -> None:
    vendor.answer = Response('{"甲": 1}', status=status)
    assert call(url) == {"甲": 1}


@pytest.mark.parametrize("status", [400, 409, 410, 422])
def test_what_the_vendor_says_no_to_is_a_refusal_that_quotes_only_its_code(vendor: Vendor, url: str, status: int) -> None:
    vendor.answer = Response(REFUSAL, status=status)
    with pytest.raises(VendorRefused) as refusal:
        call(url)
    assert str(refusal.value) == "address_blocked"


def test_what_the_vendor_does_not_know_is_a_refusal_of_its_own(vendor: Vendor, url: str) -> None:
    vendor.answer = Response(REFUSAL, status=404)
    with pytest.raises(VendorUnknown):
        call(url)


@pytest.mark.parametrize("status", [301, 302, 307, 401, 403, 408, 425, 429, 500, 502, 503])
def test_what_says_nothing_about_the_matter_is_a_failure_for_now(vendor: Vendor, url: str, status: int) -> None:
    vendor.answer = Response(REFUSAL, status=status, headers={"Location": "/elsewhere"})
    with pytest.raises(VendorUnavailable, match=str(status)) as failure:
        call(url)
    assert "13800001234" not in str(failure.value)
    assert len(vendor.asked) == 1


@pytest.mark.parametrize(
    "body", ["", "<html>", "[]", "null", '"text"', "{", b"\xff", pytest.param("[" * 200_000, id="deep"), '{"a":"\\ud800"}']
)
@pytest.mark.parametrize("status", [200, 404, 422])
def test_an_answer_that_is_no_object_is_a_failure_for_now(vendor: Vendor, url: str, status: int, body: str | bytes) -> None:
    vendor.answer = Response(body, status=status)
    with pytest.raises(VendorUnavailable):
        call(url)


@pytest.mark.parametrize("body", ["{}", '{"error":"no"}', '{"error":{}}', '{"error":{"code":5}}', '{"error":{"code":"测试甲 refused"}}'])
def test_a_refusal_without_a_code_is_a_failure_for_now(vendor: Vendor, url: str, body: str) -> None:
    vendor.answer = Response(body, status=422)
    with pytest.raises(VendorUnavailable) as failure:
        call(url)
    assert "测试甲" not in str(failure.value)


def test_an_answer_longer_than_the_bound_is_a_failure(vendor: Vendor, url: str) -> None:
    vendor.answer = Response('{"a":"' + "x" * 2000 + '"}')
    with pytest.raises(VendorUnavailable, match="too long"):
        call(url, max_bytes=1000)


def test_an_answer_that_drips_is_cut_off(vendor: Vendor, url: str) -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(100):
            time.sleep(0.05)
            yield b" "

    vendor.answer = Response(drip())
    started = time.monotonic()
    with pytest.raises(VendorUnavailable, match="too slowly"):
        call(url, read_seconds=0.3)
    assert time.monotonic() - started < 2


def test_an_answer_that_breaks_off_is_a_failure() -> None:
    def answer() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        Thread(target=answer, daemon=True).start()
        with pytest.raises(VendorUnavailable, match="broke off"):
            call(f"http://127.0.0.1:{listening.getsockname()[1]}")


def test_nobody_there_and_nobody_answering_are_failures() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        with pytest.raises(VendorUnavailable, match="no answer"):
            call(f"http://127.0.0.1:{port}")
        silent.listen()
        with pytest.raises(VendorUnavailable, match="ReadTimeoutError"):
            call(f"http://127.0.0.1:{port}", read_seconds=0.1)


def test_requests_are_signed_over_their_path_and_body(vendor: Vendor, url: str) -> None:
    service = SignedService(f"{url}/", "secret", SystemClock(), JsonClient())
    service.post("/a/b", {"名": "甲"})
    service.get(f"/a/{segment('x/y')}")
    posted, got = vendor.asked
    verify("secret", dict(posted.headers), "/a/b", posted.get_data(), SystemClock().wall())
    assert posted.get_json() == {"名": "甲"}
    verify("secret", dict(got.headers), "/a/x%2Fy", b"", SystemClock().wall())


def test_signatures_use_wall_time(vendor: Vendor, url: str) -> None:
    at = FixedClock(SystemClock().wall())
    at.move(days=3)
    SignedService(url, "secret", at, JsonClient()).get("/a")
    assert vendor.asked[0].headers["X-Wugan-Timestamp"] == str(int(at.wall().timestamp()))


def test_what_an_answer_must_hold_is_checked() -> None:
    assert text_in({"a": "x"}, "a") == "x"
    assert flag_in({"a": False}, "a") is False
    for answer in ({}, {"a": ""}, {"a": 1}, {"a": None}):
        with pytest.raises(VendorUnavailable, match="a: "):
            text_in(answer, "a")
        with pytest.raises(VendorUnavailable, match="a: "):
            flag_in(answer, "a")
