"""The JSON interface keeps to its OpenAPI document (schemathesis), with cases at every stage; and the check can fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from schemathesis.core.failures import FailureGroup

from tests.browser.serve import serving
from tests.browser.town import ADDRESS, NUMBER, Town
from tests.support.fuzz import Budget, Json, Who, fuzz
from tests.support.state import restoring
from wugan.approval.port import DecisionKind
from wugan.cases.model import Power
from wugan.courier.port import Detail, ParcelState
from wugan.web.api.operations import OPERATIONS

BUDGET = Budget(examples=24, seed=20261124)
PROBLEMS = {"getProblem": {"code": "not_waiting"}}
AGENT = {"name": "代小办", "id_number": "37020219900307205X", "mobile": "13700000011"}
RIGHTS: dict[str, Json] = {"setPreferences": {"opted_out": [], "profiled": False}, "withdrawConsent": {"of": "face"}}
DECLARED = {
    "given": {}, "disputed": {}, "why": {}, "pickup_slot": "",
    "return_way": "courier", "delivery_way": "courier", "pickup_address": ADDRESS, "delivery_address": ADDRESS,
}  # fmt: skip


def people(town: Town) -> list[Who]:
    """A case at every stage, each with its person; a stranger; and somebody with another's session."""
    new = town.open_case()
    token = town.applicant.start_code(new)
    code = town.identity.codes[town.head(new).check.partition(":")[2]]
    verified = {"code": town.context.keys.code(town.head(new).case_id), "credit_code": town.head(new).subject}
    known: dict[str, Json] = {"finishCode": {"check": token, "code": code, "id_number": NUMBER}, "verifyCode": verified, **PROBLEMS}
    found = [Who("nobody", knows=PROBLEMS), Who("new", new, knows=known)]
    face = town.open_case(persona=1)
    _, check = town.applicant.start_face(face)
    found.append(Who("waits for the face", face, knows={"finishFace": {"check": check}}))
    passed = town.open_case(persona=2)
    _, check = town.applicant.start_face(passed)
    town.identity.finish_face(town.head(passed).check.partition(":")[2], passed=True)
    found.append(Who("passed the face", passed, knows={"finishFace": {"check": check}}))
    intends = town.open_case("water-supply-name")
    found.append(Who("intends", intends, town.session(intends), {"giveIntention": {"answer": "continue"}}))
    declares = town.open_case("water-supply-representative")
    session = town.to_declaration(declares)
    town.applicant.rights.delegate(declares, session, AGENT, [Power.DECLARE], town.clock.now())
    knows: dict[str, Json] = {
        "submitDeclaration": DECLARED,
        "previewDeclaration": DECLARED,
        "revoke": {"agent": "1"},
        "withdraw": {},
        **RIGHTS,
    }
    knows["delegate"] = AGENT | {"powers": ["declare"], "last_day": town.clock.now().date().isoformat()}
    found.append(Who("declares", declares, session, knows))
    approval = town.open_case("film-screening-filing")
    found.append(Who("at the department", approval, town.to_approval(approval)))
    corrects = town.open_case("water-supply-address")
    session = town.to_approval(corrects)
    town.decide(corrects, DecisionKind.CORRECTION, points=("请核对地址",))
    found.append(Who("corrects", corrects, session, {"submitDeclaration": DECLARED}))
    granted = town.open_case("engineering-survey-change")
    found.append(Who("granted", granted, town.to_delivery(granted), {"confirmReceipt": {"received": True}}))
    home = town.open_case("drawing-review-change")
    session = town.to_delivery(home)
    town.move(home, "delivery", ParcelState.FAILED, Detail.HOME)
    found.append(Who("came home", home, session, {"chooseRedelivery": {"way": "courier", "address": ADDRESS}}))
    over = town.open_case("disinfection-producer-change")
    session = town.to_delivery(over)
    town.move(over, "delivery", ParcelState.ARRIVED)
    town.system(over)
    found.append(Who("delivered", over, session, {"rate": {"grade": "fair", "tags": ["fast"], "text": ""}}))
    declined = town.open_case("foundation-certificate-renewal")
    session = town.session(declined)
    town.applicant.decline(declined, forever=False, session=session)
    found.append(Who("declined", declined, session, {"decline": {}}))
    found += [Who("another's session", new, session), Who("forged", new[:-2], session)]
    town.sequence()
    return found


@pytest.fixture
def served() -> Iterator[tuple[Town, str, Json]]:
    town = Town()
    with serving(town) as url:
        yield town, url, requests.get(f"{url}/v1/openapi.json", timeout=10).json()


def test_every_answer_is_a_documented_one(served: tuple[Town, str, Json]) -> None:
    """No server error, no undocumented status, type, header or shape; and every operation succeeds somewhere."""
    town, url, document = served
    found = people(town)
    answers = fuzz(document, url, found, BUDGET, restoring(town))
    succeeded = {name for name, status in answers if status < 300}
    assert succeeded == {o.id for o in OPERATIONS}
    statuses = Counter(status for _, status in answers.elements())
    assert {200, 202, 400, 401, 403, 409} <= set(statuses)
    assert not any(status >= 500 for status in statuses)


def _without_conflict(document: Json) -> None:
    del document["paths"]["/v1/case/decline"]["post"]["responses"]["409"]


def _with_another_type(document: Json) -> None:
    document["components"]["schemas"]["State"]["properties"]["version"] = {"type": "string"}


def _with_a_field_more(document: Json) -> None:
    document["components"]["schemas"]["State"]["required"].append("colour")


def _with_another_media_type(document: Json) -> None:
    answer = document["paths"]["/v1/case/decline"]["post"]["responses"]["200"]
    answer["content"] = {"text/plain": {"schema": {"type": "string"}}}


def _with_a_header_that_is_not_sent(document: Json) -> None:
    document["paths"]["/v1/case/decline"]["post"]["responses"]["200"]["headers"] = {
        "X-Missing": {"required": True, "schema": {"type": "string"}}
    }


@pytest.mark.parametrize(
    "spoil", [_without_conflict, _with_another_type, _with_a_field_more, _with_another_media_type, _with_a_header_that_is_not_sent]
)
def test_a_document_that_is_wrong_is_found_out(served: tuple[Town, str, Json], spoil: Callable[[Json], Any]) -> None:
    town, url, document = served
    found = people(town)
    document["paths"] = {path: o for path, o in document["paths"].items() if path == "/v1/case/decline"}
    restore = restoring(town)
    fuzz(document, url, found, BUDGET, restore)
    spoil(document)
    with pytest.raises((FailureGroup, AssertionError)):
        fuzz(document, url, found, BUDGET, restore)
