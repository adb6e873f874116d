"""People before a browser: what they press on each page, by the words that they read."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from playwright.sync_api import Locator, Page, expect

from infra.sandbox.issuer import BUREAUS
from tests.rehearsal.town import Play

PLACE = "青岛市市南区香港中路100号收发室"
MOBILE = "12900000000"  # of a range that no carrier uses
PATIENCE = 60_000  # milliseconds: two cores play everybody
LOOK_AGAIN = 300


def heading(page: Page) -> Locator:
    """What the page is about."""
    return page.get_by_role("heading", level=1)


def press(page: Page, name: str) -> None:
    """Press a button."""
    page.get_by_role("button", name=name, exact=True).click()


@dataclass
class Applicant:
    """The person of a case, with a page of their browser."""

    play: Play
    page: Page

    # --- the link

    def open(self) -> Applicant:
        """Follow the link of the newest prompt."""
        self.page.goto(self.play.link)
        return self

    def at(self, part: str) -> Applicant:
        """Go to a page of the case."""
        self.page.goto(f"{self.play.link}/{part}")
        return self

    def elder(self) -> Applicant:
        """Switch to the elder mode."""
        self.page.get_by_role("link", name="长辈版").click()
        return self

    def go_on(self) -> Applicant:
        """From the landing page to the identity page."""
        self.page.get_by_role("link", name="继续办理").click()
        expect(heading(self.page)).to_have_text("验证身份")
        return self

    def decline(self) -> Applicant:
        """Not now."""
        self.page.get_by_role("link", name="这次不办", exact=True).click()
        press(self.page, "确认，这次不办")
        return self

    # --- identity

    def by_code(self) -> Applicant:
        """Prove by code who one is."""
        owner = self.play.town.owners[str(self.play.prompt["to"])]
        assert owner.mobile
        return self.prove_by_code(owner.mobile, owner.id_number)

    def _code(self, mobile: str) -> str:
        end = time.monotonic() + PATIENCE / 1000
        while (code := self.play._code(self.play.case_id, mobile)) is None:
            assert time.monotonic() < end, "the code never came"
            time.sleep(LOOK_AGAIN / 1000)
        return code

    def by_face(self) -> Applicant:
        """Prove by face who one is, at the vendor's page and back."""
        self.page.get_by_label("我单独同意").check()
        press(self.page, "刷脸验证")
        self.page.locator("[name=result][value=pass]").first.click()
        back = self.page.get_by_role("button", name="查询结果并继续", exact=True)
        expect(back).to_be_visible(timeout=PATIENCE)
        back.click()
        return self

    # --- what is asked

    def continue_(self) -> Applicant:
        """Yes; then wait until the form is there."""
        expect(heading(self.page)).to_contain_text("是否继续办理")
        press(self.page, "继续办理")
        expect(heading(self.page)).to_have_text("确认申报信息", timeout=PATIENCE)
        return self

    def declare(self) -> Applicant:
        """Fill in what is empty, have the courier come, and submit."""
        page, filled = self.page, {"pickup_address": PLACE, "delivery_address": PLACE}
        for field in page.locator("input[required]:not([type=radio])").all():
            if not field.input_value():
                field.fill(MOBILE if "mobile" in str(field.get_attribute("name")) else "见营业执照")
        for name in ("return_way", "delivery_way"):
            if page.locator(f"input[type=radio][name={name}][value=courier]").count():
                page.locator(f"input[type=radio][name={name}][value=courier]").check()
        for name, value in filled.items():
            if page.locator(f"input[type=text][name={name}], input:not([type])[name={name}]").count():
                page.locator(f"[name={name}]").first.fill(value)
        page.get_by_role("button", name="提交").click()
        return self

    def dispute(self, value: str, why: str) -> Applicant:
        """Say of the first field with a source that it is wrong."""
        fold = self.page.locator("details.more", has_text="这项有误").first
        for around in fold.locator("xpath=ancestor::details[not(@open)]/summary").all():
            around.click()
        fold.locator("summary").click()
        fold.locator("input").first.fill(value)
        fold.locator("input").last.fill(why)
        return self

    def entrust(self, agent: Mapping[str, str], until: date) -> str:
        """Let somebody else act, in everything that may be entrusted; returns their link."""
        self.at("agents")
        for name, value in (*agent.items(), ("until", until.isoformat())):
            self.page.locator(f"[name={name}]").fill(value)
        for power in self.page.locator("[name^='power.']").all():
            power.check()
        press(self.page, "确认委托")
        return self.page.locator("input[readonly]").first.input_value()

    def prove_by_code(self, mobile: str, id_number: str) -> Applicant:
        """The code that comes to this number, and the end of this identity number."""
        press(self.page, "发送短信验证码")
        self.page.get_by_label("短信验证码").fill(self._code(mobile))
        self.page.get_by_label("身份证号").fill(id_number)
        press(self.page, "确认")
        return self

    def correct(self) -> Applicant:
        """Submit the corrections that were asked for."""
        self.until_prompted("补正")
        self.open_at_work("correction", "补正申报信息")
        return self.declare()

    def until_prompted(self, word: str) -> Applicant:
        """Wait for a message with this word."""
        self.play.until(lambda: word in str(self.play.prompt["text"]), f"a message about {word}")
        return self

    def open_at_work(self, part: str, title: str) -> Applicant:
        """Go to a page that the system has to prepare first; a new link asks who one is."""
        self.at(part)
        if heading(self.page).inner_text() == "验证身份":
            self.by_code() if self.play.town.owners[str(self.play.prompt["to"])].mobile else self.by_face()
            self.at(part)
        expect(heading(self.page)).to_have_text(title, timeout=PATIENCE)
        return self

    def withdraw(self) -> Applicant:
        """Take the application back."""
        self.at("progress")
        self.page.get_by_text("撤回办理", exact=True).click()
        press(self.page, "确认撤回")
        return self

    def download(self, name: str) -> bytes:
        """Save what a link of the progress page leads to."""
        self.at("progress")
        for fold in self.page.locator("summary").all():
            if not fold.evaluate("e => e.parentElement.open"):
                fold.click()
        with self.page.expect_download() as saved:
            self.page.get_by_role("link", name=name).click()
        return saved.value.path().read_bytes()


@dataclass
class Clerk:
    """An official before the desk."""

    play: Play
    page: Page

    def sign_in(self) -> Clerk:
        """At the sandbox's issuer, as one of the bureau's officials."""
        self.page.goto(f"{self.play.town.url}/desk")
        press(self.page, "统一身份认证登录")
        press(self.page, f"{BUREAUS[self.play.head.jurisdiction.lower()]}审批甲")
        return self

    def open(self) -> Clerk:
        """The case."""
        self.page.goto(f"{self.play.town.url}/desk/cases/{self.play.case_id}")
        return self

    def approve(self) -> Clerk:
        """Issue the new certificate."""
        number = self.page.get_by_label("新证照编号")
        if not number.input_value():
            number.fill("LX-000017")
        press(self.page, "准予并签发电子证照")
        return self

    def correct(self, *points: str) -> Clerk:
        """Ask for corrections, all at once."""
        self._fold("要求补正")
        self.page.locator("textarea[name=points]").fill("\n".join(points))
        press(self.page, "一次告知，暂停时限")
        return self

    def reject(self, reason: str) -> Clerk:
        """Reject, with the reason."""
        self._fold("不予许可")
        self.page.locator("textarea[name=reason]").fill(reason)
        press(self.page, "不予许可")
        return self

    def _fold(self, name: str) -> None:
        fold: Any = self.page.locator("summary", has_text=name)
        if fold.count():
            fold.first.click()
