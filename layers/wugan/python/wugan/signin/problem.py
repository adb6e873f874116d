"""Why somebody was not signed in."""

from __future__ import annotations

from wugan.errors import Forbidden

REASONS = ("state", "denied", "token", "no_role", "two_bureaus", "invalid", "expired", "unavailable")


class SignInRefused(Forbidden):
    """Nobody is signed in; `reason` is one of REASONS, and has its words in `web/texts.py`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason, field="sign_in")
        self.reason = reason
