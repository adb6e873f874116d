"""What holds for all pages, whichever app they are of: ways back, errors in our own shape, headers."""

from __future__ import annotations

import pytest

from tests.browser.serve import STAGE, apps
from tests.browser.town import Town
from tests.component.web.api.caller import Caller
from tests.unit.web.client import Client
from tests.unit.web.test_applicant import give_session
from wugan.web.edge import MOST_BYTES, ONLY_TLS, SECURITY_HEADERS

FORM = "application/x-www-form-urlencoded"
TAKES_FORMS = {
    path: set(methods)
    for app in apps(Town())
    for path, methods in app.routes.items()
    if "POST" in methods and path.startswith(("/c/", "/desk", "/bench", "/verify", "/ledger"))
}


@pytest.mark.parametrize("path", TAKES_FORMS)
def test_no_address_of_a_form_is_a_dead_end(client: Client, path: str) -> None:
    """A phone that dropped the tab, or a person who copies the address, asks with GET for what had answered a form."""
    assert TAKES_FORMS[path] == {"GET", "POST"}
    values = {"link": "l", "case_id": "c", "code": "x", "before": "b", "after": "a", "id": "i"}
    reply = client.request("GET", path.format(**values))
    assert reply.status in (200, 303, 403)
    if reply.status == 303:
        page = reply.headers["Location"].removeprefix(STAGE)
        assert page.startswith("/desk/sign-in?to=") or path.format(**values).startswith(page + "/")


def test_the_way_back_leads_to_the_page_above(client: Client, link: str) -> None:
    for asked, page in (
        (f"/c/{link}/privacy/face", f"/c/{link}/privacy"), ("/desk/cases/no-1/decide", "/desk/cases/no-1"), ("/desk/search", "/desk"),
        ("/bench/draft/check", "/bench/draft"), ("/bench/items/i/retire", "/bench/items/i"), ("/", "/verify"),
    ):  # fmt: skip
        assert client.request("GET", asked).headers["Location"] == STAGE + page


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"csrf=x", {"Sec-Fetch-Site": "cross-site"}, 403),
        (b"a=" + b"x" * MOST_BYTES, {}, 413),
        (b"a=%ff", {}, 400),
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"a=1", {"Content-Type": ""}, 415),
    ],
)
@pytest.mark.parametrize("path", ["/c/{link}/ask", "/verify", "/desk/search"])
def test_what_is_no_form_of_ours_is_told_on_a_page_of_ours(
    client: Client, link: str, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    client.cookies[f"{STAGE}/"] = {"wugan_elder": "2"}
    reply = client.request("POST", path.format(link=link), body, {"Content-Type": FORM, **headers})
    assert reply.status == status
    assert f'href="{STAGE}/static/wugan.css' in reply.text
    assert 'class="elder largest"' in reply.text
    assert 'href="/verify"' not in reply.text
    assert SECURITY_HEADERS.items() <= reply.headers.items()
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("scheme", "told"), [("https", True), ("http", False)])
def test_only_under_tls_are_browsers_told_to_stay_there(town: Town, client: Client, link: str, scheme: str, told: bool) -> None:
    town.public_url = f"{scheme}://wugan.example{STAGE}"
    for headers in (client.get(f"/c/{link}").headers, client.get("/static/wugan.css").headers, Caller(town, link).get("/case").headers):
        assert (ONLY_TLS.items() <= headers.items()) is told


@pytest.mark.parametrize("accept", ["text/html", "application/xhtml+xml,text/html;q=0.9", "application/json", ""])
def test_a_file_is_given_whatever_the_browser_says_it_accepts(town: Town, client: Client, link: str, accept: str) -> None:
    give_session(client, link, town.to_delivery(link))
    reply = client.request("GET", f"/c/{link}/certificate", headers={"Accept": accept})
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/pdf")
