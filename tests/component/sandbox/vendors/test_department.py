"""The departments' platform: signed both ways, nothing taken twice, certificates as files."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra.sandbox.script import Delays
from infra.sandbox.vendors.settings import Accounts, Department
from tests.component.sandbox.conftest import DEPARTMENT_SECRET, Listener, Raw
from tests.component.sandbox.test_duplicates import application
from wugan.signing import verify

PATH = "/department/applications"
PACKAGE = application("c", 1)
Until = Callable[[Callable[[], Any]], Any]


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["error"]["code"]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"X-Wugan-Signature": "0" * 64}, "signature_wrong"),
        ({"X-Wugan-Timestamp": "1"}, "timestamp_stale"),
        ({"X-Wugan-Timestamp": ""}, "timestamp_missing"),
    ],
)
def test_a_bad_signature_is_refused_and_nothing_is_done(raw: Raw, headers: dict[str, Any], code: str) -> None:
    assert code_of(raw.department(PATH, PACKAGE, **headers)) == (401, code)
    assert len(raw.box.book.applications) == 0


@pytest.mark.parametrize("skew", [-301, 301])
def test_another_clock_is_refused(raw: Raw, skew: int) -> None:
    assert code_of(raw.department(PATH, PACKAGE, skew=skew)) == (401, "timestamp_stale")


def test_a_signature_for_another_path_is_refused(raw: Raw) -> None:
    raw.department(PATH, PACKAGE)
    sent = raw.http.post(f"/QD{PATH}/c-approval-1/cancel", data=b"{}", content_type="application/json")
    assert code_of(sent) == (401, "timestamp_missing")


def test_a_replayed_message_has_no_second_effect(raw: Raw) -> None:
    first, again = raw.department(PATH, PACKAGE).get_json(), raw.department(PATH, PACKAGE).get_json()
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert first["reference"] == again["reference"]
    assert len(raw.box.book.applications) == 1


def test_each_bureaus_platform_has_its_key_and_takes_its_own_cases(raw: Raw) -> None:
    assert code_of(raw.department(PATH, PACKAGE | {"jurisdiction": "LX"}, bureau="LX")) == (401, "signature_wrong")
    assert code_of(raw.department(PATH, PACKAGE, bureau="PD")) == (401, "secret_missing")
    assert code_of(raw.department(PATH, PACKAGE | {"jurisdiction": "LX"})) == (422, "not_competent")
    assert len(raw.box.book.applications) == 0


def test_without_an_account_nobody_is_served(raw_of: Callable[..., Raw]) -> None:
    assert code_of(raw_of(accounts=Accounts()).department(PATH, PACKAGE)) == (401, "secret_missing")


@pytest.mark.parametrize("body", [{}, [], PACKAGE | {"extra": 1}, PACKAGE | {"id": "no spaces"}, PACKAGE | {"form": "text"}])
def test_a_malformed_package_is_refused(raw: Raw, body: Any) -> None:
    assert code_of(raw.department(PATH, body)) == (400, "invalid_request")


@pytest.mark.parametrize("content", ["6L+Z", "not base64!"])
def test_a_document_that_does_not_fit_its_hash_is_refused(raw: Raw, content: str) -> None:
    document = {"name": "application.pdf", "media_type": "application/pdf", "sha256": "0" * 64, "base64": content}
    assert code_of(raw.department(PATH, PACKAGE | {"documents": [document]})) == (400, "document_damaged")
    assert len(raw.box.book.applications) == 0


def test_down_it_answers_nothing_of_its_own_and_comes_back(raw: Raw) -> None:
    raw.run("/_sandbox/down", {"vendor": "department", "seconds": 3600})
    assert raw.department(PATH, PACKAGE).status_code == 503
    assert len(raw.box.book.applications) == 0
    raw.run("/_sandbox/down", {"vendor": "department", "seconds": 0})
    assert raw.department(PATH, PACKAGE).status_code == 200


@pytest.mark.parametrize("kind", ["pdf", "ofd"])
def test_the_decision_is_signed_and_brings_a_signed_file(raw_of: Callable[..., Raw], listener: Listener, until: Until, kind: Any) -> None:
    key = Ed25519PrivateKey.generate()
    account = Department(secrets={"QD": DEPARTMENT_SECRET}, certificates=kind, certificate_key=key.private_bytes_raw().hex())
    raw = raw_of(Delays(decide=0), Accounts(department=account))
    raw.box.point_at(f"{listener.url}/stage")
    raw.department(PATH, PACKAGE)
    (told,) = until(lambda: listener.received)
    assert told["path"] == "/stage/callbacks/department/QD"
    verify(DEPARTMENT_SECRET, told["headers"], "/callbacks/department/QD", told["body"], datetime.now(UTC))
    certificate = told["json"]["certificate"]
    content = base64.b64decode(certificate["file_base64"], validate=True)
    assert hashlib.sha256(content).hexdigest() == certificate["file_sha256"]
    key.public_key().verify(base64.b64decode(certificate["file_signature"]), content)
    if kind == "pdf":
        assert content.startswith(b"%PDF-")
    else:
        page = zipfile.ZipFile(io.BytesIO(content)).read("Doc_0/Pages/Page_0/Content.xml").decode()
        assert certificate["number"] in page


def test_a_decision_is_repeated_until_it_is_taken(raw_of: Callable[..., Raw], listener: Listener, until: Until) -> None:
    raw = raw_of(Delays(decide=0))
    listener.refusals = 2
    raw.box.point_at(listener.url)
    raw.department(PATH, PACKAGE)
    until(lambda: [c["state"] for c in raw.read("/_sandbox/records?kind=callbacks")["records"]] == ["acknowledged"])
    assert len({r["body"] for r in listener.received}) == 1
    assert len(listener.received) == 3
