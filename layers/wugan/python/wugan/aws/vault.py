"""Personal data, sealed: each case has a data key of its own, wrapped by KMS; without the key nothing can be read again."""

from __future__ import annotations

import json
import os
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wugan.aws.clients import client

MOST_KEYS = 200  # kept unwrapped in one process


@dataclass
class Vault:
    """Seals JSON values with AES-256-GCM under the case's data key (envelope encryption)."""

    kms_key: str
    _keys: OrderedDict[bytes, bytes] = field(default_factory=OrderedDict)

    def new_key(self, case_id: str) -> bytes:
        """A fresh data key, wrapped."""
        made = client("kms").generate_data_key(KeyId=self.kms_key, KeySpec="AES_256", EncryptionContext={"case_id": case_id})
        wrapped = bytes(made["CiphertextBlob"])
        self._remember(wrapped, made["Plaintext"])
        return wrapped

    def seal(self, wrapped: bytes, case_id: str, name: str, value: Any) -> bytes:
        """Nonce and ciphertext; bound to case and name."""
        nonce = os.urandom(12)
        text = json.dumps(value, ensure_ascii=False).encode()
        return nonce + AESGCM(self._unwrap(wrapped, case_id)).encrypt(nonce, text, f"{case_id}|{name}".encode())

    def open(self, wrapped: bytes, case_id: str, name: str, sealed: bytes) -> Any:
        """The value again."""
        plain = AESGCM(self._unwrap(wrapped, case_id)).decrypt(sealed[:12], sealed[12:], f"{case_id}|{name}".encode())
        return json.loads(plain)

    def _unwrap(self, wrapped: bytes, case_id: str) -> bytes:
        if wrapped not in self._keys:
            opened = client("kms").decrypt(CiphertextBlob=wrapped, KeyId=self.kms_key, EncryptionContext={"case_id": case_id})
            self._remember(wrapped, opened["Plaintext"])
        return self._keys[wrapped]

    def _remember(self, wrapped: bytes, key: bytes) -> None:
        self._keys[wrapped] = key
        while len(self._keys) > MOST_KEYS:
            self._keys.popitem(last=False)
