"""What all vendors share, and how they refuse."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from threading import RLock

from infra.sandbox.agenda import Agenda
from infra.sandbox.book import Book
from infra.sandbox.outbox import Outbox
from infra.sandbox.script import Config, Script
from infra.sandbox.vendors.weather import Weather


class Refusal(Exception):
    """The vendor will not do this: HTTP status, a stable code, and a text."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


@dataclass
class Box:
    """Configuration, records, later steps and callbacks. Whoever reads or changes the book holds `lock`."""

    config: Config
    clock: Callable[[], float] = time.time  # Unix seconds; real time, or that of a simulation
    script: Script = field(init=False)
    outbox: Outbox = field(init=False)
    book: Book = field(default_factory=Book)
    lock: RLock = field(default_factory=RLock)
    weather: Weather = field(init=False)

    def __post_init__(self) -> None:
        self.script = Script(self.config)
        self.weather = Weather(self.clock)
        self.outbox = Outbox(self.config, self.script, self.weather, self.clock)
        self.steps = Agenda("step", workers=1)

    def point_at(self, url: str) -> None:
        """Set or change who is called back."""
        self.outbox.point_at(url)

    def token(self, what: str, id: str, size: int) -> str:
        """A hexadecimal reference that is the same for the same id in every run."""
        return hashlib.sha256(f"{self.config.seed}\n{what}\n{id}".encode()).hexdigest()[:size]

    def digits(self, what: str, id: str, size: int) -> str:
        """A number of so many digits that is the same for the same id in every run."""
        return str(int(self.token(what, id, 32), 16) % 10**size).zfill(size)

    def now(self) -> float:
        """Unix seconds."""
        return self.clock()

    def today(self) -> date:
        """The day on which new certificates begin."""
        return self.config.today or date.today()

    def stop(self) -> None:
        self.steps.stop(timeout=1)
        self.outbox.stop()
