"""The officials' pages."""

from __future__ import annotations

import base64
import hashlib
import html
import logging
import re
from dataclasses import replace
from datetime import date, datetime

import pytest

from tests.browser.serve import STAGE
from tests.browser.town import ADDRESS, RENEWAL, SLOTS, Town
from tests.unit.web.client import Client, Forms, Reply
from wugan.approval.port import DecisionKind
from wugan.cases import deadlines, decide
from wugan.cases.declaration import Declaration
from wugan.cases.desk import Official
from wugan.cases.model import Change, Outcome, Stage, Task
from wugan.clock import BEIJING
from wugan.courier.port import Detail, ParcelState
from wugan.errors import Conflict, NotWaiting
from wugan.signin.official import Role
from wugan.web import texts
from wugan.web.applicant_app import SESSION_COOKIE
from wugan.web.desk.case import _years_later
from wugan.web.desk_app import ROUTES


@pytest.fixture
def waiting(town: Town, link: str) -> str:
    """The id of a case that waits for a decision."""
    town.to_approval(link)
    return town.head(link).case_id


@pytest.fixture
def desk(town: Town, client: Client) -> Client:
    """A browser with an official before it."""
    page = client.submit(client.get("/desk/sign-in"), "/desk/sign-in", token=town.desk.invite(town.official))
    assert page.path == "/desk"
    return client


def turn(page: Reply, rel: str) -> str:
    """Where a page's link to its neighbour leads."""
    found = re.search(rf'href="([^"]+)" rel="{rel}"', page.text)
    assert found
    return html.unescape(found[1]).removeprefix(STAGE)


def cases_on(page: Reply) -> list[str]:
    """The ids of the cases that a page lists."""
    return re.findall(r'/desk/cases/(\w{26})["#]', page.text)


def test_nobody_gets_in_without_a_token(town: Town, client: Client, waiting: str) -> None:
    for path in ("/desk", "/desk/tasks", f"/desk/cases/{waiting}", f"/desk/cases/{waiting}/subject"):
        assert client.get(path).path == f"/desk/sign-in?to={path.strip('/')}"
    page = client.submit(client.get("/desk/sign-in"), "/desk/sign-in", token="AAAA.BBBB")
    assert (page.status, "登录凭证无效" in page.text) == (403, True)
    invite = town.desk.invite(town.official)
    town.clock.move(hours=9)
    assert "登录凭证已过期" in client.submit(client.get("/desk/sign-in"), "/desk/sign-in", token=invite).text


def test_an_applicants_session_is_no_officials(town: Town, client: Client, link: str) -> None:
    client.cookies["/restapis/abc/rehearsal/_user_request_/"] = {"wugan_desk": town.session(link)}
    assert client.get("/desk").path == "/desk/sign-in?to=desk"


def test_signing_out_ends_it(desk: Client) -> None:
    desk.submit(desk.get("/desk"), "/desk/sign-out")
    assert desk.get("/desk").path == "/desk/sign-in?to=desk"


def test_the_queue_shows_what_waits_with_its_light(town: Town, desk: Client, waiting: str) -> None:
    page = desk.get("/desk")
    assert town.item_of(waiting).name in page.text
    assert "light_green" in page.text
    assert f"/desk/cases/{waiting}" in page.text


def test_the_queue_is_paged(town: Town, desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wugan.cases.desk.PAGE", 1)
    for persona in (1, 2):
        town.to_approval(town.open_case(persona=persona))
    first = desk.get("/desk")
    assert "下一页" in first.text
    second = desk.get(turn(first, "next"))
    assert ("下一页" in second.text, "上一页" in second.text) == (False, True)
    third = desk.get(turn(second, "prev"))
    assert cases_on(first) == cases_on(third) != cases_on(second)
    assert len(cases_on(first)) == len(cases_on(second)) == 1


def test_a_case_shows_what_changes_and_where_it_comes_from(desk: Client, waiting: str) -> None:
    text = desk.get(f"/desk/cases/{waiting}").text
    for words in ("尹守田", "尹长庚", "商事登记库", "申请人：申报信息已确认", "13900000017"):
        assert words in text


def test_a_case_leads_to_the_profile_of_its_subject(town: Town, desk: Client, waiting: str) -> None:
    other = town.head(town.open_case("grain-purchase-renewal")).case_id
    assert f"/desk/cases/{waiting}/subject" in desk.get(f"/desk/cases/{waiting}").text
    page = desk.get(f"/desk/cases/{waiting}/subject")
    assert page.status == 200
    for words in ("粮食收购许可证", "粮食收购资格延续", "（本案）", f"/desk/cases/{other}", "登记库中没有联系人"):
        assert words in page.text
    for personal in ("尹长庚", "13900000017", "370202198503072617"):
        assert personal not in page.text


def test_the_cases_of_other_bureaus_are_named_and_not_linked(town: Town, desk: Client, waiting: str) -> None:
    other = town.head(town.open_case("grain-purchase-renewal")).case_id
    town.store.heads[other] = replace(town.store.heads[other], jurisdiction="LX")
    text = desk.get(f"/desk/cases/{waiting}/subject").text
    assert "莱西市行政审批服务局" in text
    assert other not in text


def test_a_profile_waits_for_the_registries(town: Town, desk: Client, waiting: str) -> None:
    town.lookup.down = True
    page = desk.get(f"/desk/cases/{waiting}/subject")
    assert (page.status, "服务暂时繁忙" in page.text) == (503, True)


def test_another_bureau_sees_and_does_nothing(town: Town, client: Client, waiting: str) -> None:
    client.submit(client.get("/desk/sign-in"), "/desk/sign-in", token=town.desk.invite(Official("李审批", "LX")))
    assert waiting not in client.get("/desk").text
    assert client.get(f"/desk/cases/{waiting}").status == 403
    assert client.get(f"/desk/cases/{waiting}/subject").status == 403
    csrf = client.get("/desk").form("/sign-out")[1]["csrf"]
    fields = {"csrf": csrf, "application_id": f"{waiting}-approval-1", "kind": "correction", "points": "x"}
    assert client.post(f"/desk/cases/{waiting}/decide", fields).status == 403
    assert town.store.head(waiting).stage is Stage.APPROVAL


def test_approving_issues_a_certificate_that_fits_its_hash(town: Town, desk: Client, waiting: str) -> None:
    page = desk.submit(desk.get(f"/desk/cases/{waiting}"), "/decide", number="鲁02A0099")
    assert page.status == 200
    assert town.store.head(waiting).decided
    made = town.sealed(waiting, "certificate")
    content = base64.b64decode(made["file_base64"])
    assert hashlib.sha256(content).hexdigest() == made["file_sha256"]
    assert (made["number"], made["valid_from"], made["valid_until"]) == ("鲁02A0099", "2026-11-23", "2029-11-22")
    assert "鲁02A0099" in content.decode()
    assert "尹长庚" in content.decode()
    assert town.store.events(waiting)[-1].facts["by"] == "desk:王审批"


def test_the_same_decision_sent_twice_is_taken_once(town: Town, desk: Client, waiting: str) -> None:
    page = desk.get(f"/desk/cases/{waiting}")
    desk.submit(page, "/decide", number="鲁02A0099")
    again = desk.submit(page, "/decide", number="鲁02A0099")
    assert (again.status, "返回待审批列表" in again.text) == (409, True)
    assert [e.type for e in town.store.events(waiting)].count("approved") == 1


def test_corrections_are_one_for_each_line(town: Town, desk: Client, waiting: str) -> None:
    desk.submit(desk.get(f"/desk/cases/{waiting}"), "/decide", index=1, points="第一项\n\n 第二项 ")
    assert town.store.head(waiting).resume is Stage.CORRECTION
    assert town.sealed(waiting, "corrections") == ["第一项", "第二项"]


def test_a_rejection_needs_its_reason_and_keeps_what_was_typed(town: Town, desk: Client, waiting: str) -> None:
    page = desk.submit(desk.get(f"/desk/cases/{waiting}"), "/decide", index=2, reason_code="other", reason=" ")
    assert (page.status, "请写明不予许可的理由" in page.text) == (400, True)
    assert '<option value="other" selected>' in page.text
    desk.submit(page, "/decide", index=2, reason_code="not_qualified", reason="名称未核准")
    assert (town.store.head(waiting).outcome, town.store.head(waiting).reason) == (Outcome.REJECTED, "not_qualified")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"number": ""}, "请填写新证照编号"),
        ({"valid_from": "gestern"}, "有效期起始日"),
        ({"valid_until": "2020-01-01"}, "有效期截止日应晚于起始日"),
    ],
)
def test_a_certificate_with_a_mistake_is_not_issued(town: Town, desk: Client, waiting: str, typed: dict[str, str], words: str) -> None:
    page = desk.submit(desk.get(f"/desk/cases/{waiting}"), "/decide", typed)
    assert (page.status, words in page.text) == (400, True)
    assert not town.store.head(waiting).decided


@pytest.mark.parametrize("fields", [{"kind": "maybe"}, {"application_id": "x"}, {"application_id": "a" * 26 + "-approval-1"}])
def test_a_form_that_was_tampered_with_changes_nothing(town: Town, desk: Client, waiting: str, fields: dict[str, str]) -> None:
    before = town.store.head(waiting)
    page = desk.get(f"/desk/cases/{waiting}")
    assert desk.submit(page, "/decide", fields).status == 400
    assert desk.submit(page, "/decide", csrf="AAAA").status == 403
    assert town.store.head(waiting) == before


def test_tasks_are_listed_and_done(town: Town, desk: Client, link: str) -> None:
    town.applicant.ask_person(link)
    page = desk.get("/desk/tasks?task=handle")
    assert "申请人要求人工办理" in page.text
    case_id = town.head(link).case_id
    assert "13900000017" not in page.text
    assert "工作人员已处理（人工办理）" in desk.submit(desk.get(f"/desk/cases/{case_id}"), "/task").text
    assert town.head(link).tasks == ()
    assert "没有待办任务" in desk.get("/desk/tasks?task=handle").text


def test_the_counter_hands_out(town: Town, desk: Client, link: str) -> None:
    session = town.to_declaration(link)
    page = desk.get(f"/desk/cases/{town.head(link).case_id}")
    assert "已领取新证照" not in page.text
    town.pick_up(link, session)
    page = desk.get(f"/desk/cases/{town.head(link).case_id}")
    desk.submit(page, "/received")
    assert town.head(link).outcome is Outcome.DELIVERED


@pytest.mark.parametrize(
    ("start", "years", "last"),
    [
        (date(2026, 11, 23), 3, date(2029, 11, 22)),
        (date(2024, 2, 29), 1, date(2025, 2, 28)),
        (date(2024, 2, 29), 4, date(2028, 2, 28)),
        (date(2026, 1, 1), 5, date(2030, 12, 31)),
    ],
)
def test_the_last_day_of_a_certificate(start: date, years: int, last: date) -> None:
    assert _years_later(start, years) == last


def test_what_the_law_renewed_can_only_be_issued(town: Town, client: Client) -> None:
    link = town.open_case(RENEWAL)
    town.to_approval(link)
    case_id = town.head(link).case_id
    town.clock.move(days=41)
    client.submit(client.get("/desk/sign-in"), "/desk/sign-in", token=town.desk.invite(town.official))
    old = client.get(f"/desk/cases/{case_id}")  # opened before the sweeper came by
    assert "不予许可" in old.text
    item, now = town.item(link), town.clock.now()
    town.context.apply(case_id, lambda head: decide.came_due(head, item, now, town.context.random))
    page = client.get(f"/desk/cases/{case_id}")
    assert ("视为准予延续" in page.text, "要求补正" in page.text, "不予许可" in page.text) == (True, False, False)
    refused = client.submit(old, "/decide", index=2, reason_code="other", reason="不符合条件")
    assert (refused.status, "已视为准予延续" in refused.text) == (409, True)
    assert town.store.head(case_id).stage is Stage.APPROVAL
    progress = _progress(town, link)
    assert ("视为准予延续" in progress, "确认撤回" in progress) == (True, False)
    client.submit(page, "/decide", number="鲁02A0099")
    assert town.store.head(case_id).decided


def _progress(town: Town, link: str) -> str:
    """What the applicant reads."""
    browser = Client(town)
    browser.cookies[f"{STAGE}/c/{link}"] = {SESSION_COOKIE: town.session(link)}
    return browser.get(f"/c/{link}/progress").text


def test_what_expired_undecided_is_a_task_with_its_reason(town: Town, client: Client) -> None:
    link = town.open_case(RENEWAL)
    town.clock.move(days=20)
    town.to_approval(link)
    town.clock.move(days=21)
    item, now = town.item(link), town.clock.now()
    town.context.apply(town.head(link).case_id, lambda head: decide.came_due(head, item, now, town.context.random))
    client.submit(client.get("/desk/sign-in"), "/desk/sign-in", token=town.desk.invite(town.official))
    assert "原证照已到期，申请尚未办结" in client.get("/desk/tasks?task=handle").text
    assert "不予许可" in client.get(f"/desk/cases/{town.head(link).case_id}").text


SECOND = Official("李审批", "QD", "li-1")
AUDITOR = Official("赵监督", "QD", "zhao-1", frozenset({Role.AUDITOR}))
MANAGER = Official("钱事项", "QD", "qian-1", frozenset({Role.MANAGER}))


def sits(town: Town, official: Official) -> Client:
    """Another browser, with this official before it."""
    client = Client(town)
    client.submit(client.get("/desk/sign-in"), "/desk/sign-in", token=town.desk.invite(official))
    return client


def four_eyes(town: Town, case_id: str) -> None:
    """Let the case's item ask for a second official."""
    head = town.store.head(case_id)
    town.items.versions[head.item_code, head.item_version] = town.item_of(case_id).model_copy(update={"four_eyes": True})


def test_an_auditor_reads_everything_and_changes_nothing(town: Town, waiting: str) -> None:
    client = sits(town, AUDITOR)
    page = client.get(f"/desk/cases/{waiting}")
    assert (page.status, "尹长庚" in page.text) == (200, True)
    assert {action.rpartition("/")[2] for action, _ in Forms(page.text).found} == {"sign-out"}
    before, csrf = town.store.head(waiting), page.form("/sign-out")[1]["csrf"]
    for path in ("decide", "review", "extend", "assign", "received", "call", "task", "settle"):
        given = {"csrf": csrf, "extension": "x", "officer": "zhao-1", "task": "handle", "kind": "correction", "points": "x"}
        assert client.post(f"/desk/cases/{waiting}/{path}", given).status == 403
    assert town.store.head(waiting) == before


def test_an_item_manager_has_nothing_at_the_desk(town: Town, waiting: str) -> None:
    client = Client(town)
    gone = client.submit(client.get("/desk/sign-in"), "/desk/sign-in", token=town.desk.invite(MANAGER), follow=False)
    assert gone.headers["Location"].endswith("/bench")
    for path in ("/desk", "/desk/tasks", f"/desk/cases/{waiting}", f"/desk/cases/{waiting}/subject"):
        assert client.get(path).status == 403


def test_every_form_needs_the_sessions_token(town: Town, desk: Client, waiting: str) -> None:
    other = sits(town, SECOND).get("/desk").form("/sign-out")[1]["csrf"]
    posts = [path.format(case_id=waiting) for method, path, _ in ROUTES if method == "POST"]
    assert len(posts) == 9
    for path in (*posts, "/desk/sign-out"):
        assert desk.post(path, {"csrf": other}).status == 403
        assert desk.post(path, {}).status == 403


def test_who_opened_whose_data_is_logged_without_the_data(desk: Client, waiting: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "wugan.audit"):
        desk.get("/desk")
        desk.get(f"/desk/cases/{waiting}")
    [told] = [vars(record) for record in caplog.records if record.name == "wugan.audit"]
    assert (told["route"], told["official"], told["case_id"]) == ("/desk/cases/{case_id}", "王审批", waiting)
    assert "13900000017" not in str(told)


def test_every_look_at_personal_data_is_logged_and_no_refused_one(
    town: Town, desk: Client, waiting: str, caplog: pytest.LogCaptureFixture
) -> None:
    page, other = desk.get(f"/desk/cases/{waiting}"), sits(town, Official("李审批", "LX"))
    caplog.clear()
    with caplog.at_level(logging.INFO, "wugan.audit"):
        for path in ("", "/subject", "/application", "/label/pickup"):
            assert desk.get(f"/desk/cases/{waiting}{path}").status == 200
            assert other.get(f"/desk/cases/{waiting}{path}").status == 403
        assert desk.submit(page, "/decide", number="").status == 400
        assert desk.get("/desk/cases/unknown").status == 404
        assert desk.get(f"/desk/cases/{waiting}/label/give_back").status == 404
    told = [vars(record) for record in caplog.records if record.name == "wugan.audit"]
    assert {(one["official"], one["case_id"]) for one in told} == {("王审批", waiting)}
    own = "/desk/cases/{case_id}"
    assert [one["route"] for one in told] == [own, f"{own}/subject", f"{own}/application", f"{own}/label/{{kind}}", own]


def test_a_case_shows_what_the_applicant_disputes_chose_and_submitted(town: Town, desk: Client, link: str) -> None:
    session = town.to_declaration(link)
    field = town.item(link).form[0].name
    place, why = "山东省青岛市市南区香港中路10号", {field: "登记时写错了"}
    told = Declaration({}, {field: "更正的内容"}, "courier", "courier", place, ADDRESS, SLOTS[0], why)
    town.applicant.declare(link, session, told)
    town.system(link)
    case_id = town.head(link).case_id
    for reader in (desk, sits(town, AUDITOR)):
        text = reader.get(f"/desk/cases/{case_id}").text
        for words in ("更正的内容", "登记时写错了", "快递上门取走", "香港中路10号", "11月24日（周二）09:00", "快递寄送", ADDRESS, "还剩"):
            assert words in text
        file = reader.get(f"/desk/cases/{case_id}/application")
        assert (file.headers["Content-Type"], hashlib.sha256(file.content).hexdigest()) == (
            "application/pdf",
            town.sealed(case_id, "application")["documents"][0]["sha256"],
        )


def test_a_document_that_comes_out_otherwise_is_not_shown_as_submitted(desk: Client, waiting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wugan.web.desk.case.application", lambda *_: b"%PDF-1.4 of a later program")
    assert desk.get(f"/desk/cases/{waiting}/application").status == 404


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2026-11-27T10:00", "还剩3个工作日"),  # a Friday
        ("2026-12-02T09:00", "今天到期"),
        ("2026-12-03T00:00", "已超期1个工作日"),
        ("2026-12-06T12:00", "已超期2个工作日"),  # a Sunday
    ],
)
def test_the_time_left_is_told_in_working_days(now: str, words: str) -> None:
    until = datetime(2026, 12, 3, tzinfo=BEIJING)
    assert texts.time_left(until, datetime.fromisoformat(now).replace(tzinfo=BEIJING)) == words


def test_the_queue_is_filtered_and_counted(town: Town, desk: Client, waiting: str) -> None:
    yellow = town.head(town.open_case("water-supply-name")).case_id
    head = replace(
        town.store.head(waiting), case_id=yellow, item_code=town.item_of(yellow).code, item_version=town.store.head(yellow).item_version
    )
    town.store.heads[yellow] = replace(head, light="yellow", officer="li-1")
    assert cases_on(desk.get("/desk")) == sorted([waiting, yellow])
    for query, found in (
        ("light=yellow", [yellow]), ("light=red", []), ("officer=nobody", [waiting]), ("officer=mine", []),
        ("item=water-supply-name", [yellow]),
        ("item=water-supply-name&light=green", []), ("item=water-supply-name&light=yellow", [yellow]), ("group=delivery", []),
        ("group=nonsense&light=blue&officer=somebody", sorted([waiting, yellow])),
    ):  # fmt: skip
        assert cases_on(desk.get(f"/desk?{query}")) == found, query
    text = desk.get("/desk").text
    assert ("临近时限</span>&nbsp;1 件" in text, "超过承诺时限</span>&nbsp;0 件" in text) == (True, True)
    assert cases_on(sits(town, SECOND).get("/desk?officer=mine")) == [yellow]


def test_a_page_of_another_list_cannot_be_turned_to(town: Town, desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wugan.cases.desk.PAGE", 1)
    for persona in (1, 2):
        town.to_approval(town.open_case(persona=persona))
    token = turn(desk.get("/desk"), "next").partition("page=")[2]
    assert desk.get(f"/desk?page={token}").status == 200
    assert desk.get(f"/desk?light=red&page={token}").status == 403
    assert desk.get(f"/desk?page={token[:-2]}AA").status == 403
    assert sits(town, Official("孙审批", "LX")).get(f"/desk?page={token}").status == 403
    town.clock.move(minutes=50)
    for _ in range(9):
        desk.get("/desk")
        town.clock.move(minutes=50)
    again = sits(town, town.official).get(f"/desk?page={token}")
    assert (again.status, len(cases_on(again))) == (200, 1)  # too old: the list begins anew


def test_a_case_is_found_by_its_number_and_its_code_in_the_own_bureau_only(town: Town, desk: Client, waiting: str) -> None:
    subject = town.store.head(waiting).subject
    other = sits(town, Official("孙审批", "LX"))
    for text, client, found in (
        (waiting, desk, [waiting]), (waiting.upper(), desk, [waiting]), (f" {subject} ", desk, [waiting]),
        (waiting, other, []), (subject, other, []),
        ("a" * 26, desk, []),
    ):  # fmt: skip
        page = client.submit(client.get("/desk"), "/desk/search", search=text)
        assert (page.status, cases_on(page)) == (200, found)
    wrong = desk.submit(desk.get("/desk"), "/desk/search", search="尹长庚")
    assert (wrong.status, "26位办件编号" in wrong.text) == (400, True)


def test_two_officials_decide_where_the_item_asks_for_it(town: Town, desk: Client, waiting: str, link: str) -> None:
    four_eyes(town, waiting)
    page = desk.submit(desk.get(f"/desk/cases/{waiting}"), "/decide", number="鲁02A0099")
    assert ("待复核的决定：准予" in page.text, "须由另一位审批人员复核" in page.text) == (True, True)
    assert not town.store.head(waiting).decided
    assert "待复核" in desk.get("/desk").text
    assert "等待复核" not in _progress(town, link)
    proposal = town.store.head(waiting).proposal
    csrf = page.form("/sign-out")[1]["csrf"]
    for agrees in ("yes", "no"):
        own = {"csrf": csrf, "proposal": proposal, "agrees": agrees, "sent_back": "x"}
        assert desk.post(f"/desk/cases/{waiting}/review", own).status == 403
    second = sits(town, SECOND)
    looked = second.get(f"/desk/cases/{waiting}")
    assert "鲁02A0099" in looked.text
    assert second.submit(looked, "/review").status == 200
    assert town.store.head(waiting).decided
    assert town.sealed(waiting, "certificate")["number"] == "鲁02A0099"
    assert second.submit(looked, "/review").status == 409


def test_the_second_official_sends_a_proposal_back_with_a_note(town: Town, desk: Client, waiting: str) -> None:
    four_eyes(town, waiting)
    desk.submit(desk.get(f"/desk/cases/{waiting}"), "/decide", index=2, reason_code="other", reason="材料不齐")
    second = sits(town, SECOND)
    looked = second.get(f"/desk/cases/{waiting}")
    assert "材料不齐" in looked.text
    empty = second.submit(looked, "/review", index=1, sent_back=" ")
    assert (empty.status, "请写明退回的意见" in empty.text) == (400, True)
    second.submit(looked, "/review", index=1, sent_back="应当先要求补正")
    page = desk.get(f"/desk/cases/{waiting}")
    assert ("应当先要求补正" in page.text, "要求补正" in page.text) == (True, True)
    assert second.submit(looked, "/review").status == 409
    assert town.store.head(waiting).stage is Stage.APPROVAL


def test_the_time_is_extended_once_and_the_person_reads_why(town: Town, desk: Client, waiting: str, link: str) -> None:
    before = town.store.head(waiting).promised_by
    page = desk.get(f"/desk/cases/{waiting}")
    wrong = desk.submit(page, "/extend", extension=" ")
    assert (wrong.status, "请写明延长办理时限的理由" in wrong.text) == (400, True)
    page = desk.submit(page, "/extend", extension="需要现场核查")
    head = town.store.head(waiting)
    assert before
    assert head.promised_by == deadlines.add_span(before, 10)
    assert ("已延期" in page.text, "/extend" in page.text) == (True, False)
    assert "理由：需要现场核查" in _progress(town, link)


def test_a_case_is_taken_passed_on_and_put_back(town: Town, desk: Client, waiting: str) -> None:
    sits(town, SECOND), sits(town, AUDITOR)
    page = desk.get(f"/desk/cases/{waiting}")
    desk.submit(page, "/assign")
    assert town.store.head(waiting).officer == "王审批"
    assert sits(town, SECOND).submit(page, "/assign").status == 403  # another session's form
    page = desk.get(f"/desk/cases/{waiting}")
    assert ("李审批" in page.text, "赵监督" in page.text) == (True, False)
    wrong = desk.submit(page, "/assign", index=1, officer="zhao-1")
    assert (wrong.status, "请选择本局的一位审批人员" in wrong.text) == (400, True)
    desk.submit(page, "/assign", index=1, officer="li-1")
    assert town.store.head(waiting).officer == "li-1"
    assert desk.submit(page, "/assign", index=1, officer="li-1").status == 409
    assert "审批人员已调整（李审批）" in desk.get(f"/desk/cases/{waiting}").text


def test_what_changed_in_the_registries_since_is_shown(town: Town, desk: Client, waiting: str) -> None:
    assert "仍符合办理条件" in desk.get(f"/desk/cases/{waiting}").text
    subject = town.lookup.subjects[town.store.head(waiting).subject]
    assert subject.business
    town.lookup.subjects[subject.credit_code] = replace(subject, business=replace(subject.business, legal_representative="吴新任"))
    text = desk.get(f"/desk/cases/{waiting}").text
    assert ("申报以来登记信息有变化" in text, "吴新任" in text, "登记信息在立案后又有变化" in text) == (True, True, True)
    town.lookup.down = True
    down = desk.get(f"/desk/cases/{waiting}")
    assert (down.status, "登记库暂时没有回应" in down.text) == (200, True)


def test_a_call_is_noted_with_its_outcome(town: Town, desk: Client, link: str) -> None:
    case_id = town.head(link).case_id
    town.store.heads[case_id] = replace(town.head(link), tasks=(Task.CALL,))
    town.store.asked_at[case_id, Task.CALL] = str(town.clock.now())
    assert cases_on(desk.get("/desk/tasks")) == [case_id]
    page = desk.get(f"/desk/cases/{case_id}")
    assert (desk.submit(page, "/call").status, desk.submit(page, "/call", outcome="no_answer", again="2026-11-23").status) == (400, 400)
    desk.submit(page, "/call", outcome="no_answer", again="2026-11-25")
    assert "2026年11月25日再拨" in desk.get("/desk/tasks").text
    page = desk.submit(desk.get(f"/desk/cases/{case_id}"), "/call", outcome="wrong_number")
    assert "号码有误，转登记机关更正" in page.text
    assert town.head(link).tasks == (Task.KEEPER,)
    assert town.head(link).case_id in cases_on(desk.get("/desk/tasks?task=keeper"))


def test_a_bad_rating_is_settled_with_a_note(town: Town, desk: Client, link: str) -> None:
    case_id = town.head(link).case_id
    town.store.heads[case_id] = replace(town.head(link), tasks=(Task.FOLLOW_UP,))
    page = desk.get(f"/desk/cases/{case_id}")
    wrong = desk.submit(page, "/task")
    assert (wrong.status, "请写明处理情况" in wrong.text) == (400, True)
    desk.submit(page, "/task", note="已电话致歉")
    assert town.head(link).tasks == ()
    assert town.sealed(case_id, "note_follow_up") == {"note": "已电话致歉"}


def test_of_two_officials_who_take_a_case_at_once_one_has_it(town: Town, waiting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = town.store.commit

    def beaten(change: Change) -> None:
        """The other official's change comes in between reading and writing."""
        monkeypatch.setattr(town.store, "commit", commit)
        town.desk.assign(SECOND, waiting, "", SECOND.id)
        commit(change)

    monkeypatch.setattr(town.store, "commit", beaten)
    with pytest.raises(Conflict):
        town.desk.assign(town.official, waiting, "", town.official.id)
    assert town.store.head(waiting).officer == SECOND.id
    assert [e.type for e in town.store.events(waiting)].count("assigned") == 1


def test_what_is_decided_meanwhile_is_not_extended(town: Town, waiting: str, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = town.store.commit

    def beaten(change: Change) -> None:
        monkeypatch.setattr(town.store, "commit", commit)
        town.decide(link, DecisionKind.APPROVED)
        commit(change)

    monkeypatch.setattr(town.store, "commit", beaten)
    with pytest.raises(NotWaiting):
        town.desk.extend(town.official, waiting, "理由")
    assert not town.store.head(waiting).extended


# --- parcels


@pytest.fixture
def locker(town: Town, link: str) -> str:
    """The id of a case whose old certificate is at the bureau, and whose new one lies in a locker."""
    town.to_delivery(link)
    town.move(link, "pickup", ParcelState.ARRIVED)
    town.move(link, "delivery", ParcelState.COLLECTED, Detail.LOCKER)
    return town.head(link).case_id


def test_a_case_shows_through_whose_hands_certificates_went(desk: Client, locker: str) -> None:
    text = desk.get(f"/desk/cases/{locker}").text
    for words in ("旧证：申请人", "旧证：快递", "旧证现在：审批部门", "新证照现在：快递柜或代收点"):
        assert words in text


def test_an_official_settles_what_became_of_a_parcel(town: Town, desk: Client, locker: str) -> None:
    page = desk.get(f"/desk/cases/{locker}")
    wrong = desk.submit(page, "/settle")
    assert (wrong.status, "请选择查到的结果" in wrong.text) == (400, True)
    assert desk.submit(page, "/settle", settlement="received", kind="approval").status == 404
    done = desk.submit(page, "/settle", settlement="received")
    assert (done.status, "/settle" in done.text) == (200, False)
    head = town.store.head(locker)
    assert (head.outcome, head.tasks) == (Outcome.DELIVERED, ())
    assert town.store.events(locker)[-1].facts["by"] == town.official.id
    assert desk.submit(page, "/settle", settlement="lost").status == 409


def test_only_what_the_case_takes_is_offered(town: Town, desk: Client, waiting: str, link: str) -> None:
    text = desk.get(f"/desk/cases/{waiting}").text
    assert ('value="lost"' in text, 'value="resend"' in text) == (True, False)  # the old one may be lost; nobody waits for it
    town.move(link, "pickup", ParcelState.ARRIVED)
    assert "/settle" not in desk.get(f"/desk/cases/{waiting}").text


def test_a_parcel_is_settled_by_its_own_bureau(town: Town, locker: str) -> None:
    other = sits(town, Official("李审批", "LX"))
    csrf = other.get("/desk").form("/sign-out")[1]["csrf"]
    given = {"csrf": csrf, "kind": "delivery", "settlement": "lost"}
    assert other.post(f"/desk/cases/{locker}/settle", given).status == 403
    assert other.get(f"/desk/cases/{locker}/label/delivery").status == 403
    assert town.store.head(locker).wait


def test_the_label_of_a_parcel_is_printed(desk: Client, locker: str, caplog: pytest.LogCaptureFixture) -> None:
    assert f"/desk/cases/{locker}/label/delivery" in desk.get(f"/desk/cases/{locker}").text
    with caplog.at_level(logging.INFO, "wugan.audit"):
        file = desk.get(f"/desk/cases/{locker}/label/delivery")
    assert (file.status, file.headers["Content-Type"], file.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert [vars(r)["route"] for r in caplog.records if r.name == "wugan.audit"][-1] == "/desk/cases/{case_id}/label/{kind}"
    for none in ("give_back", "approval"):
        assert desk.get(f"/desk/cases/{locker}/label/{none}").status == 404


def test_no_label_is_offered_without_a_waybill(town: Town, desk: Client, link: str) -> None:
    town.to_declaration(link)
    assert "/label/" not in desk.get(f"/desk/cases/{town.head(link).case_id}").text


def test_who_manages_items_as_well_finds_the_bench(town: Town, desk: Client) -> None:
    both = Official("孙主任", "QD", "sun-1", frozenset({Role.APPROVER, Role.MANAGER}))
    assert ("事项管理台" in sits(town, both).get("/desk").text, "事项管理台" in desk.get("/desk").text) == (True, False)
