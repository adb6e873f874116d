"""What is asked of KMS, and that a note with its signature is one that everybody can check. moto has no Ed25519: KMS's part is played."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.ledger import ORIGIN
from wugan.aws import ledger_key
from wugan.errors import InvalidInput
from wugan.ledger.checkpoint import Checkpoint, open_checkpoint
from wugan.ledger.note import verifier_of

KEY = "arn:aws:kms:cn-north-1:123456789012:key/k"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def der(key: Any) -> bytes:
    """A public key as KMS hands it out."""
    return bytes(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    client = boto3.client("kms", region_name="cn-north-1", aws_access_key_id="test", aws_secret_access_key="test")
    monkeypatch.setattr(ledger_key, "client", lambda _: client)
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def test_a_checkpoint_that_kms_signed(kms: Stubber) -> None:
    text = Checkpoint(ORIGIN, 1, bytes(32)).text()
    kms.add_response("get_public_key", {"PublicKey": der(PRIVATE)}, {"KeyId": KEY})
    wanted = {"KeyId": KEY, "Message": text, "MessageType": "RAW", "SigningAlgorithm": "ED25519_SHA_512"}
    kms.add_response("sign", {"Signature": PRIVATE.sign(text)}, wanted)
    signer = ledger_key.signer(KEY, ORIGIN)
    signed = Checkpoint(ORIGIN, 1, bytes(32)).signed([signer])
    found, _ = open_checkpoint(signed, verifier_of(signer.verifier.vkey))
    assert found.size == 1


def test_a_key_of_another_kind_is_refused(kms: Stubber) -> None:
    kms.add_response("get_public_key", {"PublicKey": der(generate_private_key(SECP256R1()))}, {"KeyId": KEY})
    with pytest.raises(InvalidInput):
        ledger_key.verifier(KEY, ORIGIN)
