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
    page.get_by_label("身份证号后四位").fill(NUMBER[-4:])
    press(page, "确认")
    press(page, "继续办理")
    page.goto(f"{base}/c/{link}/progress")
    page.get_by_text("撤回办理", exact=True).click()
    press(page, "确认撤回")
    expect(page.get_by_role("heading", level=1)).to_have_text("正在撤回")
    assert town.head(link).withdrawing


def test_no_more_prompts_of_this_kind(page: Page, base: str, town: Town) -> None:
    link = town.open_case()
    page.goto(f"{base}/c/{link}")
    page.get_by_text("不想再收到这类提示").click()
    press(page, "不再提醒此事项")
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
