"""Every route of every app, asked as every role: only what is meant is allowed (access.yaml)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.serve import apps
from tests.browser.town import ADDRESS, NAME, NUMBER, Town
from tests.support.state import state
from tests.unit.web.access import PAGE, page
from tests.unit.web.access_stage import TABLE, Shown, Stage
from tests.unit.web.client import Client, Reply
from wugan.web.api.operations import OPERATIONS


def refused(reply: Reply, rule: str, role: str) -> bool:
    """Whether somebody was turned away: told so, sent to prove who they are, or, as an agent, to what an agent may do."""
    if reply.status == 303 and rule != "everybody":  # what is everybody's may lead back to where one signs in
        away = ("/identity", "/desk/sign-in", *(["/progress"] if (rule, role) == ("principal", "agent") else []))
        return reply.headers["Location"].partition("?")[0].endswith(away) and not reply.set_cookies
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
    assert refused(reply, TABLE.routes[route], role) is not allowed, (reply.status, reply.headers.get("Location"))
    if not allowed or route.startswith("GET"):
        assert state(stage.town) == before
    if not allowed or TABLE.routes[route] in ("everybody", "holder"):
        for personal in (NAME, NUMBER, ADDRESS, stage.case_id):
            assert personal not in reply.text


@pytest.mark.parametrize("role", TABLE.roles)
def test_everybody_may_ask_which_methods_there_are(stage: Stage, role: str) -> None:
    stage.restore()
    before = state(stage.town)
    for path in {o.path for o in OPERATIONS if o.foreseen}:
        assert stage.ask(f"OPTIONS {path}", role).status == 204
    assert state(stage.town) == before


def test_the_spy_sees_a_change(stage: Stage) -> None:
    """The comparison of states is worth something: what is allowed to change does show."""
    changed = set()
    for route, role in (("POST /c/{link}/decline", "agent"), ("POST /v1/case/withdraw", "session"), ("POST /c/{link}/identity", "link")):
        stage.restore()
        before = state(stage.town)
        stage.ask(route, role)
        changed |= {route} if state(stage.town) != before else set()
    assert len(changed) == 3


@pytest.mark.parametrize("path", ["/c/{link}/decline", "/v1/case/decline"])
def test_before_anybody_is_identified_the_link_alone_declines(path: str) -> None:
    """The other half of the rule `at_first`."""
    stage, fresh = Stage(), Town()
    stage.town, stage.client = fresh, Client(fresh)
    link = fresh.open_case()
    stage.roles = {"link": Shown(link)}
    assert not refused(stage.ask(f"POST {path}", "link"), "at_first", "link")
    assert fresh.head(link).outcome == "declined"


def test_the_page_is_made_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(TABLE)
