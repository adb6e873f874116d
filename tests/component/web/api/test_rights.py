"""What a person may do beside the steps, over JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.browser.town import ADDRESS, Town
from tests.component.web.api.caller import Caller, refused, told
from wugan.approval.port import DecisionKind
from wugan.cases.together import Other
from wugan.courier.port import Detail, ParcelState

AGENT = {"name": "代小办", "id_number": "37020219900307205X", "mobile": "13700000011", "powers": ["declare"]}


@pytest.fixture
def person(caller: Caller) -> Caller:
    """Identified."""
    caller.identify()
    return caller


def last_day(town: Town, days: int = 7) -> str:
    return (town.clock.now() + timedelta(days=days)).date().isoformat()


def over(town: Town, link: str) -> None:
    """Approved, delivered, ended."""
    town.carrying.deliver(town.head(link).case_id)
    town.move(link, "delivery", ParcelState.ARRIVED)
    town.system(link)


def declared(town: Town, caller: Caller) -> None:
    """At the department."""
    caller.session = town.to_approval(caller.link)
    town.decide(caller.link, DecisionKind.APPROVED)


# --- agents


def as_agent(town: Town, link: str) -> Caller:
    """The agent, identified by their own numbers."""
    agent = Caller(town, link)
    assert told(agent.get("/case"))["agent"] is True
    check = told(agent.post("/case/identity", {"method": "code"}))["check"]
    reference = town.store.head(town.context.keys.opens(link, town.clock.now())[0]).check.partition(":")[2]
    sent = {"check": check, "code": town.identity.codes[reference].zfill(6), "id_number": AGENT["id_number"]}
    agent.session = told(agent.post("/case/identity/code", sent))["session"]
    return agent


def test_somebody_is_entrusted_acts_and_is_entrusted_no_more(person: Caller, town: Town, link: str) -> None:
    assert told(person.get("/case/agents")) == {"agents": []}
    told(person.post("/case/agents", AGENT | {"last_day": last_day(town)}, key="one-key-for-an-agent"))
    told(person.post("/case/agents", AGENT | {"last_day": last_day(town)}, key="one-key-for-an-agent"))
    reply = person.get("/case/agents")
    [made] = told(reply)["agents"]
    assert (made["agent"], made["name"], made["powers"]) == ("1", AGENT["name"], ["declare"])
    assert reply.headers["ETag"].startswith(f'"{town.head(link).version}-')
    agent = as_agent(town, made["link"])
    assert told(agent.get("/case/progress"))["agent"] is True
    told(agent.post("/case/intention", {"answer": "continue"}))
    for path, body in PRINCIPAL:
        reply = agent.get(path) if body is None else agent.post(path, body)
        assert refused(reply) == (403, "forbidden", "agent"), path
    told(person.post("/case/agents/revoke", {"agent": "1"}))
    told(person.post("/case/agents/revoke", {"agent": "1"}))
    assert refused(agent.get("/case/progress"))[:2] == (410, "link_expired")
    assert told(person.get("/case/agents"))["agents"][0]["link"] is None
    assert refused(person.post("/case/agents/revoke", {"agent": "9"})) == (404, "not_found", "agent")


PRINCIPAL: tuple[tuple[str, Any], ...] = (
    ("/case/agents", None),
    ("/case/agents", AGENT | {"last_day": "2026-11-30"}),
    ("/case/agents/revoke", {"agent": "1"}),
    ("/case/preferences", None),
    ("/case/preferences", {"opted_out": [], "profiled": False}),
    ("/case/consent", {"of": "face"}),
    ("/case/receipt", {"received": True}),
    ("/case/redelivery", {"way": "pick_up"}),
    ("/case/withdraw", {}),
)


def test_everything_that_is_wrong_with_an_agent_is_told_at_once(person: Caller, town: Town, link: str) -> None:
    before = town.head(link)
    wrong = {"name": "代", "id_number": "1", "mobile": "2", "powers": [], "last_day": last_day(town)}
    problem = told(person.post("/case/agents", wrong), 400)
    assert [fault["field"] for fault in problem["errors"]] == ["name", "id_number", "mobile", "powers"]
    for day in ("2020-01-01", "2999-12-31"):
        assert refused(person.post("/case/agents", AGENT | {"last_day": day})) == (400, "invalid_input", "until")
    for none in ("9999-12-31", "0001-01-01", "tomorrow", 5):
        assert refused(person.post("/case/agents", AGENT | {"last_day": none})) == (400, "invalid_input", "last_day")
    assert town.head(link) == before


# --- how to be told, consent


def test_how_to_be_told(person: Caller, town: Town, link: str) -> None:
    usual = told(person.get("/case/preferences"))
    assert (usual["opted_out"], usual["profiled"]) == ([], True)
    out = usual["channels"][0]
    told(person.post("/case/preferences", {"opted_out": [out], "profiled": False}))
    assert told(person.get("/case/preferences")) == {"channels": usual["channels"], "opted_out": [out], "profiled": False}
    none = {"opted_out": usual["channels"], "profiled": True}
    assert refused(person.post("/case/preferences", none)) == (400, "invalid_input", "channels")
    tag = f'"{town.head(link).version - 1}"'
    assert refused(person.post("/case/preferences", {"opted_out": [], "profiled": True}, If_Match=tag))[0] == 412
    assert told(person.get("/case/preferences"))["profiled"] is False


def test_consent_of_a_face_check_is_taken_back(person: Caller, town: Town, link: str) -> None:
    told(person.post("/case/identity", {"method": "face", "face_consent": True}))
    assert town.head(link).face_consent
    told(person.post("/case/consent", {"of": "face"}))
    assert town.head(link).face_consent is None
    assert refused(person.post("/case/consent", {"of": "processing"}))[:2] == (409, "conflict")


def test_after_the_end_what_need_not_be_kept_is_erased(caller: Caller, town: Town, link: str) -> None:
    declared(town, caller)
    over(town, link)
    told(caller.post("/case/consent", {"of": "processing"}))
    told(caller.post("/case/consent", {"of": "processing"}))
    assert town.head(link).stopped_at


# --- parcels


def test_what_did_not_come_and_what_did(caller: Caller, town: Town, link: str) -> None:
    declared(town, caller)
    town.carrying.deliver(town.head(link).case_id)
    assert refused(caller.post("/case/receipt", {"received": False}))[:2] == (409, "not_waiting")
    told(caller.post("/case/receipt", {"received": True}))
    assert town.head(link).outcome == "delivered"
    assert refused(caller.post("/case/redelivery", {"way": "pick_up"}))[0] == 409


def test_a_certificate_that_came_home_is_sent_again(caller: Caller, town: Town, link: str) -> None:
    declared(town, caller)
    town.carrying.deliver(town.head(link).case_id)
    assert told(caller.get("/case/progress"))["redelivery"] is False
    order = f"{town.head(link).case_id}-delivery-1"
    town.courier.move(order, ParcelState.FAILED, Detail.HOME)
    town.callbacks.parcel(order)
    assert told(caller.get("/case/progress"))["redelivery"] is True
    assert refused(caller.post("/case/redelivery", {"way": "courier", "address": "短"})) == (400, "invalid_input", "delivery_address")
    assert refused(caller.post("/case/redelivery", {"way": "electronic"})) == (400, "invalid_input", "delivery_way")
    told(caller.post("/case/redelivery", {"way": "courier", "address": ADDRESS}))
    assert [e.type for e in town.store.events(town.head(link).case_id)][-1] == "redelivery_chosen"


# --- rating, others


def test_a_rating_is_given_once(caller: Caller, town: Town, link: str) -> None:
    declared(town, caller)
    good = {"grade": "dissatisfied", "tags": ["slow"], "text": "等了两天"}
    assert refused(caller.post("/case/rating", good)) == (409, "conflict", "grade")
    over(town, link)
    assert told(caller.get("/case/progress"))["ratable"] is True
    assert refused(caller.post("/case/rating", good | {"grade": "best"})) == (400, "invalid_input", "grade")
    assert refused(caller.post("/case/rating", good | {"tags": ["best"]})) == (400, "invalid_input", "tags")
    told(caller.post("/case/rating", good))
    progress = told(caller.get("/case/progress"))
    assert (progress["ratable"], progress["rating"]) == (False, "dissatisfied")
    assert "follow_up" in town.head(link).tasks
    assert refused(caller.post("/case/rating", good))[:2] == (409, "conflict")


def test_the_persons_other_cases_are_told_with_their_tokens(person: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    applicant = person.town.applicant
    monkeypatch.setitem(applicant.__dict__, "others", lambda *_: (Other("另一事项", "https://wugan.example/c/token.of-it"),))
    assert told(person.get("/case/progress"))["others"] == [{"name": "另一事项", "link": "token.of-it"}]
