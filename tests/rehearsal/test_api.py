"""The JSON interface on the deployed template: a journey, and schemathesis with a fixed budget."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import requests

from infra.demo.cast import Part, Role
from tests.rehearsal.town import Play, Town
from tests.support.fuzz import Budget, Who, fuzz
from wugan.items.model import Item

BUDGET = Budget(examples=6, seed=20261124)  # for each operation and way of generating: some two hundred requests
TIMEOUT = 60


class City:
    """The city app: one person's requests."""

    def __init__(self, play: Play) -> None:
        self.play, self.session, self.count = play, "", 0

    @property
    def who(self) -> Who:
        return Who("person", self.play.link.rpartition("/")[2], self.session)

    def get(self, path: str, **headers: str) -> requests.Response:
        """GET under /v1."""
        return requests.get(f"{self.play.town.url}/v1{path}", headers=self.who.headers | headers, timeout=TIMEOUT)

    def post(self, path: str, body: Any, key: str = "", **headers: str) -> requests.Response:
        """POST JSON under /v1, each with a key of its own."""
        self.count += 1
        sent = self.who.headers | {"Idempotency-Key": key or f"{self.play.case_id[:12]}-{self.count:08d}"} | headers
        return requests.post(f"{self.play.town.url}/v1{path}", json=body, headers=sent, timeout=TIMEOUT)

    def identify(self) -> None:
        """Prove by code who one is."""
        owner = self.play.town.owners[str(self.play.prompt["to"])]
        assert owner.mobile
        check = self.post("/case/identity", {"method": "code"}).json()["check"]
        code = self.play.person(Role(Part.ACCEPT))._read_code(owner.mobile)
        self.session = self.post("/case/identity/code", {"check": check, "code": code, "id_number": owner.id_number}).json()["session"]


def with_a_phone(town: Town) -> City:
    """Somebody whose address has a mobile number."""

    def any_item(_: Item) -> bool:
        return True

    while True:
        play = town.take(any_item)
        owner = town.owners[str(play.prompt["to"])]
        if owner.mobile:
            return City(play)


@pytest.fixture(scope="module")
def declaring(town: Town) -> City:
    """Identified, willing, and the form is there."""
    city = with_a_phone(town)
    city.identify()
    assert city.post("/case/intention", {"answer": "continue"}).status_code == 200
    city.play.waiting("declaration")
    return city


def test_headers_come_through_the_api(declaring: City) -> None:
    """Entity tags, keys and methods, as the caller sees them behind API Gateway."""
    tag = declaring.get("/case").headers["ETag"]
    assert declaring.get("/case", **{"If-None-Match": tag}).status_code == 304
    assert requests.options(f"{declaring.play.town.url}/v1/case", timeout=TIMEOUT).headers["Allow"] == "GET, OPTIONS"
    assert declaring.post("/case/decline", {}, **{"If-Match": '"0"'}).status_code == 412
    first, again = (declaring.post("/case/ask", {"x": 1}, key="the-same-key-for-both") for _ in range(2))
    assert (first.status_code, first.text) == (again.status_code, again.text)
    assert first.headers["Content-Type"] == "application/problem+json"


def test_one_key_is_one_effect(town: Town) -> None:
    city = with_a_phone(town)
    answers = {city.post("/case/decline", {"forever": False}, key="one-key-for-a-decline").text for _ in range(3)}
    assert len(answers) == 1
    city.play.ended("declined")
    assert [e.type for e in city.play.events].count("declined") == 1
    assert city.post("/case/decline", {"forever": True}, key="one-key-for-a-decline").status_code == 422


def test_every_answer_is_a_documented_one(town: Town, declaring: City, delivered: Play) -> None:
    """No server error, no undocumented status, type, header or shape, behind API Gateway and on DynamoDB."""
    document = requests.get(f"{town.url}/v1/openapi.json", timeout=TIMEOUT).json()
    done = Who("delivered", delivered.link.rpartition("/")[2])
    people = [Who("nobody"), with_a_phone(town).who, declaring.who, done, Who("another's session", done.link, declaring.session)]
    statuses: Counter[int] = Counter()
    for (_, status), times in fuzz(document, town.url, people, BUDGET).items():
        statuses[status] += times
    assert {200, 400, 401, 403} <= set(statuses)
    assert not any(status >= 500 for status in statuses)
