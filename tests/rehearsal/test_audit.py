"""What people and auditors see of the log, over the deployed API and functions, under their enforced roles."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import requests

from infra.local.stack import STAGE
from tests.rehearsal.town import FOLDER, Play, Town
from wugan import bootstrap
from wugan.aws.functions import invoke
from wugan.cases.archive import CASE
from wugan.cases.audit import Reader
from wugan.ledger import casefile, note
from wugan.ledger.checkpoint import unverified
from wugan.ledger.export import export
from wugan.ledger.tiles import bundles_at, tiles_at
from wugan.ledger.verify import verify_directory

TIMEOUT = 30


@pytest.fixture(scope="module")
def archived(delivered: Play) -> dict[str, int]:
    """The case is in the log and in the archive, and the archive's manifest is in the log."""
    _caught_up()
    assert delivered.head.ended
    counts: dict[str, int] = invoke(f"wugan-{STAGE}-archive", {})
    _caught_up()
    return counts


def _caught_up() -> None:
    while invoke(f"wugan-{STAGE}-sequence", {})["LeavesAdded"] or bootstrap.ledger_rows().pending(1):
        pass


def fetch(town: Town, path: str) -> requests.Response:
    return requests.get(f"{town.url}/ledger/{path}", timeout=TIMEOUT)


def test_closed_cases_are_archived_and_the_manifest_is_proved(archived: dict[str, int], delivered: Play) -> None:
    assert archived["CasesArchived"] >= 1
    bundle = bootstrap.audit().proof(CASE, Reader.AUDITOR)
    assert casefile.verify(bundle.text, bootstrap.ledger_verifier()).told == bundle.events >= 1
    assert delivered.case_id not in [h.case_id for h in bootstrap.archive().store.closed(1000)]


@pytest.mark.usefixtures("archived")
def test_the_monitor_agrees(delivered: Play) -> None:
    for _ in range(2):
        counts = invoke(f"wugan-{STAGE}-monitor", {})
        assert counts["LedgerFindings"] == 0
        assert counts["LedgerCompared"] >= len(delivered.events)


@pytest.mark.usefixtures("archived")
def test_strangers_fetch_the_log_over_the_api(town: Town, tmp_path: Path) -> None:
    key, signed = fetch(town, "log.vkey").text, fetch(town, "checkpoint")
    assert signed.headers["Cache-Control"] == "no-cache"
    size = unverified(signed.content).size
    for tile in (*tiles_at(size), *bundles_at(size)):
        reply = fetch(town, tile.path)
        assert reply.status_code == 200, tile.path
        assert "immutable" in reply.headers["Cache-Control"]
        (tmp_path / tile.path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / tile.path).write_bytes(reply.content)
    (tmp_path / "log.vkey").write_text(key, encoding="utf-8")
    (tmp_path / "checkpoint").write_bytes(signed.content)
    assert len(verify_directory(tmp_path, note.verifier_of(key.strip())).entries) == size
    assert fetch(town, "tile/0/x001/067").status_code == 404


@pytest.mark.usefixtures("archived")
def test_the_page_checks_a_proof_and_keeps_nothing(town: Town, delivered: Play) -> None:
    text = bootstrap.audit().proof(delivered.case_id, Reader.PERSON).text
    reply = requests.post(f"{town.url}/ledger", files={"file": ("proof.json", text), "text": (None, "")}, timeout=TIMEOUT)
    assert (reply.status_code, "证明属实" in reply.text) == (200, True)
    forged = text.replace("opened", "closed", 1)
    reply = requests.post(f"{town.url}/ledger", files={"file": ("proof.json", forged), "text": (None, "")}, timeout=TIMEOUT)
    assert (reply.status_code, "证明不成立" in reply.text) == (422, True)


@pytest.mark.usefixtures("archived")
def test_a_person_downloads_the_proof_of_their_case(delivered: Play) -> None:
    reply = delivered.visitor._session.get(f"{delivered.link}/proof", timeout=TIMEOUT)
    assert reply.headers["Content-Type"] == "application/json"
    assert casefile.verify(reply.text, bootstrap.ledger_verifier()).case_id == delivered.case_id


@pytest.mark.usefixtures("archived")
def test_the_log_is_left_for_independent_verifiers(delivered: Play) -> None:
    """`make verify-ledger` looks at it."""
    shutil.rmtree(FOLDER / "ledger", ignore_errors=True)
    found = export(bootstrap.ledger_objects(), bootstrap.ledger_verifier(), FOLDER / "ledger")
    (FOLDER / "proof.json").write_text(bootstrap.audit().proof(delivered.case_id, Reader.AUDITOR).text, encoding="utf-8")
    assert len(verify_directory(FOLDER / "ledger").entries) == found.size
