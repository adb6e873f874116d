"""An OpenID Connect issuer for rehearsals: whoever rehearses chooses which official to be. Independent of the product's code.

Code flow with PKCE (S256) only; codes are good once and for a minute; id tokens are signed RS256 or ES256 with keys made at the start.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from jinja2 import Environment, PackageLoader
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.routing import Rule as Route
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

MOUNT = "/issuer"
CODE_SECONDS = 60
TOKEN_SECONDS = 300
LOCAL = ("127.0.0.1", "localhost")
BUREAUS = {"qd": "青岛", "lx": "莱西", "pd": "平度"}
ROLES = {"approver": "审批", "manager": "事项管理", "auditor": "监督"}
ROUTES = Map(
    [
        Route(f"{MOUNT}/.well-known/openid-configuration", endpoint="describe", methods=["GET"]),
        Route(f"{MOUNT}/jwks", endpoint="jwks", methods=["GET"]),
        Route(f"{MOUNT}/authorize", endpoint="choose", methods=["GET"]),
        Route(f"{MOUNT}/authorize", endpoint="authorize", methods=["POST"]),
        Route(f"{MOUNT}/token", endpoint="token", methods=["POST"]),
        Route(f"{MOUNT}/end", endpoint="end", methods=["GET"]),
    ]
)
PAGES = Environment(loader=PackageLoader("infra.sandbox"), autoescape=True, trim_blocks=True, lstrip_blocks=True)


def b64(data: bytes) -> str:
    """base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass(frozen=True)
class Person:
    """A played official."""

    sub: str
    name: str
    roles: tuple[str, ...]


def cast() -> list[Person]:
    """Two approvers for each bureau, so that one can look at the other's decision, and one in each other role; one without any."""
    people = []
    for code, town in BUREAUS.items():
        people += [Person(f"{code}-approver-{n}", f"{town}审批{name}", (f"wugan-{code}-approver",)) for n, name in enumerate("甲乙", 1)]
        people += [Person(f"{code}-{role}", f"{town}{ROLES[role]}", (f"wugan-{code}-{role}",)) for role in ("manager", "auditor")]
    return [*people, Person("nobody", "无角色人员", ())]


@dataclass
class Key:
    """A signing key and its public half as a JWK."""

    alg: str
    kid: str = field(default_factory=lambda: secrets.token_hex(8))

    def __post_init__(self) -> None:
        rsa_key = rsa.generate_private_key(65537, 2048) if self.alg == "RS256" else None
        self._rsa, self._ec = rsa_key, None if rsa_key else ec.generate_private_key(ec.SECP256R1())

    def sign(self, data: bytes) -> bytes:
        """A JWS signature (RFC 7518, 3.3 and 3.4)."""
        if self._rsa:
            return self._rsa.sign(data, padding.PKCS1v15(), hashes.SHA256())
        assert self._ec
        r, s = decode_dss_signature(self._ec.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def public(self) -> dict[str, str]:
        """The JWK (RFC 7517)."""
        named = {"kid": self.kid, "use": "sig", "alg": self.alg}
        if self._rsa:
            numbers = self._rsa.public_key().public_numbers()
            return named | {"kty": "RSA", "n": b64(numbers.n.to_bytes(256, "big")), "e": b64(numbers.e.to_bytes(3, "big"))}
        assert self._ec
        point = self._ec.public_key().public_numbers()
        return named | {"kty": "EC", "crv": "P-256", "x": b64(point.x.to_bytes(32, "big")), "y": b64(point.y.to_bytes(32, "big"))}


@dataclass(frozen=True)
class Granted:
    """A code that was given out, and what it was given for."""

    person: Person
    client_id: str
    redirect_uri: str
    nonce: str
    challenge: str
    until: float


class Issuer:
    """The issuer's state and its pages; mounted at MOUNT of the sandbox."""

    def __init__(self, alg: str = "ES256") -> None:
        self.keys = [Key(alg)]
        self.people = {person.sub: person for person in cast()}
        self._codes: dict[str, Granted] = {}

    def rotate(self, alg: str) -> None:
        """Sign with a new key from now on; the old one is not published any more."""
        self.keys = [Key(alg)]

    def answer(self, request: Request) -> Response | None:
        """The answer to a request below MOUNT; None for any other."""
        try:
            name, _ = ROUTES.bind_to_environ(request.environ).match()
        except HTTPException:
            return None
        found: Response = getattr(self, f"_{name}")(request)
        found.headers["Cache-Control"] = "no-store"
        return found

    def _describe(self, request: Request) -> Response:
        base = issuer_of(request)
        return _json(
            {
                "issuer": base,
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/token",
                "jwks_uri": f"{base}/jwks",
                "end_session_endpoint": f"{base}/end",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256", "ES256"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
            }
        )

    def _jwks(self, _: Request) -> Response:
        return _json({"keys": [key.public() for key in self.keys]})

    def _choose(self, request: Request) -> Response:
        wrong = _mistake(request.args.to_dict())
        if wrong:
            return _json({"error": "invalid_request", "error_description": wrong}, 400)
        page = PAGES.get_template("issuer.html").render(
            people=self.people.values(), asked=request.args.to_dict(), path=f"{MOUNT}/authorize"
        )
        return Response(page, content_type="text/html; charset=utf-8")

    def _authorize(self, request: Request) -> Response:
        asked = request.form.to_dict()
        wrong = _mistake(asked)
        if wrong:
            return _json({"error": "invalid_request", "error_description": wrong}, 400)
        person = self.people.get(asked.get("sub", ""))
        answer = {"state": asked["state"]} | ({"code": self._grant(person, asked)} if person else {"error": "access_denied"})
        return redirect(f"{asked['redirect_uri']}?{urlencode(answer)}", 303)

    def _grant(self, person: Person, asked: dict[str, str]) -> str:
        code = secrets.token_urlsafe(24)
        until = time.time() + CODE_SECONDS
        self._codes[code] = Granted(person, asked["client_id"], asked["redirect_uri"], asked["nonce"], asked["code_challenge"], until)
        return code

    def _token(self, request: Request) -> Response:
        form = request.form
        granted = self._codes.pop(form.get("code", ""), None)
        challenge = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        told = (form.get("grant_type"), form.get("redirect_uri"), form.get("client_id"), challenge)
        if granted is None or time.time() > granted.until:
            return _json({"error": "invalid_grant"}, 400)
        if told != ("authorization_code", granted.redirect_uri, granted.client_id, granted.challenge):
            return _json({"error": "invalid_grant"}, 400)
        token = self.id_token(self.claims(issuer_of(request), granted))
        return _json({"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "id_token": token})

    def claims(self, issuer: str, granted: Granted) -> dict[str, object]:
        """What the id token says."""
        now = int(time.time())
        return {
            "iss": issuer, "sub": granted.person.sub, "aud": granted.client_id, "iat": now, "exp": now + TOKEN_SECONDS,
            "nonce": granted.nonce, "name": granted.person.name, "roles": list(granted.person.roles),
        }  # fmt: skip

    def id_token(self, claims: dict[str, object]) -> str:
        """A signed JWT."""
        key = self.keys[0]
        head = {"alg": key.alg, "kid": key.kid, "typ": "JWT"}
        signed = ".".join(b64(json.dumps(part, ensure_ascii=False).encode()) for part in (head, claims))
        return f"{signed}.{b64(key.sign(signed.encode()))}"

    def _end(self, _: Request) -> Response:
        page = '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>已退出</title><h1>已退出统一身份认证（演练）</h1>'
        return Response(page, content_type="text/html; charset=utf-8")


def issuer_of(request: Request) -> str:
    """The issuer's name: where it was asked."""
    return request.host_url.rstrip("/") + MOUNT


def _mistake(asked: dict[str, str]) -> str:
    """What is wrong with a request to sign in; empty when nothing is."""
    missing = [name for name in ("client_id", "redirect_uri", "state", "nonce", "code_challenge") if not asked.get(name)]
    if missing:
        return f"missing: {', '.join(missing)}"
    if (
        asked.get("response_type") != "code"
        or asked.get("code_challenge_method") != "S256"
        or "openid" not in asked.get("scope", "").split()
    ):
        return "only the code flow with S256 and the scope openid"
    return "" if urlsplit(asked["redirect_uri"]).hostname in LOCAL else "only pages of this machine"


def _json(value: Mapping[str, object], status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type="application/json")
