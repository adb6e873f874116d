"""Bad input at the deployed API: a clear error each, nothing changed; and no GET changes anything."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest
import requests

from infra.demo.cast import Part, Role
from infra.demo.officials import Bureau
from infra.demo.visitor import Visitor
from infra.local.vendors import COUNTIES, platform_secret, secret_of
from tests.rehearsal.conftest import courier_fetches
from tests.rehearsal.town import AT_DESK, Play, Town
from wugan import bootstrap, signing
from wugan.cases.desk import Official
from wugan.cases.model import effect_id
from wugan.web.applicant_app import ROUTES as APPLICANT
from wugan.web.desk_app import ROUTES as DESK

TIMEOUT = 30
OTHER_CASE = "nobodysnobodysnobodys00000"


@pytest.fixture(scope="module")
def declaring(town: Town) -> Play:
    """A case that waits for the declaration of a person who is identified, at the bureau with a desk."""
    play = town.take(courier_fetches, at_desk=True)
    person = play.person(Role(Part.ACCEPT))
    play.visitor.open(play.link)
    person._identify(play.link, str(play.prompt["to"]))
    play.visitor.open(f"{play.link}/intention").submit("/intention", {"answer": "continue"})
    return play.waiting("declaration")


def tell(town: Town, body: bytes, *, bureau: str = "QD", secret: str | None = None, late: int = 0) -> requests.Response:
    """A callback as a bureau's platform sends it, or somebody who says to be that platform."""
    path, now = f"/callbacks/department/{bureau}", str(int(time.time()) - late)
    signature = signing.sign(secret or platform_secret(town.stack.sandbox_key, bureau), now, path, body)
    headers = {signing.TIME_HEADER: now, signing.SIGNATURE_HEADER: signature, "Content-Type": "application/json"}
    return requests.post(f"{town.url}{path}", body, headers=headers, timeout=TIMEOUT)


def refused(response: requests.Response) -> tuple[int, str, str | None]:
    """Status, code and field of an error."""
    error = response.json()["error"]
    assert error["detail"]
    return response.status_code, error["code"], error["field"]


# --- callbacks


def test_forged_decision(town: Town, delivered: Play) -> None:
    """Another's secret, another bureau's too, an old signature, none at all; a desk takes none; and a bureau decides its own cases only."""
    body = json.dumps({"id": "x", "application_id": effect_id(delivered.case_id, "approval", 1), "kind": "approved", "by": "x"}).encode()
    before, key = delivered.head, town.stack.sandbox_key
    own = before.jurisdiction
    other = next(j for j in COUNTIES if j not in (own, AT_DESK))
    answers = [tell(town, body, bureau=own, secret=secret) for secret in (f"registry.{key}", platform_secret(key, other))]
    answers += [tell(town, body, bureau=own, late=3600)]
    answers += [requests.post(f"{town.url}/callbacks/department/{own}", body, timeout=TIMEOUT)]
    assert [a.status_code for a in answers] == [403] * 4
    assert [tell(town, body, bureau=bureau).status_code for bureau in (other, AT_DESK, "XX")] == [404] * 3
    assert delivered.head == before


@pytest.mark.parametrize(
    "path", ["courier/QD/sf", "courier/QD/sf?key=guessed", "courier/LX/ems", "courier/PD/kuaidi100?order=x", "sms/QD/tencent",
             "sms/QD/aliyun?key=guessed", "wechat/QD?signature=0&timestamp=1&nonce=2", "app/QD?key=guessed"],
)  # fmt: skip
def test_forged_push(town: Town, path: str) -> None:
    """What no vendor signed, or came without the key of the address, is refused."""
    assert requests.post(f"{town.url}/callbacks/{path}", json={}, timeout=TIMEOUT).status_code in (400, 403)


def test_push_to_an_address_of_nobody(town: Town) -> None:
    for path in ("courier/QD/dhl", "courier/XX/sf", "sms/QD/other", "wechat/XX"):
        assert requests.post(f"{town.url}/callbacks/{path}", json={}, timeout=TIMEOUT).status_code == 404, path


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"id": "x"}, "application_id"),
        ({"id": "x", "application_id": 7}, "application_id"),
        ({"id": "x", "application_id": "nonsense", "kind": "approved", "by": "y"}, "id"),
        ({"id": "x", "application_id": f"{OTHER_CASE}-approval-1", "kind": "perhaps", "by": "y"}, "kind"),
        ({"id": "x", "application_id": f"{OTHER_CASE}-approval-1", "kind": "correction", "by": "y", "points": "no list"}, "points"),
    ],
)
def test_decision_of_another_shape(town: Town, message: dict[str, Any], field: str) -> None:
    """The answer names the field to mend."""
    assert refused(tell(town, json.dumps(message).encode())) == (400, "invalid_input", field)


@pytest.mark.parametrize("body", [b"", b"{", b"[1, 2]", b'"text"'])
def test_callback_that_is_no_object(town: Town, body: bytes) -> None:
    assert refused(tell(town, body)) == (400, "invalid_input", "body")


def test_callback_that_is_too_large(town: Town) -> None:
    assert refused(tell(town, b" " * 2_000_001)) == (400, "invalid_input", "body")


def test_callback_about_an_unknown_case(town: Town) -> None:
    body = json.dumps({"id": "x", "application_id": f"{OTHER_CASE}-approval-1", "kind": "approved", "by": "y"}).encode()
    assert refused(tell(town, body))[0] == 404


def test_repeated_push_changes_nothing(town: Town, delivered: Play) -> None:
    """A courier that repeats is told that all is well."""
    before, order = delivered.head, effect_id(delivered.case_id, "delivery", 1)
    body = {"Body": {"WaybillRoute": [{"mailno": "w", "orderid": order, "id": "1", "opCode": "80", "remark": "已签收"}]}}
    answer = requests.post(f"{town.url}/callbacks/courier/QD/sf?key={secret_of(town.stack.sandbox_key)}", json=body, timeout=TIMEOUT)
    assert answer.json() == {"return_code": "0000", "return_msg": "成功"}
    assert delivered.head == before


# --- links and pages


def test_links_that_open_nothing(town: Town, delivered: Play) -> None:
    """Cut, changed, past its time, of no case, or no link at all: a page that says so, and says nothing else."""
    keys, now = bootstrap.context().keys, bootstrap.clock().now()
    link = delivered.link.rpartition("/")[2]
    payload, _, mac = link.partition(".")
    bad = {
        link[:-3]: 403,
        payload: 403,
        f"{payload}.{mac[::-1]}": 403,
        keys.link(delivered.case_id, now - timedelta(days=1)): 410,
        keys.link(OTHER_CASE, now + timedelta(days=1)): 403,
        keys.seal("session", {"c": delivered.case_id}, now + timedelta(days=1)): 403,
        "nonsense": 403,
    }
    for token, status in bad.items():
        page = requests.get(f"{town.url}/c/{token}", timeout=TIMEOUT)
        assert page.status_code == status
        assert page.headers["Content-Type"].startswith("text/html")
        assert 'lang="zh-CN"' in page.text
        assert delivered.item.name not in page.text
        assert "Traceback" not in page.text


def test_unknown_routes(town: Town) -> None:
    assert requests.get(f"{town.url}/nowhere", timeout=TIMEOUT).status_code in (403, 404)
    assert requests.delete(f"{town.url}/desk", timeout=TIMEOUT).status_code in (403, 404, 405)
    assert requests.get(f"{town.url}/static/../secrets", timeout=TIMEOUT).status_code in (403, 404)


def test_forms_that_our_pages_did_not_make(declaring: Play) -> None:
    """Without the page's token, too large, or no form at all: refused, and the case stays as it is."""
    before = declaring.head
    cookies = declaring.visitor._session.cookies
    form, other = {"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Type": "application/json"}
    for path in ("decline", "ask", "withdraw", "intention", "declaration", "identity"):
        url = f"{declaring.link}/{path}"
        assert requests.post(url, {"csrf": "forged", "answer": "continue"}, cookies=cookies, timeout=TIMEOUT).status_code == 403
        assert requests.post(url, b"x=" + b"y" * 70_000, headers=form, cookies=cookies, timeout=TIMEOUT).status_code == 413
        assert requests.post(url, b"{}", headers=other, cookies=cookies, timeout=TIMEOUT).status_code in (
            400,
            403,
            415,
        )
    assert declaring.head == before


def test_another_persons_session_opens_nothing(town: Town, declaring: Play) -> None:
    """A session is for one case."""
    other = town.take()
    session = {c.name: str(c.value) for c in declaring.visitor._session.cookies}
    page = requests.get(f"{other.link}/progress", cookies=session, timeout=TIMEOUT, allow_redirects=False)
    assert page.status_code in (302, 303)
    assert page.headers["Location"].endswith("/identity")


def test_no_get_changes_a_case(town: Town, declaring: Play, delivered: Play) -> None:
    """Every page that can be read, identified and not, signed in at the desk and not."""
    invite = bootstrap.desk().invite(Official("窗口", AT_DESK))
    official = Bureau(town.url, invite, lambda _: Role(Part.ACCEPT), True).sign_in().visitor
    before = {p.case_id: (p.head, p.events) for p in (declaring, delivered)}
    seen = 0
    for play in (declaring, delivered):
        values = {"link": play.link.rpartition("/")[2], "case_id": play.case_id, "kind": "delivery", "name": "wugan.css"}
        for method, path, _ in (*APPLICANT, *DESK):
            if method != "GET":
                continue
            for visitor in (Visitor(), play.visitor, official):
                answer = visitor._session.get(f"{town.url}{path.format(**values)}", timeout=TIMEOUT)
                assert answer.status_code < 500
                seen += answer.status_code == 200
    assert seen > 20
    assert {p.case_id: (p.head, p.events) for p in (declaring, delivered)} == before


def test_desk_shows_its_own_bureau_only(town: Town, delivered: Play) -> None:
    """An official of one bureau cannot read another's case, and nobody can without signing in."""
    invite = bootstrap.desk().invite(Official("窗口", AT_DESK))
    official = Bureau(town.url, invite, lambda _: Role(Part.ACCEPT), True).sign_in().visitor
    assert official.open(f"{town.url}/desk/cases/{delivered.case_id}").status == 403
    answer = requests.get(f"{town.url}/desk/cases/{delivered.case_id}", timeout=TIMEOUT, allow_redirects=False)
    assert answer.headers["Location"].endswith(f"/desk/sign-in?to=desk/cases/{delivered.case_id}")
