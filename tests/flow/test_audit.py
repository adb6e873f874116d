"""Proofs, monitor, archive and the public log on the real adapters and handlers, under moto."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.demo.run import Demo
from tests.flow.journey import Journey
from tests.support.aws import Stack, invoke
from tests.support.ledger import SIGNER
from wugan import bootstrap, config
from wugan.aws import functions
from wugan.aws.event_table import DynamoEventTable
from wugan.cases.archive import CASE
from wugan.cases.audit import Reader
from wugan.courier.port import ParcelState
from wugan.ledger import casefile
from wugan.ledger.sequence import Pending
from wugan.ledger.verify import verify_directory

WOKEN = {"source": "schedule"}


@pytest.fixture
def journey(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Journey:
    monkeypatch.setattr(bootstrap, "CATCH_UP", 0)
    made = Journey(stack).to_declaration().declare().waiting("pickup").parcel("pickup", ParcelState.COLLECTED).waiting("approval")
    made.decide("approved").waiting("delivery").parcel("delivery", ParcelState.ARRIVED).ended("delivered")
    invoke("sequence", WOKEN)
    return made


def events_of(case_id: str) -> Any:
    return boto3.resource("dynamodb").Table("cases"), [f"EVENT#{e.seq:06d}" for e in bootstrap.case_store().events(case_id)]


def found(capsys: pytest.CaptureFixture[str]) -> set[str]:
    """The kinds that the metrics name."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"LedgerFindings') or "_aws" in line]
    return {line["finding"] for line in lines if "finding" in line}


def test_a_proof_of_a_whole_case_holds(journey: Journey) -> None:
    bundle = bootstrap.audit().proof(journey.case_id, Reader.AUDITOR)
    proved = casefile.verify(bundle.text, SIGNER.verifier)
    assert (len(proved.events), proved.told) == (len(journey.events),) * 2


def test_the_monitor_finds_nothing_twice(journey: Journey, capsys: pytest.CaptureFixture[str]) -> None:
    first = invoke("monitor", WOKEN)
    assert (first["LedgerFindings"], first["LedgerBehind"], first["size"]) == (0, 0, len(journey.events))
    assert first["LedgerCompared"] >= 2 * len(journey.events)
    assert invoke("monitor", WOKEN)["LedgerFindings"] == 0
    assert found(capsys) == set()


def test_the_monitor_names_what_was_done_to_the_tables(journey: Journey, capsys: pytest.CaptureFixture[str]) -> None:
    table, keys = events_of(journey.case_id)
    last = table.get_item(Key={"pk": journey.case_id, "sk": keys[-1]})["Item"]
    table.delete_item(Key={"pk": journey.case_id, "sk": keys[-1]})
    assert invoke("monitor", WOKEN)["LedgerFindings"] == 1
    assert found(capsys) == {"withheld_event"}
    body = json.loads(last["body"])
    table.put_item(Item=last | {"body": json.dumps(body | {"facts": {"outcome": "rejected"}})})
    assert invoke("monitor", WOKEN)["LedgerFindings"] == 1
    assert found(capsys) == {"edited_event"}
    table.put_item(Item=last)
    assert invoke("monitor", WOKEN)["LedgerFindings"] == 0
    body |= {"seq": len(keys) + 1}
    table.put_item(Item=last | {"sk": f"EVENT#{len(keys) + 1:06d}", "body": json.dumps(body)})
    assert invoke("monitor", WOKEN)["LedgerFindings"] >= 1
    assert found(capsys) & {"event_without_leaf", "edited_event"}


@pytest.mark.usefixtures("journey")
def test_the_monitor_keeps_the_checkpoint_that_a_fork_is_seen_by(capsys: pytest.CaptureFixture[str]) -> None:
    invoke("monitor", WOKEN)
    s3 = boto3.client("s3")
    bucket = bootstrap.settings().need(config.LEDGER_BUCKET)
    older = s3.get_object(Bucket=bucket, Key="checkpoint")["Body"].read()
    invoke("archive", WOKEN)
    invoke("sequence", WOKEN)
    assert invoke("monitor", WOKEN)["LedgerFindings"] == 0
    s3.put_object(Bucket=bucket, Key="checkpoint", Body=older)
    for _ in range(2):
        assert invoke("monitor", WOKEN)["LedgerFindings"] == 1
        assert found(capsys) == {"rolled_back_checkpoint"}


def test_pages_of_events_go_through_all_cases_once(journey: Journey) -> None:
    invoke("archive", WOKEN)
    table, pages, at = DynamoEventTable("cases"), [], ""
    while True:
        events, at = table.page(at, 1)
        pages.append(events)
        if not at:
            break
    assert sorted(page[0].case_id for page in pages) == sorted([journey.case_id, CASE])
    for page in pages:
        assert [e.seq for e in page] == list(range(1, len(page) + 1))
        assert {e.case_id for e in page} == {page[0].case_id}
    newest = table.newest(journey.case_id)
    assert newest
    assert newest.seq == len(journey.events)
    assert set(table.some([newest.id, (journey.case_id, 99)])) == {newest.id}
    assert table.newest("nobody") is None


def test_the_archive_s_manifest_is_a_leaf_and_cases_are_archived_once(journey: Journey) -> None:
    assert invoke("archive", WOKEN) == {"CasesArchived": 1, "ArchiveWaiting": 0, "ArchiveLeft": 0}
    assert invoke("archive", WOKEN)["CasesArchived"] == 0
    (event,) = bootstrap.case_store().events(CASE)
    manifest = json.loads(boto3.client("s3").get_object(Bucket="files", Key=event.facts["manifest"])["Body"].read())
    assert [p["case_id"] for p in manifest["packages"]] == [journey.case_id]
    assert invoke("sequence", WOKEN)["LeavesAdded"] == 1
    assert casefile.verify(bootstrap.audit().proof(CASE, Reader.AUDITOR).text, SIGNER.verifier).told == 1
    assert invoke("monitor", WOKEN)["LedgerFindings"] == 0


@pytest.mark.usefixtures("journey")
def test_a_manifest_s_number_is_given_once() -> None:
    invoke("archive", WOKEN)
    store = bootstrap.archive().store
    event = store.newest()
    assert event
    assert not store.append(event)
    assert not store.put(str(event.facts["manifest"]), b"another")
    assert bootstrap.ledger_rows().pending(10) == [Pending(CASE, 1, bytes([1]) + bytes.fromhex(event.commitment + event.chain))]


def test_after_an_erasure_the_monitor_still_agrees(journey: Journey) -> None:
    bootstrap.case_store().erase(journey.case_id)
    assert invoke("monitor", WOKEN)["LedgerFindings"] == 0
    proved = casefile.verify(bootstrap.audit().proof(journey.case_id, Reader.AUDITOR).text, SIGNER.verifier)
    assert (len(proved.events), proved.told) == (len(journey.events), 0)


def ask(path: str, resource: str, parameters: dict[str, str] | None = None) -> Any:
    return invoke(
        "ledger",
        {
            "resource": resource, "path": path, "httpMethod": "GET", "headers": {"Accept": "*/*"}, "multiValueHeaders": {"Accept": ["*/*"]},
            "queryStringParameters": None, "multiValueQueryStringParameters": None, "pathParameters": parameters, "stageVariables": None,
            "requestContext": {"resourcePath": resource, "httpMethod": "GET", "path": path}, "body": None, "isBase64Encoded": False,
        },
    )  # fmt: skip


def test_the_public_log_is_read_over_the_api(journey: Journey) -> None:
    size = len(journey.events)
    assert ask("/ledger/checkpoint", "/ledger/checkpoint")["statusCode"] == 200
    reply = ask(f"/ledger/tile/0/000.p/{size}", "/ledger/tile/{level}/{a}/{b}", {"level": "0", "a": "000.p", "b": str(size)})
    assert (reply["statusCode"], len(base64.b64decode(reply["body"]))) == (200, 32 * size)
    assert ask("/ledger/tile/0/000", "/ledger/tile/{level}/{a}", {"level": "0", "a": "000"})["statusCode"] == 404
    page = ask("/ledger", "/ledger")
    assert f"{size}</dd>" in page["body"]


def test_the_demonstration_leaves_log_and_proof_behind(journey: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "invoke", lambda name, event: invoke(name.rpartition("-")[2], event))
    demo = Demo(folder=tmp_path, example=journey.case_id, tell=lambda _: None)
    demo._ledger()
    size = len(journey.events)
    assert (demo.ledger, demo.astray) == ({"entries": size, "events": size, "findings": 0}, [])
    assert len(verify_directory(tmp_path / "ledger", SIGNER.verifier).entries) == size
    assert casefile.verify((tmp_path / "proof.json").read_text(encoding="utf-8"), SIGNER.verifier).case_id == journey.case_id
