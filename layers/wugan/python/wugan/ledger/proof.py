"""Proofs that an entry is in the log (C2SP tlog-proof): text that is checked offline, with the log's key alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wugan.errors import InvalidInput
from wugan.ledger import checkpoint
from wugan.ledger.checkpoint import Checkpoint
from wugan.ledger.merkle import Hash, Reader, inclusion_proof, leaf_hash, verify_inclusion
from wugan.ledger.note import Verifier
from wugan.ledger.text import b64, number, sha256_of, unb64, utf8

HEADER = "c2sp.org/tlog-proof@v1"
MOST_HASHES = 63


@dataclass(frozen=True)
class Proof:
    """Where an entry is, the way from it to the root, and the checkpoint with that root. Nobody vouches for `extra`."""

    index: int
    hashes: tuple[Hash, ...]
    checkpoint: bytes  # a signed note
    extra: bytes | None = None

    def text(self) -> bytes:
        """The proof as a file (`.tlog-proof`)."""
        extra = [] if self.extra is None else [f"extra {b64(self.extra)}"]
        lines = [HEADER, *extra, f"index {self.index}", *map(b64, self.hashes), ""]
        return "".join(f"{line}\n" for line in lines).encode() + self.checkpoint

    def verify(self, entry: bytes, log: Verifier, witnesses: Sequence[Verifier] = (), quorum: int = 0) -> Checkpoint:
        """The checkpoint that has `entry` at `index`. Raises NotProved, InvalidInput."""
        found, _ = checkpoint.open_checkpoint(self.checkpoint, log, witnesses, quorum)
        verify_inclusion(leaf_hash(entry), self.index, found.size, self.hashes, found.root)
        return found


def make(read: Reader, index: int, signed: bytes) -> Proof:
    """The proof for entry `index` under a signed checkpoint; `read` must know the tree of that size."""
    return Proof(index, tuple(inclusion_proof(read, index, checkpoint.unverified(signed).size)), signed)


def parse(text: bytes) -> Proof:
    """The proof in a file; verifies nothing. Raises InvalidInput."""
    head, blank, signed = text.partition(b"\n\n")
    lines = utf8(head, "proof").split("\n")
    if not blank or lines.pop(0) != HEADER:
        raise InvalidInput(f"a proof begins with {HEADER} and holds a checkpoint after an empty line", field="proof")
    extra = unb64(lines.pop(0).removeprefix("extra "), "extra") if lines and lines[0].startswith("extra ") else None
    if not lines or not lines[0].startswith("index "):
        raise InvalidInput("the index line is missing", field="index")
    index = number(lines.pop(0).removeprefix("index "), "index")
    if len(lines) > MOST_HASHES:
        raise InvalidInput(f"more than {MOST_HASHES} hashes", field="proof")
    return Proof(index, tuple(sha256_of(line, "proof") for line in lines), signed, extra)
