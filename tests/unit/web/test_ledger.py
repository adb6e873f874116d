"""The public ledger: files for tools, a page that checks proofs, and the person's own proof."""

from __future__ import annotations

import json
import time

import pytest

from tests.browser.serve import STAGE
from tests.browser.town import Town
from tests.support.ledger import SIGNER
from tests.unit.web.client import Client, Reply
from wugan.cases.model import Task
from wugan.errors import InvalidInput
from wugan.ledger import casefile
from wugan.ledger.checkpoint import open_checkpoint
from wugan.ledger.proof import parse
from wugan.ledger.tiles import bundles_at, tiles_at
from wugan.web.ledger_app import MOST_PROOF
from wugan.web.upload import fields

BOUNDARY = "----wugan"


def upload(client: Client, **fields: str) -> Reply:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\nContent-Type: text/plain\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    body = "".join([*parts, f"--{BOUNDARY}--\r\n"]).encode()
    return client.request("POST", "/ledger", body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})


def proof_of(client: Client, town: Town, link: str) -> str:
    session = town.session(link)
    town.sequence()
    client.cookies[f"{STAGE}/c/{link}"] = {"wugan_session": session}
    return client.get(f"/c/{link}/proof").text


def test_the_files_are_the_log_s(client: Client, town: Town, link: str) -> None:
    assert link
    town.sequence()
    checkpoint = client.get("/ledger/checkpoint")
    found, _ = open_checkpoint(checkpoint.content, SIGNER.verifier)
    assert checkpoint.headers["Cache-Control"] == "no-cache"
    assert client.get("/ledger/log.vkey").text == f"{SIGNER.verifier.vkey}\n"
    for tile in (*tiles_at(found.size), *bundles_at(found.size)):
        reply = client.get(f"/ledger/{tile.path}")
        assert (reply.status, reply.content) == (200, town.ledger.objects.read(tile.path))
        assert "immutable" in reply.headers["Cache-Control"]


NO_FILES = ["tile/0/999", "tile/0/x001/067", "tile/entries/x999/999.p/12", "tile/0/0", "tile/64/000", "tile/..%2f/000"]


@pytest.mark.parametrize("path", NO_FILES)
def test_other_files_are_not_there(client: Client, path: str) -> None:
    reply = client.get(f"/ledger/{path}")
    assert (reply.status, reply.headers["Cache-Control"]) == (404, "no-store")


def test_before_the_first_entry(client: Client) -> None:
    assert client.get("/ledger").status == 200
    assert client.get("/ledger/checkpoint").status == 404


def test_a_person_s_proof_holds_and_the_page_says_what_it_proves(client: Client, town: Town, link: str) -> None:
    text = proof_of(client, town, link)
    found = casefile.verify(text, SIGNER.verifier)
    assert found.case_id == town.head(link).case_id
    assert found.told == len(found.events) == town.head(link).seq
    for reply in (upload(client, file=text, text=""), upload(client, file="", text=text)):
        assert reply.status == 200
        assert "证明属实" in reply.text
        assert "身份认证通过" in reply.text


def test_what_officials_note_for_each_other_is_not_in_a_person_s_proof(client: Client, town: Town, link: str) -> None:
    session = town.session(link)
    town.applicant.ask_person(link)
    town.ending.hand_over(town.head(link).case_id, "asked_person")
    town.desk.done(town.official, town.head(link).case_id, Task.HANDLE)
    assert session
    body = json.loads(proof_of(client, town, link))
    untold = {e["seq"] for e in body["events"] if e["event"] is None}
    assert untold == {e.seq for e in town.store.events(town.head(link).case_id) if e.type in ("handed_over", "task_done")} != set()
    assert "仅证明有此一条" in upload(client, file=json.dumps(body)).text


def test_a_proof_needs_the_session(client: Client, town: Town, link: str) -> None:
    town.sequence()
    reply = client.get(f"/c/{link}/proof")
    assert reply.path.endswith("/identity")
    assert "HMAC" not in reply.text


def test_a_proof_that_is_not_ready_yet(client: Client, town: Town, link: str) -> None:
    client.cookies[f"{STAGE}/c/{link}"] = {"wugan_session": town.session(link)}
    reply = client.get(f"/c/{link}/proof")
    assert (reply.status, "请稍等" in reply.text) == (503, True)


@pytest.mark.parametrize("tamper", ["opened", "salt", "proof"])
def test_a_changed_proof_is_refused(client: Client, town: Town, link: str, tamper: str) -> None:
    body = json.loads(proof_of(client, town, link))
    event = body["events"][0]
    if tamper == "opened":
        event["event"] = event["event"].replace("opened", "closed")
    elif tamper == "salt":
        event["salt"] = "00" * 32
    else:
        at = parse(event["proof"].encode()).index
        event["proof"] = event["proof"].replace(f"index {at}", f"index {at + 1}")
    reply = upload(client, file=json.dumps(body))
    assert (reply.status, "证明不成立" in reply.text) == (422, True)
    assert "第1条记录" in reply.text


@pytest.mark.parametrize("text", ["", "  ", "not JSON", "[]", '{"format": "wugan-case-proof/1"}', "\x00", "{}" * 10])
def test_what_is_no_proof_is_told(client: Client, text: str) -> None:
    reply = upload(client, file=text)
    assert (reply.status, "没有核验" in reply.text) == (400, True)


def test_a_proof_has_an_end(client: Client) -> None:
    assert upload(client, file="x" * MOST_PROOF).status == 413


def test_text_of_a_proof_is_escaped(client: Client, town: Town, link: str) -> None:
    body = json.loads(proof_of(client, town, link))
    body["case_id"] = "<script>"
    assert "<script>" not in upload(client, file=json.dumps(body)).text


HOSTILE = [
    (b"", "multipart/form-data"),
    (b"--x\r\n\r\n", "multipart/form-data; boundary=x"),
    (b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n\xff\xfe\r\n--x--', "multipart/form-data; boundary=x"),
    (
        b'--x\r\nContent-Disposition: form-data; name="file"\r\nContent-Transfer-Encoding: base64\r\n\r\n=\r\n--x--',
        "multipart/form-data; boundary=x",
    ),
    (b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\nz\r\n--y--\r\n--x--", "multipart/form-data; boundary=x"),
    (b"x" * 1000, 'multipart/form-data; boundary="' + "y" * 300 + '"'),
    (
        b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + b"[" * 100_000 + b"\r\n--x--",
        "multipart/form-data; boundary=x",
    ),
]


@pytest.mark.parametrize(("body", "kind"), HOSTILE)
def test_no_upload_is_an_error_of_ours(client: Client, body: bytes, kind: str) -> None:
    assert client.request("POST", "/ledger", body, {"Content-Type": kind}).status == 400


PART = b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nz\r\n'
COSTLY = {
    "nested": b"".join(b"--x%d\r\nContent-Type: multipart/mixed; boundary=x%d\r\n\r\n" % (at, at + 1) for at in range(3000)).replace(
        b"--x0\r", b"--x\r"
    ),
    "brackets": b"--x\r\nContent-Disposition: form-data; name=" + b"(" * 3000 + b"\r\n\r\nz\r\n--x--",
    "parameters": b"--x\r\nContent-Disposition: form-data" + b'; a="b"' * 270_000 + b"\r\n\r\nz\r\n--x--",
    "parts": PART * 35_000 + b"--x--",
    "headers": b"--x\r\n" + b"a: b\r\n" * 300_000 + b"\r\nz\r\n--x--",
}


@pytest.mark.parametrize("body", COSTLY.values(), ids=COSTLY)
def test_no_upload_costs_more_than_reading_it(client: Client, body: bytes) -> None:
    assert len(body) < MOST_PROOF
    client.get("/ledger")  # templates are compiled once
    began = time.process_time()
    assert client.request("POST", "/ledger", body, {"Content-Type": "multipart/form-data; boundary=x"}).status == 400
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("body", "kind", "found"),
    [
        (PART + b"--x--\r\n", "multipart/form-data; boundary=x", {"file": "z"}),
        (PART + b"--x--", 'multipart/form-data; boundary="x"', {"file": "z"}),
        (b"before\r\n" + PART * 4 + b"--x--after", "Multipart/Form-Data;boundary=x", {"file": "z"}),
        (PART.replace(b"name=", b'filename="; name=y"; Name='), "multipart/form-data; boundary=x", None),
        (PART.replace(b"name=", b'filename="; name=y"; Name=') + b"--x--", "multipart/form-data; boundary=x", {"file": "z"}),
        (PART.replace(b"\r\n\r\n", b"\r\nContent-Type: text/plain\r\n\r\n\r\n--y") + b"--x--", "multipart/form-data; boundary=x",
         {"file": "\r\n--yz"}),
        (PART * 5 + b"--x--", "multipart/form-data; boundary=x", None),
        (PART.replace(b"file", b"f" * 1000) + b"--x--", "multipart/form-data; boundary=x", None),
        (PART.replace(b"form-data", b"attachment") + b"--x--", "multipart/form-data; boundary=x", None),
        (PART + b"--x--", "multipart/form-data", None),
        (PART + b"--x--", "", None),
    ],
)  # fmt: skip
def test_a_form_is_read_flat(body: bytes, kind: str, found: dict[str, str] | None) -> None:
    if found is None:
        with pytest.raises(InvalidInput):
            fields(body, kind)
    else:
        assert fields(body, kind) == found
