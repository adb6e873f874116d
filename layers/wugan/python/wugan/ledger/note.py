"""Signed notes (C2SP signed-note) with Ed25519, and timestamped cosignatures (C2SP tlog-cosignature, cosignature/v1)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from wugan.errors import InvalidInput
from wugan.ledger.problem import NotProved
from wugan.ledger.text import MOST_NUMBER, b64, unb64, utf8

ED25519 = 0x01
COSIGNATURE = 0x04
MOST_SIGNATURES = 100
MOST_BYTES = 1_000_000
PRIVATE = "PRIVATE+KEY+"

RawSign = Callable[[bytes], bytes]
"""The port of a key: message → Ed25519 signature (64 bytes, RFC 8032, not prehashed). AWS KMS: ED25519_SHA_512 with MessageType RAW."""


@dataclass(frozen=True)
class Verifier:
    """A known public key: whose it is, and which kind of signatures it makes."""

    name: str
    public: bytes  # 32 bytes
    kind: int = ED25519

    def __post_init__(self) -> None:
        if not valid_name(self.name):
            raise InvalidInput("a key's name is not empty and has neither spaces nor plus signs", field="name")
        if self.kind not in (ED25519, COSIGNATURE) or len(self.public) != 32:
            raise InvalidInput("neither an Ed25519 key nor an Ed25519 cosigner's key", field="key")

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        return hashlib.sha256(f"{self.name}\n".encode() + bytes([self.kind]) + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        """The key as text: `name+id+base64`."""
        return f"{self.name}+{self.key_id.hex()}+{b64(bytes([self.kind]) + self.public)}"

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether this key made `signature` (without the key id) over a note's text."""
        if self.kind == COSIGNATURE:
            if len(signature) != 72 or (at := int.from_bytes(signature[:8])) > MOST_NUMBER:
                return False
            text, signature = _cosigned(text, at), signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Signer:
    """A key that signs notes. `clock` gives the time of cosignatures."""

    verifier: Verifier
    raw: RawSign
    clock: Callable[[], datetime] | None = None

    def line(self, text: bytes) -> str:
        """The signature line for a note's text."""
        if self.verifier.kind == COSIGNATURE:
            if self.clock is None:
                raise InvalidInput("a cosigner needs a clock", field="clock")
            at = int(self.clock().timestamp())
            signature = at.to_bytes(8) + self.raw(_cosigned(text, at))
        else:
            signature = self.raw(text)
        return signature_line(self.verifier, signature)


@dataclass(frozen=True)
class Signature:
    """One signature line as it stands in the note; `signature` is without the key id."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def cosigned_at(self) -> int:
        """Unix seconds of a cosignature."""
        return int.from_bytes(self.signature[:8])


@dataclass(frozen=True)
class Opened:
    """A note that at least one known key signed."""

    text: bytes
    verified: tuple[tuple[Verifier, Signature], ...]
    unknown: tuple[Signature, ...]

    def signed_by(self, verifier: Verifier) -> bool:
        """Whether this key signed it."""
        return any(v == verifier for v, _ in self.verified)


def local_signer(name: str, seed: bytes, kind: int = ED25519, clock: Callable[[], datetime] | None = None) -> Signer:
    """A signer whose key is here. `seed` is the private key's 32 bytes (RFC 8032)."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return Signer(Verifier(name, key.public_key().public_bytes_raw(), kind), key.sign, clock)


def skey_of(name: str, seed: bytes) -> str:
    """A private key as text: `PRIVATE+KEY+name+id+base64`. Keep it secret."""
    verifier = local_signer(name, seed).verifier
    return f"{PRIVATE}{name}+{verifier.key_id.hex()}+{b64(bytes([ED25519]) + seed)}"


def signer_of(skey: str) -> Signer:
    """The signer of a private key as text. Raises InvalidInput."""
    if not skey.startswith(PRIVATE):
        raise InvalidInput("no private key of a note signer", field="skey")
    name, key_id, kind, seed = _key_parts(skey.removeprefix(PRIVATE), "skey")
    signer = local_signer(name, seed) if kind == ED25519 and len(seed) == 32 else None
    if signer is None or signer.verifier.key_id != key_id:
        raise InvalidInput("no private key of a note signer", field="skey")
    return signer


def verifier_of(vkey: str) -> Verifier:
    """The verifier of a public key as text. Raises InvalidInput."""
    name, key_id, kind, public = _key_parts(vkey, "vkey")
    verifier = Verifier(name, public, kind)
    if verifier.key_id != key_id:
        raise InvalidInput("the key's id does not belong to the key", field="vkey")
    return verifier


def valid_name(name: str) -> bool:
    """Whether a key may be called so."""
    return bool(name) and not any(c.isspace() or c == "+" or c < " " or "\ud800" <= c <= "\udfff" for c in name)


def signature_line(verifier: Verifier, signature: bytes) -> str:
    """`— name base64(id ‖ signature)` and a newline."""
    return f"\u2014 {verifier.name} {b64(verifier.key_id + signature)}\n"


def sign(text: bytes, signers: Iterable[Signer]) -> bytes:
    """A note over `text`, which ends in a newline."""
    if not text.endswith(b"\n"):
        raise InvalidInput("a note's text ends in a newline", field="text")
    utf8(text, "text")
    return text + b"\n" + "".join(signer.line(text) for signer in signers).encode()


def with_lines(note: bytes, lines: Iterable[str]) -> bytes:
    """The note with more signature lines; those it has already are not repeated."""
    present = split(note)[1].decode().splitlines(keepends=True)
    return note + "".join(line for line in dict.fromkeys(lines) if line not in present).encode()


def split(note: bytes) -> tuple[bytes, bytes]:
    """(text, signature lines), at the last empty line. Raises InvalidInput."""
    if len(note) > MOST_BYTES:
        raise InvalidInput("the note is too long", field="note")
    utf8(note, "note")
    at = note.rfind(b"\n\n")
    if at < 0 or not note.endswith(b"\n") or at + 2 >= len(note):
        raise InvalidInput("no signed note: text, an empty line, signature lines", field="note")
    return note[: at + 1], note[at + 2 :]


def signatures(lines: bytes) -> list[Signature]:
    """The signatures of signature lines. Raises InvalidInput."""
    found = []
    for line in utf8(lines, "signature").removesuffix("\n").split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        if dash != "\u2014" or not valid_name(name):
            raise InvalidInput("a signature line is: dash, key name, base64", field="signature")
        data = unb64(encoded, "signature")
        if len(data) < 5:
            raise InvalidInput("a signature begins with the key's id", field="signature")
        found.append(Signature(name, data[:4], data[4:]))
    if len(found) > MOST_SIGNATURES:
        raise InvalidInput(f"more than {MOST_SIGNATURES} signatures", field="signature")
    return found


def open_note(note: bytes, known: Sequence[Verifier]) -> Opened:
    """The text of a note that a known key signed.

    Unknown keys are passed over; a known key's wrong signature spoils the note. Raises NotProved, InvalidInput.
    """
    text, lines = split(note)
    keys = {(v.name, v.key_id): v for v in known}
    verified: dict[Verifier, Signature] = {}
    unknown = []
    for signature in signatures(lines):
        verifier = keys.get((signature.name, signature.key_id))
        if verifier is None:
            unknown.append(signature)
        elif not verifier.verify(text, signature.signature):
            raise NotProved(f"the signature of {verifier.name} does not hold", field="signature")
        else:
            verified.setdefault(verifier, signature)
    if not verified:
        raise NotProved("no known key signed this", field="signature")
    return Opened(text, tuple(verified.items()), tuple(unknown))


def _cosigned(text: bytes, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n".encode() + text


def _key_parts(text: str, field: str) -> tuple[str, bytes, int, bytes]:
    """(name, id, kind, key) of `name+id+base64`."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    data = unb64(encoded, field)
    if not valid_name(name) or len(key_id) != 8 or any(c not in "0123456789abcdef" for c in key_id):
        raise InvalidInput("a key is: name, plus, eight hex digits, plus, base64", field=field)
    return name, bytes.fromhex(key_id), data[0], data[1:]
