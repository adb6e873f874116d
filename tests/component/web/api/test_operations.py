"""The journey over JSON, and what a wrong request is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.browser.town import ADDRESS, LEGAL, Town
from tests.component.web.api.caller import Caller, refused, told
from tests.unit.web.client import Reply
from wugan.approval.port import DecisionKind
from wugan.cases.decide import MOST_CHECKS
from wugan.cases.model import Outcome
from wugan.cases.together import Other
from wugan.courier.port import ParcelState
from wugan.web.api.operation import Access, Operation
from wugan.web.api.operations import OPERATIONS
from wugan.web.edge import MOST_BYTES

DECLARED = {"delivery_way": "courier", "delivery_address": ADDRESS, "pickup_address": ADDRESS, "return_way": "courier"}


def to_declaration(caller: Caller) -> None:
    """Identified, willing, and the form is ready."""
    caller.identify()
    told(caller.post("/case/intention", {"answer": "continue"}))
    assert told(caller.get("/case/declaration"))["ready"] is False
    caller.town.declaring.declare(caller.town.head(caller.link).case_id)


def test_from_the_link_to_the_certificate(caller: Caller, town: Town, link: str) -> None:
    case = told(caller.get("/case"))
    assert case["state"]["next"] == "identity"
    assert "＊" in case["subject"]
    to_declaration(caller)
    form = told(caller.get("/case/declaration"))
    assert form["ready"]
    assert {f["source_text"] for f in form["fields"]} >= {"商事登记库"}
    told(caller.post("/case/declaration", DECLARED | {"disputed": {"registered_address": "青岛市市南区香港中路9号"}}))
    town.system(link)
    town.decide(link, DecisionKind.CORRECTION, points=("请核对地址",))
    form = told(caller.get("/case/declaration"))
    assert (form["ready"], form["points"]) == (True, ["请核对地址"])
    told(caller.post("/case/declaration", DECLARED))
    town.system(link)
    town.decide(link, DecisionKind.APPROVED)
    town.carrying.deliver(town.head(link).case_id)
    town.move(link, "delivery", ParcelState.ARRIVED)
    town.system(link)
    progress = told(caller.get("/case/progress"))
    assert (progress["state"]["outcome"], progress["certificate"]) == ("delivered", True)
    assert [s["state"] for s in progress["steps"]].count("done") == 8
    file = caller.get("/case/certificate")
    assert (file.status, file.headers["Content-Type"]) == (200, "application/pdf")
    assert file.content.startswith(b"%PDF-")
    town.sequence()
    assert told(caller.get("/case/proof"))["format"] == "wugan-case-proof/1"


def answers(town: Town) -> list[bytes]:
    """What is kept to answer repeats."""
    return [claim.answer for claim in town.requests.claims.values() if claim.answer]


def test_a_look_at_the_application_writes_nothing(caller: Caller, town: Town, link: str) -> None:
    to_declaration(caller)
    before, kept = town.head(link), len(answers(town))
    slot = told(caller.get("/case/declaration"))["pickup_slots"][0]["slot"]
    told_so = DECLARED | {
        "disputed": {"registered_address": "青岛市市南区香港中路9号"},
        "why": {"registered_address": "已搬迁"},
        "pickup_slot": slot,
    }
    shown = told(caller.post("/case/preview", told_so, key="one-key-for-a-look--"))
    line = next(f for f in shown["fields"] if f["name"] == "registered_address")
    assert (line["disputed"], line["why"], shown["pickup_slot"]) == ("青岛市市南区香港中路9号", "已搬迁", slot)
    assert [m["origin"] for m in shown["materials"] if m["sha256"]] == ["generated"]
    assert town.head(link) == before
    assert len(answers(town)) == kept  # it is personal: nothing of it is kept
    assert told(caller.post("/case/preview", told_so, key="one-key-for-a-look--")) == shown
    told(caller.post("/case/declaration", told_so))
    assert "keeper" in town.head(link).tasks
    form = told(caller.get("/case/declaration"))
    assert (form["return_way"], form["delivery_way"], form["pickup_slot"]) == ("courier", "courier", slot)


def test_one_of_several_contacts_proves_to_be_the_person(town: Town) -> None:
    caller = Caller(town, town.open_case(others=1))
    people = told(caller.get("/case"))["people"]
    assert [(p["who"], p["role"]) for p in people] == [(0, "handling_person"), (1, "legal_representative")]
    check = told(caller.post("/case/identity", {"method": "code", "who": 1}))["check"]
    code = town.identity.codes[town.head(caller.link).check.partition(":")[2]].zfill(6)
    told(caller.post("/case/identity/code", {"check": check, "code": code, "id_number": LEGAL}))
    assert refused(caller.post("/case/identity", {"method": "code", "who": 2})) == (400, "invalid_input", "who")


def test_no_is_one_call_without_proof(caller: Caller, town: Town, link: str) -> None:
    assert told(caller.post("/case/decline", {"forever": True}))["outcome"] == "declined"
    assert town.head(link).outcome is Outcome.DECLINED
    assert town.store.opted_out(town.head(link).subject, town.head(link).item_code)


def test_after_somebody_identified_the_link_alone_ends_nothing(caller: Caller, town: Town, link: str) -> None:
    """docs/adr/0016: what one began, whoever has the link may not end; who asks for a person without a session is helped all the same."""
    caller.identify()
    holder, before = Caller(town, link), town.head(link)
    assert refused(holder.post("/case/decline", {})) == (401, "unauthorized", "Wugan-Session")
    holder.session = town.session(town.open_case("water-supply-name"))
    assert refused(holder.post("/case/decline", {}))[:2] == (403, "forbidden")
    assert town.head(link) == before
    assert told(Caller(town, link).post("/case/ask", {}))["outcome"] is None
    assert told(caller.post("/case/ask", {}))["outcome"] == "by_person"


def test_intention_may_be_no(caller: Caller, town: Town, link: str) -> None:
    caller.identify()
    told(caller.post("/case/intention", {"answer": "decline"}))
    assert town.head(link).outcome is Outcome.DECLINED


def test_a_person_is_asked(caller: Caller, town: Town, link: str) -> None:
    told(caller.post("/case/ask", {}))
    assert town.head(link).tasks == ("handle",)


def test_withdrawn(caller: Caller, town: Town, link: str) -> None:
    to_declaration(caller)
    assert told(caller.post("/case/withdraw", {}))["withdrawable"] is False
    assert town.head(link).outcome is Outcome.WITHDRAWN


def test_by_face(caller: Caller, town: Town, link: str) -> None:
    before = town.head(link)
    assert refused(caller.post("/case/identity", {"method": "face"})) == (400, "invalid_input", "face_consent")
    assert town.head(link) == before
    begun = told(caller.post("/case/identity", {"method": "face", "face_consent": True}))
    assert [e.type for e in town.store.events(before.case_id)][-2:] == ["face_consented", "identity_started"]
    assert begun["url"].startswith("https://identity.example/")
    assert told(caller.post("/case/identity/face", {"check": begun["check"]}, key="the-same-key-each-time"), 202)["session"] is None
    town.identity.finish_face(town.head(link).check.partition(":")[2], passed=True)
    session = told(caller.post("/case/identity/face", {"check": begun["check"]}, key="the-same-key-each-time"))["session"]
    caller.session = session
    told(caller.get("/case/progress"))


def test_too_many_checks_are_refused_with_when_to_come_back(caller: Caller, town: Town, link: str) -> None:
    for _ in range(MOST_CHECKS):
        town.applicant.start_code(link)
    reply = caller.post("/case/identity", {"method": "code"})
    assert refused(reply) == (403, "locked", "identity")
    assert reply.headers["Retry-After"] == "Tue, 24 Nov 2026 02:00:00 GMT"


def test_who_asks_for_a_person_again_is_noted_once(caller: Caller, town: Town, link: str) -> None:
    town.to_approval(link)
    for _ in range(3):
        told(caller.post("/case/ask", {}))
    assert [e.type for e in town.store.events(town.head(link).case_id)].count("asked_person") == 1


def test_a_code_is_verified_without_the_link(town: Town, link: str) -> None:
    stranger = Caller(town)
    asked = {"code": town.context.keys.code(town.head(link).case_id), "credit_code": town.head(link).subject}
    assert told(stranger.post("/verify", asked))["official"] is True
    assert told(stranger.post("/verify", asked | {"code": "ABCDEFGHJK"})) == {"official": False, "item": None}


# --- pages of events


def test_events_come_in_pages_without_officials_notes(caller: Caller, town: Town, link: str) -> None:
    to_declaration(caller)
    town.applicant.ask_person(link)
    cursor, seen = "", []
    while cursor is not None:
        page = told(caller.get(f"/case/events?limit=2{f'&cursor={cursor}' if cursor else ''}"))
        seen += [e["seq"] for e in page["events"]]
        cursor = page["next"]
    assert seen == [e.seq for e in town.store.events(town.head(link).case_id) if e.type != "handed_over"]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=%201", "cursor=3", "cursor=e", "other=1"])
def test_a_query_of_another_shape(caller: Caller, query: str) -> None:
    caller.identify()
    assert refused(caller.get(f"/case/events?{query}")) == (400, "invalid_input", query.partition("=")[0])
    assert refused(caller.get(f"/case?{query}"))[0] == 400


# --- who may ask


@pytest.mark.parametrize("asked", [o for o in OPERATIONS if o.access is not Access.NOBODY], ids=lambda o: o.id)
def test_without_link_or_session(caller: Caller, town: Town, link: str, asked: Operation) -> None:
    before, path = town.head(link), asked.path.removeprefix("/v1")
    nobody = Caller(town)
    reply = nobody.post(path, {}) if asked.body else nobody.get(path)
    assert refused(reply) == (401, "unauthorized", "Authorization")
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")
    if asked.access.needs_session:
        reply = caller.post(path, {}) if asked.body else caller.get(path)
        assert refused(reply) == (401, "unauthorized", "Wugan-Session")
    assert town.head(link) == before


def test_links_and_sessions_that_are_none(caller: Caller, town: Town, link: str) -> None:
    caller.identify()
    own = caller.session
    for forged in (link[:-2], "x", "a.b"):
        caller.link = forged
        assert refused(caller.get("/case")) == (403, "link_invalid", None)
    caller.link = link
    for forged in (own[:-2], link):
        caller.session = forged
        assert refused(caller.get("/case/progress"))[:2] == (403, "link_invalid")
    other = town.open_case()
    caller.session = town.session(other)
    assert refused(caller.get("/case/progress"))[:2] == (403, "forbidden")
    caller.session = own
    town.clock.at += timedelta(hours=1)
    assert refused(caller.get("/case/progress"))[:2] == (410, "link_expired")


# --- strictness


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"forever": "yes"}, "forever"),
        ({"forever": 1}, "forever"),
        ({"forever": True, "extra": 1}, "extra"),
        ([], "body"),
        (None, "body"),
    ],
)
def test_a_body_of_another_shape(caller: Caller, town: Town, link: str, body: object, field: str) -> None:
    before = town.head(link)
    assert refused(caller.post("/case/decline", body)) == (400, "invalid_input", field)
    assert town.head(link) == before


def test_a_body_that_is_no_json_too_large_or_of_another_type(caller: Caller) -> None:
    def send(raw: bytes, kind: str = "application/json") -> Reply:
        return caller.ask("POST", "/case/decline", raw, Content_Type=kind, Idempotency_Key="a-key-of-20-letters-")

    for raw in (b"", b"{", b'{"forever": tru}', b"\xff"):
        assert refused(send(raw)) == (400, "invalid_input", "body")
    assert refused(send(b" " * (MOST_BYTES + 1))) == (413, "too_large", "body")
    for kind in ("", "text/plain", "application/json; charset=gbk", "application/jsonp"):
        assert refused(send(b"{}", kind)) == (415, "unsupported_media_type", "Content-Type")
    assert told(send(b"{}", "Application/JSON; charset=UTF-8"))


def test_everything_that_is_wrong_with_a_form_is_told_at_once(caller: Caller) -> None:
    to_declaration(caller)
    wrong = DECLARED | {"pickup_address": "短", "delivery_address": "也短", "pickup_slot": "2020-01-01T09:00/11:00"}
    problem = told(caller.post("/case/declaration", wrong), 400)
    assert (problem["code"], problem["field"]) == ("invalid_input", "pickup_address")
    assert [fault["field"] for fault in problem["errors"]] == ["pickup_address", "delivery_address", "pickup_slot"]
    assert all(fault["detail"] for fault in problem["errors"])
    assert told(caller.post("/case/declaration", {}), 400)["errors"] == []


def test_a_field_of_the_form_is_named(caller: Caller) -> None:
    to_declaration(caller)
    assert refused(caller.post("/case/declaration", DECLARED | {"delivery_address": "短"})) == (400, "invalid_input", "delivery_address")
    assert refused(caller.post("/case/declaration", DECLARED | {"given": {"nothing": "x"}})) == (400, "invalid_input", "nothing")
    assert refused(caller.post("/case/declaration", DECLARED | {"given": {"a": "\u0007"}})) == (400, "invalid_input", "given.a")
    assert refused(caller.post("/case/declaration", {"return_way": "courier"})) == (400, "invalid_input", "delivery_way")


# --- methods and origins


def test_methods(caller: Caller) -> None:
    reply = caller.ask("OPTIONS", "/case/declaration", Origin="https://app.example")
    assert (reply.status, reply.content, reply.headers["Allow"]) == (204, b"", "GET, POST, OPTIONS")
    assert not [name for name in reply.headers if name.startswith("Access-Control")]


def test_origins_that_were_allowed(caller: Caller) -> None:
    from wugan.web import api_app

    town = caller.town
    app = api_app.create(lambda: town.applicant, lambda: town.audit, lambda: town.requests, lambda: {"https://app.example"})
    caller.client._apps = [app]
    asked = caller.ask("OPTIONS", "/case/declaration", Origin="https://app.example")
    assert asked.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Idempotency-Key" in asked.headers["Access-Control-Allow-Headers"]
    assert caller.get("/case", Origin="https://app.example").headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Origin" not in caller.get("/case", Origin="https://other.example").headers


def test_every_answer_may_not_be_kept(caller: Caller) -> None:
    for path in ("/case", "/openapi.json", "/case/progress"):
        assert caller.get(path).headers["Cache-Control"] == "no-store"


# --- versions


def test_entity_tags(caller: Caller) -> None:
    tag = caller.get("/case").headers["ETag"]
    assert caller.get("/case", If_None_Match=tag).status == 304
    assert caller.get("/case", If_None_Match=f'"0", W/{tag}').status == 304
    reply = caller.identify()
    assert caller.get("/case", If_None_Match=tag).status == 200
    assert caller.get("/case", If_None_Match=reply.headers["ETag"]).status == 200  # the masked case is another representation
    assert caller.get("/case/progress", If_None_Match=caller.get("/case/progress").headers["ETag"]).status == 304


def test_an_entity_tag_changes_with_what_is_told_though_the_case_stays(caller: Caller, town: Town) -> None:
    caller.identify()
    told(caller.post("/case/intention", {"answer": "continue"}))
    town.declaring.declare(town.head(caller.link).case_id)
    form, progress = (caller.get(f"/case/{name}").headers["ETag"] for name in ("declaration", "progress"))
    assert form.partition("-")[0] == progress.partition("-")[0]
    other = Other("名称变更", "https://example.test/c/another.link")
    town.applicant = replace(town.applicant, slots=lambda *_: ("2026-12-01T09:00/11:00",), others=lambda *_: (other,))
    for name, tag in (("declaration", form), ("progress", progress)):
        reply = caller.get(f"/case/{name}", If_None_Match=tag)
        assert (reply.status, reply.headers["ETag"] == tag) == (200, False)
    assert caller.get("/case/events?limit=1").headers["ETag"] != caller.get("/case/events?limit=2").headers["ETag"]
    assert refused(caller.post("/case/decline", {}, If_Match=f"W/{form}")) == (412, "outdated", "If-Match")
    assert told(caller.post("/case/decline", {}, If_Match=form))["outcome"] == "declined"


def test_a_change_of_what_one_saw(caller: Caller, town: Town, link: str) -> None:
    seen = caller.get("/case").headers["ETag"]
    caller.identify()
    before = town.head(link)
    assert refused(caller.post("/case/decline", {}, If_Match=seen)) == (412, "outdated", "If-Match")
    assert refused(caller.post("/case/decline", {}, If_Match="7")) == (400, "invalid_input", "If-Match")
    assert town.head(link) == before
    tag = caller.get("/case").headers["ETag"]
    assert told(caller.post("/case/decline", {}, If_Match=f'"1", {tag}'))["outcome"] == "declined"


def test_a_change_that_comes_in_between_is_seen(caller: Caller, town: Town, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The version is held up to the transaction, not only to the look before it."""
    tag, commit = caller.get("/case").headers["ETag"], town.store.commit

    def late(change: object) -> None:
        monkeypatch.setattr(town.store, "commit", commit)
        town.applicant.start_code(link)
        commit(change)  # type: ignore[arg-type]

    monkeypatch.setattr(town.store, "commit", late)
    assert refused(caller.post("/case/decline", {}, If_Match=tag)) == (412, "outdated", "If-Match")
    assert town.head(link).outcome is None
