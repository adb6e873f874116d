"""Signing in at the sandbox issuer, and every answer of it that must not let anybody in."""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from infra.sandbox.issuer import Issuer, Key, b64
from tests.browser.serve import STAGE
from tests.unit.signin.conftest import ROLES, Door, Served
from tests.unit.web.client import Client
from wugan.errors import VendorUnavailable
from wugan.signin.official import Official, Role
from wugan.signin.problem import SignInRefused
from wugan.signin.provider import Provider
from wugan.web.sitting import SESSION_COOKIE

Claims = dict[str, Any]


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_an_official_signs_in_and_comes_back_to_the_page(door: Door, served: Served, alg: str) -> None:
    served.issuer.rotate(alg)
    page = door.sign_in("qd-approver-1", "/desk/tasks")
    assert (page.path, page.status) == ("/desk/tasks", 200)
    assert "青岛审批甲" in page.text
    token = next(jar[SESSION_COOKIE] for jar in door.client.cookies.values() if SESSION_COOKIE in jar)
    assert door.town.desk.official(token) == Official("青岛审批甲", "QD", "qd-approver-1", frozenset({Role.APPROVER}))
    assert door.town.roster.of("QD")[0].id == "qd-approver-1"


def test_the_request_is_bound_to_the_browser(door: Door) -> None:
    first, second = door.to_issuer(), door.to_issuer()
    assert first["code_challenge_method"] == "S256"
    assert len({first["state"], first["nonce"], first["code_challenge"], second["state"], second["nonce"], second["code_challenge"]}) == 6
    stale = door.client.get(door.choose(first, "qd-approver-1"))  # the browser holds the second's ticket
    assert (stale.status, "登录已失效" in stale.text) == (403, True)
    elsewhere = Door(door.town, door.served, type(door.client)(door.town))
    assert elsewhere.client.get(door.choose(second, "qd-approver-1")).status == 403


def test_an_answer_is_good_once_and_not_for_long(door: Door) -> None:
    answer = door.choose(door.to_issuer(), "qd-approver-1")
    assert door.client.get(answer).status == 200
    assert door.client.get(answer).status == 403
    late = door.choose(door.to_issuer("/desk/sign-in"), "qd-approver-1")
    door.town.clock.move(minutes=11)
    assert door.client.get(late).status == 403


@pytest.mark.parametrize(("sub", "words"), [("nobody", "没有本系统的角色"), ("", "没有完成")])
def test_who_has_no_role_or_gives_up_is_told_so(door: Door, sub: str, words: str) -> None:
    page = door.sign_in(sub)
    assert (page.status, words in page.text) == (403, True)
    assert door.client.get("/desk").path == "/desk/sign-in?to=desk"


def _as_it_is(issuer: Issuer, claims: Claims, head: Claims | None = None, key: Key | None = None) -> str:
    """A token like the issuer's, with another head or key."""
    signer = key or issuer.keys[0]
    told = {"alg": signer.alg, "kid": issuer.keys[0].kid} | (head or {})
    signed = f"{b64(json.dumps(told).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{signed}.{b64(signer.sign(signed.encode()))}"


def _none(issuer: Issuer, claims: Claims) -> str:
    return _as_it_is(issuer, claims, {"alg": "none"}).rpartition(".")[0] + "."


def _shared_secret(issuer: Issuer, claims: Claims) -> str:
    """HS256 with the public key for the secret."""
    signed = f"{b64(json.dumps({'alg': 'HS256', 'kid': issuer.keys[0].kid}).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{signed}.{b64(hmac.new(json.dumps(issuer.keys[0].public()).encode(), signed.encode(), hashlib.sha256).digest())}"


FORGED: dict[str, Callable[[Issuer, Claims], str]] = {
    "alg none": _none,
    "shared secret": _shared_secret,
    "unsigned": lambda i, c: _as_it_is(i, c).rpartition(".")[0] + ".",
    "no token": lambda _, __: "not a token",
    "another key": lambda i, c: _as_it_is(i, c, key=Key("ES256")),
    "a key of its own": lambda i, c: _as_it_is(i, c, {"jwk": Key("ES256").public()}, Key("ES256")),
    "an unknown key id": lambda i, c: _as_it_is(i, c, {"kid": "other"}, Key("ES256")),
    "another algorithm": lambda i, c: _as_it_is(i, c, {"alg": "ES384"}),
    "another issuer": lambda i, c: _as_it_is(i, c | {"iss": "https://evil.example"}),
    "another audience": lambda i, c: _as_it_is(i, c | {"aud": "another"}),
    "several audiences, issued to another": lambda i, c: _as_it_is(i, c | {"aud": ["wugan", "another"], "azp": "another"}),
    "several audiences, issued to nobody": lambda i, c: _as_it_is(i, c | {"aud": ["wugan", "another"]}),
    "expired": lambda i, c: _as_it_is(i, c | {"exp": c["iat"] - 3600, "iat": c["iat"] - 7200}),
    "from the future": lambda i, c: _as_it_is(i, c | {"iat": c["iat"] + 3600, "exp": c["iat"] + 7200}),
    "without an end": lambda i, c: _as_it_is(i, {k: v for k, v in c.items() if k != "exp"}),
    "another nonce": lambda i, c: _as_it_is(i, c | {"nonce": "another"}),
    "no nonce": lambda i, c: _as_it_is(i, {k: v for k, v in c.items() if k != "nonce"}),
    "nobody": lambda i, c: _as_it_is(i, c | {"sub": ""}),
    "changed after signing": lambda i, c: _changed(_as_it_is(i, c), c),
}


def _changed(token: str, claims: Claims) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{b64(json.dumps(claims | {'roles': ['wugan-qd-manager']}).encode())}.{signature}"


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_token_lets_nobody_in(door: Door, served: Served, forged: str) -> None:
    served.forge = lambda claims: FORGED[forged](served.issuer, claims)
    page = door.sign_in("qd-approver-1")
    assert (page.status, "没有通过校验" in page.text) == (403, True)
    assert door.client.get("/desk").path == "/desk/sign-in?to=desk"


def test_the_forger_can_also_make_a_right_token(door: Door, served: Served) -> None:
    served.forge = lambda claims: _as_it_is(served.issuer, claims)
    assert door.sign_in("qd-approver-1").path == "/desk"


def test_a_new_key_is_fetched_and_a_forger_cannot_make_us_ask_without_end(door: Door, served: Served) -> None:
    assert door.sign_in("qd-approver-1").path == "/desk"
    assert door.sign_in("qd-approver-2", "/desk/sign-in").path == "/desk"
    assert served.asked == 1
    served.issuer.rotate("RS256")
    assert door.sign_in("qd-approver-1", "/desk/sign-in").status == 403  # asked less than half a minute ago
    door.town.clock.move(seconds=31)
    assert door.sign_in("qd-approver-1", "/desk/sign-in").path == "/desk"
    assert served.asked == 2


def test_an_issuer_that_is_down_is_told_and_not_a_fault_of_the_official(door: Door, provider: Provider) -> None:
    down = replace(provider, issuer="http://127.0.0.1:1/issuer")
    door.town.desk = replace(door.town.desk, entrance=replace(door.town.desk.entrance, provider=down))
    page = door.client.submit(door.client.get("/desk"), "/sign-in/begin")
    assert (page.status, "暂时没有回应" in page.text) == (503, True)


def test_plain_http_and_other_issuers_are_refused(provider: Provider) -> None:
    with pytest.raises(VendorUnavailable, match="https"):
        replace(provider, plain=False).authorization_url("https://x/", "s", "n", "c")
    with pytest.raises(VendorUnavailable, match="another issuer"):
        replace(provider, issuer=provider.issuer + "/").authorization_url("https://x/", "s", "n", "c")


def test_the_clients_secret_goes_with_the_code(door: Door, provider: Provider) -> None:
    door.town.desk = replace(door.town.desk, entrance=replace(door.town.desk.entrance, provider=replace(provider, secret=lambda: "s:1")))
    assert door.sign_in("qd-approver-1").path == "/desk"


def test_the_way_back_leads_nowhere_else(door: Door) -> None:
    for to in ("//evil.example", "https://evil.example", "c/link", "desk/../c", "desk?x=1"):
        assert f'name="to" value="{to}"' not in door.client.get(f"/desk/sign-in?to={to}").text


def test_signing_out_leads_to_the_issuers_end(door: Door, served: Served) -> None:
    door.client.submit(door.sign_in("qd-approver-1"), "/sign-out")
    assert f"{served.url}/end?client_id=wugan" in door.client.get("/desk/sign-in?ended=1").text


def test_signing_out_ends_the_session_wherever_its_cookie_was_copied(door: Door) -> None:
    door.sign_in("qd-approver-1")
    door.town.clock.move(minutes=30)
    page, copied = door.client.get("/desk"), Client(door.town, copy.deepcopy(door.client.cookies))
    assert copied.get("/desk").path == "/desk"
    other = Client(door.town)
    other.cookies = {f"{STAGE}/": {"wugan_desk": door.town.entrance.sessions.begin(Official("王", "QD"))}}
    door.client.submit(page, "/sign-out")
    assert copied.get("/desk").path == "/desk/sign-in?to=desk"
    assert copied.submit(page, "/desk/search", search="x").path.startswith("/desk/sign-in")
    assert other.get("/desk").path == "/desk"  # nobody else's ends


def test_a_session_is_renewed_while_it_is_used_and_ends_after_eight_hours(door: Door) -> None:
    door.sign_in("qd-approver-1")
    form = door.client.get("/desk")
    for _ in range(15):
        door.town.clock.move(minutes=30)
        assert door.client.get("/desk").path == "/desk"
    assert door.client.submit(form, "/desk/search", search="x").status == 400  # the old form is still the session's
    door.town.clock.move(minutes=31)
    assert door.client.get("/desk").path == "/desk/sign-in?to=desk"


def test_a_session_that_nobody_uses_ends_after_an_hour(door: Door) -> None:
    door.sign_in("qd-approver-1")
    door.town.clock.move(minutes=61)
    assert door.client.get("/desk").path == "/desk/sign-in?to=desk"


def test_production_takes_no_invitations(door: Door) -> None:
    sessions = replace(door.town.entrance.sessions, invites=False)
    with pytest.raises(SignInRefused):
        sessions.invite(Official("王", "QD"))
    invite = door.town.desk.invite(Official("王", "QD"))
    door.town.desk = replace(door.town.desk, entrance=replace(door.town.desk.entrance, sessions=sessions))
    page = door.client.get("/desk/sign-in")
    assert "登录凭证" not in page.text
    fields = page.form("/sign-in/begin")[1] | {"token": invite}
    assert door.client.post("/desk/sign-in", fields).status == 403


def test_roles_come_from_the_claim() -> None:
    told = {"sub": "1", "name": "张", "roles": ["wugan-qd-approver", "else", "wugan-qd-auditor"]}
    assert ROLES.official(told) == Official("张", "QD", "1", frozenset({Role.APPROVER, Role.AUDITOR}))
    with pytest.raises(SignInRefused) as refused:
        ROLES.official(told | {"roles": ["wugan-qd-approver", "wugan-lx-approver"]})
    assert refused.value.reason == "two_bureaus"
    assert replace(ROLES, claim="realm.roles").official({"sub": "1", "realm": {"roles": "wugan-lx-manager"}}).name == "1"


def test_whoever_waits_longer_than_a_code_lives_signs_in_again(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = door.choose(door.to_issuer(), "qd-approver-1")
    later = door.town.clock.wall() + timedelta(minutes=2)
    monkeypatch.setattr("infra.sandbox.issuer.time.time", later.timestamp)
    page = door.client.get(answer)
    assert (page.status, "登录已失效" in page.text) == (403, True)
