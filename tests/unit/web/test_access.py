"""Every route of every app, asked as every role: only what is meant is allowed (access.yaml)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.browser.serve import STAGE, apps
from tests.browser.town import ADDRESS, NAME, NUMBER, Town
from tests.support.state import restoring, state
from tests.unit.web.access import PAGE, load, page
from tests.unit.web.client import Client, Reply
from wugan import signing
from wugan.cases.desk import Official
from wugan.web.api.operations import OPERATIONS
from wugan.web.applicant.visit import CHECK_COOKIE, SESSION_COOKIE
from wugan.web.edge import csrf
from wugan.web.sitting import SESSION_COOKIE as DESK_COOKIE

TABLE = load()
LAST = timedelta(hours=9)
KEYS = (f"a-key-of-the-access-test-{n}" for n in itertools.count())
BODIES: Mapping[str, Mapping[str, Any]] = {
    "/case/identity": {"method": "code"}, "/case/intention": {"answer": "continue"},
    "/case/declaration": {"delivery_way": "courier", "return_way": "courier", "pickup_address": ADDRESS, "delivery_address": ADDRESS},
    "/verify": {"code": "ABCDEFGHJK", "credit_code": "91370283MA36AL168X"},
}  # fmt: skip
FORMS: Mapping[str, Mapping[str, str]] = {
    "/c/{link}/identity": {"method": "code"}, "/c/{link}/intention": {"answer": "continue"},
    "/c/{link}/declaration": {"delivery_way": "courier", "return_way": "courier", "pickup_address": ADDRESS, "delivery_address": ADDRESS},
    "/verify": {"code": "ABCDEFGHJK", "credit_code": "91370283MA36AL168X"}, "/desk/tasks/{case_id}/done": {"task": "handle"},
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """What a role shows: for each kind of capability its own, a wrong one, an old one, or nothing."""

    link: str = ""
    session: str = ""
    check: str = ""
    desk: str = ""
    invite: str = ""
    secret: str = ""  # what its messages are signed with
    late: int = 0  # seconds since they were signed


@dataclass
class Stage:
    """One case that waits for its person's declaration, one that waits for its bureau's decision, and everybody who might come."""

    town: Town = field(default_factory=Town)

    def __post_init__(self) -> None:
        town = self.town
        self.case = town.open_case()
        session = town.to_declaration(self.case)
        self.face = town.applicant.start_face(self.case)[1]
        check = town.applicant.start_code(self.case)
        self.code = town.identity.codes[town.head(self.case).check.partition(":")[2]]
        self.decided = town.open_case("water-supply-name")
        town.to_approval(self.decided)
        town.applicant.ask_person(self.decided)
        self.case_id = town.head(self.decided).case_id
        other = town.session(town.open_case("film-screening-filing"))
        town.sequence()
        invite, elsewhere = town.desk.invite(town.official), town.desk.invite(Official("李审批", "LX"))
        link = Shown(link=self.case, check=check)
        real = Shown(self.case, session, check, town.desk.sign_in(invite), invite, "secret of {}")
        self.roles: dict[str, Shown] = {
            "nobody": Shown(),
            "link": link,
            "session": Shown(self.case, session, check),
            "other_session": Shown(self.case, other, check),
            "official": Shown(desk=real.desk, invite=invite),
            "other_official": Shown(desk=town.desk.sign_in(elsewhere), invite=elsewhere),
            "vendor": Shown(secret="secret of {}"),
            "forged": Shown(
                _tampered(self.case),
                _tampered(session),
                _tampered(check),
                _tampered(real.desk),
                _tampered(invite),
                "guess",
            ),
            "expired": self._expired(real),
        }
        self.client = Client(town)
        self.restore = restoring(town)

    def _expired(self, real: Shown) -> Shown:
        """The same, as they were given out long ago."""
        keys, past = self.town.context.keys, self.town.clock.wall() - LAST
        case_id = self.town.head(self.case).case_id
        official = {"n": "王审批", "j": "QD"}
        return Shown(
            keys.link(case_id, past), keys.seal("session", {"c": case_id}, past), real.check, keys.seal("desk", official, past),
            keys.seal("desk-invite", official, past), real.secret, int(LAST.total_seconds()),
        )  # fmt: skip

    def ask(self, route: str, role: str) -> Reply:
        """One request with everything that the role has."""
        method, path = route.split(" ")
        shown = self.roles[role]
        values = {
            "link": shown.link or "no-link", "case_id": self.case_id, "name": "wugan.css", "code": "not_waiting", "level": "0", "a": "000",
            "b": "001", "c": "002",
        }  # fmt: skip
        at = path.format(**values)
        self._cookies(path, shown)
        if path.startswith("/v1"):
            return self._json(method, at, shown)
        if path.startswith(("/callbacks", "/registry")):
            return self._signed(at, shown)
        form = self._form(path, shown) if method == "POST" else {}
        return self.client.request(method, at, urlencode(form).encode())

    def _cookies(self, path: str, shown: Shown) -> None:
        held = {SESSION_COOKIE: shown.session, CHECK_COOKIE: self._check(path, shown)}
        self.client.cookies = {
            f"{STAGE}/c/{shown.link or 'no-link'}": {name: value for name, value in held.items() if value},
            f"{STAGE}/desk": {DESK_COOKIE: shown.desk} if shown.desk else {},
        }

    def _check(self, path: str, shown: Shown) -> str:
        """The check under way, of the kind that the path is about."""
        return self.face if shown.check and path.endswith(("/return", "/face")) else shown.check

    def _form(self, path: str, shown: Shown) -> dict[str, str]:
        """The form as our own pages would make it for who shows this."""
        keys = self.town.context.keys
        bound = {"/verify": "verify", "/desk/sign-in": "desk-sign-in"}.get(path, shown.desk if path.startswith("/desk") else shown.link)
        if path.startswith("/c/{link}/") and TABLE.routes[f"POST {path}"] == "person":
            bound = shown.link + shown.session
        given = {"csrf": csrf(keys, bound), "token": shown.invite, "code": self.code, "id_tail": NUMBER[-4:]}
        return given | dict(FORMS.get(path, {}))

    def _json(self, method: str, path: str, shown: Shown) -> Reply:
        check = self._check(path, shown) or "x"
        bodies = {
            "/case/identity/code": {"check": check, "code": self.code, "id_tail": NUMBER[-4:]},
            "/case/identity/face": {"check": check},
        }
        body = (bodies | dict(BODIES)).get(path.removeprefix("/v1"), {})
        headers = {"Content-Type": "application/json", "Idempotency-Key": next(KEYS), "Accept": "*/*"}
        headers |= {"Authorization": f"Bearer {shown.link}"} if shown.link else {}
        headers |= {"Wugan-Session": shown.session} if shown.session else {}
        return self.client.request(method, path, json.dumps(body).encode() if method == "POST" else b"", headers)

    def _signed(self, path: str, shown: Shown) -> Reply:
        body, at = b'{"id": "x"}', str(int(self.town.clock.wall().timestamp()) - shown.late)
        headers = {"Content-Type": "application/json", "Accept": "*/*"}
        if shown.secret:
            secret = shown.secret.format(path.rpartition("/")[2].replace("changes", "registry"))
            headers |= {signing.TIME_HEADER: at, signing.SIGNATURE_HEADER: signing.sign(secret, at, path, body)}
        return self.client.request("POST", path, body, headers)


def _tampered(token: str) -> str:
    return token[:-1] + ("A" if token[-1] != "A" else "B")


def refused(reply: Reply) -> bool:
    """Whether somebody was turned away: told so, or sent to prove who they are."""
    if reply.status == 303:
        return reply.headers["Location"].endswith(("/identity", "/desk/sign-in")) and not reply.set_cookies
    return reply.status in (401, 403, 410)


def routes() -> Iterator[str]:
    """Every route that the apps answer, OPTIONS apart."""
    for app in apps(Town()):
        for path, methods in app.routes.items():
            yield from (f"{method} {path}" for method in methods if method != "OPTIONS")


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage()


def test_every_route_has_its_row_and_no_row_is_left_over() -> None:
    assert sorted(routes()) == sorted(TABLE.routes)
    assert set(TABLE.routes.values()) == set(TABLE.rules)
    assert all(rule.allowed <= set(TABLE.roles) for rule in TABLE.rules.values())


def test_every_role_is_played(stage: Stage) -> None:
    assert set(stage.roles) == set(TABLE.roles)


@pytest.mark.parametrize("role", TABLE.roles)
@pytest.mark.parametrize("route", TABLE.routes)
def test_only_what_is_meant_is_allowed(stage: Stage, route: str, role: str) -> None:
    stage.restore()
    before = state(stage.town)
    reply = stage.ask(route, role)
    assert reply.status < 500 or reply.status == 503, reply.text
    allowed = TABLE.allows(route, role)
    assert refused(reply) is not allowed, (reply.status, reply.headers.get("Location"))
    if not allowed or route.startswith("GET"):
        assert state(stage.town) == before
    if not allowed or TABLE.routes[route] in ("everybody", "holder"):
        for personal in (NAME, NUMBER, ADDRESS, stage.case_id):
            assert personal not in reply.text


@pytest.mark.parametrize("role", TABLE.roles)
def test_everybody_may_ask_which_methods_there_are(stage: Stage, role: str) -> None:
    stage.restore()
    before = state(stage.town)
    for path in {o.path for o in OPERATIONS}:
        assert stage.ask(f"OPTIONS {path}", role).status == 204
    assert state(stage.town) == before


def test_the_spy_sees_a_change(stage: Stage) -> None:
    """The comparison of states is worth something: what is allowed to change does show."""
    changed = set()
    for route, role in (("POST /c/{link}/decline", "link"), ("POST /v1/case/withdraw", "session"), ("POST /c/{link}/identity", "link")):
        stage.restore()
        before = state(stage.town)
        stage.ask(route, role)
        changed |= {route} if state(stage.town) != before else set()
    assert len(changed) == 3


def test_the_page_is_made_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(TABLE)
