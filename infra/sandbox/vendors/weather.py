"""Which vendors are down, and for how long."""

from __future__ import annotations

import time
from threading import Lock


class Weather:
    """A vendor that is down answers 503, moves no parcel and pushes nothing; what waited goes on when it is back."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._lock = Lock()

    def down(self, vendor: str, seconds: float) -> None:
        """From now on, for so many seconds of real time; 0 ends it."""
        with self._lock:
            self._until[vendor] = time.monotonic() + seconds

    def left(self, vendor: str) -> float:
        """How many seconds a vendor is still down; 0 when it is up."""
        with self._lock:
            return max(0.0, self._until.get(vendor, 0.0) - time.monotonic())
