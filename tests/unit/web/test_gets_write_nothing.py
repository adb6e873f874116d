"""Link scanners follow links: no GET of anybody's pages writes anything, at any stage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.serve import STAGE
from tests.browser.town import Town
from tests.support.state import state
from tests.unit.web.client import Client
from tests.unit.web.test_applicant import give_session
from wugan.approval.port import DecisionKind
from wugan.cases.model import Power
from wugan.courier.port import ParcelState
from wugan.signin.official import Official, Role
from wugan.signin.session import RENEW
from wugan.web import bench_app, desk_app
from wugan.web.applicant_app import ROUTES
from wugan.web.bench.words import digest
from wugan.web.sitting import SESSION_COOKIE

READS = [path for method, path, _ in ROUTES if method == "GET"] + ["/c/{link}/proof", "/static/{name}", "/health"]
DESK = [path for method, path, _ in desk_app.ROUTES if method == "GET"] + ["/desk/sign-in", "/desk/sign-in/return"]
BENCH = [path for method, path, *_ in bench_app.ROUTES if method == "GET"]
OFFICIAL = Official("王审批", "QD", roles=frozenset(Role))
WRITERS = {
    "store": ("create", "commit", "erase"),
    "waits": ("store_token", "sent", "reschedule", "drop"),
    "items": ("keep", "record", "publish"),
    "people": ("put",),
    "requests": ("swap",),
    "roster": ("arrived",),
    "messenger": ("send",),
    "identity": ("start_face", "start_code", "check_face", "check_code"),
    "courier": ("order", "cancel"),
    "department": ("submit",),
}


def _over(town: Town, link: str) -> str:
    session = town.to_delivery(link)
    town.move(link, "delivery", ParcelState.ARRIVED)
    town.system(link)
    return session


def _correcting(town: Town, link: str) -> str:
    session = town.to_approval(link)
    town.decide(link, DecisionKind.CORRECTION, points=("请补充",))
    return session


STAGES: dict[str, Callable[[Town, str], str]] = {
    "unidentified": lambda town, link: "",  # noqa: ARG005
    "intention": Town.session,
    "declaration": Town.to_declaration,
    "approval": Town.to_approval,
    "correction": _correcting,
    "delivery": Town.to_delivery,
    "over": _over,
}


NOT_SUBMITTED = ("unidentified", "intention", "declaration")
NO_PARCEL = (*NOT_SUBMITTED, "approval", "correction")  # on its way to the person


def forbid(town: Town, patch: pytest.MonkeyPatch) -> list[str]:
    """Every writer of the stores and vendors is a trap; returns the names of those that were stepped on."""
    stepped: list[str] = []
    for part, names in WRITERS.items():
        owner = town.store.waits if part == "waits" else getattr(town, part)
        for name in names:

            def trap(*_: Any, name: str = f"{part}.{name}", **__: Any) -> None:
                stepped.append(name)
                raise AssertionError(name)

            assert callable(getattr(owner, name))
            patch.setattr(owner, name, trap)
    return stepped


@pytest.mark.parametrize("stage", STAGES)
def test_no_get_of_an_official_writes(town: Town, link: str, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    STAGES[stage](town, link)
    head, client = town.head(link), Client(town)
    bench, version = town.workshop.bench, digest(head.item_version)
    simulation = bench.simulate_beside(head.item_code, head.item_version, head.item_version, OFFICIAL.name)
    client.cookies[STAGE + "/"] = {SESSION_COOKIE: town.entrance.sessions.begin(OFFICIAL)}
    values = {
        "case_id": head.case_id, "kind": "delivery", "code": head.item_code, "digest": version, "before": version, "after": version,
        "id": simulation,
    }  # fmt: skip
    town.clock.at += RENEW  # a page renews the session, which is no row
    before, stepped = state(town), forbid(town, monkeypatch)
    statuses = {
        "/desk/sign-in/return": 403,
        "/desk/cases/{case_id}/label/{kind}": 404 if stage in NO_PARCEL else 200,
        "/desk/cases/{case_id}/application": 404 if stage in NOT_SUBMITTED else 200,
    }
    for path in (*DESK, *BENCH):
        assert client.get(path.format(**values), follow=False).status == statuses.get(path, 200), path
    assert (state(town), stepped) == (before, [])


@pytest.mark.parametrize("stage", STAGES)
def test_no_get_of_a_person_writes(town: Town, link: str, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    session = STAGES[stage](town, link)
    agent = {"name": "代小办", "id_number": "37020219900307205X", "mobile": "13700000011"}
    links = [link]
    if session and stage != "over":
        town.applicant.rights.delegate(link, session, agent, list(Power), town.clock.now())
        links += [town.applicant.rights.agents(link, session)[0].link]
    stepped = forbid(town, monkeypatch)
    with_session, without = Client(town), Client(town)
    give_session(with_session, link, session)
    for each in links:
        for path in READS:
            for client in (with_session, without):
                reply = client.get(path.replace("{link}", each).replace("{name}", "wugan.css"))
                assert reply.status < 500 or reply.status == 503, path  # 503: the proof is not published yet
    assert stepped == []
