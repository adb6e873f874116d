"""Witnesses (C2SP tlog-witness): others who see that the log only grows, and cosign its checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from wugan.errors import InvalidInput, VendorUnavailable
from wugan.ledger import checkpoint, note
from wugan.ledger.merkle import EMPTY_ROOT, Hash, Reader, consistency_proof, verify_consistency
from wugan.ledger.note import Signer, Verifier
from wugan.ledger.problem import Contradicted, NotProved
from wugan.ledger.text import b64, number, sha256_of, utf8

PATH = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"
MOST_HASHES = 63


@dataclass(frozen=True)
class Request:
    """The body of add-checkpoint: the size the witness saw last, the proof from there, and the new checkpoint."""

    old: int
    proof: tuple[Hash, ...]
    checkpoint: bytes

    def body(self) -> bytes:
        """The request's bytes."""
        lines = [f"old {self.old}", *map(b64, self.proof), ""]
        return "".join(f"{line}\n" for line in lines).encode() + self.checkpoint


@dataclass(frozen=True)
class Response:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


Call = Callable[[bytes], Response]
"""The port of one witness: POSTs the body to its add-checkpoint. Raises VendorUnavailable when there is no answer."""


def parse_request(body: bytes) -> Request:
    """The request in a body. Raises InvalidInput."""
    head, blank, signed = body.partition(b"\n\n")
    first, *hashes = utf8(head, "request").split("\n")
    if not blank or not first.startswith("old "):
        raise InvalidInput("a request is: the old size, the proof, an empty line, the checkpoint", field="request")
    if len(hashes) > MOST_HASHES:
        raise InvalidInput(f"more than {MOST_HASHES} hashes", field="proof")
    return Request(number(first.removeprefix("old "), "old"), tuple(sha256_of(h, "proof") for h in hashes), signed)


@dataclass
class Witness:
    """A witness that keeps its state in memory: the reference for tests and the sandbox."""

    signer: Signer
    logs: Mapping[str, Verifier]  # by origin
    seen: dict[str, checkpoint.Checkpoint] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def add_checkpoint(self, body: bytes) -> Response:
        """Answer one request."""
        try:
            request = parse_request(body)
            new = checkpoint.unverified(request.checkpoint)
            if new.origin not in self.logs:
                return Response(404, b"unknown log\n")
            checkpoint.open_checkpoint(request.checkpoint, self.logs[new.origin])
        except InvalidInput as error:
            return Response(400, f"{error}\n".encode())
        except NotProved as error:
            return Response(403, f"{error}\n".encode())
        with self._lock:
            return self._advance(request, new)

    def _advance(self, request: Request, new: checkpoint.Checkpoint) -> Response:
        last = self.seen.get(new.origin)
        size = last.size if last else 0
        if request.old > new.size:
            return Response(400, b"the old size is beyond the checkpoint\n")
        if request.old != size or (last and size == new.size and last.root != new.root):
            return Response(409, f"{size}\n".encode(), SIZE_TYPE)
        try:
            verify_consistency(size, new.size, request.proof, last.root if last else EMPTY_ROOT, new.root)
        except NotProved as error:
            return Response(422, f"{error}\n".encode())
        self.seen[new.origin] = new
        return Response(200, self.signer.line(new.text()).encode())


def cosign(signed: bytes, read: Reader, witnesses: Sequence[tuple[Verifier, Call]], known: dict[Verifier, int]) -> bytes:
    """The checkpoint with the cosignatures of those witnesses that gave one; who has cosigned it already is not asked.

    `known` remembers the size each witness saw last, so that one call is enough the next time. A witness that fails is passed over: the
    log does not wait for others. Raises Contradicted when one has seen another history, or more than this checkpoint.
    """
    lines = []
    lacking = uncosigned(signed, [verifier for verifier, _ in witnesses])
    for verifier, call in witnesses:
        line = _ask(signed, read, verifier, call, known) if verifier in lacking else None
        if line:
            lines.append(line)
    return note.with_lines(signed, lines)


def uncosigned(signed: bytes, witnesses: Iterable[Verifier]) -> list[Verifier]:
    """The witnesses whose line the checkpoint lacks. Lines are our own doing and not verified anew."""
    present = {(s.name, s.key_id) for s in note.signatures(note.split(signed)[1])}
    return [w for w in witnesses if (w.name, w.key_id) not in present]


def _ask(signed: bytes, read: Reader, verifier: Verifier, call: Call, known: dict[Verifier, int]) -> str | None:
    size = checkpoint.unverified(signed).size
    for _ in range(2):  # a second time when the witness says which size it saw last
        old = min(known.get(verifier, 0), size)
        try:
            answer = call(Request(old, tuple(consistency_proof(read, old, size)), signed).body())
        except VendorUnavailable:
            return None
        if answer.status == 200:
            known[verifier] = size
            return _line_of(signed, verifier, answer.body)
        if answer.status == 422:
            raise Contradicted(f"{verifier.name} does not find the proof from {old} to {size} entries right", size=old)
        if answer.status != 409 or not _told(answer, known, verifier):
            return None
        seen = known[verifier]
        if seen > size or seen == old == size:
            raise Contradicted(f"{verifier.name} has seen {seen} entries, and not these {size}", size=seen)
    return None


def _told(answer: Response, known: dict[Verifier, int], verifier: Verifier) -> bool:
    """Whether a conflict named the size that the witness saw last."""
    try:
        known[verifier] = number(answer.body.decode(errors="replace").removesuffix("\n"), "old")
    except InvalidInput:
        return False
    return True


def _line_of(signed: bytes, verifier: Verifier, body: bytes) -> str | None:
    """The signature line of this witness; lines of unknown keys are passed over, and a wrong one is as good as none."""
    text = note.split(signed)[0]
    try:
        found = note.signatures(body)
    except InvalidInput:
        return None
    for s in found:
        if (s.name, s.key_id) == (verifier.name, verifier.key_id) and verifier.verify(text, s.signature):
            return note.signature_line(verifier, s.signature)
    return None
