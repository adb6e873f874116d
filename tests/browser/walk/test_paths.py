"""The paths of the policy, walked in Chromium on the deployed template. No page needs JavaScript: each path runs without it unless told."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.walk.driver import PATIENCE, Applicant, Clerk, heading
from tests.rehearsal.conftest import courier_fetches
from tests.rehearsal.town import Town
from wugan import bootstrap
from wugan.cases.model import Actor, Task

Visit = Callable[..., Page]
AGENT = {"name": "代小办", "id_number": "37020219900307205X", "mobile": "13700000011"}


def applicant(city: Town, visit: Visit, *, at_desk: bool = False, javascript: bool = False, rule: str = "") -> Applicant:
    """Somebody with a case that nobody played yet, and with a mobile number."""
    play = city.take(courier_fetches, at_desk=at_desk)
    if rule:
        city.sandbox.add_rule(match=play.case_id, department=rule)
    return Applicant(play, visit(javascript=javascript))


def identified(person: Applicant) -> Applicant:
    """By code where there is a phone, else by face."""
    person.open().go_on()
    owner = person.play.town.owners[str(person.play.prompt["to"])]
    return person.by_code() if owner.mobile else person.by_face()


@pytest.mark.parametrize("javascript", [False, True])
def test_the_whole_journey(city: Town, visit: Visit, javascript: bool) -> None:
    """From the link over face, intention and declaration to the certificate and its proof."""
    person = applicant(city, visit, javascript=javascript)
    person.open().go_on().by_face().continue_().declare()
    person.play.ended("delivered")
    person.at("progress")
    expect(heading(person.page)).to_have_text("已办结，新证照已送达")
    assert person.page.locator(".step_done").count() == 8
    assert person.download("下载电子证照")
    person.play.until(lambda: b"wugan-case-proof/1" in person.download("下载本事项办理记录证明"), "the proof")


def test_the_desk_decides(city: Town, visit: Visit) -> None:
    """An official sees the case, approves it, and the person sees that."""
    person = identified(applicant(city, visit, at_desk=True)).continue_().declare()
    person.play.waiting("approval")
    clerk = Clerk(person.play, visit(width=1280)).sign_in().open().approve()
    expect(clerk.page.get_by_text("新证照送达中").first).to_be_visible(timeout=PATIENCE)
    person.play.ended("delivered")


def test_decline(city: Town, visit: Visit) -> None:
    """One tap, without proof."""
    person = applicant(city, visit).open().decline()
    expect(heading(person.page)).to_be_visible()
    expect(person.page.get_by_role("heading", level=2).first).to_have_text("您已选择不办理")
    person.play.ended("declined")


def test_correction(city: Town, visit: Visit) -> None:
    """The desk asks for corrections; the person is told all of them at once and hands them in."""
    person = identified(applicant(city, visit, at_desk=True)).continue_().declare()
    person.play.waiting("approval")
    clerk = Clerk(person.play, visit(width=1280)).sign_in().open().correct("请补充经营场所的门牌号", "请说明变更的日期")
    person.until_prompted("补正").open_at_work("correction", "补正申报信息")
    for point in ("请补充经营场所的门牌号", "请说明变更的日期"):
        expect(person.page.get_by_text(point)).to_be_visible()
    person.declare()
    person.play.waiting("approval")
    clerk.open().approve()
    person.play.ended("delivered")


def test_rejection(city: Town, visit: Visit) -> None:
    """The reason and the remedy are told, and the old certificate comes back."""
    person = identified(applicant(city, visit, at_desk=True)).continue_().declare()
    person.play.waiting("approval")
    Clerk(person.play, visit(width=1280)).sign_in().open().reject("经核查，申报的场所不符合设置要求。")
    person.play.ended("rejected")
    person.at("progress")
    expect(heading(person.page)).to_have_text("未获批准")
    expect(person.page.get_by_text("经核查，申报的场所不符合设置要求。")).to_be_visible()
    assert "give_back_arrived" in {e.type for e in person.play.events}


def test_withdrawal(city: Town, visit: Visit) -> None:
    """At the declaration; nothing was ordered."""
    person = identified(applicant(city, visit)).continue_()
    person.withdraw()
    person.play.ended("withdrawn")
    person.at("progress")
    expect(heading(person.page)).to_have_text("已按您的要求撤回")


def test_dispute(city: Town, visit: Visit) -> None:
    """A field that is wrong is told to the registry's keeper and the department, and holds nothing up."""
    person = identified(applicant(city, visit)).continue_().dispute("更正后的内容", "登记时写错了")
    person.declare()
    person.play.ended("delivered")
    assert "disputed" in {e.type for e in person.play.events}
    assert Task.KEEPER in person.play.head.tasks


def test_delegation(city: Town, visit: Visit) -> None:
    """Somebody else proves who they are with a link of their own, and declares; the trace says that it was an agent."""
    person = identified(applicant(city, visit)).continue_()
    link = person.entrust(AGENT, (bootstrap.clock().now() + timedelta(days=30)).date())
    agent = Applicant(person.play, visit())
    agent.page.goto(link)
    agent.page.get_by_role("link", name="验证身份后继续").click()
    agent.prove_by_code(AGENT["mobile"], AGENT["id_number"])
    agent.page.goto(f"{link}/declaration")
    expect(heading(agent.page)).to_have_text("确认申报信息", timeout=PATIENCE)
    agent.declare()
    person.play.ended("delivered")
    assert next(e.actor for e in person.play.events if e.type == "declared") is Actor.AGENT


def test_elder_mode(city: Town, visit: Visit) -> None:
    """The choice stays from page to page, with large text and targets."""
    person = applicant(city, visit)
    person.open().elder().go_on()
    expect(person.page.locator("html")).to_have_class("elder")
    owner = city.owners[str(person.play.prompt["to"])]
    (person.by_code() if owner.mobile else person.by_face()).continue_()
    expect(person.page.locator("html")).to_have_class("elder")
    for button in person.page.locator("button:visible").all():
        box = button.bounding_box()
        assert box
        assert box["height"] >= 59.5
    person.declare()
    person.play.ended("delivered")


def test_a_prompt_is_checked_without_its_link(city: Town, visit: Visit) -> None:
    """The code of the landing page, typed at the portal."""
    person = applicant(city, visit).open()
    code = person.page.locator(".code", has_text=re.compile(r"^[0-9A-Z]{10}$")).inner_text()
    person.page.goto(f"{city.url}/verify")
    person.page.fill("#code", code)
    person.page.fill("#credit_code", person.play.head.subject)
    person.page.get_by_role("button", name="查询", exact=True).click()
    expect(person.page.get_by_text(person.play.item.name).first).to_be_visible()
