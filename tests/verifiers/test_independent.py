"""Verifiers that others wrote accept our log and every proof, and reject every tampering (`make verify-ledger`)."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.verifiers.build import GO, NODE, ROOT
from tests.support.ledger import SIGNER, Log, case_id, witness_signer
from tests.support.ledger_tamper import CASE_TAMPERS, LOG_TAMPERS, RESIGNED_TAMPERS, Exported, exported
from wugan.ledger import export, note, proof
from wugan.ledger.merkle import Edge, consistency_proof, edge_at, leaf_hash
from wugan.ledger.text import b64
from wugan.ledger.tiles import TileReader, growth

GO_COMMAND = [str(GO)]
NODE_COMMAND = ["node", str(NODE)]
BOTH = pytest.mark.parametrize("command", [GO_COMMAND, NODE_COMMAND], ids=["go", "node"])


def ask(command: list[str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1), done
    assert done.stdout.startswith("holds: " if done.returncode == 0 else "rejected: "), done
    assert done.stdout.count("\n") == 1
    return done


def holds(command: list[str], *arguments: str | Path) -> bool:
    return ask(command, *arguments).returncode == 0


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> tuple[Log, Exported]:
    return exported(tmp_path_factory.mktemp("pristine"))


@pytest.fixture
def made(pristine: tuple[Log, Exported], tmp_path: Path) -> Exported:
    """A copy to be tampered with, and the key as known from elsewhere."""
    _, whole = pristine
    shutil.copytree(whole.directory, tmp_path / "log")
    return Exported(tmp_path / "log", whole.older, json.loads(json.dumps(whole.case)), json.loads(json.dumps(whole.other_case)))


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "known.vkey"
    path.write_text(f"{SIGNER.verifier.vkey}\n")
    return path


def test_go_accepts_the_log(made: Exported, key: Path) -> None:
    assert ask(GO_COMMAND, "log", key, made.directory, made.older).stdout == "holds: 420 entries, 1 older checkpoints\n"


@pytest.mark.parametrize("seed", range(5))
def test_go_accepts_logs_of_random_events(tmp_path: Path, key: Path, seed: int) -> None:
    chance = random.Random(seed)
    log, older = Log(limit=chance.randrange(1, 400)), []
    for number in range(chance.randrange(1, 5)):
        for _ in range(chance.randrange(1, 500)):
            log.happen(case_id(chance.randrange(50)), note=chance.randbytes(8).hex())
        log.sequence()
        older.append(tmp_path / f"checkpoint{number}")
        older[-1].write_bytes(log.signed)
    export.export(log.objects, SIGNER.verifier, tmp_path / "log")
    assert ask(GO_COMMAND, "log", key, tmp_path / "log", *older).stdout == f"holds: {log.size} entries, {len(older)} older checkpoints\n"


def test_go_accepts_a_log_of_three_levels(tmp_path: Path, key: Path) -> None:
    made = Exported(tmp_path / "log", tmp_path / "older", {}, {})
    made.directory.mkdir()
    entries = [i.to_bytes(65) for i in range(65_536 + 300)]
    made.rebuild(entries[:65_000])
    made.older.write_bytes((made.directory / "checkpoint").read_bytes())
    made.rebuild(entries)
    assert holds(GO_COMMAND, "log", key, made.directory, made.older)


@BOTH
def test_every_case_is_accepted(pristine: tuple[Log, Exported], tmp_path: Path, key: Path, command: list[str]) -> None:
    log, _ = pristine
    chosen = list(log.cases) if command == GO_COMMAND else list(log.cases)[::10]
    for case in chosen:
        path = tmp_path / "case.json"
        path.write_text(log.proof_of(case, {3: True}))
        assert holds(command, "case", key, path)


@BOTH
def test_proofs_hold_for_their_entry_and_no_other(pristine: tuple[Log, Exported], tmp_path: Path, key: Path, command: list[str]) -> None:
    log, made = pristine
    read = TileReader(log.objects.read, log.size)
    path, entry = tmp_path / "a.tlog-proof", tmp_path / "entry"
    for index in (0, 1, 255, 256, 300, log.size - 1):
        path.write_bytes(proof.make(read, index, log.signed).text())
        entry.write_bytes(made.entries()[index])
        assert holds(command, "proof", key, path, entry)
        entry.write_bytes(made.entries()[index - 1])
        assert not holds(command, "proof", key, path, entry)


def test_go_accepts_our_consistency_proofs_and_no_others(tmp_path: Path) -> None:
    leaves = [leaf_hash(i.to_bytes(4)) for i in range(600)]
    files = growth(TileReader(dict[str, bytes]().__getitem__, 0), [b"x"] * 600, Edge().grow(leaves)[1])
    read = TileReader(files.__getitem__, 600)
    path, lines = tmp_path / "proofs", []
    for new in (*range(1, 40), 255, 256, 257, 511, 512, 513, 600):
        for old in range(1, new + 1, 1 if new < 40 else 13):
            roots = [edge_at(read, size).root() for size in (old, new)]
            lines.append(" ".join([str(old), str(new), *map(b64, [*roots, *consistency_proof(read, old, new)])]))
    path.write_text("\n".join(lines))
    assert ask(GO_COMMAND, "consistency", path).stdout == f"holds: {len(lines)} consistency proofs\n"
    for wrong in (lines[-1].rpartition(" ")[0], lines[-1].replace("599 600", "598 600"), f"{lines[-1]} {b64(bytes(32))}"):
        path.write_text(wrong)
        assert wrong != lines[-1]
        assert not holds(GO_COMMAND, "consistency", path)


def test_go_checks_cosignatures(pristine: tuple[Log, Exported], made: Exported, tmp_path: Path, key: Path) -> None:
    log, _ = pristine
    first, second, third = (witness_signer(f"witness.example/w{n}") for n in (1, 2, 3))
    lines = [s.line(note.split(log.signed)[0]) for s in (first, second)]
    signed = note.with_lines(log.signed, lines)
    (made.directory / "checkpoint").write_bytes(signed)
    case = tmp_path / "case.json"
    for event in made.case["events"]:
        event["proof"] = event["proof"].replace(log.signed.decode(), signed.decode())
    case.write_text(json.dumps(made.case))
    asked = []
    for number, signer in enumerate((first, second, third)):
        path = tmp_path / f"{number}.vkey"
        path.write_text(f"{signer.verifier.vkey}\n")
        asked += ["-witness", str(path)]
    for what in (("log", key, made.directory, made.older), ("case", key, case)):
        assert holds(GO_COMMAND, *what)
        assert holds(GO_COMMAND, *asked[:4], *what)
        assert holds(GO_COMMAND, *asked, "-quorum", "2", *what)
        assert not holds(GO_COMMAND, *asked, *what)
        assert not holds(GO_COMMAND, *asked[4:], *what)
        assert not holds(GO_COMMAND, *asked[:2], *asked[:2], *asked[4:], *what)
    forged = first.line(b"another text\n")
    (made.directory / "checkpoint").write_bytes(note.with_lines(log.signed, [forged]))
    assert not holds(GO_COMMAND, *asked[:2], "log", key, made.directory)


@pytest.mark.parametrize("name", LOG_TAMPERS)
def test_go_rejects_a_tampered_log(made: Exported, key: Path, name: str) -> None:
    LOG_TAMPERS[name](made)
    assert not holds(GO_COMMAND, "log", key, made.directory)


@pytest.mark.parametrize("name", RESIGNED_TAMPERS)
def test_go_rejects_a_log_signed_again_with_an_older_checkpoint_only(made: Exported, key: Path, name: str) -> None:
    RESIGNED_TAMPERS[name](made)
    assert holds(GO_COMMAND, "log", key, made.directory)
    assert not holds(GO_COMMAND, "log", key, made.directory, made.older)


@BOTH
@pytest.mark.parametrize("name", CASE_TAMPERS)
def test_a_tampered_proof_of_a_case_is_rejected(made: Exported, tmp_path: Path, key: Path, name: str, command: list[str]) -> None:
    tamper: Callable[[Exported], Any] = CASE_TAMPERS[name]
    path = tmp_path / "case.json"
    path.write_text(json.dumps(made.case))
    assert holds(command, "case", key, path)
    tamper(made)
    path.write_text(json.dumps(made.case))
    assert not holds(command, "case", key, path)


def test_logs_that_were_really_run_are_accepted(pristine: tuple[Log, Exported], tmp_path: Path) -> None:
    """What `make rehearsal` and `make demo` left behind, where they were run, and a log made here."""
    left = (ROOT / ".local" / run / "ledger" for run in ("rehearsal", "demo"))
    for number, directory in enumerate([pristine[1].directory, *(d for d in left if d.exists())]):
        accepted(directory, tmp_path / str(number))


def accepted(directory: Path, copy: Path) -> None:
    """Go accepts the log, both accept the proof beside it, and Go rejects a copy with one byte changed."""
    key = directory / export.KEY
    assert holds(GO_COMMAND, "log", key, directory)
    proved = directory.parent / "proof.json"
    if proved.exists():
        for command in (GO_COMMAND, NODE_COMMAND):
            assert holds(command, "case", key, proved)
    shutil.copytree(directory, copy)
    first = min((copy / "tile" / "entries").rglob("*"), key=lambda p: (p.is_dir(), p))
    first.write_bytes(first.read_bytes()[:-1] + b"x")
    assert not holds(GO_COMMAND, "log", key, copy)
