"""Single proofs, the leaf's agreement with the domain, and what a salt hides."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.ledger import SIGNER, STRANGER, Log, case_id, event_of, leaf_of, small_log, witness_signer
from wugan.cases.model import CHAIN_START, broken_link
from wugan.errors import InvalidInput, WuganError
from wugan.ledger import casefile, leaf, proof
from wugan.ledger.leaf import Leaf
from wugan.ledger.problem import NotProved
from wugan.ledger.proof import Proof

H1, H2 = (base64.b64encode(hashlib.sha256(t).digest()).decode() for t in (b"hash1", b"hash2"))
EXTRA = base64.b64encode(b"extra information").decode()


@pytest.mark.parametrize(
    ("made", "text"),
    [  # the examples of transparency-dev/formats, proof/tlog_proof_test.go
        (
            Proof(5, (hashlib.sha256(b"hash1").digest(), hashlib.sha256(b"hash2").digest()), b"test checkpoint\n"),
            f"c2sp.org/tlog-proof@v1\nindex 5\n{H1}\n{H2}\n\ntest checkpoint\n",
        ),
        (
            Proof(10, (hashlib.sha256(b"hash1").digest(),), b"checkpoint data\n", b"extra information"),
            f"c2sp.org/tlog-proof@v1\nextra {EXTRA}\nindex 10\n{H1}\n\ncheckpoint data\n",
        ),
        (Proof(0, (), b"checkpoint\n"), "c2sp.org/tlog-proof@v1\nindex 0\n\ncheckpoint\n"),
    ],
)
def test_published_texts_both_ways(made: Proof, text: str) -> None:
    assert made.text().decode() == text
    assert proof.parse(text.encode()) == made


@pytest.mark.parametrize(
    "text",
    [
        "wrong-header\nindex 0\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nextra !!notbase64!!\nindex 0\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\n\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex notanumber\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex -5\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 05\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n!!notbase64!!\n\ncheckpoint\n",
        f"c2sp.org/tlog-proof@v1\nindex 0\n{base64.b64encode(bytes(64)).decode()}\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n" + "a" * 65 * 1024 + "\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n" + f"{H1}\n" * 64 + "\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n",
        "",
    ],
)
def test_texts_that_are_no_proof(text: str) -> None:
    with pytest.raises(InvalidInput):
        proof.parse(text.encode())


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_words(data: bytes) -> None:
    for text in (data, b"c2sp.org/tlog-proof@v1\n" + data, b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + data):
        with pytest.raises(WuganError):
            proof.parse(text).verify(b"entry", SIGNER.verifier)


def test_a_proof_holds_for_its_entry_under_its_key() -> None:
    log = small_log(cases=5, events=3)
    made = proof.make(log.reader(), 7, log.signed)
    entry = log.entries()[7]
    assert proof.parse(made.text()).verify(entry, SIGNER.verifier).size == 15
    for wrong in (replace(made, index=8), replace(made, hashes=made.hashes[1:])):
        with pytest.raises(NotProved):
            wrong.verify(entry, SIGNER.verifier)
    with pytest.raises(NotProved):
        made.verify(log.entries()[8], SIGNER.verifier)
    with pytest.raises(NotProved):
        made.verify(entry, STRANGER.verifier)
    with pytest.raises(NotProved):
        made.verify(entry, SIGNER.verifier, [witness_signer().verifier], quorum=1)


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=10), max_size=3), st.integers(1, 99))
def test_the_leaf_means_what_the_domain_committed(facts: dict[str, str], seq: int) -> None:
    previous = hashlib.sha256(b"before").hexdigest()
    event = replace(event_of(case_id(1), seq, previous), facts=facts).committed("ab" * 32, previous)
    made = leaf.leaf(bytes.fromhex(event.salt), event.canonical(), bytes.fromhex(previous))
    assert (made.commitment.hex(), made.chain.hex()) == (event.commitment, event.chain)
    assert leaf.parse(made.entry()) == made
    assert leaf.CHAIN_START.hex() == CHAIN_START


@pytest.mark.parametrize("entry", [b"", bytes(65), b"\1" + bytes(63), b"\1" + bytes(65), b"\2" + bytes(64)])
def test_entries_that_are_no_leaf(entry: bytes) -> None:
    with pytest.raises(InvalidInput):
        leaf.parse(entry)
    with pytest.raises(InvalidInput):
        Leaf(b"short", bytes(32)).entry()


def test_after_an_erasure_every_proof_still_holds_and_tells_nothing() -> None:
    log = small_log(cases=3, events=4)
    name = case_id(1)
    erased = [replace(e, salt="") for e in log.cases[name]]
    assert broken_link(erased) is None
    shown = [casefile.ShownEvent(e.seq, leaf_of(e)) for e in erased]
    places = {e.seq: log.rows.placed[name, e.seq] for e in erased}
    text = casefile.make(name, shown, places, log.reader(), log.signed, SIGNER.verifier)
    verified = casefile.verify(text, SIGNER.verifier)
    assert (len(verified.events), verified.told, verified.case_id) == (4, 0, None)
    assert name not in text
    assert "备注" not in text


def test_who_guesses_the_event_needs_the_salt_as_well() -> None:
    event = event_of(case_id(1), 1)
    guesses = {leaf.commitment(salt, event.canonical()) for salt in (b"", bytes(32), b"\0", event.case_id.encode(), b"salt")}
    guesses |= {hashlib.sha256(event.canonical()).digest()}
    assert bytes.fromhex(event.commitment) not in guesses
    assert leaf.commitment(bytes.fromhex(event.salt), event.canonical()).hex() == event.commitment


def test_a_case_with_hidden_bodies() -> None:
    log: Log = small_log(cases=2, events=5)
    verified = casefile.verify(log.proof_of(case_id(0), {2: True, 4: True}), SIGNER.verifier)
    assert [e.canonical is None for e in verified.events] == [False, True, False, True, False]
    assert verified.indexes == (0, 2, 4, 6, 8)
