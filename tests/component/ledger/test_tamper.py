"""The tamper matrix against our own verifier; `tests/verifiers` runs it against other people's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.ledger import SIGNER
from tests.support.ledger_tamper import CASE_TAMPERS, LOG_TAMPERS, RESIGNED_TAMPERS, Exported, exported
from wugan.errors import WuganError
from wugan.ledger import casefile, verify
from wugan.ledger.problem import Forked


@pytest.fixture
def made(tmp_path: Path) -> Exported:
    return exported(tmp_path)[1]


def test_what_nobody_touched_holds(made: Exported) -> None:
    found = verify.verify_directory(made.directory, SIGNER.verifier, [made.older.read_bytes()])
    assert (found.checkpoint.size, len(found.entries), found.key_given) == (420, 420, True)
    assert not verify.verify_directory(made.directory).key_given
    case = casefile.verify(json.dumps(made.case), SIGNER.verifier)
    assert (len(case.events), case.told) == (7, 6)


@pytest.mark.parametrize("name", LOG_TAMPERS)
def test_a_tampered_log_is_rejected(made: Exported, name: str) -> None:
    LOG_TAMPERS[name](made)
    with pytest.raises(WuganError):
        verify.verify_directory(made.directory, SIGNER.verifier)


@pytest.mark.parametrize("name", RESIGNED_TAMPERS)
def test_a_log_signed_again_is_rejected_with_an_older_checkpoint_only(made: Exported, name: str) -> None:
    RESIGNED_TAMPERS[name](made)
    verify.verify_directory(made.directory, SIGNER.verifier)  # by itself it is a perfect log
    with pytest.raises(Forked):
        verify.verify_directory(made.directory, SIGNER.verifier, [made.older.read_bytes()])


@pytest.mark.parametrize("name", CASE_TAMPERS)
def test_a_tampered_proof_of_a_case_is_rejected(made: Exported, name: str) -> None:
    CASE_TAMPERS[name](made)
    with pytest.raises(WuganError):
        casefile.verify(json.dumps(made.case), SIGNER.verifier)


@pytest.mark.parametrize("path", ["tile/2/000", "tile/0/000.p/300", "tile/0/x", "tile/7/000.p/1", "tile/entries/009", "tile/0/001.p/200"])
def test_a_file_that_a_log_of_this_size_has_not(made: Exported, path: str) -> None:
    (made.directory / path).parent.mkdir(parents=True, exist_ok=True)
    (made.directory / path).write_bytes(b"x" * 32)
    with pytest.raises(WuganError):
        verify.verify_directory(made.directory, SIGNER.verifier)


def test_older_partial_files_may_stay_if_they_are_right(made: Exported) -> None:
    full = (made.directory / "tile/0/000").read_bytes()
    partial = made.directory / "tile/0/000.p/97"
    partial.parent.mkdir()
    partial.write_bytes(full[: 97 * 32])
    verify.verify_directory(made.directory, SIGNER.verifier)
    partial.write_bytes(full[32 : 98 * 32])
    with pytest.raises(WuganError):
        verify.verify_directory(made.directory, SIGNER.verifier)


@pytest.mark.parametrize(
    "change",
    [
        {"case_id": ""}, {"case_id": "\ud800"}, {"case_id": "x\ny"},
        {"format": "x"}, {"events": []}, {"events": None}, {"events": [1]}, {"case_id": 1}, {"events": [{}]},
    ],
)  # fmt: skip
def test_files_that_are_no_proof_of_a_case(made: Exported, change: dict[str, Any]) -> None:
    with pytest.raises(WuganError):
        casefile.verify(json.dumps(made.case | change), SIGNER.verifier)


@pytest.mark.parametrize(
    "change",
    [
        {"seq": "1"},
        {"salt": None},
        {"salt": ""},
        {"salt": "zz"},
        {"salt": "AA"},
        {"commitment": "00"},
        {"proof": ""},
        {"event": "[]"},
        {"event": "\ud800"},
    ],
)
def test_events_that_are_none(made: Exported, change: dict[str, Any]) -> None:
    made.case["events"][0] |= change
    with pytest.raises(WuganError):
        casefile.verify(json.dumps(made.case), SIGNER.verifier)


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000])
def test_texts_that_are_no_proof_of_a_case(text: str) -> None:
    ask: Callable[[str], Any] = casefile.key_of
    with pytest.raises(WuganError):
        casefile.verify(text, SIGNER.verifier)
    with pytest.raises(WuganError):
        ask(text)
