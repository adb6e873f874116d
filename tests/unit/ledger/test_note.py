"""Signed notes, cosignatures and keys: published examples, and what has to be refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.ledger import ORIGIN, SIGNER, STRANGER, WITNESS_AT, witness_signer
from wugan.errors import InvalidInput, WuganError
from wugan.ledger import checkpoint, note
from wugan.ledger.checkpoint import Checkpoint
from wugan.ledger.merkle import EMPTY_ROOT
from wugan.ledger.problem import NotProved

# The examples of golang.org/x/mod/sumdb/note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
ENOCH_LINE = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
PUBLISHED = TEXT + b"\n" + PETER_LINE.encode() + ENOCH_LINE.encode()

# A checkpoint of a real log (arche2025h1, staging) with the cosignature of a real witness (remora.n621.de).
REAL = """arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
""".encode()  # noqa: E501 – as published
REAL_LOG = note.verifier_of("arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f")
REAL_WITNESS = note.verifier_of("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2")


def test_a_published_key_signs_a_published_signature() -> None:
    signer = note.signer_of(PETER_SECRET)
    assert signer.verifier.vkey == PETER
    assert note.sign(TEXT, [signer]) == TEXT + b"\n" + PETER_LINE.encode()


def test_a_published_note_opens_with_one_of_its_keys() -> None:
    opened = note.open_note(PUBLISHED, [note.verifier_of(PETER)])
    assert opened.text == TEXT
    assert [v.name for v, _ in opened.verified] == ["PeterNeumann"]
    assert [s.name for s in opened.unknown] == ["EnochRoot"]


def test_a_real_checkpoint_with_a_real_cosignature() -> None:
    found, opened = checkpoint.open_checkpoint(REAL, REAL_LOG, [REAL_WITNESS], quorum=1)
    assert (found.origin, found.size) == (REAL_LOG.name, 1432088532)
    assert opened.signed_by(REAL_WITNESS)
    assert len(opened.unknown) == 2
    for forged in (
        REAL.replace(b"1432088532", b"1432088533"),
        REAL.replace(b"qEiEgPlf", b"qEiEhPlf"),
    ):  # the size; the time of the cosignature
        with pytest.raises(NotProved):
            checkpoint.open_checkpoint(forged, REAL_LOG, [REAL_WITNESS], quorum=1)


def test_keys_both_ways() -> None:
    assert note.verifier_of(SIGNER.verifier.vkey) == SIGNER.verifier
    seed = bytes(range(32))
    assert note.signer_of(note.skey_of("a.example", seed)).verifier == note.local_signer("a.example", seed).verifier
    assert witness_signer().verifier.key_id != note.Verifier(witness_signer().verifier.name, witness_signer().verifier.public).key_id


@pytest.mark.parametrize(
    "vkey",
    [
        "", "a", "a+b", PETER[:-1], PETER.replace("c74f20a3", "c74f20a4"), PETER.replace("c74f20a3", "C74F20A3"),
        PETER.replace("Peter", "Peter "),
        "PeterNeumann+c74f20a3+", PETER + "=", "x+00000000+AQ==", "x+00000000+BgAA", PETER + "\n",
    ],
)  # fmt: skip
def test_keys_that_are_none(vkey: str) -> None:
    with pytest.raises(InvalidInput):
        note.verifier_of(vkey)


@pytest.mark.parametrize(
    "skey", ["", PETER, PETER_SECRET[:-1], PETER_SECRET.replace("c74f20a3", "00000000"), "PRIVATE+KEY+x+00000000+BAAA"]
)
def test_private_keys_that_are_none(skey: str) -> None:
    with pytest.raises(InvalidInput):
        note.signer_of(skey)


@pytest.mark.parametrize(
    "damaged",
    [
        PUBLISHED.replace(b"answer", b"Answer"),
        PUBLISHED.replace(b"x08go/ZJ", b"x08go/ZK"),
        TEXT + b"\n" + ENOCH_LINE.encode(),
        TEXT + b"\n" + PETER_LINE.encode() + PETER_LINE.replace("ZJku", "ZKku").encode(),  # a known key that signed rightly and wrongly
    ],
)
def test_a_note_that_does_not_hold(damaged: bytes) -> None:
    with pytest.raises(NotProved):
        note.open_note(damaged, [note.verifier_of(PETER)])


@pytest.mark.parametrize(
    "malformed",
    [
        b"", TEXT, TEXT + PETER_LINE.encode(), PUBLISHED[:-1], PUBLISHED + b"x\n", PUBLISHED.replace("—".encode(), b"-"),
        b"\xff" + PUBLISHED,
        b"\t" + PUBLISHED, PUBLISHED + b"\n", TEXT + b"\n" + "— PeterNeumann \n".encode(), TEXT + b"\n" + "— PeterNeumann AAAA\n".encode(),
        TEXT + b"\n" + PETER_LINE.replace("nAM=", "nAN=").encode(), TEXT + b"\n" + PETER_LINE.replace(" x08", "  x08").encode(),
        TEXT + b"\n" + PETER_LINE.encode() * 101, TEXT + b"\n" + PETER_LINE.replace("\n", "\r\n").encode(), PUBLISHED + b"x" * 1_000_000,
    ],
)  # fmt: skip
def test_bytes_that_are_no_note(malformed: bytes) -> None:
    with pytest.raises(InvalidInput):
        note.open_note(malformed, [note.verifier_of(PETER)])


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_words(data: bytes) -> None:
    for candidate in (data, TEXT + b"\n" + data, data + b"\n\n" + PETER_LINE.encode()):
        with pytest.raises(WuganError):
            note.open_note(candidate, [SIGNER.verifier])


def test_a_name_and_an_id_must_both_match() -> None:
    text = Checkpoint(ORIGIN, 0, EMPTY_ROOT).text()
    with pytest.raises(NotProved, match="no known key"):
        note.open_note(note.sign(text, [STRANGER]), [SIGNER.verifier])


def test_a_note_may_have_empty_lines_and_more_than_one_signature() -> None:
    text = b"one\n\ntwo\n"
    signed = note.sign(text, [SIGNER, witness_signer()])
    opened = note.open_note(signed, [SIGNER.verifier, witness_signer().verifier])
    assert opened.text == text
    assert opened.verified[1][1].cosigned_at == int(WITNESS_AT.timestamp())


def test_lines_are_added_once() -> None:
    text = b"text\n"
    line = witness_signer().line(text)
    once = note.with_lines(note.sign(text, [SIGNER]), [line, line])
    assert note.with_lines(once, [line]) == once
    assert once.count(line.encode()) == 1


@pytest.mark.parametrize("signature", [b"", b"x" * 71, b"\x80" + b"x" * 71, b"x" * 64])
def test_cosignatures_that_are_none(signature: bytes) -> None:
    assert not witness_signer().verifier.verify(b"text\n", signature)


def test_a_cosigner_needs_a_clock_and_a_text_its_newline() -> None:
    with pytest.raises(InvalidInput):
        note.local_signer("w", bytes(32), note.COSIGNATURE).line(b"text\n")
    with pytest.raises(InvalidInput):
        note.sign(b"text", [SIGNER])
    with pytest.raises(InvalidInput):
        note.Verifier("a b", bytes(32))


def test_a_checkpoint_both_ways() -> None:
    made = Checkpoint(ORIGIN, 3, bytes(32), ("more",))
    assert checkpoint.parse(made.text()) == made
    assert checkpoint.unverified(made.signed([SIGNER])) == made


@pytest.mark.parametrize(
    "text",
    [
        "", "a\n1\n", f"\n1\n{'A' * 43}=\n", f"a\n01\n{'A' * 43}=\n", f"a\n-1\n{'A' * 43}=\n", f"a\n+1\n{'A' * 43}=\n",
        f"a\n1\n{'A' * 42}B=\n",
        "a\n1\nAAAA\n", f"a\n1\n{'A' * 43}=", f"a\n1\n{'A' * 43}=\n\n", f"a\n9223372036854775808\n{'A' * 43}=\n", f"a\n１\n{'A' * 43}=\n",
        f"a\n\n{'A' * 43}=\n", f"a\n1 \n{'A' * 43}=\n",
    ],
)  # fmt: skip
def test_texts_that_are_no_checkpoint(text: str) -> None:
    with pytest.raises(InvalidInput):
        checkpoint.parse(text.encode())


def test_who_signed_what_is_checked() -> None:
    witnesses = [witness_signer(f"w{n}.example").verifier for n in range(3)]
    signed = Checkpoint(ORIGIN, 1, bytes(32)).signed([SIGNER, witness_signer("w1.example")])
    assert checkpoint.open_checkpoint(signed, SIGNER.verifier, witnesses, quorum=1)[0].size == 1
    with pytest.raises(NotProved, match="fewer than 2"):
        checkpoint.open_checkpoint(signed, SIGNER.verifier, witnesses, quorum=2)
    only_witness = Checkpoint(ORIGIN, 1, bytes(32)).signed([witness_signer("w1.example")])
    with pytest.raises(NotProved, match="the log did not sign"):
        checkpoint.open_checkpoint(only_witness, SIGNER.verifier, witnesses)
    other_origin = Checkpoint("other.example/log", 1, bytes(32)).signed([SIGNER])
    with pytest.raises(NotProved, match=r"other\.example"):
        checkpoint.open_checkpoint(other_origin, SIGNER.verifier)
