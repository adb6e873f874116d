"""Entries of the log: what an event leaves there. Nothing can be learnt from it without the event's salt."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from wugan.errors import InvalidInput

EVENT = 0x01  # the entry's first byte: how the rest is to be read
SIZE = 65
CHAIN_START = bytes(32)


@dataclass(frozen=True)
class Leaf:
    """`0x01 ‖ commitment ‖ chain`: the commitment hides the event, the chain orders the events of one case."""

    commitment: bytes
    chain: bytes

    def entry(self) -> bytes:
        """The log entry."""
        if len(self.commitment) != 32 or len(self.chain) != 32:
            raise InvalidInput("commitment and chain have 32 bytes each", field="leaf")
        return bytes([EVENT]) + self.commitment + self.chain


def parse(entry: bytes) -> Leaf:
    """The leaf in a log entry. Raises InvalidInput."""
    if len(entry) != SIZE or entry[0] != EVENT:
        raise InvalidInput("no entry of an event: 0x01, commitment, chain", field="leaf")
    return Leaf(entry[1:33], entry[33:])


def commitment(salt: bytes, canonical: bytes) -> bytes:
    """HMAC-SHA256(salt, canonical event)."""
    return hmac.digest(salt, canonical, "sha256")


def chained(previous: bytes, committed: bytes) -> bytes:
    """SHA-256(previous chain ‖ commitment)."""
    return hashlib.sha256(previous + committed).digest()


def leaf(salt: bytes, canonical: bytes, previous: bytes = CHAIN_START) -> Leaf:
    """The leaf of an event that follows the one whose chain is `previous`."""
    committed = commitment(salt, canonical)
    return Leaf(committed, chained(previous, committed))
