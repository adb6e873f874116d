"""The HTTP face: what is refused, the pages for people, and the sandbox's own routes."""

from __future__ import annotations

import time
from typing import Any

import pytest

from infra.sandbox.signature import signed_headers

SMS = "/channel/sms/messages"
MESSAGE = {"id": "c-push-1", "to": "13800001234", "text": "请办理", "link": "http://127.0.0.1/a#token"}
FACE = {"id": "c-face-1", "name": "测试甲", "id_number": "370202199001010015", "return_url": "http://127.0.0.1/back"}


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["error"]["code"]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"X-Wugan-Signature": "0" * 64}, "signature_wrong"),
        ({"X-Wugan-Timestamp": "1"}, "timestamp_stale"),
        ({"X-Wugan-Timestamp": ""}, "timestamp_missing"),
    ],
)
def test_a_bad_signature_is_refused_and_nothing_is_done(wire: Any, headers: dict[str, str], code: str) -> None:
    assert code_of(wire.post(SMS, MESSAGE, **headers)) == (401, code)
    assert len(wire.box.book.messages) == 0


def test_a_signature_for_another_path_is_refused(wire: Any) -> None:
    stolen = signed_headers("0123456789abcdef", "/channel/app/messages", b"{}", time.time())
    assert code_of(wire.post(SMS, {}, **stolen)) == (401, "signature_wrong")


def test_a_vendor_without_a_secret_serves_nobody(wire: Any) -> None:
    del wire.box.secrets["channel"]
    assert code_of(wire.post(SMS, MESSAGE)) == (401, "secret_missing")


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/identity/face/x/result", "get"),
        ("/courier/orders/x", "get"),
        ("/courier/orders/x/cancel", "post"),
        ("/department/applications/x/cancel", "post"),
    ],
)
def test_every_vendor_route_asks_for_a_signature(wire: Any, path: str, method: str) -> None:
    assert code_of(getattr(wire.http, method)(path)) == (401, "timestamp_missing")


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        MESSAGE | {"extra": 1},
        MESSAGE | {"id": "no spaces"},
        MESSAGE | {"text": ""},
        MESSAGE | {"link": "javascript:alert(1)"},
        MESSAGE | {"to": None},
    ],
)
def test_a_malformed_request_is_refused_without_being_quoted(wire: Any, body: Any) -> None:
    answer = wire.post(SMS, body)
    assert code_of(answer) == (400, "invalid_request")
    assert "javascript" not in answer.text


def test_a_wrong_content_type_a_wrong_method_and_an_unknown_route_are_errors(wire: Any) -> None:
    assert wire.http.post("/_sandbox/script", data="{}", content_type="text/plain").status_code == 415
    assert wire.get(SMS).status_code == 405
    assert wire.get("/nowhere").status_code == 404
    assert wire.post("/channel/fax/messages", MESSAGE).status_code == 404


def test_under_another_host_name_it_does_not_answer(wire: Any) -> None:
    assert wire.http.get("/_sandbox/records?kind=messages", headers={"Host": "evil.example"}).status_code == 400


def test_too_large_a_body_is_refused(wire: Any) -> None:
    answer = wire.http.post("/_sandbox/script", data=b" " * (8 * 1024 * 1024 + 1), content_type="application/json")
    assert answer.status_code == 413


def test_the_inbox_shows_by_phone_what_a_person_received_and_escapes_it(wire: Any) -> None:
    assert "还没有消息" in wire.get("/").text
    wire.done(SMS, MESSAGE | {"text": "<script>alert(1)</script>"})
    wire.done(SMS, MESSAGE | {"text": "<script>alert(1)</script>"})
    page = wire.get("/").text
    assert "<h2>13800001234</h2>" in page
    assert 'href="http://127.0.0.1/a#token"' in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "重复请求 2 次，只送达一次" in page


def test_looking_at_the_face_page_changes_nothing(wire: Any) -> None:
    reference = wire.done("/identity/face", FACE)["reference"]
    before = wire.get("/_sandbox/records?kind=faces").data
    page = wire.get(f"/identity/face/{reference}")
    assert "模拟刷脸通过" in page.text
    assert wire.get("/_sandbox/records?kind=faces").data == before
    assert code_of(wire.get("/identity/face/face-unknown")) == (404, "check_unknown")


def test_the_face_form_records_and_returns(wire: Any) -> None:
    reference = wire.done("/identity/face", FACE)["reference"]
    assert wire.http.post(f"/identity/face/{reference}", data={"result": "maybe"}).status_code == 400
    answer = wire.http.post(f"/identity/face/{reference}", data={"result": "fail"})
    assert (answer.status_code, answer.headers["Location"]) == (303, FACE["return_url"])
    assert "未通过" in wire.get(f"/identity/face/{reference}").text
    assert FACE["name"] not in wire.get(f"/identity/face/{reference}").text


def test_a_code_expires(wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    started = wire.done("/identity/code", {"id": "c-code-1", "mobile": "13800001234"})
    code = wire.box.book.codes.get("c-code-1").code
    monkeypatch.setattr(wire.box, "now", lambda: time.time() + 601)
    checked = wire.done(f"/identity/code/{started['reference']}/check", {"code": code})
    assert checked == {"passed": False, "reason": "code_expired"}


def test_records_are_read_by_kind_and_since(wire: Any) -> None:
    for n in (1, 2, 3):
        wire.done(SMS, MESSAGE | {"id": f"c-push-{n}", "text": f"第 {n} 次"})
    rows = wire.get("/_sandbox/records?kind=messages").get_json()["records"]
    assert [(r["id"], r["case"], r["kind"], r["times"], r["status"]) for r in rows[:1]] == [("c-push-1", "c", "push", 1, "sent")]
    later = wire.get(f"/_sandbox/records?kind=messages&since={rows[1]['seq']}").get_json()["records"]
    assert [r["id"] for r in later] == ["c-push-3"]
    requests = wire.get("/_sandbox/records?kind=requests&since=1").get_json()["records"]
    assert [(r["operation"], r["id"], r["status"]) for r in requests] == [("message", "c-push-2", 200), ("message", "c-push-3", 200)]
    answer = wire.get("/_sandbox/records?kind=secrets")
    assert code_of(answer) == (400, "invalid_request")
    assert "messages" in answer.get_json()["error"]["detail"]


def test_a_refusal_is_among_the_requests_and_not_among_the_messages(wire: Any) -> None:
    assert wire.post(SMS, MESSAGE | {"to": "1"}).status_code == 422
    assert [r["status"] for r in wire.get("/_sandbox/records?kind=requests").get_json()["records"]] == [422]
    assert wire.get("/_sandbox/records?kind=messages").get_json()["records"] == []


def test_rules_are_added_and_forgotten_over_http(wire: Any) -> None:
    assert wire.done("/_sandbox/script", {"match": "c", "channel": "refused"}) == {"rules": 1}
    assert code_of(wire.post(SMS, MESSAGE)) == (422, "address_blocked")
    assert wire.http.delete("/_sandbox/script").status_code == 200
    assert wire.post(SMS, MESSAGE).status_code == 200
    answer = wire.post("/_sandbox/script", {"match": "c", "courier": "fly"})
    assert code_of(answer) == (400, "invalid_request")
    assert answer.get_json()["error"]["detail"].startswith("courier: ")


@pytest.mark.parametrize("url", ["http://example.com", "https://127.0.0.1.example.com", "ftp://127.0.0.1", "http://10.0.0.1"])
def test_a_target_beyond_this_machine_is_refused(wire: Any, url: str) -> None:
    assert wire.post("/_sandbox/target", {"url": url}).status_code == 400


@pytest.mark.parametrize("url", ["http://127.0.0.1:4566/x", "http://localhost:1", "http://api.localhost:4566/v1"])
def test_a_target_on_this_machine_is_taken(wire: Any, url: str) -> None:
    assert wire.done("/_sandbox/target", {"url": url, "secrets": {"channel": "f" * 32}}) == {"ok": True}
    assert wire.box.secrets["channel"] == "f" * 32


def test_the_issuer_answers_beside_the_vendors(wire: Any) -> None:
    told = wire.http.get("/issuer/.well-known/openid-configuration").get_json()
    assert told["issuer"].endswith("/issuer")
    assert [key["kty"] for key in wire.http.get("/issuer/jwks").get_json()["keys"]] == ["EC"]
    asked = {"client_id": "wugan", "state": "s", "nonce": "n", "code_challenge": "c", "code_challenge_method": "S256"}
    asked |= {"response_type": "code", "scope": "openid"}
    assert "青岛审批甲" in wire.http.get("/issuer/authorize", query_string=asked | {"redirect_uri": "http://127.0.0.1/x"}).text
    for wrong in ({"redirect_uri": "https://evil.example/x"}, {"redirect_uri": "http://127.0.0.1/x", "code_challenge_method": "plain"}):
        assert wire.http.get("/issuer/authorize", query_string=asked | wrong).status_code == 400
