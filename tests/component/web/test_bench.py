"""The item managers' pages."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.browser.serve import STAGE
from tests.browser.town import ITEMS, Town
from tests.support.deliveries import Holder
from tests.support.workshop import taken_in
from tests.unit.web.client import Client, Reply
from wugan.bench.statistics import Counted, Statistics, Week
from wugan.courier.port import ParcelState
from wugan.detection.rule import rule
from wugan.items.catalogue import load_file, load_folder
from wugan.items.release import Act
from wugan.signin.official import Official, Role
from wugan.web import bench_app, charts
from wugan.web.bench import words
from wugan.web.bench.words import digest

CODE = "social-group-certificate-renewal"
TEXT = (ITEMS / f"{CODE}.yaml").read_text(encoding="utf-8")
WIDER = TEXT.replace("expires_within_days: 90", "expires_within_days: 120").replace("2027-02-22", "2027-03-24")
MANAGER = Official("李事项", "QD", "m-1", frozenset({Role.MANAGER}))
AUDITOR = Official("钱监督", "QD", "a-1", frozenset({Role.AUDITOR}))
BOUNDARY = "----wugan"


def sits(town: Town, official: Official) -> Client:
    """A browser before which this official sits."""
    client = Client(town)
    client.cookies[STAGE] = {"wugan_desk": town.entrance.sessions.begin(official)}
    return client


@pytest.fixture
def manager(town: Town) -> Client:
    town.items.publish(load_file(ITEMS / f"{CODE}.yaml"), town.clock.now(), by="命令行")
    taken_in(town.workshop, [Holder(n, 40 if n < 30 else 100, registered="顾南乔") for n in range(40)])
    return sits(town, MANAGER)


def check(client: Client, text: str, file: str = "") -> Reply:
    """Send the draft's form as a browser does."""
    _, given = client.get("/bench/draft").form("/bench/draft/check")
    return client._follow(sent(client, {"csrf": given["csrf"], "text": text.replace("\n", "\r\n"), "file": file}), True)


def sent(client: Client, fields: dict[str, str]) -> Reply:
    """A form with files."""
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    body = "".join([*parts, f"--{BOUNDARY}--\r\n"]).encode()
    return client.request("POST", "/bench/draft/check", body, _kind("/check"))


def simulated(town: Town, client: Client, text: str = WIDER) -> Reply:
    """A draft's simulation page when it is done."""
    waiting = check(client, text)
    town.workshop.runs.go()
    return client.get(waiting.path)


def current(town: Town) -> str:
    return on(town, 0)


def on(town: Town, days: int) -> str:
    """The version that is current so many days from now; empty when there is none."""
    return {item.code: v for v, item in town.items.current(town.clock.now() + timedelta(days=days))}.get(CODE, "")


def test_the_catalogue_lists_what_is_current_coming_and_retired(town: Town, manager: Client) -> None:
    page = manager.get("/bench")
    assert page.status == 200
    assert "社会团体登记证书到期换发" in page.text
    assert digest(current(town))[:8] in page.text
    assert "命令行" in page.text


def test_a_version_tells_its_rule_form_and_personas(town: Town, manager: Client) -> None:
    page = manager.get(f"/bench/items/{CODE}/{digest(current(town))}")
    item = load_file(ITEMS / f"{CODE}.yaml")
    assert all(p.name in page.text for p in item.personas)
    assert page.text.count("light_green") == len(item.personas)
    assert "不一致" not in page.text
    for said in ("距有效期届满的天数不超过90", "days_to_expiry &lt;= 90", "并非（列入严重违法失信名单）", "business.name", "商事登记库"):
        assert said in page.text


def test_a_version_is_downloaded_as_the_file_that_it_is(town: Town, manager: Client) -> None:
    reply = manager.get(f"/bench/items/{CODE}/{digest(current(town))}/yaml")
    assert reply.headers["Content-Disposition"] == f'attachment; filename="{CODE}.yaml"'
    entry = town.workshop.bench.check(reply.text).entry
    assert entry
    assert entry.item == load_file(ITEMS / f"{CODE}.yaml")


MISSING = ("items/nothing", f"items/{CODE}/0000000000000000", f"items/{CODE}/x", "simulations/x")


@pytest.mark.parametrize("path", MISSING)
def test_what_is_not_there_is_a_page(path: str, manager: Client) -> None:
    assert manager.get(f"/bench/{path}").status == 404


def test_everything_wrong_in_a_draft_is_told_with_what_was_typed(manager: Client) -> None:
    text = TEXT.replace("number: 16", "number: 0").replace("promised: ", "promised: 9").replace("name: 社会团体", "name: <b>x</b>社会团体")
    page = check(manager, text)
    assert page.status == 422
    assert re.search(r"第\d+行 · <code>number</code>", page.text)
    assert "<code>limits.promised</code>" in page.text
    assert "<b>x</b>" not in page.text
    assert "&lt;b&gt;x&lt;/b&gt;" in page.text


def test_a_file_goes_before_the_text(manager: Client) -> None:
    assert check(manager, "nothing", file=TEXT).path.startswith("/bench/simulations/")
    assert check(manager, TEXT, file="code: [").status == 422


def test_a_draft_too_large_is_refused(manager: Client) -> None:
    assert check(manager, "x" * bench_app.MOST_DRAFT).status == 413


def test_from_a_draft_to_a_published_version(town: Town, manager: Client) -> None:
    before = current(town)
    waiting = check(manager, WIDER)
    assert "正在模拟" in waiting.text
    assert 'http-equiv="refresh"' in waiting.text
    town.workshop.runs.go()
    page = manager.get(waiting.path)
    assert 'http-equiv="refresh"' not in page.text
    for said in ("新增命中</dt>", ">10<", ">40<", "青岛市行政审批服务局"):
        assert said in page.text
    assert "南乔" not in page.text  # of a person only the surname
    assert Holder(33).code not in page.text
    published = manager.submit(page, "/publish", when="now")
    assert published.path == f"/bench/items/{CODE}"
    assert current(town) != before
    assert "李事项" in published.text
    assert "已发布" in manager.get(waiting.path).text


def test_a_large_move_is_published_when_it_is_confirmed(town: Town, manager: Client) -> None:
    taken_in(town.workshop, [Holder(n, 40 if n < 30 else 100) for n in range(80)], "nightly-2")
    page, before = simulated(town, manager), current(town)
    assert "命中数变动较大（共50户）" in page.text
    refused = manager.submit(page, "/publish", when="now")
    assert (refused.status, "没有发布" in refused.text, current(town)) == (409, True, before)
    manager.submit(page, "/publish", when="now", accept="yes")
    assert current(town) != before


def test_a_version_is_scheduled_and_cancelled(town: Town, manager: Client) -> None:
    before, page = current(town), simulated(town, manager)
    for day in ("", "2026-11-23", "nonsense"):
        refused = manager.submit(page, "/publish", when="later", starts=day)
        assert (refused.status, "请选择今天以后的日期" in refused.text) == (400, True)
    listed = manager.submit(page, "/publish", when="later", starts="2026-12-01")
    assert "2026年12月1日" in listed.text
    assert current(town) == before
    assert on(town, 9) != before
    after = manager.submit(listed, "/cancel")
    assert "取消预定发布" in after.text
    assert on(town, 9) == before


def test_retiring_is_confirmed_and_ends_new_hits_only(town: Town, manager: Client) -> None:
    link = town.open_case("foundation-certificate-renewal")
    page = manager.get("/bench/items/foundation-certificate-renewal")
    assert manager.submit(page, "/retire").status == 400  # not confirmed
    assert "已停用" in manager.submit(page, "/retire", sure="yes").text
    assert "foundation-certificate-renewal" not in {i.code for _, i in town.items.current(town.clock.now())}
    town.to_approval(link)  # the open case goes on
    assert "已停用" in manager.get("/bench").text


def test_two_versions_beside_each_other(town: Town, manager: Client) -> None:
    first = current(town)
    manager.submit(simulated(town, manager), "/publish", when="now")
    page = manager.get(f"/bench/compare/{CODE}/{digest(first)}/{digest(current(town))}")
    for said in ("距有效期届满的天数不超过90", "距有效期届满的天数不超过120", "trigger.expires_within_days", "新增10，不再命中0"):
        assert said in page.text
    waiting = manager.submit(page, "/simulate")
    assert waiting.path.startswith("/bench/simulations/")
    town.workshop.runs.go()
    assert "不能从这里发布" not in manager.get(waiting.path).text  # it is the current version already
    assert "这个版本就是当前版本" in manager.get(waiting.path).text


def test_a_broken_simulation_tells_how_to_go_on(town: Town, manager: Client) -> None:
    waiting = check(manager, WIDER)
    town.workshop.runs.states[waiting.path.rpartition("/")[2]] = "FAILED"
    assert "模拟出错" in manager.get(waiting.path).text


# --- who may


CHANGING = [(path, view) for method, path, view, _ in bench_app.ROUTES if method == "POST"]


def filled(path: str, version: str) -> str:
    for name in ("digest", "before", "after"):
        path = path.replace(f"{{{name}}}", version)
    return path.replace("{code}", CODE).replace("{id}", "x")


@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p, *_ in bench_app.ROUTES])
@pytest.mark.usefixtures("manager")
def test_nobody_gets_in_without_a_session(method: str, path: str, town: Town) -> None:
    reply = Client(town).request(method, filled(path, digest(current(town))), headers=_kind(path))
    assert (reply.status, "desk/sign-in" in reply.headers["Location"]) == (303, True)


def _kind(path: str) -> dict[str, str]:
    return {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"} if path.endswith("/check") else {}


@pytest.mark.parametrize("path", [p for p, _ in CHANGING])
@pytest.mark.usefixtures("manager")
def test_an_auditor_reads_and_changes_nothing(path: str, town: Town) -> None:
    auditor, before = sits(town, AUDITOR), len(town.items.releases())
    _, given = auditor.get("/bench").form("/sign-out")
    if path.endswith("/check"):
        reply = sent(auditor, {**given, "text": WIDER})
    else:
        reply = auditor.post(filled(path, digest(current(town))), given | {"sure": "yes", "number": "1", "when": "now"})
    assert (reply.status, len(town.items.releases()), town.workshop.runs.waiting) == (403, before, [])


def test_an_auditor_sees_no_forms_but_the_way_out(town: Town, manager: Client) -> None:
    manager.submit(simulated(town, manager), "/publish", when="now")
    auditor, releases = sits(town, AUDITOR), town.items.releases(CODE)
    versions = [digest(r.version) for r in releases]
    pages = ["/bench", f"/bench/items/{CODE}", f"/bench/items/{CODE}/{versions[0]}", f"/bench/compare/{CODE}/{versions[0]}/{versions[1]}"]
    for path in [*pages, f"/bench/simulations/{releases[-1].simulation}", "/bench/statistics", "/bench/statistics/csv"]:
        page = auditor.get(path)
        assert page.status == 200, path
        assert re.findall(r'<form method="post" action="[^"]*/([\w-]+)"', page.text) in (["sign-out"], []), path
    assert auditor.get("/bench/draft").status == 403


@pytest.mark.parametrize("roles", [frozenset[Role](), frozenset({Role.AUDITOR})])
def test_only_managers_draft(roles: frozenset[Role], town: Town) -> None:
    assert sits(town, Official("某", "QD", "x-1", roles)).get("/bench/draft").status == 403


@pytest.mark.parametrize("path", [p for p, _ in CHANGING])
def test_a_form_without_our_token_changes_nothing(path: str, town: Town, manager: Client) -> None:
    before = len(town.items.releases())
    reply = manager.request("POST", filled(path, digest(current(town))), headers=_kind(path))
    assert (reply.status, len(town.items.releases()), town.workshop.runs.waiting) == (403, before, [])


def test_reading_changes_nothing(town: Town, manager: Client) -> None:
    found = check(manager, WIDER).path
    before = town.items.releases()
    version = digest(current(town))
    for path in [filled(p, version) for m, p, *_ in bench_app.ROUTES if m == "GET"] + [found]:
        manager.get(path)
    assert town.items.releases() == before
    assert town.workshop.runs.waiting == [found.rpartition("/")[2]]


# --- statistics


@pytest.fixture
def statistics(town: Town) -> Callable[[], Counted]:
    """Counts the town's cases."""
    return Statistics(town.store, town.items, town.workshop.text, town.clock).run


def test_statistics_tell_what_became_of_the_hits(town: Town, manager: Client, statistics: Callable[[], Counted]) -> None:
    assert "还没有统计过" in manager.get("/bench/statistics").text
    delivered = town.open_case()
    town.to_delivery(delivered)
    declined = town.open_case("water-supply-name")
    town.clock.move(days=4)
    town.move(delivered, "delivery", ParcelState.ARRIVED)
    town.applicant.decline(declined, forever=False)
    rows = {w.item: w for w in statistics().weeks}
    assert rows["grain-purchase-change"] == Week("grain-purchase-change", "2026-W48", 1, 1, 1, 1, 0, 1, 0, 4.0)
    assert rows["water-supply-name"] == Week("water-supply-name", "2026-W48", 1, 1, 0, 0, 1, 0, 0, None)
    manager = sits(town, MANAGER)  # the session ended meanwhile
    page = manager.get("/bench/statistics")
    assert "误推率为误推数除以推送数" in page.text
    shown = re.findall(r'<th scope="row">2026-W48</th>((?:<td>\d+</td>)+)', page.text)
    assert [re.findall(r"\d+", cells) for cells in shown] == [["2", "2", "1", "1", "1", "1", "0"]]
    assert "2026-W48：命中2，同意办理1，办结送达1" in page.text  # the chart says what the table says
    one = manager.get("/bench/statistics?item=grain-purchase-change")
    assert "<td>4.0</td>" in one.text


def test_the_file_has_every_row(town: Town, manager: Client) -> None:
    weeks = (Week("a", "2026-W40", 9, 8, 7, 6, 5, 4, 2, 3.5), Week(CODE, "2026-W41", 1, 0, 0, 0, 0, 0, 0, None))
    town.workshop.text.write(Counted(town.clock.now(), weeks).as_text())
    reply = manager.get("/bench/statistics/csv")
    header, *rows = csv.reader(io.StringIO(reply.text.removeprefix("\ufeff")))
    assert len(header) == len(rows[0])
    assert rows[0] == ["2026-W40", "a", "", "9", "8", "7", "6", "5", "4", "2", "25.0%", "3.5"]
    assert manager.get("/bench/statistics").status == 200  # an item without a name in the catalogue is told by its code
    assert rows[1][2:] == ["社会团体登记证书到期换发", "1", "0", "0", "0", "0", "0", "0", "—", ""]


def test_a_chart_tells_in_words_what_it_draws_and_lets_nothing_in() -> None:
    drawn = charts.bars("<b>", ["命中"], [("甲<script>", [3]), ("乙", [0])])
    assert "<script>" not in drawn
    assert "甲&lt;script&gt;：命中3；乙：命中0" in drawn
    assert re.findall(r"<(\w+) ", drawn)[0] == "svg"
    assert 'role="img"' in drawn
    assert "style" not in drawn


def test_every_kind_of_release_and_condition_has_words() -> None:
    assert set(words.ACTS) == set(Act)
    used = {c.name for item in load_folder(ITEMS).items for c in rule(item, "").conditions}
    assert {n for n in used if not n.startswith("when.")} <= set(words.CONDITIONS)
    assert words.condition("when.2") == "附加条件2"
