"""The way without a face (非人脸方式): a code by SMS, made and checked by us. The whole identity number, which the
person types beside it, is compared by `cases.applicant`.

The code is derived from the check's id under a key, so that a repeat sends the same one under the same message id. Kept is its digest
under the same key, never the code. In DynamoDB (`wugan.aws.vendor_store`): `begin` is a put on the condition that the item does not
exist, `attempt` adds 1 to `tries` on the condition that it is below the limit, `spend` sets `spent` on the condition that it is not.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

from wugan.clock import Clock
from wugan.errors import VendorRefused
from wugan.identity.port import Checked, IdentityVerifier, Started

LIFE = timedelta(minutes=10)  # wall time
MOST_TRIES = 5
DIGITS = 6


@dataclass(frozen=True)
class SentCode:
    """A code that was sent, as far as we keep it."""

    reference: str
    digest: str
    expires_at: datetime
    tries: int = 0
    spent: bool = False


class CodeStore(Protocol):
    """Where sent codes are kept for their few minutes."""

    def begin(self, code: SentCode) -> None:
        """Keep a code; one that is kept already under its reference stays as it is."""

    def attempt(self, reference: str, most: int) -> SentCode | None:
        """Count a try, and the code as it is then; None, and nothing counted: unknown, or tried `most` times before."""

    def spend(self, reference: str) -> bool:
        """Use the code up. False: somebody was first."""


@dataclass
class MemoryCodeStore:
    """Codes in a dictionary."""

    codes: dict[str, SentCode] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def begin(self, code: SentCode) -> None:
        self.codes.setdefault(code.reference, code)

    def attempt(self, reference: str, most: int) -> SentCode | None:
        with self._lock:
            code = self.codes.get(reference)
            if code is None or code.tries >= most:
                return None
            self.codes[reference] = code = replace(code, tries=code.tries + 1)
            return code

    def spend(self, reference: str) -> bool:
        with self._lock:
            first = not self.codes[reference].spent
            self.codes[reference] = replace(self.codes[reference], spent=True)
            return first


@dataclass(frozen=True)
class CodeCheck:
    """The code half of the identity port. `send(message id, mobile, code)` hands the code to the channels; `key` is a secret of its own."""

    store: CodeStore
    send: Callable[[str, str, str], object]
    key: Callable[[], str]
    clock: Clock

    def start_code(self, id: str, mobile: str) -> Started:
        """Send the code. The same id sends the same code, within its first life. Raises as `send`."""
        code = self._code(id)
        self.store.begin(SentCode(id, self._digest(id, code), self.clock.wall() + LIFE))
        self.send(id, mobile, code)
        return Started(id, None)

    def check_code(self, reference: str, code: str) -> Checked:
        """Whether this is the code, once, in time, and within five tries."""
        kept = self.store.attempt(reference, MOST_TRIES)
        if kept is None:
            return self._checked(reference, "no_more_tries")
        if self.clock.wall() >= kept.expires_at:
            return self._checked(reference, "expired")
        if not hmac.compare_digest(kept.digest, self._digest(reference, code)):
            return self._checked(reference, "wrong_code")
        return self._checked(reference, "" if self.store.spend(reference) else "no_more_tries")

    def _checked(self, reference: str, reason: str) -> Checked:
        return Checked(reference, not reason, "code", self.clock.now(), reason)

    def _code(self, id: str) -> str:
        number = int.from_bytes(hmac.digest(self.key().encode(), f"code\n{id}".encode(), "sha256"))
        return str(number % 10**DIGITS).zfill(DIGITS)

    def _digest(self, id: str, code: str) -> str:
        return hmac.new(self.key().encode(), f"digest\n{id}\n{code}".encode(), "sha256").hexdigest()


class FaceCheck(Protocol):
    """The face half of the identity port."""

    def start_face(self, id: str, name: str, id_number: str, return_url: str, intention: str = "", meta_info: str = "") -> Started: ...

    def check_face(self, reference: str) -> Checked | None: ...


@dataclass(frozen=True)
class Verifier(IdentityVerifier):
    """The identity port (`wugan.identity.port.IdentityVerifier`) from its two halves; without a face vendor the code is left."""

    face: FaceCheck | None
    code: CodeCheck

    def start_face(self, id: str, name: str, id_number: str, return_url: str, intention: str = "", meta_info: str = "") -> Started:
        """Begin at the face vendor."""
        return self._face().start_face(id, name, id_number, return_url, intention, meta_info)

    def start_code(self, id: str, mobile: str) -> Started:
        """Send a code."""
        return self.code.start_code(id, mobile)

    def check_face(self, reference: str) -> Checked | None:
        """Ask the face vendor."""
        return self._face().check_face(reference)

    def check_code(self, reference: str, code: str) -> Checked:
        """Compare with the code that was sent."""
        return self.code.check_code(reference, code)

    def _face(self) -> FaceCheck:
        if self.face is None:
            raise VendorRefused("no_face_vendor")
        return self.face
