"""Which vendors are down, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

LOOK_AGAIN_SECONDS = 0.25  # of real time: how often those who wait for a vendor look whether it is back


class Weather:
    """A vendor that is down answers 503, moves no parcel and pushes nothing; what waited goes on when it is back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}
        self._lock = Lock()

    def down(self, vendor: str, seconds: float) -> None:
        """From now on, for so many seconds of the sandbox's clock; 0 ends it."""
        with self._lock:
            self._until[vendor] = self._clock() + seconds

    def left(self, vendor: str) -> float:
        """How many seconds a vendor is still down; 0 when it is up."""
        with self._lock:
            return max(0.0, self._until.get(vendor, 0.0) - self._clock())
