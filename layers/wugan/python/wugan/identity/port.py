"""The identity port."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Started:
    """A check that began: where the person goes for it. For a check by code there is nowhere to go."""

    reference: str
    url: str | None


@dataclass(frozen=True)
class Checked:
    """What is kept of a check: never an image (PIPL art. 28, 29)."""

    reference: str
    passed: bool
    level: str  # face | code
    at: datetime
    reason: str = ""


class IdentityVerifier(Protocol):
    """Real-person authentication by face, and a way without a face."""

    def start_face(self, id: str, name: str, id_number: str, return_url: str, intention: str = "", meta_info: str = "") -> Started:
        """Begin a face check under a deterministic id; the same id gives the same reference, where the vendor knows ids.

        `intention` is what the person is asked and says (at most 120 characters), bound to the face by vendors who can; `meta_info` is what
        the vendor's script in the browser says of the device. Both go to the vendor and are not kept."""

    def start_code(self, id: str, mobile: str) -> Started:
        """Send a one-time code to the mobile number on file."""

    def check_face(self, reference: str) -> Checked | None:
        """The result, asked from the vendor and not believed from a callback; None while it is not finished."""

    def check_code(self, reference: str, code: str) -> Checked:
        """Whether the code is the one that was sent."""
