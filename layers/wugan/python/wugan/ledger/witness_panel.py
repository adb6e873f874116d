"""The configured witnesses over HTTPS: asked side by side, and waited for no longer than a few seconds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wugan.clock import Clock
from wugan.errors import InvalidInput, WuganError
from wugan.http import JsonClient
from wugan.ledger import witness
from wugan.ledger.merkle import Reader
from wugan.ledger.note import COSIGNATURE, Verifier, verifier_of
from wugan.ledger.problem import Contradicted
from wugan.ledger.witness import PATH, Call, Response

SECONDS = 3.0  # for all witnesses together; then the checkpoint is published without those that are late
REST = timedelta(minutes=1)  # for which one that did not cosign is not asked again
URL = re.compile(r"https?://[^\s/?#@,]+(/[^\s?#@,]*[^\s?#@,/])?")


@dataclass(frozen=True)
class Member:
    """A witness, and the URL that its API's paths are appended to."""

    verifier: Verifier
    url: str


def members(text: str) -> list[Member]:
    """The witnesses of a setting: `vkey@url`, separated by commas. Raises InvalidInput."""
    return [_member(part.strip()) for part in text.split(",") if part.strip()]


def _member(text: str) -> Member:
    vkey, _, url = text.rpartition("@")
    if not URL.fullmatch(url):
        raise InvalidInput("a witness is its key, @, and its URL without a slash at the end", field="witnesses")
    verifier = verifier_of(vkey)
    if verifier.kind != COSIGNATURE:
        raise InvalidInput(f"{verifier.name} is not the key of a cosigner", field="witnesses")
    return Member(verifier, url)


def over_http(client: JsonClient, url: str) -> Call:
    """One witness."""

    def call(body: bytes) -> Response:
        found = client.fetch("POST", url + PATH, body, {"Content-Type": "text/plain; charset=utf-8"})
        return Response(found.status, found.content, found.content_type)

    return call


@dataclass
class Panel:
    """All witnesses of a log. The log never waits for them longer than `seconds`, and goes on without any."""

    members: Sequence[Member]
    clock: Clock
    client: JsonClient = field(default_factory=lambda: JsonClient(connect_seconds=1, read_seconds=2))
    call: Callable[[JsonClient, str], Call] = over_http
    seconds: float = SECONDS
    silent: int = 0  # witnesses whose cosignature the newest checkpoint lacks
    _known: dict[Verifier, int] = field(default_factory=dict)
    _resting: dict[Verifier, datetime] = field(default_factory=dict)

    def cosign(self, signed: bytes, read: Reader) -> bytes:
        """The checkpoint with the cosignatures that came in time. Raises Contradicted when a witness has seen another history, or more."""
        lacking = witness.uncosigned(signed, [m.verifier for m in self.members])
        self.silent = len(lacking)
        now = self.clock.wall()
        asked = [m for m in self.members if m.verifier in lacking and self._resting.get(m.verifier, now) <= now]
        lines = self._ask(asked, signed, read) if asked else {}
        for member in asked:
            if member.verifier not in lines:
                self._resting[member.verifier] = self.clock.wall() + REST
        self.silent = len(lacking) - len(lines)
        return signed + b"".join(lines.values())

    def _ask(self, asked: Sequence[Member], signed: bytes, read: Reader) -> dict[Verifier, bytes]:
        pool = ThreadPoolExecutor(len(asked))
        answers = {pool.submit(self._line, member, signed, read): member.verifier for member in asked}
        done, _ = wait(answers, timeout=self.seconds)
        pool.shutdown(wait=False, cancel_futures=True)
        found = {answers[answer]: answer.result() for answer in done}
        return {verifier: line for verifier, line in found.items() if line}

    def _line(self, member: Member, signed: bytes, read: Reader) -> bytes:
        """What this witness adds; nothing when it does not."""
        asked = [(member.verifier, self.call(self.client, member.url))]
        try:
            return witness.cosign(signed, read, asked, self._known).removeprefix(signed)
        except Contradicted:
            raise
        except WuganError:  # a witness whose answer cannot be read
            return b""
