"""Every page in its states; as pictures at three widths, with an index: `python -m tests.browser.screenshots [FOLDER]`."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.serve import serving
from tests.browser.town import FILING, RENEWAL, Town
from wugan.approval.port import DecisionKind
from wugan.cases.audit import Reader
from wugan.courier.port import ParcelState

CHROMIUM = "/usr/bin/chromium"
WIDTHS = (375, 768, 1280)
HEIGHT = 812
QUALITY = 55  # of WebP, in percent: sharp enough to read, and all pages together stay small
TITLES = {
    "01": "提示的链接打开的页面", "02": "身份认证", "03": "办理意向确认", "04": "申报信息确认", "05": "补正", "06": "办理进度",
    "08": "核验", "09": "审批工作台", "10": "出错时", "11": "办理记录存证",
}  # fmt: skip


@dataclass(frozen=True)
class Shot:
    """One page in one state: where it is, with which session, and what to press first."""

    name: str
    path: str
    session: str = ""
    link: str = ""
    press: tuple[str, ...] = ()
    fill: tuple[tuple[str, str], ...] = ()
    query: str = ""


def shots(town: Town) -> Iterator[Shot]:
    """Every page, each on a case of its own."""
    yield from _applicant(town)
    yield from _desk(town)


def _applicant(town: Town) -> Iterator[Shot]:
    new = town.open_case()
    yield Shot("01-landing", f"c/{new}")
    yield Shot("01-landing-elder", f"c/{new}", query="?elder=1")
    renewal = town.open_case(RENEWAL)
    yield Shot("01-landing-renewal", f"c/{renewal}")
    filing = town.open_case(FILING)
    yield Shot("01-landing-filing", f"c/{filing}")
    yield Shot("02-identity", f"c/{new}/identity")
    yield Shot("02-identity-elder", f"c/{new}/identity", query="?elder=1")
    yield Shot("02-return", f"c/{new}/identity/return")
    yield Shot("02-code", f"c/{new}/identity", press=("发送短信验证码",))
    yield Shot("02-code-wrong", f"c/{new}/identity", press=("发送短信验证码", "确认"), fill=(("code", "999999"), ("id_tail", "1234")))
    intent = town.open_case(persona=1)
    session = town.session(intent)
    yield Shot("03-intention", f"c/{intent}/intention", session, intent)
    town.applicant.intend(intent, session)
    yield Shot("04-preparing", f"c/{intent}/declaration", session, intent)
    town.declaring.declare(town.head(intent).case_id)
    yield Shot("04-declaration", f"c/{intent}/declaration", session, intent)
    yield Shot("04-declaration-elder", f"c/{intent}/declaration", session, intent, query="?elder=1")
    yield Shot("04-declaration-wrong", f"c/{intent}/declaration", session, intent, ("确认无误，提交",), (("delivery_address", "短"),))
    going = town.open_case(persona=2)
    session = town.to_approval(going)
    yield Shot("06-progress", f"c/{going}/progress", session, going)
    town.decide(going, DecisionKind.CORRECTION, points=("注册地址与不动产坐落不一致，请说明", "请核对联系电话"))
    yield Shot("05-correction", f"c/{going}/correction", session, going)
    delivered = town.open_case(persona=3)
    session = town.to_delivery(delivered)
    town.move(delivered, "delivery", ParcelState.ARRIVED)
    town.system(delivered)
    yield Shot("06-progress-delivered", f"c/{delivered}/progress", session, delivered)
    yield Shot("06-progress-elder", f"c/{delivered}/progress", session, delivered, query="?elder=1")
    yield Shot("01-landing-over", f"c/{delivered}")
    rejected = town.open_case("water-supply-name")
    session = town.to_approval(rejected)
    town.decide(rejected, DecisionKind.REJECTED, reason="供水单位名称与登记机关核准的名称不一致。")
    yield Shot("06-progress-rejected", f"c/{rejected}/progress", session, rejected)
    yield Shot("08-verify", "verify")
    yield Shot("08-verify-unknown", "verify", press=("查询",), fill=(("code", "ABCDEFGHJK"), ("credit_code", "91370283MA36AL168X")))
    yield Shot("10-problem", "c/forged.link")
    yield Shot("11-ledger-empty", "ledger")
    town.sequence()
    yield Shot("11-ledger", "ledger")
    yield Shot("11-ledger-elder", "ledger", query="?elder=1")
    yield Shot("11-ledger-nothing", "ledger", press=("核验",))
    proof = town.audit.proof(town.head(delivered).case_id, Reader.PERSON).text
    yield Shot("11-ledger-proved", "ledger", press=("核验",), fill=(("text", proof),))
    yield Shot("11-ledger-refused", "ledger", press=("核验",), fill=(("text", proof.replace("opened", "closed", 1)),))


def _desk(town: Town) -> Iterator[Shot]:
    yield Shot("09-sign-in", "desk/sign-in")
    session = town.desk.sign_in(town.desk.invite(town.official))
    for code in ("water-supply-representative", "water-supply-address", "film-screening-filing"):
        link = town.open_case(code)
        town.to_approval(link)
    yield Shot("09-queue", "desk", session)
    case_id = town.head(link).case_id
    yield Shot("09-case", f"desk/cases/{case_id}", session)
    yield Shot("09-subject", f"desk/cases/{case_id}/subject", session)
    asks = town.open_case("engineering-survey-change")
    town.applicant.ask_person(asks)
    yield Shot("09-tasks", "desk/tasks", session)


def show(page: Page, base: str, shot: Shot, *, elder: bool | None = None) -> None:
    """Open one page in its state, with nothing kept from before; `elder` says in which mode, else the shot does."""
    page.context.clear_cookies()
    wanted = "elder=1" in shot.query if elder is None else elder
    page.context.add_cookies([{"name": "wugan_elder", "value": str(int(wanted)), "url": f"{base}/"}])
    if shot.session:
        name = "wugan_desk" if shot.path.startswith("desk") else "wugan_session"
        page.context.add_cookies([{"name": name, "value": shot.session, "url": f"{base}/{shot.path}"}])
    page.goto(f"{base}/{shot.path}")
    for button in shot.press:
        for name, value in shot.fill:
            if page.locator(f"#{name}").count():
                page.fill(f"#{name}", value)
        page.get_by_role("button", name=button, exact=True).click()


def take(page: Page, file: Path) -> None:
    """The whole page as WebP, which Playwright itself does not write."""
    width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    clip = {"x": 0, "y": 0, "width": width, "height": max(height, 1), "scale": 1}
    options = {"format": "webp", "quality": QUALITY, "captureBeyondViewport": True, "clip": clip}
    session = page.context.new_cdp_session(page)
    file.write_bytes(base64.b64decode(session.send("Page.captureScreenshot", options)["data"]))
    session.detach()


def index(names: Sequence[str]) -> str:
    """The folder's README: every page with its three pictures."""
    lines = ["# 页面", "", "Every page in its states at 375, 768 and 1280 px, made by `make pages`. Everybody in them is invented.", ""]
    for number, title in TITLES.items():
        lines += [f"## {title}", "", "| | 375 | 768 | 1280 |", "|---|---|---|---|"]
        for name in [n for n in names if n.startswith(number)]:
            pictures = [f'<a href="{name}-{width}.webp"><img src="{name}-{width}.webp" width="160" alt="{name}"></a>' for width in WIDTHS]
            lines.append(f"| {name} | {' | '.join(pictures)} |")
        lines.append("")
    return "\n".join(lines)


def main(folder: Path) -> None:
    """Take them all."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.webp"):
        old.unlink()
    town, names = Town(), []
    with serving(town) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        sizes = [{"width": width, "height": HEIGHT} for width in WIDTHS]
        pages = [browser.new_context(viewport=size, java_script_enabled=False, locale="zh-CN").new_page() for size in sizes]  # type: ignore[arg-type]
        for shot in shots(town):
            names.append(shot.name)
            for width, page in zip(WIDTHS, pages, strict=True):
                show(page, base, shot)
                take(page, folder / f"{shot.name}-{width}.webp")
        browser.close()
    (folder / "README.md").write_text(index(names), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pages"))
