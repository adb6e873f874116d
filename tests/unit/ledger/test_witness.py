"""Witnesses cosign a log that grows, and nothing else (C2SP tlog-witness)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.ledger import ORIGIN, SIGNER, STRANGER, Log, case_id, witness_signer
from wugan.errors import InvalidInput, VendorUnavailable
from wugan.ledger import note, witness
from wugan.ledger.checkpoint import Checkpoint, open_checkpoint
from wugan.ledger.merkle import consistency_proof
from wugan.ledger.note import Verifier
from wugan.ledger.problem import Contradicted
from wugan.ledger.sequencer import Sequencer
from wugan.ledger.tiles import TileReader
from wugan.ledger.witness import Request, Response, Witness

# The example of the specification.
EXAMPLE = b"""old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

\xe2\x80\x94 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""


def made() -> Witness:
    return Witness(witness_signer(), {ORIGIN: SIGNER.verifier})


def grown(log: Log, count: int) -> Log:
    for _ in range(count):
        log.happen(case_id(1))
    return log.sequence()


def request(log: Log, old: int) -> bytes:
    return Request(old, tuple(consistency_proof(log.reader(), old, log.size)), log.signed).body()


def test_the_published_request_both_ways() -> None:
    parsed = witness.parse_request(EXAMPLE)
    assert (parsed.old, len(parsed.proof)) == (20852014, 4)
    assert parsed.body() == EXAMPLE


@pytest.mark.parametrize(
    "body",
    [b"", b"old 1\n", b"old 01\n\nx", b"old -1\n\nx", b"new 1\n\nx", b"old 1\nAAAA\n\nx", EXAMPLE.replace(b"CsU", b"Cs"), b"\xff\n\n"],
)
def test_bad_requests(body: bytes) -> None:
    assert made().add_checkpoint(body).status == 400


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(body: bytes) -> None:
    assert made().add_checkpoint(body).status == 400


def test_a_log_that_grows_is_cosigned_each_time() -> None:
    log, w = Log(), made()
    for old, count in ((0, 3), (3, 300), (303, 0)):
        grown(log, count)
        answer = w.add_checkpoint(request(log, old))
        assert answer.status == 200
        signed = note.with_lines(log.signed, [answer.body.decode()])
        open_checkpoint(signed, SIGNER.verifier, [w.signer.verifier], quorum=1)


def test_refusals() -> None:
    log, w = grown(Log(), 5), made()
    assert w.add_checkpoint(request(log, 0)).status == 200
    first, five = log.signed, log.size
    grown(log, 4)
    conflict = w.add_checkpoint(request(log, 0))
    assert (conflict.status, conflict.body, conflict.content_type) == (409, b"5\n", "text/x.tlog.size")
    assert w.add_checkpoint(Request(5, (bytes(32),), log.signed).body()).status == 422
    assert w.add_checkpoint(Request(5, (), log.signed).body()).status == 422
    assert w.add_checkpoint(Request(10, (), log.signed).body()).status == 400
    forged = Checkpoint(ORIGIN, 9, bytes(32))
    assert w.add_checkpoint(Request(5, (), forged.signed([STRANGER])).body()).status == 403
    assert w.add_checkpoint(Request(5, (), Checkpoint("other.example", 9, bytes(32)).signed([SIGNER])).body()).status == 404
    same_size = Checkpoint(ORIGIN, five, bytes(32)).signed([SIGNER])
    assert w.add_checkpoint(Request(five, (), same_size).body()).status == 409
    fork = grown(Log(limit=3), 3)
    fork.happen(case_id(2))
    grown(fork, 5)
    assert w.add_checkpoint(Request(5, tuple(consistency_proof(fork.reader(), 5, 9)), fork.signed).body()).status == 422
    assert w.seen[ORIGIN].text() == first[: len(w.seen[ORIGIN].text())], "nothing of this was recorded"


def test_the_sequencer_gathers_cosignatures_and_waits_for_nobody() -> None:
    log, w = Log(), made()
    known: dict[Verifier, int] = {}
    behind = Witness(witness_signer("behind.example"), {ORIGIN: SIGNER.verifier})
    stranger = witness_signer("lies.example")

    def dead(_: bytes) -> Response:
        raise VendorUnavailable("no answer")

    def lies(_: bytes) -> Response:
        return Response(200, stranger.line(b"another text\n").encode())

    def babbles(_: bytes) -> Response:
        return Response(409, b"what?")

    witnesses = [
        (w.signer.verifier, w.add_checkpoint), (behind.signer.verifier, behind.add_checkpoint),
        (Verifier("dead.example", bytes(32), 4), dead),
        (stranger.verifier, lies), (Verifier("babbles.example", bytes(32), 4), babbles),
    ]  # fmt: skip
    sequencer = Sequencer(log.rows, log.objects, SIGNER, lambda signed, read: witness.cosign(signed, read, witnesses, known))
    for count in (3, 300):
        for _ in range(count):
            log.happen(case_id(1))
        sequencer.run()
        known.pop(behind.signer.verifier)  # as after a restart: it is told by the witness where it stands
    found, opened = open_checkpoint(log.signed, SIGNER.verifier, [w.signer.verifier, behind.signer.verifier], quorum=2)
    assert (found.size, len(opened.unknown)) == (303, 0)


def test_a_witness_that_is_ahead_is_told() -> None:
    log, w = grown(Log(), 3), made()
    early = log.signed
    grown(log, 2)
    assert w.add_checkpoint(request(log, 0)).status == 200
    with pytest.raises(Contradicted) as told:
        witness.cosign(early, TileReader(log.objects.read, 3), [(w.signer.verifier, w.add_checkpoint)], {})
    assert told.value.size == 5
    assert witness.cosign(early, TileReader(log.objects.read, 3), [(w.signer.verifier, lambda _: Response(409, b"2\n"))], {}) == early


@pytest.mark.parametrize(("seen", "forked"), [(4, 1), (4, 4), (4, 9), (300, 2)])
def test_what_a_witness_contradicts_is_not_published(seen: int, forked: int) -> None:
    """A log that was rolled back (with its table), or that has another history than the witness saw."""
    w = made()
    assert w.add_checkpoint(request(grown(Log(), seen), 0)).status == 200
    fork, known = Log(), dict[Verifier, int]()
    for _ in range(forked):
        fork.happen(case_id(9))
    asked = [(w.signer.verifier, w.add_checkpoint)]
    sequencer = Sequencer(fork.rows, fork.objects, SIGNER, lambda signed, read: witness.cosign(signed, read, asked, known))
    for _ in range(3):
        with pytest.raises(Contradicted):
            sequencer.run()
        assert fork.objects.checkpoint() is None


def test_a_witness_that_was_away_cosigns_though_nothing_happens() -> None:
    log, w, away = Log(), made(), [True]

    def call(body: bytes) -> Response:
        if away[0]:
            raise VendorUnavailable("away")
        return w.add_checkpoint(body)

    log.happen(case_id(1))
    sequencer = Sequencer(log.rows, log.objects, SIGNER, lambda signed, read: witness.cosign(signed, read, [(w.signer.verifier, call)], {}))
    sequencer.run()
    alone = log.signed
    away[0] = False
    sequencer.run()
    assert log.signed.startswith(alone)
    open_checkpoint(log.signed, SIGNER.verifier, [w.signer.verifier], quorum=1)
    cosigned = log.objects.published
    away[0] = True  # whoever has cosigned is not asked again
    sequencer.run()
    assert log.objects.published is cosigned


def test_too_long_a_proof() -> None:
    with pytest.raises(InvalidInput):
        witness.parse_request(b"old 1\n" + b"A" * 43 + b"=\n" + (b"A" * 43 + b"=\n") * 63 + b"\nx\n")
