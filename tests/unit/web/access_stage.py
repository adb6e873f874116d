"""Everybody who might come to a case, a desk or a bench, and the request that each would make with what they have."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from tests.browser.serve import STAGE
from tests.browser.town import ADDRESS, NUMBER, Town
from tests.support.state import restoring
from tests.support.vendors import SECRETS
from tests.unit.web.access import load
from tests.unit.web.client import Client, Reply
from wugan import signing
from wugan.cases.model import Power
from wugan.clock import FixedClock
from wugan.errors import LinkExpired, LinkInvalid
from wugan.signin.official import Official, Role
from wugan.signin.session import Sessions
from wugan.web.applicant.visit import CHECK_COOKIE, SESSION_COOKIE
from wugan.web.bench.words import digest
from wugan.web.desk.sign_in import FORM
from wugan.web.edge import csrf
from wugan.web.sitting import SESSION_COOKIE as DESK_COOKIE

TABLE = load()
LAST = timedelta(hours=9)  # longer than anything lasts that is given out
KEYS = (f"a-key-of-the-access-test-{n}" for n in itertools.count())
AGENT = {"name": "代小办", "id_number": "37020219900307205X", "mobile": "13700000011"}
DECLARED = {"delivery_way": "courier", "return_way": "courier", "pickup_address": ADDRESS, "delivery_address": ADDRESS}
VERIFIED = {"code": "ABCDEFGHJK", "credit_code": "91370283MA36AL168X"}
BODIES: Mapping[str, Mapping[str, Any]] = {
    "/case/identity": {"method": "code"}, "/case/intention": {"answer": "continue"}, "/verify": VERIFIED,
    "/case/declaration": DECLARED, "/case/preview": DECLARED, "/case/agents": AGENT | {"powers": ["declare"], "last_day": "2026-11-30"},
    "/case/agents/revoke": {"agent": "1"}, "/case/preferences": {"opted_out": [], "profiled": False}, "/case/consent": {"of": "face"},
    "/case/receipt": {"received": True}, "/case/redelivery": {"way": "pick_up"}, "/case/rating": {"grade": "fair"},
}  # fmt: skip
FORMS: Mapping[str, Mapping[str, str]] = {
    "/c/{link}/identity": {"method": "code"}, "/c/{link}/intention": {"answer": "continue"}, "/c/{link}/declaration": DECLARED,
    "/c/{link}/receipt": {"received": "yes"}, "/c/{link}/redelivery": {"delivery_way": "pick_up"},
    "/c/{link}/agents": AGENT | {"power.declare": "1", "until": "2026-11-30"}, "/c/{link}/agents/revoke": {"agent": "1"},
    "/c/{link}/preferences": {"profiled": "1"}, "/c/{link}/rating": {"grade": "fair"}, "/verify": VERIFIED,
    "/desk/cases/{case_id}/task": {"task": "handle", "note": "done"},
    "/desk/cases/{case_id}/settle": {"settlement": "received", "kind": "pickup"},
    "/desk/cases/{case_id}/extend": {"extension": "需要核实"}, "/desk/cases/{case_id}/call": {"outcome": "reached"},
    "/bench/items/{code}/retire": {"sure": "yes"}, "/bench/items/{code}/cancel": {"number": "1"},
}  # fmt: skip
# What each vendor calls with: the address, the key in it, the body.
CALLS: Mapping[str, tuple[str, str, bytes]] = {
    "/callbacks/courier/{jurisdiction}/{vendor}": ("/callbacks/courier/QD/sf", "sf_push", b'{"Body": {"WaybillRoute": []}}'),
    "/callbacks/sms/{jurisdiction}/{vendor}": ("/callbacks/sms/QD/tencent", "sms_key", b"[]"),
    "/callbacks/app/{jurisdiction}": ("/callbacks/app/QD", "app_key", b"[]"),
}


@dataclass(frozen=True)
class Shown:
    """What a role shows: for each kind of capability its own, a wrong one, an old one, or nothing."""

    link: str = ""
    session: str = ""
    check: str = ""  # of a code
    face: str = ""  # of a face
    code: str = ""
    number: str = NUMBER  # of identity
    desk: str = ""
    invite: str = ""
    knows: str = ""  # the vendors' secrets: known, guessed, or not
    late: int = 0  # seconds since its messages were signed, and its keys were changed

    def secret(self, right: str) -> str:
        """The secret that it uses where this one is right."""
        return right if self.knows == "known" else "a guess"


@dataclass
class Stage:
    """One case that waits for its person's declaration, one that waits for its bureau's decision, and everybody who might come."""

    town: Town = field(default_factory=Town)

    def __post_init__(self) -> None:
        town = self.town
        self.case = town.open_case()
        session = town.to_declaration(self.case)
        agent = self._agent(session)
        link = self._checks(self.case)
        decided = town.open_case("water-supply-name")
        town.to_approval(decided)
        town.applicant.ask_person(decided)
        self.case_id, self.item, self.version = town.head(decided).case_id, town.head(decided).item_code, town.head(decided).item_version
        self.simulation = town.workshop.bench.simulate_beside(self.item, self.version, self.version, "李事项")
        other = town.session(town.open_case("film-screening-filing"))
        town.sequence()
        own = Official("王审批", "QD")
        sits = self._sits(own)
        real = replace(link, session=session, desk=sits.desk, invite=sits.invite, knows="known")
        self.roles: dict[str, Shown] = {
            "nobody": Shown(),
            "link": link,
            "session": replace(link, session=session),
            "other_session": replace(link, session=other),
            "agent": agent,
            "official": self._sits(own),
            "other_official": self._sits(Official("李审批", "LX")),
            "auditor": self._sits(Official("钱监督", "QD", roles=frozenset({Role.AUDITOR}))),
            "manager": self._sits(Official("李事项", "QD", roles=frozenset({Role.MANAGER}))),
            "vendor": Shown(knows="known"),
            "forged": _forged(real),
            "expired": self._expired(real, own),
        }
        self.client = Client(town)
        self.restore = restoring(town)

    def _agent(self, session: str) -> Shown:
        """Somebody whom the person of the first case entrusted, identified."""
        applicant = self.town.applicant
        applicant.rights.delegate(self.case, session, AGENT, list(Power), self.town.clock.now())
        link = applicant.rights.agents(self.case, session)[0].link
        shown = self._checks(link)
        own = applicant.finish_code(link, shown.check, shown.code, AGENT["id_number"])
        return replace(self._checks(link), session=own, number=AGENT["id_number"])

    def _checks(self, link: str) -> Shown:
        """A link, with a check of each kind under way."""
        face = self.town.applicant.start_face(link)[1]
        check = self.town.applicant.start_code(link)
        code = self.town.identity.codes[self.town.head(self.case).check.partition(":")[2]]
        return Shown(link, check=check, face=face, code=code)

    def _sits(self, official: Official) -> Shown:
        """An official who signed in."""
        invite = self.town.desk.invite(official)
        return Shown(desk=self.town.desk.sign_in(invite), invite=invite)

    def _expired(self, real: Shown, official: Official) -> Shown:
        """The same, as they were given out long ago."""
        keys, past = self.town.context.keys, self.town.clock.wall() - LAST
        case_id = self.town.head(self.case).case_id
        then = Sessions(keys, FixedClock(past), self.town.context.random.hex, self.town.signed_out, invites=True)
        return replace(
            real, link=keys.link(case_id, past), session=keys.seal("session", {"c": case_id, "a": "", "w": 0}, past),
            desk=then.begin(official), invite=then.invite(official), late=int(LAST.total_seconds()),
        )  # fmt: skip

    def ask(self, route: str, role: str) -> Reply:
        """One request with everything that the role has."""
        method, path = route.split(" ")
        shown = self.roles[role]
        if path.startswith(("/callbacks", "/registry")):
            return self._call(method, path, shown)
        at = path.format(**self._values(path, shown))
        self._cookies(path, shown)
        if path.startswith("/v1"):
            return self._json(method, at, shown)
        form = self._form(path, shown) if method == "POST" else {}
        if path == "/bench/draft/check":
            return self.client.request(method, at, *_uploaded(form))
        return self.client.request(method, at, urlencode(form).encode())

    def _values(self, path: str, shown: Shown) -> dict[str, str]:
        version = digest(self.version)
        return {
            "link": shown.link or "no-link", "case_id": self.case_id, "kind": "pickup", "name": "wugan.css", "level": "0", "a": "000",
            "b": "001", "c": "002", "code": self.item if path.startswith("/bench") else "not_waiting", "digest": version, "before": version,
            "after": version, "id": self.simulation,
        }  # fmt: skip

    def _cookies(self, path: str, shown: Shown) -> None:
        held = {SESSION_COOKIE: shown.session, CHECK_COOKIE: _check(path, shown)}
        self.client.cookies = {
            f"{STAGE}/c/{shown.link or 'no-link'}": {name: value for name, value in held.items() if value},
            f"{STAGE}/": {DESK_COOKIE: shown.desk} if shown.desk else {},
        }

    def _form(self, path: str, shown: Shown) -> dict[str, str]:
        """The form as our own pages would make it for who shows this."""
        given = {"csrf": csrf(self.town.context.keys, self._bound(path, shown)), "token": shown.invite, "code": shown.code}
        return given | {"id_number": shown.number} | dict(FORMS.get(path, {}))

    def _bound(self, path: str, shown: Shown) -> str:
        """What the form's token is bound to."""
        if path == "/verify":
            return "verify"
        if path.startswith("/desk/sign-in"):
            return FORM
        if path.startswith(("/desk", "/bench")):
            try:
                return self.town.entrance.sessions.read(shown.desk).id
            except (LinkInvalid, LinkExpired):
                return shown.desk
        alone = TABLE.routes[f"POST {path}"] in ("holder", "at_first")
        return (shown.link or "no-link") + ("" if alone else shown.session)

    def _json(self, method: str, path: str, shown: Shown) -> Reply:
        check = _check(path, shown) or "x"
        bodies = {
            "/case/identity/code": {"check": check, "code": shown.code, "id_number": shown.number},
            "/case/identity/face": {"check": check},
        }
        body = (bodies | dict(BODIES)).get(path.removeprefix("/v1"), {})
        headers = {"Content-Type": "application/json", "Idempotency-Key": next(KEYS), "Accept": "*/*"}
        headers |= {"Authorization": f"Bearer {shown.link}"} if shown.link else {}
        headers |= {"Wugan-Session": shown.session} if shown.session else {}
        return self.client.request(method, path, json.dumps(body).encode() if method == "POST" else b"", headers)

    def _call(self, method: str, path: str, shown: Shown) -> Reply:
        """What a vendor, a department or a registry sends."""
        now, headers = int(self.town.clock.wall().timestamp()) - shown.late, {"Content-Type": "application/json", "Accept": "*/*"}
        if path in CALLS:
            at, name, body = CALLS[path]
            key = "the key before" if shown.late else shown.secret(SECRETS[name])
            return self.client.request(method, f"{at}?key={key}" if shown.knows else at, body, headers)
        if "wechat" in path:
            asked = urlencode(_of_wechat(shown.secret(SECRETS["wechat_token"]), now) if shown.knows else {"echostr": "1"})
            body, kind = (b"", {}) if method == "GET" else (b"<xml><Event>subscribe</Event></xml>", {"Content-Type": "text/xml"})
            return self.client.request(method, f"/callbacks/wechat/QD?{asked}", body, {"Accept": "*/*"} | kind)
        at, body = path.format(jurisdiction="QD"), b'{"id": "x"}'
        if shown.knows:
            secret = shown.secret("secret of QD" if "department" in path else "secret of registry")
            headers |= {signing.TIME_HEADER: str(now), signing.SIGNATURE_HEADER: signing.sign(secret, str(now), at, body)}
        return self.client.request(method, at, body, headers)


def _check(path: str, shown: Shown) -> str:
    """The check under way, of the kind that the path is about."""
    return shown.face if path.endswith(("/return", "/face")) else shown.check


def _of_wechat(token: str, now: int) -> dict[str, str]:
    parts = "".join(sorted((token, str(now), "n1")))
    signature = hashlib.sha1(parts.encode(), usedforsecurity=False).hexdigest()
    return {"signature": signature, "timestamp": str(now), "nonce": "n1", "echostr": "8123456789"}


def _uploaded(form: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
    """A form with files, as a browser sends it."""
    parts = [f'--wugan\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in form.items()]
    return "".join([*parts, "--wugan--\r\n"]).encode(), {"Content-Type": "multipart/form-data; boundary=wugan"}


def _forged(real: Shown) -> Shown:
    spoilt = replace(real, link=_tampered(real.link), session=_tampered(real.session), check=_tampered(real.check))
    return replace(spoilt, face=_tampered(real.face), desk=_tampered(real.desk), invite=_tampered(real.invite), knows="guessed")


def _tampered(token: str) -> str:
    return token[:-1] + ("A" if token[-1] != "A" else "B")
