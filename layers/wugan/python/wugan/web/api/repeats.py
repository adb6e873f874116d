"""Idempotency keys: the same key with the same body gets the same answer, and nothing happens twice.

What is kept for a day is sealed under a key made from our secret and what only the caller has (link, session, idempotency key): neither
the table alone nor table and secret together open it (docs/adr/0019).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wugan.cases.ports import Claim, Random, RequestStore
from wugan.clock import Clock
from wugan.errors import InProgress
from wugan.links import Keyring
from wugan.web.api.problems import KeyReused

LEASE = timedelta(seconds=60)  # longer than a function may run: 30 s (template.yaml)
KEEP = timedelta(days=1)


@dataclass(frozen=True)
class Reply:
    """An answer as it goes out. Only a `final` one is kept: after another the same key tries again."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    final: bool = True


@dataclass(frozen=True)
class Caller:
    """What only the caller has, and what is asked."""

    operation: str
    link: str
    session: str
    key: str

    def secret(self) -> str:
        """All of it, in one text."""
        return "\n".join(asdict(self).values())


@dataclass(frozen=True)
class Repeats:
    """Carries each request out once."""

    store: RequestStore
    keys: Keyring
    clock: Clock
    random: Random

    def once(self, caller: Caller, body: bytes, seq: int, first: Callable[[], Reply], settled: Callable[[int], Reply | None]) -> Reply:
        """The kept answer, or that of `first`.

        `settled` tells the answer if an earlier try, which began when the case's last event was the one given to it, took effect and died
        before its answer was kept. Raises KeyReused, InProgress.
        """
        now, name = self.clock.wall(), self.keys.mac("request", caller.secret(), 32)
        kept = self.store.get(name)
        before = kept if kept and now < kept.expires_at else None
        fingerprint = self.keys.mac("request-body", f"{name}\n{hashlib.sha256(body).hexdigest()}", 32)
        if before:
            answer = self._known(before, fingerprint, now, caller, name)
            if answer:
                return answer
        claim = Claim(self.random.hex(8), fingerprint, before.seq if before else seq, now + LEASE, now + KEEP)
        if not self.store.swap(name, kept, claim):
            raise InProgress("this request came twice at once", field="Idempotency-Key")
        reply = (settled(claim.seq) if before else None) or first()
        done = replace(claim, tag=self.random.hex(8))
        sealed = replace(done, answer=self._seal(caller, name, reply)) if reply.final else replace(done, until=now)
        self.store.swap(name, claim, sealed)  # a later try that took over has the same effect to tell
        return reply

    def _known(self, claim: Claim, fingerprint: str, now: datetime, caller: Caller, name: str) -> Reply | None:
        """What an earlier try left: its answer, or None when this try may take over."""
        if claim.fingerprint != fingerprint:
            raise KeyReused("this key came with another body", field="Idempotency-Key")
        if claim.answer:
            return self._open(caller, name, claim.answer)
        if now < claim.until:
            raise InProgress("this request is being carried out", field="Idempotency-Key")
        return None

    def _cipher(self, caller: Caller) -> AESGCM:
        return AESGCM(hashlib.sha256(self.keys.mac("request-answer", caller.secret(), 32).encode()).digest())

    def _seal(self, caller: Caller, name: str, reply: Reply) -> bytes:
        nonce = bytes.fromhex(self.random.hex(12))
        return nonce + self._cipher(caller).encrypt(nonce, json.dumps(asdict(reply)).encode(), name.encode())

    def _open(self, caller: Caller, name: str, sealed: bytes) -> Reply:
        return Reply(**json.loads(self._cipher(caller).decrypt(sealed[:12], sealed[12:], name.encode())))
