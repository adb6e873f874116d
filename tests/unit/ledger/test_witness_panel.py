"""The log asks its witnesses, and waits for none of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from tests.support.ledger import ORIGIN, SIGNER, WITNESS_AT, Log, case_id, witness_signer
from wugan.clock import FixedClock
from wugan.errors import InvalidInput, VendorUnavailable
from wugan.http import JsonClient
from wugan.ledger.checkpoint import open_checkpoint
from wugan.ledger.problem import Contradicted
from wugan.ledger.sequencer import Sequencer
from wugan.ledger.witness import Call, Response, Witness
from wugan.ledger.witness_panel import REST, Member, Panel, members

FIRST, SECOND = witness_signer("witness.example/w1"), witness_signer("witness.example/w2")


def made(signer: object = FIRST) -> Witness:
    assert signer in (FIRST, SECOND)
    return Witness(FIRST if signer is FIRST else SECOND, {ORIGIN: SIGNER.verifier})


def panel(calls: Mapping[str, Call], seconds: float = 3.0) -> Panel:
    """`calls`: by URL, those of the first and the second witness."""
    asked = [Member(s.verifier, url) for s, url in zip((FIRST, SECOND), calls, strict=False)]
    return Panel(asked, FixedClock(WITNESS_AT), call=lambda _, url: calls[url], seconds=seconds)


def published(log: Log, asked: Panel) -> set[str]:
    """Who cosigned the checkpoint of one event more."""
    log.happen(case_id(1))
    Sequencer(log.rows, log.objects, SIGNER, asked.cosign).run()
    _, opened = open_checkpoint(log.signed, SIGNER.verifier, [FIRST.verifier, SECOND.verifier])
    return {verifier.name for verifier, _ in opened.verified} - {ORIGIN}


def down(_: bytes) -> Response:
    raise VendorUnavailable("down")


def test_all_that_answer_cosign() -> None:
    log, asked = Log(), panel({"a": made().add_checkpoint, "b": made(SECOND).add_checkpoint})
    for _ in range(3):
        assert published(log, asked) == {FIRST.verifier.name, SECOND.verifier.name}
        assert asked.silent == 0


@pytest.mark.parametrize("broken", [down, lambda _: Response(500), lambda _: Response(200, b"\xff"), lambda _: Response(200, b"no line\n")])
def test_the_log_goes_on_without_the_others(broken: Call) -> None:
    log, asked = Log(), panel({"a": broken, "b": made(SECOND).add_checkpoint})
    assert published(log, asked) == {SECOND.verifier.name}
    assert asked.silent == 1
    assert published(Log(), panel({"a": broken})) == set()


def test_one_that_hangs_holds_up_nothing_beyond_the_limit() -> None:
    go = Event()

    def hangs(_: bytes) -> Response:
        go.wait(20)
        return Response(500)

    log, asked = Log(), panel({"a": hangs, "b": made(SECOND).add_checkpoint}, seconds=0.2)
    began = time.monotonic()
    assert published(log, asked) == {SECOND.verifier.name}
    assert time.monotonic() - began < 2
    go.set()


def test_one_that_failed_rests_for_a_minute() -> None:
    asked_times = []

    def fails(_: bytes) -> Response:
        asked_times.append(1)
        raise VendorUnavailable("down")

    log, asked = Log(), panel({"a": fails})
    clock = asked.clock
    assert isinstance(clock, FixedClock)
    for _ in range(3):
        published(log, asked)
    assert (len(asked_times), asked.silent) == (1, 1)
    clock.at += REST + timedelta(seconds=1)
    published(log, asked)
    assert len(asked_times) == 2


def test_one_that_was_away_is_asked_again_and_one_that_contradicts_stops_the_log() -> None:
    up: list[Call] = [down]
    log, asked = Log(), panel({"a": lambda body: up[0](body), "b": made(SECOND).add_checkpoint})
    clock = asked.clock
    assert isinstance(clock, FixedClock)
    assert published(log, asked) == {SECOND.verifier.name}
    up[0] = made().add_checkpoint
    for silent in (1, 0):  # it rests first
        Sequencer(log.rows, log.objects, SIGNER, asked.cosign).run()
        assert asked.silent == silent
        clock.at += REST + timedelta(seconds=1)
    assert open_checkpoint(log.signed, SIGNER.verifier, [FIRST.verifier, SECOND.verifier], quorum=2)
    up[0] = lambda _: Response(409, b"99\n")
    before = log.signed
    for _ in range(2):
        with pytest.raises(Contradicted):
            published(log, asked)
    assert log.signed == before


def test_without_witnesses_the_checkpoint_is_the_log_s_own() -> None:
    assert published(Log(), panel({})) == set()


def test_the_setting_names_them() -> None:
    text = f"{FIRST.verifier.vkey}@https://w1.example, {SECOND.verifier.vkey}@http://127.0.0.1:8/log"
    assert members(text) == [Member(FIRST.verifier, "https://w1.example"), Member(SECOND.verifier, "http://127.0.0.1:8/log")]
    assert members("") == []


@pytest.mark.parametrize(
    "text",
    [FIRST.verifier.vkey, f"{FIRST.verifier.vkey}@", f"{FIRST.verifier.vkey}@ftp://w", "x@https://w.example",
     f"{SIGNER.verifier.vkey}@https://w.example", f"{FIRST.verifier.vkey}@https://w.example/", f"{FIRST.verifier.vkey}@https://w.example?a"],
)  # fmt: skip
def test_a_setting_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        members(text)


@contextmanager
def served(answer: Callable[[bytes], Response]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A witness on the loopback; its URL, and the paths and types of what it was sent."""
    seen: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append((self.path, self.headers["Content-Type"]))
            said = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(said.status)
            self.send_header("Content-Type", said.content_type)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/w", seen
    finally:
        server.shutdown()
        server.server_close()


def test_over_http_with_a_conflict_in_between() -> None:
    """The witness has seen the log before; this process has not seen the witness."""
    witness, log = made(), Log()
    with served(witness.add_checkpoint) as (url, seen):
        for _ in range(2):
            asked = Panel([Member(FIRST.verifier, url)], FixedClock(WITNESS_AT), JsonClient(connect_seconds=1, read_seconds=2))
            assert published(log, asked) == {FIRST.verifier.name}
    assert [path for path, _ in seen] == ["/w/add-checkpoint"] * 3
    assert {kind for _, kind in seen} == {"text/plain; charset=utf-8"}
