"""Screenshots of every page at a phone's and a desk's width: `python -m tests.browser.screenshots [FOLDER]`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.serve import serving
from tests.browser.town import CHANGE, FILING, ITEMS, RENEWAL, Town
from tests.support.deliveries import Holder
from tests.support.workshop import taken_in
from wugan.approval.port import DecisionKind
from wugan.bench.statistics import Statistics
from wugan.cases.audit import Reader
from wugan.courier.port import ParcelState
from wugan.items.catalogue import load_file
from wugan.web.bench.sitting import Official, Role
from wugan.web.bench.words import digest

CHROMIUM = "/usr/bin/chromium"
WIDTHS = {"phone": 375, "desk": 1280}


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
    yield from _bench(town)


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


def _bench(town: Town) -> Iterator[Shot]:
    """An item in two versions, a third drafted, and what became of the hits so far."""
    session = town.bench_sessions.begin(Official("李事项", "QD", frozenset({Role.MANAGER})))
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
    yield Shot("12-problem", "bench/items/nothing", session)


def show(page: Page, base: str, shot: Shot) -> None:
    """Open one page in its state."""
    if shot.session:
        name = "wugan_desk" if shot.path.startswith(("desk", "bench")) else "wugan_session"
        page.context.add_cookies([{"name": name, "value": shot.session, "url": f"{base}/{shot.path}"}])
    page.goto(f"{base}/{shot.path}{shot.query or '?elder=0'}")
    for button in shot.press:
        for name, value in shot.fill:
            if page.locator(f"#{name}").count():
                page.fill(f"#{name}", value)
        page.get_by_role("button", name=button, exact=True).click()


def take(browser: Browser, base: str, shot: Shot, folder: Path) -> None:
    """One page at both widths."""
    for width_name, width in WIDTHS.items():
        context = browser.new_context(viewport={"width": width, "height": 812}, java_script_enabled=False, locale="zh-CN")
        page = context.new_page()
        show(page, base, shot)
        page.screenshot(path=folder / f"{shot.name}-{width_name}.png", full_page=True)
        context.close()


def main(folder: Path) -> None:
    """Take them all."""
    folder.mkdir(parents=True, exist_ok=True)
    town = Town()
    with serving(town) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for shot in shots(town):
            take(browser, base, shot, folder)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ".local/pages"))
