"""Checkpoints (C2SP tlog-checkpoint): the signed size and root of a log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wugan.errors import InvalidInput
from wugan.ledger import note
from wugan.ledger.merkle import Hash
from wugan.ledger.note import Opened, Signer, Verifier
from wugan.ledger.problem import NotProved
from wugan.ledger.text import b64, number, sha256_of, utf8


@dataclass(frozen=True)
class Checkpoint:
    """A log's size and root. The origin names the log."""

    origin: str
    size: int
    root: Hash
    extensions: tuple[str, ...] = ()

    def text(self) -> bytes:
        """The text that is signed."""
        lines = [self.origin, str(self.size), b64(self.root), *self.extensions]
        if not all(lines) or any("\n" in line for line in lines) or len(self.root) != 32:
            raise InvalidInput("a checkpoint's lines are not empty and hold no newline", field="checkpoint")
        return "".join(f"{line}\n" for line in lines).encode()

    def signed(self, signers: Iterable[Signer]) -> bytes:
        """The checkpoint as a signed note."""
        return note.sign(self.text(), signers)


def parse(text: bytes) -> Checkpoint:
    """The checkpoint of a note's text; says nothing about signatures. Raises InvalidInput."""
    lines = utf8(text, "checkpoint").split("\n")
    if lines.pop() or len(lines) < 3 or not all(lines):
        raise InvalidInput("a checkpoint is at least three lines, none of them empty", field="checkpoint")
    origin, size, root, *extensions = lines
    return Checkpoint(origin, number(size, "size"), sha256_of(root, "root"), tuple(extensions))


def unverified(signed: bytes) -> Checkpoint:
    """What a signed note says, its signatures unchecked: only for our own bookkeeping. Raises InvalidInput."""
    return parse(note.split(signed)[0])


@dataclass(frozen=True)
class Cosigned:
    """A witness that cosigned, and when it says it did, in Unix seconds."""

    name: str
    at: int


def cosigned(opened: Opened, witnesses: Sequence[Verifier]) -> tuple[Cosigned, ...]:
    """Which of the known witnesses cosigned."""
    return tuple(Cosigned(v.name, s.cosigned_at) for v, s in opened.verified if v in witnesses)


def open_checkpoint(signed: bytes, log: Verifier, witnesses: Sequence[Verifier] = (), quorum: int = 0) -> tuple[Checkpoint, Opened]:
    """The checkpoint that the log signed, its origin the key's name, and at least `quorum` of the witnesses cosigned.

    Raises NotProved, InvalidInput.
    """
    opened = note.open_note(signed, [log, *witnesses])
    if not opened.signed_by(log):
        raise NotProved("the log did not sign this checkpoint", field="signature")
    found = parse(opened.text)
    if found.origin != log.name:
        raise NotProved(f"this is a checkpoint of {found.origin}", field="origin")
    if sum(opened.signed_by(w) for w in witnesses) < quorum:
        raise NotProved(f"fewer than {quorum} of the known witnesses cosigned", field="signature")
    return found, opened
