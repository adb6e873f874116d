"""The log's key in KMS: Ed25519, which never leaves it."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from wugan.aws.clients import client
from wugan.errors import InvalidInput
from wugan.ledger.note import Signer, Verifier

ALGORITHM = "ED25519_SHA_512"  # RFC 8032 over the message itself; the other one, ED25519_PH_SHA_512, no verifier of notes accepts


def verifier(key: str, origin: str) -> Verifier:
    """The public key, under the log's name. Raises InvalidInput when it is no Ed25519 key."""
    public = load_der_public_key(client("kms").get_public_key(KeyId=key)["PublicKey"])
    if not isinstance(public, Ed25519PublicKey):
        raise InvalidInput("this key of KMS is not of the kind ECC_NIST_EDWARDS25519", field="key")
    return Verifier(origin, public.public_bytes_raw())


def signer(key: str, origin: str) -> Signer:
    """A signer whose key is in KMS."""

    def raw(message: bytes) -> bytes:
        made = client("kms").sign(KeyId=key, Message=message, MessageType="RAW", SigningAlgorithm=ALGORITHM)
        return bytes(made["Signature"])

    return Signer(verifier(key, origin), raw)
