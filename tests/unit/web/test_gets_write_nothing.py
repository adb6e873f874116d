"""Link scanners follow links: no GET of the applicant's pages writes anything, for anybody, at any stage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.town import Town
from tests.unit.web.client import Client
from tests.unit.web.test_applicant import give_session
from wugan.approval.port import DecisionKind
from wugan.cases.model import Power
from wugan.courier.port import ParcelState
from wugan.web.applicant_app import ROUTES

READS = [path for method, path, _ in ROUTES if method == "GET"] + ["/c/{link}/proof", "/static/{name}", "/health"]
WRITERS = {
    "store": ("create", "commit", "erase"),
    "waits": ("store_token", "sent", "reschedule", "drop"),
    "items": ("publish",),
    "preferences": ("set",),
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
def test_no_get_writes(town: Town, link: str, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
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
