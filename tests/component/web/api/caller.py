"""The city app, as it calls the JSON interface."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from tests.browser.town import NUMBER, Town
from tests.unit.web.client import Client, Reply


@dataclass
class Caller:
    """Somebody with a link, and a session once they proved who they are."""

    town: Town
    link: str = ""
    session: str = ""
    keys: Any = field(default_factory=lambda: (f"a-key-of-the-tests-{n}" for n in itertools.count()))

    def __post_init__(self) -> None:
        self.client = Client(self.town)

    def get(self, path: str, **headers: str) -> Reply:
        """GET under /v1."""
        return self.ask("GET", path, b"", **headers)

    def post(self, path: str, body: Any, key: str = "", **headers: str) -> Reply:
        """POST a JSON body under /v1."""
        sent = {"Content_Type": "application/json", "Idempotency_Key": key or next(self.keys), **headers}
        return self.ask("POST", path, json.dumps(body).encode(), **sent)

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
        """Any request; `_` in a header's name stands for a dash, an empty one is left out."""
        sent = {"Accept": "application/json", "Authorization": f"Bearer {self.link}" if self.link else "", "Wugan_Session": self.session}
        named = {name.replace("_", "-"): value for name, value in (sent | headers).items() if value}
        reply = self.client.request(method, f"/v1{path}", body, {"Content-Type": "", **named})
        assert "Set-Cookie" not in reply.headers
        return reply

    def identify(self) -> Reply:
        """Prove by code who one is."""
        check = told(self.post("/case/identity", {"method": "code"}))["check"]
        code = self.town.identity.codes[self.town.head(self.link).check.partition(":")[2]].zfill(6)
        reply = self.post("/case/identity/code", {"check": check, "code": code, "id_number": NUMBER})
        self.session = told(reply)["session"]
        return reply


def told(reply: Reply, status: int = 200) -> Any:
    """The JSON of an answer with this status."""
    assert reply.status == status, reply.text
    assert reply.headers["Content-Type"] == ("application/json" if status < 400 else "application/problem+json")
    return json.loads(reply.text)


def refused(reply: Reply) -> tuple[int, str, str | None]:
    """Status, code and field of a problem."""
    problem = told(reply, reply.status)
    assert problem["status"] == reply.status
    assert problem["type"].endswith(f"/v1/problems/{problem['code']}")
    assert problem["title"]
    assert problem["detail"]
    return reply.status, problem["code"], problem["field"]
