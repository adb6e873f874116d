"""The journey in a real browser without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.town import ADDRESS, NUMBER, Town
from wugan.cases.model import Outcome, Stage
from wugan.courier.port import ParcelState


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 375, "height": 812}, java_script_enabled=False, locale="zh-CN")
    yield context.new_page()
    context.close()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_from_the_link_to_the_saved_certificate(page: Page, base: str, town: Town) -> None:
    link = town.open_case(persona=1)
    page.goto(f"{base}/c/{link}")
    page.get_by_role("link", name="继续办理").click()
    page.get_by_label("我单独同意").check()
    press(page, "刷脸验证")  # a redirect from our form to another origin: the content security policy must let it pass
    page.get_by_role("link", name="返回").click()
    press(page, "查询结果并继续")
    expect(page.get_by_role("heading", level=1)).to_contain_text("是否继续办理")
    press(page, "继续办理")
    town.declaring.declare(town.head(link).case_id)
    expect(page.get_by_role("heading", level=1)).to_have_text("确认申报信息")  # the waiting page asks again by itself
    page.get_by_text("项已按共享数据填好").click()
    page.get_by_text("这项有误：注册地址").click()
    page.get_by_label("正确的注册地址").fill("青岛市市南区香港中路9号")
    page.get_by_label("收件地址").fill(ADDRESS)
    press(page, "确认无误，提交")
    expect(page.locator("[aria-current=step]")).to_contain_text("回收旧证")
    town.system(link)
    approve(page, base, town, link)
    town.carrying.deliver(town.head(link).case_id)
    town.move(link, "delivery", ParcelState.ARRIVED)
    town.system(link)
    page.goto(f"{base}/c/{link}/progress")
    expect(page.get_by_role("heading", level=1)).to_have_text("已办结，新证照已送达")
    with page.expect_download() as saved:
        page.get_by_role("link", name="下载电子证照").click()
    content = saved.value.path().read_text(encoding="utf-8")
    assert "鲁02A0500" in content
    assert town.head(link).outcome is Outcome.DELIVERED


def approve(page: Page, base: str, town: Town, link: str) -> None:
    """An official signs in and approves the case at the desk."""
    page.goto(f"{base}/desk")
    page.get_by_label("登录凭证").fill(town.desk.invite(town.official))
    press(page, "登录")
    page.locator("a[href*='/desk/cases/']").first.click()
    page.get_by_label("新证照编号").fill("鲁02A0500")
    press(page, "准予并签发电子证照")
    expect(page.get_by_text("新证照送达中")).to_be_visible()
    assert town.head(link).decided


def test_by_code_and_then_withdrawn(page: Page, base: str, town: Town) -> None:
    link = town.open_case(persona=2)
    page.goto(f"{base}/c/{link}/identity")
    press(page, "发送短信验证码")
    page.get_by_label("短信验证码").fill(town.identity.codes[town.head(link).check.partition(":")[2]])
    page.get_by_label("身份证号").fill(NUMBER)
    press(page, "确认")
    press(page, "继续办理")
    page.goto(f"{base}/c/{link}/progress")
    page.get_by_role("link", name="撤回办理").click()
    press(page, "确认撤回")
    expect(page.get_by_role("heading", level=1)).to_have_text("正在撤回")
    assert town.head(link).withdrawing


def test_no_more_prompts_of_this_kind(page: Page, base: str, town: Town) -> None:
    link = town.open_case()
    page.goto(f"{base}/c/{link}")
    page.get_by_role("link", name="不再提醒此事项").click()
    press(page, "确认，不再提醒")
    expect(page.get_by_role("heading", level=2).first).to_have_text("您已选择不办理")
    assert town.store.opted_out(town.head(link).subject, town.head(link).item_code)


def test_a_mistake_is_shown_at_its_field_and_summed_up(page: Page, base: str, town: Town) -> None:
    link = town.open_case(persona=1)
    session = town.to_declaration(link)
    page.context.add_cookies([{"name": "wugan_session", "value": session, "url": f"{base}/c/{link}/"}])
    page.goto(f"{base}/c/{link}/declaration")
    page.get_by_label("收件地址").fill("短")
    press(page, "确认无误，提交")
    page.get_by_role("alert").get_by_role("link").click()
    assert page.url.endswith("#field-delivery_address")
    field = page.get_by_label("收件地址")
    assert field.input_value() == "短"
    assert field.get_attribute("aria-invalid") == "true"
    assert town.head(link).stage is Stage.DECLARATION


def test_an_agent_acts_for_the_person_until_it_is_taken_back(browser: Browser, page: Page, base: str, town: Town) -> None:
    link = town.open_case(persona=1)
    session = town.to_declaration(link)
    page.context.add_cookies([{"name": "wugan_session", "value": session, "url": f"{base}/c/{link}/"}])
    page.goto(f"{base}/c/{link}/declaration")
    page.get_by_role("link", name="请别人代办").click()
    for label, value in (("受托人姓名", "代小办"), ("受托人身份证号", "37020219900307205X"), ("受托人手机号", "13700000011")):
        page.get_by_label(label).fill(value)
    press(page, "确认委托")
    theirs = page.get_by_label("受托人的链接").input_value()
    with browser.new_context(viewport={"width": 375, "height": 812}, java_script_enabled=False, locale="zh-CN") as context:
        agent = context.new_page()
        agent.goto(theirs)
        agent.get_by_role("link", name="验证身份后继续").click()
        press(agent, "发送短信验证码")
        agent.get_by_label("短信验证码").fill(town.identity.codes[town.head(link).check.partition(":")[2]])
        agent.get_by_label("身份证号").fill("37020219900307205X")
        press(agent, "确认")
        expect(agent.get_by_text("您是受托人代小办")).to_be_visible()
        page.reload()
        press(page, "撤回对代小办的委托")
        agent.reload()
        expect(agent.get_by_role("heading", level=1)).to_have_text("链接已过期")


def test_the_application_is_looked_over_and_disputed_before_it_is_sent(page: Page, base: str, town: Town) -> None:
    link = town.open_case(persona=1)
    session = town.to_declaration(link)
    page.context.add_cookies([{"name": "wugan_session", "value": session, "url": f"{base}/c/{link}/"}])
    page.goto(f"{base}/c/{link}/declaration")
    page.get_by_text("项已按共享数据填好").click()
    page.get_by_text("这项有误：注册地址").click()
    page.get_by_label("正确的注册地址").fill("青岛市市南区香港中路9号")
    page.get_by_label("上门取件地址").fill(ADDRESS)
    page.get_by_label("快递上门时间").select_option(index=2)
    page.get_by_label("收件地址").fill(ADDRESS)
    press(page, "先看申报材料")
    expect(page.get_by_text("应为“青岛市市南区香港中路9号”")).to_be_visible()
    expect(page.get_by_text("11月24日（周二）14:00–16:00")).to_be_visible()
    press(page, "返回修改")
    expect(page.get_by_label("正确的注册地址")).to_have_value("青岛市市南区香港中路9号")
    press(page, "先看申报材料")
    press(page, "确认无误，提交")
    assert "keeper" in town.head(link).tasks
    page.get_by_role("link", name="查看申报材料").click()
    expect(page.get_by_text("已提交的申报材料")).to_be_visible()
