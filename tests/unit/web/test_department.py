"""The department port: the application on paper, and what the department's platform tells us, signed and good once."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from werkzeug.datastructures import Headers

from infra.sandbox.vendors import signature as platform
from tests.browser.town import FILING, Town
from tests.unit.test_pdf import lines_of
from tests.unit.web.client import Client, Reply
from wugan.cases.model import Head, Stage, effect_id
from wugan.errors import Forbidden
from wugan.signing import SIGNATURE_HEADER, TIME_HEADER, sign, verify

PATH, SECRET = "/callbacks/department/QD", "secret of QD"
OTHER, OTHERS = "/callbacks/department/LX", "secret of LX"
FILE = b"%PDF-1.7 a certificate"


@pytest.fixture
def waiting(town: Town) -> Head:
    """A case that lies with the department."""
    link = town.open_case()
    town.to_approval(link)
    return town.head(link)


def approval(head: Head, **more: Any) -> dict[str, Any]:
    certificate = {
        "number": "鲁02A0017",
        "valid_from": "2026-11-23",
        "file_base64": base64.b64encode(FILE).decode(),
        "file_sha256": hashlib.sha256(FILE).hexdigest(),
    }
    application = effect_id(head.case_id, "approval", 1)
    return {"id": "d-1", "application_id": application, "kind": "approved", "by": "x", "certificate": certificate | more}


def tell(
    client: Client, message: dict[str, Any], *, late: int = 0, path: str = PATH, secret: str = SECRET, to: str = PATH, changed: bytes = b""
) -> Reply:
    """A message of a platform, sent to an address and signed as it signs for `path`."""
    body = json.dumps(message).encode()
    headers = platform.signed_headers(secret, path, body, client.town.clock.wall().timestamp() - late)
    return client.request("POST", to, body + changed, headers | {"Content-Type": "application/json"})


def error_of(reply: Reply) -> tuple[int, str, str]:
    error = json.loads(reply.text)["error"]
    return reply.status, error["code"], error["field"]


# --- the package


def test_the_department_gets_the_application_on_paper_with_its_hash(town: Town, waiting: Head) -> None:
    (package,) = town.department.applications.values()
    (document,) = package.documents
    content = base64.b64decode(document.base64)
    assert (document.media_type, document.sha256) == ("application/pdf", hashlib.sha256(content).hexdigest())
    text = "\n".join(lines_of(content))
    item = town.item_of(waiting.case_id)
    assert text.startswith("申请表")
    for change in package.changes:
        assert f"{change['old']} → {change['new']}"[:20] in text
    for name, row in package.form.items():
        label = next(field.label for field in item.form if field.name == name)
        assert f"{label}：{row['value'] or '—'}"[:20] in text
    assert "来源：商事登记库" in text
    assert all(material["name"][:20] in text for material in package.materials)


def test_the_same_package_is_the_same_paper_and_the_case_keeps_its_hash(town: Town, waiting: Head) -> None:
    (package,) = town.department.applications.values()
    item = town.item_of(waiting.case_id)
    assert town.approving.paper(item, package) == base64.b64decode(package.documents[0].base64)
    kept = town.sealed(waiting.case_id, "application")
    assert kept["documents"] == [{"name": "application.pdf", "sha256": package.documents[0].sha256}]


def test_an_application_without_a_change_says_so(town: Town) -> None:
    link = town.open_case(FILING)
    town.to_approval(link)
    (package,) = town.department.applications.values()
    assert "无" in lines_of(base64.b64decode(package.documents[0].base64))


# --- signatures, both ways


def test_what_we_send_the_platform_verifies_and_the_other_way_round() -> None:
    at, body = 1_795_000_000, b"{}"
    theirs = platform.signed_headers(SECRET, PATH, body, at)
    verify(SECRET, theirs, PATH, body, datetime.fromtimestamp(at, UTC))
    ours = {TIME_HEADER: str(at), SIGNATURE_HEADER: sign(SECRET, str(at), "/department/applications", body)}
    fault = platform.fault_of
    assert fault(SECRET, Headers(ours), "/department/applications", body, at) is None
    assert fault(SECRET, Headers(ours), PATH, body, at) == "signature_wrong"
    assert fault(SECRET, Headers(ours), "/department/applications", body, at + 301) == "timestamp_stale"
    with pytest.raises(Forbidden):
        verify(SECRET, theirs, "/department/applications", body, datetime.fromtimestamp(at, UTC))


@pytest.mark.parametrize(
    "how",
    [
        {"late": 301}, {"late": -301}, {"path": "/callbacks/department"}, {"secret": "another's"}, {"secret": OTHERS},
        {"secret": OTHERS, "path": OTHER}, {"path": OTHER}, {"to": OTHER}, {"changed": b" "},
    ],
    ids=[
        "late", "early", "other path", "other secret", "another bureau's key", "another bureau's message", "signed for another bureau",
        "sent to another bureau", "other body",
    ],
)  # fmt: skip
def test_a_message_that_is_not_the_platforms_now_changes_nothing(client: Client, waiting: Head, how: dict[str, Any]) -> None:
    assert tell(client, approval(waiting), **how).status == 403
    assert client.town.store.head(waiting.case_id) == waiting


def test_a_bureaus_platform_decides_no_case_of_another_bureau(client: Client, waiting: Head) -> None:
    """Signed as it should be, with its own key at its own address: to it the case is as unknown as one that there is not."""
    nobodys = approval(waiting) | {"application_id": effect_id("a" * 26, "approval", 1)}
    for message in (approval(waiting), nobodys):
        assert error_of(tell(client, message, to=OTHER, path=OTHER, secret=OTHERS)) == (404, "not_found", "case_id")
    assert client.town.store.head(waiting.case_id) == waiting
    assert tell(client, approval(waiting)).status == 200


def test_what_another_bureau_was_refused_hinders_no_decision_of_the_right_one(client: Client, waiting: Head) -> None:
    """The same id in both messages: the refused one is not remembered as taken in."""
    tell(client, approval(waiting) | {"kind": "rejected", "reason": "x"}, to=OTHER, path=OTHER, secret=OTHERS)
    assert tell(client, approval(waiting)).status == 200
    assert client.town.store.head(waiting.case_id).stage is Stage.DELIVERY


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"by":"\\ud800"}', b"9" * 5000], ids=["deep", "half a character", "long number"])
def test_what_no_reader_can_hold_is_refused_though_it_is_signed(client: Client, waiting: Head, body: bytes) -> None:
    headers = platform.signed_headers(SECRET, PATH, body, client.town.clock.wall().timestamp())
    reply = client.request("POST", PATH, body, headers | {"Content-Type": "application/json"})
    assert error_of(reply)[:2] == (400, "invalid_input")
    assert client.town.store.head(waiting.case_id) == waiting


def test_an_address_of_no_bureau_is_none(client: Client, waiting: Head) -> None:
    path = "/callbacks/department/XX"
    assert error_of(tell(client, approval(waiting), to=path, path=path, secret="secret of XX")) == (404, "not_found", "jurisdiction")


def test_just_within_the_tolerance_a_message_counts(client: Client, waiting: Head) -> None:
    assert tell(client, approval(waiting), late=300).status == 200


def test_a_replayed_decision_is_acknowledged_and_has_no_second_effect(client: Client, waiting: Head) -> None:
    assert tell(client, approval(waiting)).status == 200
    decided = client.town.store.head(waiting.case_id)
    assert decided.stage is Stage.DELIVERY
    assert tell(client, approval(waiting)).status == 200
    assert tell(client, approval(waiting) | {"id": "d-2", "kind": "rejected", "reason": "x"}).status == 200
    assert client.town.store.head(waiting.case_id) == decided


# --- the certificate


def test_the_certificate_is_kept_sealed_as_it_was_checked(client: Client, waiting: Head) -> None:
    message = approval(waiting)
    tell(client, message | {"certificate": message["certificate"] | {"unasked": "x"}})
    assert client.town.sealed(waiting.case_id, "certificate") == message["certificate"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"file_sha256": "0" * 64}, "certificate.file_sha256"),
        (
            {"file_base64": base64.b64encode(b"<html>").decode(), "file_sha256": hashlib.sha256(b"<html>").hexdigest()},
            "certificate.file_base64",
        ),
        ({"file_signature": "AAAA"}, "certificate.file_signature"),
        ({"valid_from": ""}, "certificate.valid_from"),
    ],
)
def test_a_certificate_that_is_not_whole_is_refused_by_field(client: Client, waiting: Head, change: dict[str, str], field: str) -> None:
    reply = tell(client, approval(waiting, **change))
    assert (reply.status, json.loads(reply.text)["error"]["field"]) == (400, field)
    assert client.town.store.head(waiting.case_id) == waiting
