"""Signing in at the sandbox issuer in a real browser: what the content security policy and the cookies let through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from playwright.sync_api import Browser, expect

from infra.sandbox.script import Config
from infra.sandbox.server import SandboxServer
from tests.browser.serve import serving
from tests.browser.town import Town
from wugan.clock import BEIJING, FixedClock
from wugan.http import JsonClient
from wugan.signin.official import RoleMap
from wugan.signin.provider import Provider


@pytest.fixture
def issuer() -> Iterator[str]:
    with SandboxServer(Config()) as sandbox:
        yield f"{sandbox.url}/issuer"


def test_an_official_signs_in_and_out_without_javascript(browser: Browser, issuer: str) -> None:
    town = Town(clock=FixedClock(datetime.now(BEIJING)))
    provider = Provider(issuer, "wugan", lambda: "", JsonClient(), town.clock, plain=True)
    roles = RoleMap.of("roles", "wugan-qd-approver=QD:approver")
    town.desk = replace(town.desk, entrance=replace(town.entrance, provider=provider, roles=roles))
    with serving(town) as base:
        page = browser.new_context(java_script_enabled=False, locale="zh-CN").new_page()
        page.goto(f"{base}/desk/tasks")
        page.get_by_role("button", name="统一身份认证登录").click()
        page.get_by_role("button", name="青岛审批甲").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("待办任务")
        assert page.url == f"{base}/desk/tasks"
        page.get_by_role("button", name="退出（青岛审批甲）").click()
        expect(page.get_by_text("已退出审批工作台")).to_be_visible()
        page.get_by_role("link", name="退出统一身份认证").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("已退出统一身份认证")
        page.goto(f"{base}/desk")
        expect(page.get_by_role("button", name="统一身份认证登录")).to_be_visible()
        page.get_by_role("button", name="统一身份认证登录").click()
        page.get_by_role("button", name="取消登录").click()
        expect(page.get_by_role("alert")).to_contain_text("统一身份认证没有完成")
        page.context.close()
