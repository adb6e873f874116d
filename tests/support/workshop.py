"""The bench in memory: drafts and simulations in a folder of its own, run at once or when a test says so."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.deliveries import DAY, Holder, deliver
from wugan.bench.bench import Bench
from wugan.bench.simulation import Simulate
from wugan.clock import Clock
from wugan.items.port import ItemStore
from wugan.memory.registry_files import FolderRegistryFiles
from wugan.memory.stores import SeededRandom
from wugan.registry import intake


@dataclass
class MemoryText:
    """One text."""

    text: str = ""

    def read(self) -> str:
        return self.text

    def write(self, text: str) -> None:
        self.text = text


@dataclass
class MemoryRuns:
    """The state machine of simulations: it runs what was started when `go` is called, or never."""

    run: Callable[[str], None]
    waiting: list[str] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)

    def start(self, name: str, input: dict[str, Any]) -> bool:  # noqa: ARG002
        self.waiting.append(name)
        self.states[name] = "RUNNING"
        return True

    def status(self, name: str) -> str:
        return self.states.get(name, "MISSING")

    def go(self) -> None:
        """Let everything run that was started."""
        while self.waiting:
            name = self.waiting.pop()
            self.run(name)
            self.states[name] = "SUCCEEDED"


@dataclass
class Workshop:
    """The bench with what it works on."""

    bench: Bench
    files: FolderRegistryFiles
    runs: MemoryRuns
    text: MemoryText


def workshop(items: ItemStore, clock: Clock) -> Workshop:
    """A bench over an item store, without registries yet."""
    folder = Path(tempfile.mkdtemp(prefix="wugan-bench-"))
    files = FolderRegistryFiles(folder)
    text, runs = MemoryText(), MemoryRuns(Simulate(files, items).run)
    made = Workshop(Bench(items, files, lambda: runs, text, clock, SeededRandom()), files, runs, text)
    weakref.finalize(made, shutil.rmtree, folder, ignore_errors=True)
    return made


def taken_in(shop: Workshop, holders: Sequence[Holder], run: str = "nightly-1") -> None:
    """Let the registries of today hold these."""
    with tempfile.TemporaryDirectory() as drops:
        intake.take_in(deliver(Path(drops), holders), shop.files.root / "clean" / run, DAY, buckets=2)
    shop.files.make_current(run)
