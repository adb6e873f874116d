"""Every page in its states; as pictures at three widths, with an index: `python -m tests.browser.screenshots [FOLDER]`."""

from __future__ import annotations

import base64
import math
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.browser.serve import serving
from tests.browser.town import CHANGE, FILING, ITEMS, RENEWAL, Town
from tests.support.deliveries import Holder
from tests.support.workshop import taken_in
from wugan.approval.port import DecisionKind
from wugan.bench.statistics import Statistics
from wugan.cases import decide
from wugan.cases.audit import Reader
from wugan.cases.model import Power, Task
from wugan.courier.port import Detail, ParcelState
from wugan.errors import Forbidden
from wugan.http import JsonClient
from wugan.items.catalogue import load_file
from wugan.signin.official import Official, Role
from wugan.signin.provider import Provider
from wugan.web.bench.words import digest

AGENT = {"name": "代小办", "id_number": "37020219900307205X", "mobile": "13700000011"}
SEVERAL, LOCKED = "engineering-supervision-change", "engineering-design-change"
CHROMIUM = "/usr/bin/chromium"
WIDTHS = {375: 1.0, 768: 0.5, 1280: 0.6}  # CSS pixels → the picture's scale: a phone's can be read, the others show the layout
HEIGHT = 812
VARIANT = re.compile(r"-(elder|largest|wrong)$")  # the same page otherwise: its beginning on a phone is enough
QUALITY = 12  # of WebP, in percent: sharp enough to read, and all pages together stay below 5 MB
TITLES = {
    "01": "提示的链接打开的页面", "02": "身份认证", "03": "办理意向确认", "04": "申报信息确认", "05": "补正", "06": "办理进度",
    "08": "核验", "09": "审批工作台", "10": "出错时", "11": "办理记录存证",
    "07": "办理人的权利", "12": "事项管理台",
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
    issuer: bool = False  # officials sign in as in production: at an issuer, without invitations
    status: int = 200  # of the page before anything is pressed

    @property
    def cookie(self) -> str:
        """The cookie that carries the session: officials have another than applicants."""
        return "wugan_desk" if self.path.startswith(("desk", "bench")) else "wugan_session"


class Published(Provider):
    """An issuer that tells where its own session ends; nobody gets as far as asking it for more."""

    def end_url(self) -> str | None:
        return f"{self.issuer}/end"


def shots(town: Town) -> Iterator[Shot]:
    """Every page, each on a case of its own. While a shot is looked at, officials sign in as it says."""
    rehearsed = town.desk.entrance
    provider = Published("https://issuer.example", "wugan", lambda: "", JsonClient(), town.clock)
    production = replace(rehearsed, provider=provider, sessions=replace(rehearsed.sessions, invites=False))
    for shot in chain(_applicant(town), _desk(town), _bench(town)):
        town.desk = replace(town.desk, entrance=production if shot.issuer else rehearsed)
        yield shot
        town.desk = replace(town.desk, entrance=rehearsed)


def _applicant(town: Town) -> Iterator[Shot]:
    new = town.open_case()
    yield Shot("01-landing", f"c/{new}")
    yield Shot("01-landing-elder", f"c/{new}", query="?elder=1")
    renewal = town.open_case(RENEWAL)
    yield Shot("01-landing-renewal", f"c/{renewal}")
    filing = town.open_case(FILING)
    yield Shot("01-landing-filing", f"c/{filing}")
    yield Shot("01-landing-largest", f"c/{new}", query="?elder=2")
    yield Shot("01-decline", f"c/{new}/decline")
    yield Shot("01-decline-forever", f"c/{new}/decline", query="?forever=1")
    yield Shot("01-decline-elder", f"c/{new}/decline", query="?elder=1")
    yield Shot("01-ask", f"c/{new}/ask")
    yield Shot("01-ask-elder", f"c/{new}/ask", query="?elder=1")
    yield Shot("02-identity", f"c/{new}/identity")
    yield Shot("02-identity-several", f"c/{town.open_case(SEVERAL, others=1)}/identity")
    yield Shot("02-identity-locked", f"c/{_locked(town)}/identity")
    yield Shot("02-identity-elder", f"c/{new}/identity", query="?elder=1")
    yield Shot("02-return", f"c/{new}/identity/return")
    yield Shot("02-code", f"c/{new}/identity", press=("发送短信验证码",))
    yield Shot(
        "02-code-wrong",
        f"c/{new}/identity",
        press=("发送短信验证码", "确认"),
        fill=(("code", "999999"), ("id_number", "370202199001010015")),
    )
    intent = town.open_case(persona=1)
    session = town.session(intent)
    yield Shot("03-intention", f"c/{intent}/intention", session, intent)
    yield Shot("03-intention-elder", f"c/{intent}/intention", session, intent, query="?elder=1")
    town.applicant.intend(intent, session)
    yield Shot("04-preparing", f"c/{intent}/declaration", session, intent)
    town.declaring.declare(town.head(intent).case_id)
    yield Shot("04-declaration", f"c/{intent}/declaration", session, intent)
    yield Shot("04-declaration-elder", f"c/{intent}/declaration", session, intent, query="?elder=1")
    yield Shot("04-declaration-largest", f"c/{intent}/declaration", session, intent, query="?elder=2")
    yield Shot("04-preview", f"c/{intent}/declaration", session, intent, ("先看申报材料",))
    yield Shot("04-declaration-wrong", f"c/{intent}/declaration", session, intent, ("确认无误，提交",), (("delivery_address", "短"),))
    going = town.open_case(persona=2)
    session = town.to_approval(going)
    yield Shot("06-progress", f"c/{going}/progress", session, going)
    yield Shot("06-withdraw", f"c/{going}/withdraw", session, going)
    yield Shot("06-withdraw-elder", f"c/{going}/withdraw", session, going, query="?elder=1")
    yield Shot("06-asked", f"c/{going}/ask", press=("确认，请联系我",))
    yield Shot("06-preview", f"c/{going}/preview", session, going)
    yield from _rights(town, going, session)
    town.decide(going, DecisionKind.CORRECTION, points=("注册地址与不动产坐落不一致，请说明", "请核对联系电话"))
    yield Shot("05-correction", f"c/{going}/correction", session, going)
    delivered = town.open_case(persona=3)
    session = town.to_delivery(delivered)
    yield Shot("06-receipt", f"c/{delivered}/receipt", session, delivered)
    yield Shot("06-receipt-wrong", f"c/{delivered}/receipt", session, delivered, ("确认",))
    town.move(delivered, "delivery", ParcelState.ARRIVED)
    town.system(delivered)
    yield Shot("06-progress-delivered", f"c/{delivered}/progress", session, delivered)
    yield Shot("06-progress-elder", f"c/{delivered}/progress", session, delivered, query="?elder=1")
    yield Shot("01-landing-over", f"c/{delivered}")
    yield Shot("07-rating", f"c/{delivered}/rating", session, delivered)
    yield Shot("07-rating-elder", f"c/{delivered}/rating", session, delivered, query="?elder=1")
    yield Shot("07-rating-wrong", f"c/{delivered}/rating", session, delivered, ("提交评价",))
    yield Shot("07-privacy-over", f"c/{delivered}/privacy", session, delivered)
    yield from _parcels(town)
    rejected = town.open_case("water-supply-name")
    session = town.to_approval(rejected)
    town.decide(rejected, DecisionKind.REJECTED, reason="供水单位名称与登记机关核准的名称不一致。")
    yield Shot("06-progress-rejected", f"c/{rejected}/progress", session, rejected)
    yield Shot("08-verify", "verify")
    yield Shot("08-verify-unknown", "verify", press=("查询",), fill=(("code", "ABCDEFGHJK"), ("credit_code", "91370283MA36AL168X")))
    yield Shot("10-problem", "c/forged.link", status=403)
    yield Shot("11-ledger-empty", "ledger")
    town.sequence()
    yield Shot("11-ledger", "ledger")
    yield Shot("11-ledger-elder", "ledger", query="?elder=1")
    yield Shot("11-ledger-nothing", "ledger", press=("核验",))
    proof = town.audit.proof(town.head(delivered).case_id, Reader.PERSON).text
    yield Shot("11-ledger-proved", "ledger", press=("核验",), fill=(("text", proof),))
    yield Shot("11-ledger-refused", "ledger", press=("核验",), fill=(("text", proof.replace("opened", "closed", 1)),))


def _rights(town: Town, link: str, session: str) -> Iterator[Shot]:
    """What an identified person may do beside the steps, and what their agent sees."""
    yield Shot("07-why", f"c/{link}/why", session, link)
    yield Shot("07-why-elder", f"c/{link}/why", session, link, query="?elder=1")
    yield Shot("07-privacy", f"c/{link}/privacy", session, link)
    yield Shot("07-privacy-elder", f"c/{link}/privacy", session, link, query="?elder=1")
    yield Shot("07-preferences", f"c/{link}/preferences", session, link)
    yield Shot("07-preferences-elder", f"c/{link}/preferences", session, link, query="?elder=1")
    yield Shot("07-agents-wrong", f"c/{link}/agents", session, link, ("确认委托",), (("name", "甲"), ("id_number", "1"), ("mobile", "1")))
    town.applicant.rights.delegate(link, session, AGENT, list(Power), town.clock.now() + timedelta(days=9))
    yield Shot("07-agents", f"c/{link}/agents", session, link)
    yield Shot("07-agents-elder", f"c/{link}/agents", session, link, query="?elder=1")
    yield Shot("07-agent-landing", f"c/{town.applicant.rights.agents(link, session)[0].link}")


def _parcels(town: Town) -> Iterator[Shot]:
    """A parcel in a locker, then home again; and an old certificate whose courier found nobody."""
    link = town.open_case("drawing-review-change")
    session = town.to_delivery(link)
    town.move(link, "delivery", ParcelState.COLLECTED, Detail.LOCKER)
    yield Shot("06-progress-locker", f"c/{link}/progress", session, link)
    yield Shot("06-receipt-locker", f"c/{link}/receipt", session, link)
    yield Shot("06-receipt-locker-elder", f"c/{link}/receipt", session, link, query="?elder=1")
    town.move(link, "delivery", ParcelState.FAILED, Detail.HOME)
    yield Shot("06-progress-home", f"c/{link}/progress", session, link)
    yield Shot("06-redelivery", f"c/{link}/redelivery", session, link)
    yield Shot("06-redelivery-elder", f"c/{link}/redelivery", session, link, query="?elder=1")
    yield Shot("06-redelivery-wrong", f"c/{link}/redelivery", session, link, ("确认",), (("delivery_address", "短"),))
    back = town.open_case("construction-qualification-change")
    session = town.to_approval(back)
    town.take_back(back, session)
    town.move(back, "give_back", ParcelState.FAILED, Detail.HOME)
    yield Shot("06-redelivery-old", f"c/{back}/redelivery", session, back)


def _locked(town: Town) -> str:
    """The link of a case in which nobody may try to identify for now."""
    link = town.open_case(LOCKED)
    for _ in range(decide.MOST_FAILED_CHECKS):
        pending = town.applicant.start_code(link)
        with suppress(Forbidden):
            town.applicant.finish_code(link, pending, "nonsense", "370202199001010015")
    return link


def _desk(town: Town) -> Iterator[Shot]:
    yield Shot("09-sign-in", "desk/sign-in")
    yield Shot("09-sign-in-wrong", "desk/sign-in", press=("登录",), fill=(("token", "AAAA.BBBB"),))
    yield Shot("09-sign-in-production", "desk/sign-in", issuer=True)
    yield Shot("09-sign-in-ended", "desk/sign-in", query="?ended=1", issuer=True)
    yield Shot("09-sign-in-refused", "desk/sign-in/return", status=403)
    session = town.desk.sign_in(town.desk.invite(town.official))
    second = town.desk.sign_in(town.desk.invite(Official("李审批", "QD", "li-1")))
    for code in ("water-supply-representative", "water-supply-address", "film-screening-filing"):
        link = town.open_case(code)
        town.to_approval(link)
    yield Shot("09-queue", "desk", session)
    yield Shot("09-queue-empty", "desk", session, query="?light=red&officer=mine")
    yield Shot("09-found", "desk", session, press=("查找",), fill=(("search", town.head(link).subject),))
    yield Shot("09-found-wrong", "desk", session, press=("查找",), fill=(("search", "张三"),))
    case_id = town.head(link).case_id
    yield Shot("09-case", f"desk/cases/{case_id}", session)
    yield Shot("09-case-wrong", f"desk/cases/{case_id}", session, press=("准予并签发电子证照",), fill=(("valid_until", "2020-01-01"),))
    yield Shot("09-subject", f"desk/cases/{case_id}/subject", session)
    yield from _by_hand(town, session, second)


def _by_hand(town: Town, session: str, second: str) -> Iterator[Shot]:
    """Four eyes, an extension, and the tasks."""
    link = town.open_case("water-product-names")
    town.to_approval(link)
    head = town.head(link)
    town.items.versions[head.item_code, head.item_version] = town.item(link).model_copy(update={"four_eyes": True})
    town.desk.extend(town.official, head.case_id, "需要现场核查经营场所")
    town.desk.assign(town.official, head.case_id, "", town.official.id)
    town.decide(link, DecisionKind.REJECTED, reason="单位名称与登记机关核准的名称不一致。")
    yield Shot("09-case-proposed", f"desk/cases/{head.case_id}", session)
    yield Shot("09-case-review", f"desk/cases/{head.case_id}", second)
    asks = town.open_case("engineering-survey-change")
    town.applicant.ask_person(asks)
    case_id = town.head(asks).case_id
    town.store.heads[case_id] = replace(town.head(asks), tasks=(Task.CALL, Task.HANDLE, Task.FOLLOW_UP))
    town.store.asked_at[case_id, Task.CALL] = town.store.asked_at[case_id, Task.FOLLOW_UP] = str(town.clock.now())
    yield Shot("09-tasks", "desk/tasks", session)
    yield Shot("09-tasks-none", "desk/tasks", session, query="?task=keeper")
    yield Shot("09-case-tasks", f"desk/cases/{case_id}", session)
    yield from _in_question(town, session)
    yield Shot("09-problem", "desk/cases/unknown", session, status=404)


def _in_question(town: Town, session: str) -> Iterator[Shot]:
    """A parcel that somebody else signed for; and the same case as an auditor who also manages items sees it."""
    link = town.open_case("disinfection-producer-change")
    town.to_delivery(link)
    case_id = town.head(link).case_id
    town.move(link, "delivery", ParcelState.COLLECTED, Detail.OTHER_SIGNED)
    yield Shot("09-case-parcel", f"desk/cases/{case_id}", session)
    yield Shot("09-case-parcel-wrong", f"desk/cases/{case_id}", session, press=("登记",))
    reads = town.desk.sign_in(town.desk.invite(Official("赵监督", "QD", "zhao-1", frozenset({Role.AUDITOR, Role.MANAGER}))))
    yield Shot("09-case-auditor", f"desk/cases/{case_id}", reads)


def _bench(town: Town) -> Iterator[Shot]:
    """An item in two versions, a third drafted, and what became of the hits so far."""
    session = town.entrance.sessions.begin(Official("李事项", "QD", "m-1", frozenset({Role.MANAGER})))
    bench, code = town.workshop.bench, "social-group-certificate-renewal"
    item = load_file(ITEMS / f"{code}.yaml")
    first = town.items.publish(item, town.clock.now(), by="命令行")
    taken_in(town.workshop, [Holder(n, 40 if n < 30 else 100) for n in range(38)])
    wider = bench.text(code, first).replace("expires_within_days: 90", "expires_within_days: 120").replace("2027-02-22", "2027-03-24")
    simulation = bench.simulate(bench.check(wider), wider, "李事项")
    yield Shot("12-simulation-waiting", f"bench/simulations/{simulation}", session)
    town.workshop.runs.go()
    yield Shot("12-simulation", f"bench/simulations/{simulation}", session)
    bench.publish(simulation, "李事项", starts=date(2026, 12, 1))
    yield Shot("12-items", "bench", session)
    yield Shot("12-item", f"bench/items/{code}", session)
    second = bench.item(code).coming[0].version
    yield Shot("12-version", f"bench/items/{code}/{digest(first)}", session)
    yield Shot("12-compare", f"bench/compare/{code}/{digest(first)}/{digest(second)}", session)
    yield Shot("12-draft", "bench/draft", session)
    wrong = wider.replace("number: 16", "number: 0").replace("promised: ", "promised: 9")
    yield Shot("12-draft-wrong", "bench/draft", session, press=("检查并模拟",), fill=(("text", wrong),))
    yield Shot("12-statistics-empty", "bench/statistics", session)
    Statistics(town.store, town.items, town.workshop.text, town.clock).run()
    yield Shot("12-statistics", "bench/statistics", session)
    yield Shot("12-statistics-item", "bench/statistics", session, query=f"?item={CHANGE}")
    yield Shot("12-problem", "bench/items/nothing", session, status=404)


def show(page: Page, base: str, shot: Shot, *, elder: bool | None = None) -> None:
    """Open one page in its state, with nothing kept from before; `elder` says in which mode, else the shot does."""
    page.context.clear_cookies()
    size = re.search(r"elder=([0-2])", shot.query)
    wanted = (size[1] if size else "0") if elder is None else str(int(elder))
    page.context.add_cookies([{"name": "wugan_elder", "value": wanted, "url": f"{base}/"}])
    if shot.session:
        page.context.add_cookies([{"name": shot.cookie, "value": shot.session, "url": f"{base}/{shot.path}"}])
    page.goto(f"{base}/{shot.path}{'' if size else shot.query}")
    for button in shot.press:
        for name, value in shot.fill:
            if page.locator(f"#{name}").count():
                page.fill(f"#{name}", value)
        page.get_by_role("button", name=button, exact=True).click()


def take(page: Page, file: Path, scale: float, most: float) -> None:
    """The page, down to `most` CSS pixels, as WebP, which Playwright itself does not write."""
    width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    clip = {"x": 0, "y": 0, "width": width, "height": min(max(height, 1), most), "scale": scale}
    options = {"format": "webp", "quality": QUALITY, "captureBeyondViewport": True, "clip": clip}
    session = page.context.new_cdp_session(page)
    file.write_bytes(base64.b64decode(session.send("Page.captureScreenshot", options)["data"]))
    session.detach()


def widths(name: str) -> list[int]:
    """At which widths a page's picture is taken."""
    return [width for width in WIDTHS if width == min(WIDTHS) or not VARIANT.search(name)]


def index(names: Sequence[str]) -> str:
    """The folder's README: every page with its three pictures."""
    lines = [
        "# 页面", "",
        "Every page in its states at 375, 768 and 1280 px, the wider ones made smaller; other text sizes and mistakes on a phone only.",
        "Made by `make pages`. Everybody in them is invented.", "",
    ]  # fmt: skip
    for number, title in TITLES.items():
        lines += [f"## {title}", "", "| | 375 | 768 | 1280 |", "|---|---|---|---|"]
        for name in [n for n in names if n.startswith(number)]:
            files = [f"{name}-{width}.webp" for width in widths(name)]
            pictures = [f'<a href="{file}"><img src="{file}" width="160" alt="{name}"></a>' for file in files]
            lines.append(f"| {name} | {' | '.join(pictures)} |")
        lines.append("")
    return "\n".join(lines)


def chromium(playwright: Playwright) -> Browser:
    """Debian's Chromium. Its own words (of files and dates) are English here; a phone's are its owner's."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])


def main(folder: Path) -> None:
    """Take them all."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.webp"):
        old.unlink()
    town, names = Town(), []
    with serving(town) as base, sync_playwright() as playwright:
        browser = chromium(playwright)
        page = browser.new_context(java_script_enabled=False, locale="zh-CN").new_page()
        for shot in shots(town):
            names.append(shot.name)
            page.set_viewport_size({"width": min(WIDTHS), "height": HEIGHT})
            show(page, base, shot)  # once: what is pressed changes the case
            most = 2 * HEIGHT if VARIANT.search(shot.name) else math.inf
            for width in widths(shot.name):
                page.set_viewport_size({"width": width, "height": HEIGHT})
                take(page, folder / f"{shot.name}-{width}.webp", WIDTHS[width], most)
        browser.close()
    (folder / "README.md").write_text(index(names), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pages"))
