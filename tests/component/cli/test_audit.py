"""`wugan audit`: proofs, their checking without any setting, the log as files, the monitor's words and exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.support.ledger import ORIGIN, SIGNER, STRANGER, Log, case_id, small_log, witness_signer
from wugan import bootstrap
from wugan.cases.audit import Audit
from wugan.cli.main import app
from wugan.ledger import note
from wugan.ledger.port import Published
from wugan.ledger.watch import Watch
from wugan.memory.event_table import MemoryEventTable
from wugan.memory.stores import MemoryCaseStore, MemoryWaitStore

CASE = case_id(3)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    made = small_log(cases=8, events=5)
    store = MemoryCaseStore(MemoryWaitStore(), trail=made.cases)
    monkeypatch.setattr(bootstrap, "audit", lambda: Audit(store, made.rows, made.objects, SIGNER.verifier))
    monkeypatch.setattr(bootstrap, "ledger_rows", lambda: made.rows)
    monkeypatch.setattr(bootstrap, "ledger_objects", lambda: made.objects)
    monkeypatch.setattr(bootstrap, "ledger_verifier", lambda: SIGNER.verifier)
    monkeypatch.setattr(bootstrap, "event_table", lambda: MemoryEventTable(made.cases))
    return made


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["audit", *map(str, arguments)])


def test_a_proof_is_made_and_checked(log: Log, tmp_path: Path) -> None:
    assert log.size == 40
    out = tmp_path / "proof.json"
    made = call("proof", CASE, "--out", out)
    assert (made.exit_code, "5 events, 5 with their body" in made.output) == (0, True)
    assert json.loads(call("proof", CASE).output) == json.loads(out.read_text(encoding="utf-8"))
    for key in ((), ("--vkey", SIGNER.verifier.vkey)):
        checked = call("verify", out, *key)
        assert checked.exit_code == 0, checked.output
        assert f"holds: case {CASE}, 5 events, 5 with their body" in checked.output
        assert ("whose log it is" in checked.output) == (not key)


@pytest.mark.usefixtures("log")
def test_checking_needs_no_setting_and_no_aws(tmp_path: Path) -> None:
    out = tmp_path / "proof.json"
    call("proof", CASE, "--out", out)
    script = (
        "import sys\nfrom wugan.cli.main import app\n"
        "try:\n    app()\nfinally:\n    assert not {'boto3', 'botocore', 'pynamodb'} & set(sys.modules)"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "WUGAN_"))}
    done = subprocess.run(
        [sys.executable, "-c", script, "audit", "verify", str(out), "--vkey", SIGNER.verifier.vkey],
        capture_output=True, text=True, cwd=tmp_path, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("holds: ")


@pytest.mark.parametrize("change", ["event", "salt", "commitment", "chain", "proof"])
@pytest.mark.usefixtures("log")
def test_a_changed_proof_does_not_hold(tmp_path: Path, change: str) -> None:
    out = tmp_path / "proof.json"
    call("proof", CASE, "--out", out)
    body: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    event = body["events"][2]
    event[change] = body["events"][1][change]
    out.write_text(json.dumps(body), encoding="utf-8")
    checked = call("verify", out)
    assert checked.exit_code == 1
    assert checked.output.startswith("wugan: events.3: ")


@pytest.mark.usefixtures("log")
def test_a_stranger_s_key_and_what_is_no_proof(tmp_path: Path) -> None:
    out, key = tmp_path / "proof.json", tmp_path / "log.vkey"
    call("proof", CASE, "--out", out)
    key.write_text(f"{STRANGER.verifier.vkey}\n", encoding="utf-8")
    assert call("verify", out, "--vkey", key).exit_code == 1
    for content in (b"", b"[]", b"\xff", b"{}"):
        out.write_bytes(content)
        assert call("verify", out).exit_code == 1


@pytest.mark.usefixtures("log")
def test_bodies_by_reader(tmp_path: Path) -> None:
    out = tmp_path / "proof.json"
    assert call("proof", CASE, "--for", "public", "--out", out).exit_code == 0
    checked = call("verify", out)
    assert "body erased, or not for this reader" in checked.output
    assert "not proved: what 5 of them say" in checked.output
    assert "not proved: which case these entries belong to" in checked.output
    assert CASE not in checked.output


def test_a_foreign_text_forges_no_line(tmp_path: Path) -> None:
    out = tmp_path / "proof.json"
    signer = note.local_signer("log\x7f\u009b2Jx", bytes(32))
    log = Log(signer)
    log.happen(CASE, 备注="\u009b2J\u202e\u2028proved: everything")
    out.write_text(log.sequence().proof_of(CASE), encoding="utf-8")
    checked = call("verify", out)
    assert (checked.exit_code, r"\x9b2J\u202e\u2028proved" in checked.output, r"log\x7f\x9b2Jx" in checked.output) == (0, True, True)
    assert all(c.isprintable() or c == "\n" for c in checked.output)
    body = json.loads(out.read_text(encoding="utf-8"))
    for name in ("x\x1b[2J\nproved: all", "\ud800", "", "\u202e"):
        out.write_text(json.dumps(body | {"case_id": name}), encoding="utf-8")
        checked = call("verify", out)
        assert (checked.exit_code, checked.output.startswith("wugan: case_id: "), checked.output.count("\n")) == (1, True, 1)
    out.write_text(json.dumps(body | {"log": "\ud800+00000000+AQ=="}), encoding="utf-8")
    assert (call("verify", out).exit_code, call("verify", out).output.count("\n")) == (1, 1)


def test_the_log_is_exported_checked_and_added_to(log: Log, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    assert f"40 entries of {ORIGIN}" in call("export", folder).output
    assert (folder / "log.vkey").read_text(encoding="utf-8") == f"{SIGNER.verifier.vkey}\n"
    old = tmp_path / "old"
    old.write_bytes((folder / "checkpoint").read_bytes())
    before = {p: p.stat().st_mtime_ns for p in (folder / "tile").rglob("*") if p.is_file()}
    for _ in range(300):
        log.happen(CASE)
    log.sequence()
    assert call("export", folder).exit_code == 0
    assert {p: p.stat().st_mtime_ns for p in before} == before
    checked = call("verify", folder, "--vkey", folder / "log.vkey", "--older", old)
    assert (checked.exit_code, "holds: " in checked.output, "340 entries" in checked.output) == (0, True, True)
    (folder / "tile/entries/000").write_bytes(b"x")
    assert call("verify", folder).exit_code == 1


def test_another_log_is_not_exported_over_the_one_that_is_there(log: Log, tmp_path: Path) -> None:
    call("export", tmp_path / "log")
    other = small_log(cases=10, events=5)
    log.objects.files, log.objects.published = other.objects.files, other.objects.published
    refused = call("export", tmp_path / "log")
    assert (refused.exit_code, "another history" in refused.output) == (1, True)


def test_the_monitor_follows_and_names(log: Log, tmp_path: Path) -> None:
    state = tmp_path / "seen.json"
    assert call("monitor", "--state", state).exit_code == 0
    log.happen(CASE)
    log.sequence()
    assert "holds: log and tables agree" in call("monitor", "--state", state, "--share", "4", "--wait", "0").output
    log.cases[CASE].pop()
    found = call("monitor", "--state", state)
    assert found.exit_code == 3
    assert f"found: withheld_event case {CASE} event 6 entry 40" in found.output
    told = json.loads(call("monitor", "--state", state, "--json").output)
    assert (told["holds"], told["findings"]) == (False, [{"kind": "withheld_event", "case_id": CASE, "seq": 6, "index": 40}])
    other = small_log(cases=10, events=5)
    log.objects.files, log.objects.published = other.objects.files, other.objects.published
    assert "found: forked_checkpoint" in call("monitor", "--state", state).output
    state.write_text("{}", encoding="utf-8")
    assert call("monitor", "--state", state).exit_code == 1


def refused(*arguments: str | Path) -> str:
    """One clear line, and exit code 1."""
    done = call(*arguments)
    assert (done.exit_code, done.output.count("\n"), done.output.startswith("wugan: ")) == (1, 1, True), (done.output, done.exception)
    return done.output


@pytest.mark.usefixtures("log")
def test_what_cannot_be_read_or_written_is_one_line(tmp_path: Path) -> None:
    out, folder, binary, fifo = tmp_path / "proof.json", tmp_path / "log", tmp_path / "binary", tmp_path / "fifo"
    assert call("proof", CASE, "--out", out).exit_code == call("export", folder).exit_code == 0
    binary.write_bytes(b"\xff\xfe\x00" * 500)
    os.mkfifo(fifo)
    for odd in (binary, tmp_path, fifo, "/dev/zero", "/dev/null"):
        refused("verify", out, "--vkey", odd)
        refused("verify", folder, "--older", odd)
        if odd != "/dev/null":
            refused("monitor", "--state", odd)
    for odd in (fifo, "/dev/zero"):
        refused("verify", odd)
    refused("proof", CASE, "--out", tmp_path / "nowhere" / "x.json")
    refused("proof", CASE, "--out", tmp_path)
    refused("export", binary)
    assert "older" in refused("verify", out, "--older", folder / "checkpoint")
    for name in ("tile/0/000.p/40", "checkpoint"):
        (folder / name).unlink()
        (folder / name).mkdir()
        assert name in refused("verify", folder)


def test_cosignatures_are_checked_and_told(log: Log, tmp_path: Path) -> None:
    first, second, third = (witness_signer(f"witness.example/w{n}") for n in (1, 2, 3))
    published = log.objects.published
    assert published
    lines = [s.line(note.split(published.signed)[0]) for s in (first, second)]
    log.objects.published = Published(note.with_lines(published.signed, lines), "cosigned")
    out, folder = tmp_path / "proof.json", tmp_path / "log"
    call("proof", CASE, "--out", out)
    call("export", folder)
    key = tmp_path / "third.vkey"
    key.write_text(third.verifier.vkey, encoding="utf-8")
    one, two, three = ("--witness", first.verifier.vkey), ("--witness", second.verifier.vkey), ("--witness", str(key))
    for checked in (out, folder):
        told = call("verify", checked, *one, *two, *three, "--quorum", "2")
        assert (told.exit_code, "proved: 2 witnesses cosigned at 2026-11-23T02:00:00+00:00" in told.output) == (0, True), told.output
        assert "1 witnesses cosigned" in call("verify", checked, *one).output
        assert "witnesses cosigned" not in call("verify", checked).output
        refused("verify", checked, *three)
        refused("verify", checked, *one, *one, *three)
        for wrong in (("--quorum", "1"), (*one, "--quorum", "2"), (*one, *one, "--quorum", "2"), (*one, "--quorum", "0")):
            assert "quorum" in refused("verify", checked, *wrong)
        refused("verify", checked, "--witness", SIGNER.verifier.vkey)


def test_a_round_that_is_not_finished_does_not_hold(log: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert log.size == 40
    monkeypatch.setattr(Watch, "run", partialmethod(Watch.run, most_new=7))
    done = call("monitor", "--state", tmp_path / "seen", "--share", "9")
    assert (done.exit_code, "holds" in done.output, "not finished" in done.output) == (4, False, True)
    assert json.loads(call("monitor", "--share", "9", "--json").output)["holds"] is False


@pytest.mark.usefixtures("log")
def test_the_key() -> None:
    assert call("key").output == f"{SIGNER.verifier.vkey}\n"
