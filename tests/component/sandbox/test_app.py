"""The HTTP face: what is refused, the pages for people, and the sandbox's own routes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from infra.sandbox.script import Delays
from tests.component.sandbox.conftest import Listener, Raw
from tests.component.sandbox.vendors.test_couriers import SF_ORDER
from tests.component.sandbox.vendors.test_faces import DETECT

Until = Callable[[Callable[[], object]], object]
MESSAGE = {"messageId": "c-push-1", "userId": "user-1", "content": "请办理", "url": "http://127.0.0.1/a"}


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["error"]["code"]


def test_a_wrong_content_type_a_wrong_method_and_an_unknown_route_are_errors(raw: Raw) -> None:
    assert raw.http.post("/_sandbox/script", data="{}", content_type="text/plain").status_code == 415
    assert raw.http.get("/_sandbox/target").status_code == 405
    assert raw.http.get("/nowhere").status_code == 404


def test_under_another_host_name_it_does_not_answer(raw: Raw) -> None:
    assert raw.http.get("/_sandbox/records?kind=messages", headers={"Host": "evil.example"}).status_code == 400


def test_too_large_a_body_is_refused(raw: Raw) -> None:
    answer = raw.http.post("/_sandbox/script", data=b" " * (8 * 1024 * 1024 + 1), content_type="application/json")
    assert answer.status_code == 413


def test_the_front_door_leads_to_the_phones(raw: Raw) -> None:
    answer = raw.http.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/phones")


def test_looking_at_the_face_page_changes_nothing(raw: Raw) -> None:
    path = raw.faceid("DetectAuth", DETECT)["Url"].removeprefix("http://localhost")
    before = raw.http.get("/_sandbox/records?kind=faces").data
    assert "模拟刷脸通过" in raw.http.get(path).text
    assert raw.http.get("/_sandbox/records?kind=faces").data == before
    assert code_of(raw.http.get("/identity/face/unknown")) == (404, "check_unknown")


def test_the_face_form_records_and_returns(raw: Raw) -> None:
    begun = raw.faceid("DetectAuth", DETECT)
    path = begun["Url"].removeprefix("http://localhost")
    assert raw.http.post(path, data={"result": "maybe"}).status_code == 400
    answer = raw.http.post(path, data={"result": "fail"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{DETECT['RedirectUrl']}?BizToken={begun['BizToken']}")
    assert "未通过" in raw.http.get(path).text
    assert DETECT["Name"] not in raw.http.get(path).text


def test_records_are_read_by_kind_and_since(raw: Raw) -> None:
    for n in (1, 2, 3):
        raw.app(MESSAGE | {"messageId": f"c-push-{n}", "content": f"第 {n} 次"})
    rows = raw.read("/_sandbox/records?kind=messages")["records"]
    assert [(r["id"], r["case"], r["kind"], r["times"], r["status"]) for r in rows[:1]] == [("c-push-1", "c", "push", 1, "sent")]
    later = raw.read(f"/_sandbox/records?kind=messages&since={rows[1]['seq']}")["records"]
    assert [r["id"] for r in later] == ["c-push-3"]
    requests = raw.read("/_sandbox/records?kind=requests&since=2")["records"]
    assert [(r["operation"], r["id"], r["status"]) for r in requests] == [
        ("city_app message", "c-push-2", 200),
        ("city_app message", "c-push-3", 200),
    ]
    answer = raw.http.get("/_sandbox/records?kind=secrets")
    assert code_of(answer) == (400, "invalid_request")
    assert "messages" in answer.get_json()["error"]["detail"]


def test_rules_are_added_and_forgotten_over_http(raw: Raw) -> None:
    assert raw.run("/_sandbox/script", {"match": "c", "channel": "refused"}).get_json() == {"rules": 1}
    assert raw.app(MESSAGE)["code"] == 40401
    assert raw.http.delete("/_sandbox/script").status_code == 200
    assert raw.app(MESSAGE)["code"] == 0
    answer = raw.run("/_sandbox/script", {"match": "c", "courier": "fly"})
    assert code_of(answer) == (400, "invalid_request")
    assert answer.get_json()["error"]["detail"].startswith("courier: ")


@pytest.mark.parametrize("url", ["http://example.com", "https://127.0.0.1.example.com", "ftp://127.0.0.1", "http://10.0.0.1"])
def test_a_target_beyond_this_machine_is_refused(raw: Raw, url: str) -> None:
    assert raw.run("/_sandbox/target", {"url": url}).status_code == 400


@pytest.mark.parametrize("url", ["http://127.0.0.1:4566/x", "http://localhost:1", "http://api.localhost:4566/v1"])
def test_a_target_on_this_machine_is_taken(raw: Raw, url: str) -> None:
    assert raw.run("/_sandbox/target", {"url": url}).get_json() == {"ok": True}


def test_usage_tells_by_vendor_what_was_done_and_what_went_wrong(raw: Raw) -> None:
    raw.app(MESSAGE)
    raw.rule(match="d", fault="error_after")
    raw.app(MESSAGE | {"messageId": "c-push-2"})
    found = raw.read("/_sandbox/usage")
    assert found["city_app"] == {"messages": 2, "requests": 3, "faults": 0}
    raw.http.post("/rest/message/push", json=MESSAGE | {"messageId": "d-push-1"}, headers={"Authorization": f"Bearer {raw._token}"})
    found = raw.read("/_sandbox/usage")
    assert found["city_app"] == {"messages": 3, "requests": 4, "faults": 1}
    assert found["department"] == {}


def test_usage_counts_receipts_and_pushes_with_their_fates(raw_of: Callable[..., Raw], listener: Listener, until: Until) -> None:
    listener.answer = {"code": 0, "return_code": "0000"}
    raw = raw_of(Delays(receipt=0, batch=0, collect=0, arrive=3600))
    raw.box.point_at(listener.url)
    for id, faults in {"a": ["lose"], "b": ["repeat"], "c": ["reorder"], "d": []}.items():
        raw.rule(match=id, callbacks=faults)
        raw.app(MESSAGE | {"messageId": f"{id}-push-1"})
    raw.rule(match="case", callbacks=["lose"])
    raw.sf_business("EXP_RECE_CREATE_ORDER", SF_ORDER)
    until(lambda: raw.read("/_sandbox/usage")["sf"].get("told"))
    found = raw.read("/_sandbox/usage")
    told = {name: found["city_app"][name] for name in ("told", "lost", "repeated", "reordered")}
    assert told == {"told": 4, "lost": 1, "repeated": 1, "reordered": 1}
    assert (found["sf"]["told"], found["sf"]["lost"]) == (1, 1)


def test_the_issuer_answers_beside_the_vendors(raw: Raw) -> None:
    told = raw.http.get("/issuer/.well-known/openid-configuration").get_json()
    assert told["issuer"].endswith("/issuer")
    assert [key["kty"] for key in raw.http.get("/issuer/jwks").get_json()["keys"]] == ["EC"]
    asked = {"client_id": "wugan", "state": "s", "nonce": "n", "code_challenge": "c", "code_challenge_method": "S256"}
    asked |= {"response_type": "code", "scope": "openid"}
    assert "青岛审批甲" in raw.http.get("/issuer/authorize", query_string=asked | {"redirect_uri": "http://127.0.0.1/x"}).text
    for wrong in ({"redirect_uri": "https://evil.example/x"}, {"redirect_uri": "http://127.0.0.1/x", "code_challenge_method": "plain"}):
        assert raw.http.get("/issuer/authorize", query_string=asked | wrong).status_code == 400
