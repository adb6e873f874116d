"""The applicant's pages, from the link to the certificate."""

from __future__ import annotations

import logging
import re
from datetime import timedelta

import pytest

from tests.browser.serve import STAGE
from tests.browser.town import ADDRESS, MOBILE, NAME, NUMBER, Town
from tests.unit.web.client import Client
from wugan.approval.port import DecisionKind
from wugan.cases.decide import MOST_CHECKS
from wugan.cases.model import Outcome, Stage
from wugan.courier.port import ParcelState
from wugan.web.applicant_app import ROUTES, SESSION_COOKIE
from wugan.web.edge import MOST_BYTES
from wugan.web.sitting import SESSION_COOKIE as DESK_COOKIE


def sign_in(client: Client, link: str) -> None:
    """Prove by code who one is, through the pages."""
    page = client.submit(client.get(f"/c/{link}/identity"), "/identity", method="code")
    reference = client.town.head(link).check.partition(":")[2]
    client.submit(page, "/identity/code", code=client.town.identity.codes[reference], id_number=NUMBER)


def give_session(client: Client, link: str, session: str) -> None:
    """Let the browser hold a session."""
    client.cookies.setdefault(f"{STAGE}/c/{link}", {})[SESSION_COOKIE] = session


# --- the whole way


def test_a_person_goes_all_the_way_by_code(town: Town, client: Client, link: str) -> None:
    assert client.get(f"/c/{link}").status == 200
    sign_in(client, link)
    page = client.get(f"/c/{link}/identity")
    assert page.path.endswith("/intention")
    page = client.submit(page, "/intention", answer="continue")
    assert "正在为您准备" in page.text
    assert '<meta http-equiv="refresh" content="2">' in page.text
    town.declaring.declare(town.head(link).case_id)
    page = client.get(f"/c/{link}/declaration")
    page = client.submit(page, "/declaration", disputed__registered_address="青岛市市南区香港中路9号", delivery_way="electronic")
    assert page.path.endswith("/progress")
    assert town.head(link).delivery_way == "electronic"
    declared = town.store.events(town.head(link).case_id)[-1]
    assert (declared.type, declared.facts["disputed"]) == ("declared", ["registered_address"])


def test_a_person_goes_on_by_face(town: Town, client: Client, link: str) -> None:
    start = client.submit(client.get(f"/c/{link}/identity"), "/identity", index=1, method="face", consent="1", follow=False)
    assert start.status == 303
    assert start.headers["Location"].startswith("https://identity.example/")
    back = client.get(f"/c/{link}/identity/return")
    assert "还没有收到认证结果" in client.submit(back, "/identity/return").text
    town.identity.finish_face(town.head(link).check.partition(":")[2], passed=True)
    assert client.submit(back, "/identity/return").path.endswith("/intention")


def test_a_face_check_needs_its_own_consent(town: Town, client: Client, link: str) -> None:
    page = client.submit(client.get(f"/c/{link}/identity"), "/identity", index=1, method="face")
    assert page.status == 400
    assert "刷脸需要您单独同意" in page.text
    assert town.head(link).check == ""


def test_a_failed_face_check_offers_the_other_ways(town: Town, client: Client, link: str) -> None:
    client.submit(client.get(f"/c/{link}/identity"), "/identity", index=1, method="face", consent="1", follow=False)
    town.identity.finish_face(town.head(link).check.partition(":")[2], passed=False)
    page = client.submit(client.get(f"/c/{link}/identity/return"), "/identity/return")
    assert page.status == 403
    assert "没有通过" in page.text
    assert "短信验证码" in page.text


def test_a_wrong_code_may_be_typed_again_until_the_case_is_locked(client: Client, link: str) -> None:
    page = client.submit(client.get(f"/c/{link}/identity"), "/identity", method="code")
    for _ in range(4):
        page = client.submit(page, "/identity/code", code="nonsense", id_number=NUMBER)
        assert page.form("/identity/code")
    page = client.submit(page, "/identity/code", code="nonsense", id_number=NUMBER)
    assert "已暂时锁定" in page.text
    assert "发送短信验证码" not in page.text
    assert "已暂时锁定" in client.get(f"/c/{link}/identity").text


def test_the_code_is_typed_on_a_page_that_can_be_asked_for_again(town: Town, client: Client, link: str) -> None:
    """A phone drops the tab while its owner reads the message."""
    assert client.get(f"/c/{link}/identity/code").path.endswith("/identity")
    page = client.submit(client.get(f"/c/{link}/identity"), "/identity", method="code")
    assert page.path.endswith("/identity/code")
    assert "长辈版" in page.text
    assert client.get(f"/c/{link}/identity/code").text == page.text
    assert f'/c/{link}/identity/code"' in client.get(f"/c/{link}/identity").text
    assert Client(town).get(f"/c/{link}/identity/code").path.endswith("/identity")  # another browser
    assert [e.type for e in town.store.events(town.head(link).case_id)].count("identity_started") == 1


def test_who_comes_in_many_times_a_day_is_told_when_to_come_back(town: Town, client: Client, link: str) -> None:
    for _ in range(MOST_CHECKS):
        town.applicant.start_code(link)
    page = client.get(f"/c/{link}/identity")
    assert "2026年11月24日" in page.text
    assert "之后才能再次验证" in page.text
    assert "再试一次" not in page.text
    town.clock.at += timedelta(days=1)
    sign_in(client, link)
    assert client.get(f"/c/{link}/identity").path.endswith("/intention")


def test_a_slip_in_the_number_is_said_and_the_code_stays_good(client: Client, town: Town, link: str) -> None:
    page = client.submit(client.get(f"/c/{link}/identity"), "/identity", method="code")
    code = town.identity.codes[town.head(link).check.partition(":")[2]]
    page = client.submit(page, "/identity/code", code=code, id_number=NUMBER[:17] + "0")
    assert page.status == 400
    assert "身份证号输入有误" in page.text
    assert client.submit(page, "/identity/code", code=code, id_number=NUMBER).path.endswith("/intention")


def test_without_a_mobile_number_the_face_is_offered(client: Client, town: Town) -> None:
    link = town.open_case(mobile=None)
    page = client.submit(client.get(f"/c/{link}/identity"), "/identity", method="code")
    assert page.status == 400
    assert "没有登记手机号" in page.text


def test_the_browser_that_began_a_check_must_end_it(town: Town, client: Client, link: str) -> None:
    client.submit(client.get(f"/c/{link}/identity"), "/identity", index=1, method="face", consent="1", follow=False)
    town.identity.finish_face(town.head(link).check.partition(":")[2], passed=True)
    other = Client(town)
    page = other.submit(other.get(f"/c/{link}/identity/return"), "/identity/return")
    assert page.status == 403
    assert other.get(f"/c/{link}/progress").path.endswith("/identity")


# --- saying no, asking, withdrawing


@pytest.mark.parametrize("forever", [False, True])
def test_no_is_confirmed_and_needs_no_proof(town: Town, client: Client, link: str, forever: bool) -> None:
    landing = client.get(f"/c/{link}").text
    assert f'/c/{link}/decline"' in landing
    assert f'/c/{link}/decline?forever=1"' in landing
    page = client.get(f"/c/{link}/decline" + ("?forever=1" if forever else ""))
    assert "不能恢复" in page.text
    assert ("今后也不再向您提示" in page.text) is forever
    page = client.submit(page, "/decline", forever="1" if forever else "0")
    assert town.head(link).outcome is Outcome.DECLINED
    assert "您已选择不办理" in page.text
    assert town.store.opted_out(town.head(link).subject, town.head(link).item_code) is forever


def test_somebody_who_asks_for_a_person_gets_one(town: Town, client: Client, link: str) -> None:
    page = client.get(f"/c/{link}/ask")
    assert "转由工作人员办理" in page.text
    page = client.submit(page, "/ask")
    assert "已转告工作人员" in page.text
    assert "长辈版" in page.text  # the answer to a GET, which may be asked for again
    assert town.head(link).tasks == ("handle",)
    assert client.get(f"/c/{link}/ask").text == page.text
    assert client.get(f"/c/{link}/decline").path.endswith(link)


def test_what_somebody_identified_began_nobody_else_ends(town: Town, client: Client, link: str) -> None:
    session = town.to_declaration(link)
    assert client.get(f"/c/{link}/decline").path.endswith("/identity")
    asked = client.get(f"/c/{link}/ask")
    token = asked.form("/ask")[1]["csrf"]
    assert client.post(f"/c/{link}/decline", {"csrf": token, "forever": "1"}).status == 403
    assert "照常进行" in asked.text
    client.submit(asked, "/ask")
    assert (town.head(link).stage, town.head(link).tasks) == (Stage.DECLARATION, ("handle",))
    give_session(client, link, session)
    client.submit(client.get(f"/c/{link}/decline"), "/decline", forever="0")
    assert town.head(link).outcome is Outcome.DECLINED


def test_the_intention_may_be_no(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.session(link))
    page = client.get(f"/c/{link}/intention")
    assert client.submit(page, "/intention", answer="decline").status == 400
    page = client.submit(client.get(f"/c/{link}/decline"), "/decline", forever="0")
    assert town.head(link).outcome is Outcome.DECLINED
    assert page.status == 200


def test_a_person_can_withdraw_before_the_decision_only(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.to_approval(link))
    assert f"/c/{link}/withdraw" in client.get(f"/c/{link}/progress").text
    page = client.get(f"/c/{link}/withdraw")
    other = town.open_case(persona=2)
    client.submit(page, "/withdraw")
    assert town.head(link).withdrawing
    give_session(client, other, town.to_delivery(other))
    page = client.get(f"/c/{other}/progress")
    assert "/withdraw" not in page.text
    assert client.get(f"/c/{other}/withdraw").path.endswith("/progress")
    assert client.post(f"/c/{other}/withdraw", {"csrf": client.get(f"/c/{other}/ask").form("/ask")[1]["csrf"]}).status == 403
    assert client.post(f"/c/{other}/withdraw", {"csrf": page.form("/leave")[1]["csrf"]}).status == 409


# --- the form


def test_what_changes_stands_first_and_what_is_filled_is_folded(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.to_declaration(link))
    page = client.get(f"/c/{link}/declaration").text
    places = [
        page.index(words) for words in ("1. 将变更的内容", "2. 核对申报表单", "项已按共享数据填好", "3. 旧证怎样交回", "4. 新证照怎样送达")
    ]
    assert places == sorted(places)
    assert '<details class="card">' in page
    assert '<details class="card" open>' not in page
    assert page.count("（选择快递时必填）") == 2


def test_a_fold_is_open_when_there_is_something_to_mend_in_it(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.to_declaration(link))
    page = client.get(f"/c/{link}/declaration")
    wrong = client.submit(page, "/declaration", {"disputed.contact_name": "长" * 500})
    assert wrong.status == 400
    assert '<details class="card" open>' in wrong.text
    kept = client.submit(page, "/declaration", {"disputed.contact_name": "另一个人", "delivery_address": "短"})
    assert kept.status == 400
    assert '<details class="card" open>' in kept.text


def test_who_lost_the_old_certificate_says_so_and_the_department_reads_it(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.to_declaration(link))
    page = client.get(f"/c/{link}/declaration")
    assert "即声明旧证遗失作废" in page.text
    ways = {"return_way": "none_held", "delivery_way": "electronic"}
    assert "申请人声明旧证遗失作废" in client.submit(page, "/declaration", ways, action="preview").text
    client.submit(page, "/declaration", ways)
    town.system(link)
    (application,) = town.department.applications.values()
    assert [m["origin"] for m in application.materials].count("declared_lost") == 1
    client.cookies[f"{STAGE}/"] = {DESK_COOKIE: town.desk.sign_in(town.desk.invite(town.official))}
    assert "申请人声明旧证遗失作废" in client.get(f"/desk/cases/{town.head(link).case_id}").text


def test_a_mistake_keeps_what_was_typed_and_names_the_field(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.to_declaration(link))
    typed = {"delivery_way": "courier", "delivery_address": "短", "disputed.registered_address": "甲<乙"}
    page = client.submit(client.get(f"/c/{link}/declaration"), "/declaration", typed)
    assert page.status == 400
    assert "请写清收件地址" in page.text
    assert 'href="#field-delivery_address"' in page.text
    assert 'value="甲&lt;乙"' in page.text
    assert 'value="短"' in page.text
    assert town.head(link).stage is Stage.DECLARATION


def test_what_the_registries_lack_is_asked_for(town: Town, client: Client, link: str) -> None:
    town.lookup.down = True
    give_session(client, link, town.to_declaration(link))
    page = client.get(f"/c/{link}/declaration")
    assert "共享数据中没有此项" in page.text
    assert client.submit(page, "/declaration").status == 400


def test_a_mobile_number_is_asked_for_only_where_none_is_on_file(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.to_declaration(link))
    page = client.get(f"/c/{link}/declaration")
    assert "given.contact_mobile" not in page.text
    assert MOBILE in page.text


def test_without_a_number_on_file_the_courier_gets_the_one_that_is_typed(town: Town, client: Client) -> None:
    link = town.open_case(mobile=None)
    client.submit(client.get(f"/c/{link}/identity"), "/identity", index=1, method="face", consent="1", follow=False)
    town.identity.finish_face(town.head(link).check.partition(":")[2], passed=True)
    page = client.submit(client.get(f"/c/{link}/identity/return"), "/identity/return")
    client.submit(page, "/intention", answer="continue")
    town.declaring.declare(town.head(link).case_id)
    page = client.get(f"/c/{link}/declaration")
    assert page.form("/declaration")[1]["given.contact_mobile"] == ""
    ways = {"return_way": "hand_in", "delivery_way": "courier", "delivery_address": ADDRESS}
    wrong = client.submit(page, "/declaration", ways, given__contact_mobile="123")
    assert (wrong.status, "请填写11位手机号" in wrong.text) == (400, True)
    kept = wrong.form("/declaration")[1]
    assert (kept["given.contact_mobile"], kept["delivery_address"], kept["delivery_way"]) == ("123", ADDRESS, "courier")
    assert client.submit(wrong, "/declaration", given__contact_mobile="13700000000").path.endswith("/progress")
    assert town.sealed(town.head(link).case_id, "form")["courier_mobile"] == "13700000000"


def test_corrections_are_told_all_at_once_and_given_in_one_form(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.to_approval(link))
    town.decide(link, DecisionKind.CORRECTION, points=("第一项", "第二项"))
    page = client.get(f"/c/{link}/progress")
    assert f"/c/{link}/correction" in page.text
    page = client.get(f"/c/{link}/correction")
    assert "第一项" in page.text
    assert "第二项" in page.text
    client.submit(page, "/correction", disputed__subject_name="青岛补正有限公司")
    assert town.sealed(town.head(link).case_id, "form")["pickup_address"] == ADDRESS  # where the old certificate would go back
    assert town.head(link).stage is Stage.APPROVAL
    assert town.store.events(town.head(link).case_id)[-1].type == "corrected"


# --- the end


def test_progress_tells_everything_and_the_certificate_can_be_saved(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.to_delivery(link))
    town.move(link, "delivery", ParcelState.ARRIVED)
    town.system(link)
    page = client.get(f"/c/{link}/progress")
    assert "已办结" in page.text
    assert len(set(re.findall(r"MEM\d+", page.text))) == 2  # both waybills
    assert "登记信息与证照不一致：法定代表人" in client.get(f"/c/{link}/why").text
    assert page.text.count("新证照已签收") == 2  # as a move of the parcel, and in the record
    saved = client.get(f"/c/{link}/certificate")
    assert saved.content == b"%PDF-1.4 a certificate"
    assert saved.headers["Content-Type"] == "application/pdf"
    assert "attachment" in saved.headers["Content-Disposition"]


def test_a_rejection_tells_reason_and_remedy(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.to_approval(link))
    town.decide(link, DecisionKind.REJECTED, reason="登记名称尚未核准")
    page = client.get(f"/c/{link}/progress")
    assert "登记名称尚未核准" in page.text
    assert town.item(link).texts.remedy in page.text
    assert client.get(f"/c/{link}/certificate").status == 404


# --- what a link may show and do


def test_the_link_alone_shows_nothing_personal(town: Town, client: Client, link: str) -> None:
    head = town.head(link)
    secrets = [NAME, NUMBER, NUMBER[-4:], MOBILE, head.subject, str(town.sealed(head.case_id, "subject")["name"])]
    secrets += [str(value) for change in town.sealed(head.case_id, "changes") for value in (change["old"], change["new"])]
    for path in [path.removeprefix("/c/{link}") for method, path, _ in ROUTES if method == "GET" and path.startswith("/c/")]:
        text = client.get(f"/c/{link}{path}").text
        assert [secret for secret in secrets if secret in text] == []


def test_a_forged_link_and_an_old_one_are_told_apart(town: Town, client: Client, link: str) -> None:
    forged = client.get(f"/c/{link[:-1]}A")
    assert (forged.status, "链接无效" in forged.text) == (403, True)
    assert "返回办理页面</a>" not in forged.text
    town.clock.at += timedelta(days=400)
    old = client.get(f"/c/{link}")
    assert (old.status, "链接已过期" in old.text) == (410, True)
    assert client.get("/c/名字.假").status == 403


def test_a_session_of_another_case_or_an_old_one_opens_nothing(town: Town, client: Client, link: str) -> None:
    other = town.open_case(persona=2)
    give_session(client, link, town.session(other))
    assert client.get(f"/c/{link}/progress").path.endswith("/identity")
    give_session(client, link, town.session(link))
    assert client.get(f"/c/{link}/progress").path.endswith("/progress")
    form = client.get(f"/c/{link}/intention")
    town.clock.at += timedelta(minutes=31)
    assert client.submit(form, "/intention", answer="continue").path.endswith("/identity")
    assert town.head(link).stage is Stage.INTENTION


@pytest.mark.parametrize(
    "path",
    [path.removeprefix("/c/{link}/") for method, path, _ in ROUTES if method == "POST" and path.startswith("/c/{link}/")],
)
def test_a_form_without_our_token_changes_nothing(town: Town, client: Client, link: str, path: str) -> None:
    give_session(client, link, town.to_declaration(link))
    before = town.head(link)
    for token in ("", "AAAA", client.get(f"/c/{town.open_case(persona=2)}/ask").form("/ask")[1]["csrf"]):
        page = client.post(f"/c/{link}/{path}", {"csrf": token, "forever": "0", "method": "code", "answer": "continue"})
        assert (page.status, "页面已失效" in page.text) == (403, True)
    assert town.head(link) == before


def test_a_form_from_another_site_is_refused(town: Town, client: Client, link: str) -> None:
    action, fields = client.get(f"/c/{link}/decline").form("/decline")
    page = client.post(action.removeprefix(STAGE), fields, headers={"Sec-Fetch-Site": "cross-site"})
    assert page.status == 403
    assert town.head(link).outcome is None


# --- verify


def test_a_prompt_can_be_verified_without_its_link(town: Town, client: Client, link: str) -> None:
    code, subject = town.context.keys.code(town.head(link).case_id), town.head(link).subject
    page = client.submit(client.get("/verify"), "/verify", code=code.lower(), credit_code=subject.lower())
    assert "是我们发出的" in page.text
    assert town.item(link).name in page.text
    page = client.submit(client.get("/verify"), "/verify", code="AAAAAAAAAA", credit_code=subject)
    assert "没有查到" in page.text


# --- the edge


def test_every_page_carries_the_security_headers(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.to_declaration(link))
    for path in (f"/c/{link}", f"/c/{link}/declaration", "/c/forged", "/verify", "/desk/sign-in"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


def test_pages_need_no_script_no_inline_style_and_no_other_host(town: Town, client: Client, link: str) -> None:
    give_session(client, link, town.to_declaration(link))
    for path in (f"/c/{link}", f"/c/{link}/declaration", f"/c/{link}/progress", "/verify"):
        text = client.get(path).text
        assert "<script" not in text
        assert "style=" not in text
        assert "http://" not in text
        assert "https://" not in text


def test_cookies_are_for_one_case_and_not_for_scripts(town: Town, client: Client, link: str) -> None:
    sent = client.submit(client.get(f"/c/{link}/identity"), "/identity", method="code", follow=False)
    (cookie,) = sent.set_cookies
    assert f"Path={STAGE}/c/{link};" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    town.public_url = "https://wugan.example"
    sent = client.submit(client.get(f"/c/{link}/identity"), "/identity", method="code", follow=False)
    assert "; Secure" in sent.set_cookies[0]
    assert f"Path=/c/{link};" in sent.set_cookies[0]


def test_the_elder_mode_is_kept(client: Client, link: str) -> None:
    assert 'class="elder"' not in client.get(f"/c/{link}").text
    assert 'class="elder"' in client.get(f"/c/{link}?elder=1").text
    assert 'class="elder"' in client.get(f"/c/{link}/identity").text
    client.get(f"/c/{link}?elder=0")
    assert 'class="elder"' not in client.get(f"/c/{link}").text


@pytest.mark.parametrize(
    ("body", "status"), [(b"a=" + b"x" * MOST_BYTES, 413), (b"a=%ff", 400), (b"&".join([b"a=1"] * 300), 400), (b"\xff\xfe", 400)]
)
def test_a_malformed_body_is_a_page_not_a_crash(client: Client, link: str, body: bytes, status: int) -> None:
    reply = client.request("POST", f"/c/{link}/decline", body)
    assert reply.status == status
    assert "下一步" in reply.text


def test_an_unexpected_error_tells_nothing_and_logs_its_type_only(
    town: Town, client: Client, link: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: str) -> None:
        raise RuntimeError(f"{NAME} {MOBILE}")

    monkeypatch.setattr(town.store, "head", fail)
    with caplog.at_level(logging.DEBUG):
        page = client.get(f"/c/{link}")
    assert (page.status, "系统出错了" in page.text) == (500, True)
    assert "RuntimeError at /c/{link}" in caplog.text
    assert not [secret for secret in (NAME, MOBILE, link) if secret in caplog.text + page.text.replace(f"/c/{link}", "")]


def test_a_vendor_that_is_down_is_told_as_such(town: Town, client: Client, link: str) -> None:
    town.identity.fail()
    page = client.submit(client.get(f"/c/{link}/identity"), "/identity", method="code")
    assert (page.status, "服务暂时繁忙" in page.text) == (503, True)


def test_style_sheets_may_be_kept_and_nothing_else_is_served(client: Client, link: str) -> None:
    page = client.get(f"/c/{link}")
    start = page.text.index("/static/wugan.css?v=")
    sheet = client.get(page.text[start : page.text.index('"', start)])
    assert (sheet.status, sheet.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in sheet.headers["Cache-Control"]
    assert client.get("/static/weui.LICENSE.txt").status == 404
    assert client.get("/static/..%2fedge.py").status == 404


def test_health_needs_nothing(client: Client) -> None:
    assert client.get("/health").text == '{"ok":true}'
