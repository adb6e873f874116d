"""What every bench uses: a registry, child processes that tell their time and peak memory, interleaved repeats, a table, a JSON file."""

from __future__ import annotations

import importlib
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
GROUND = ROOT / ".local" / "bench"
MEGABYTE = 1_000_000  # bytes
WIDTH = 120  # of the tables, wherever they are printed


@dataclass(frozen=True)
class Row:
    """One figure. `against` names what it is compared with and `ratio` is this over that; `must` is what is promised."""

    name: str
    value: float
    unit: str
    against: str = ""
    ratio: float | None = None
    must: str = ""
    met: bool | None = None


Bench = Callable[[], Iterable[Row]]
BENCHES: dict[str, Bench] = {}


def bench(name: str) -> Callable[[Bench], Bench]:
    """Enter a bench under this name: `make bench-NAME`. Its docstring's first line is the table's title."""

    def enter(function: Bench) -> Bench:
        BENCHES[name] = function
        return function

    return enter


# ── measuring ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Measured:
    """What a function did in a process of its own."""

    seconds: float
    cpu: float  # seconds of processor time, which neighbours on the machine disturb less
    peak: float  # resident memory of the process at its highest, in MB of 1,000,000 bytes
    result: Any


def in_child(function: Callable[..., Any], *arguments: Any, core: bool = True) -> Measured:
    """Call a module-level function in a fresh interpreter, pinned to one core if wanted. Arguments and result are JSON.

    Its time is without start-up and imports; its peak is with everything. Raises RuntimeError with what it said when it fails.
    """
    call = {"module": function.__module__, "function": function.__name__, "arguments": arguments, "core": core}
    done = subprocess.run([sys.executable, "-m", "tests.bench.child", json.dumps(call)], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{function.__module__}.{function.__name__} failed:\n{done.stderr}")
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def answer(call: Mapping[str, Any]) -> Measured:
    """The child's side of `in_child`."""
    if call["core"]:
        pin()
    function = getattr(importlib.import_module(call["module"]), call["function"])
    began, cpu_began = time.perf_counter(), time.process_time()
    result = function(*call["arguments"])
    return Measured(time.perf_counter() - began, time.process_time() - cpu_began, peak_memory(), result)


def pin() -> None:
    """Keep this process on one core, the last it may use. Does nothing where the system cannot."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def peak_memory() -> float:
    """The highest resident memory of this process so far, in MB. Linux's own mark counts from the start of the program;
    getrusage would also count the parent at the time of the fork."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM:")) * 1024 / MEGABYTE
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE  # bytes on macOS


def interleaved(measures: Mapping[str, Callable[[], Measured]], repeats: int = 5) -> dict[str, Measured]:
    """Each in turn, `repeats` times round, so that a slow minute of the machine falls on all; the median run of each."""
    runs: dict[str, list[Measured]] = {name: [] for name in measures}
    for turn in range(repeats):
        for name, measure in measures.items():
            tell(f"{name} ({turn + 1}/{repeats})")
            runs[name].append(measure())
    return {name: sorted(found, key=lambda m: m.seconds)[len(found) // 2] for name, found in runs.items()}


def medians(measures: Mapping[str, Callable[[], float]], repeats: int = 5) -> dict[str, float]:
    """As `interleaved`, for functions that return a number."""
    runs: dict[str, list[float]] = {name: [] for name in measures}
    for turn in range(repeats):
        tell(f"round {turn + 1}/{repeats}")
        for name, measure in measures.items():
            runs[name].append(measure())
    return {name: statistics.median(found) for name, found in runs.items()}


def tell(what: str) -> None:
    """Progress, for whoever waits."""
    print(f"  {what}", file=sys.stderr, flush=True)


# ── showing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def run(names: Iterable[str]) -> bool:
    """Run benches, print each table and write `.local/bench/NAME.json`; false if something promised was not met."""
    met = True
    for name in names:
        function = BENCHES[name]
        print(f"bench {name}", file=sys.stderr, flush=True)
        rows = list(function())
        write(name, rows)
        Console(width=WIDTH).print(table(f"{name}: {_title(function)}", rows))
        met &= all(row.met is not False for row in rows)
    return met


def write(name: str, rows: Iterable[Row]) -> Path:
    """Keep the figures of a run."""
    GROUND.mkdir(parents=True, exist_ok=True)
    path = GROUND / f"{name}.json"
    content = {
        "bench": name,
        "on": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "rows": [asdict(row) for row in rows],
    }
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def table(title: str, rows: Iterable[Row]) -> Table:
    """The figures side by side."""
    made = Table(title=title, title_justify="left", min_width=80)
    for column in ("what", "value", "unit", "against", "ratio", "promised", ""):
        made.add_column(column, justify="right" if column in ("value", "ratio") else "left")
    for row in rows:
        verdict = {None: "", True: "met", False: "NOT MET"}[row.met]
        made.add_row(
            row.name, _number(row.value), row.unit, row.against, "" if row.ratio is None else f"{row.ratio:.2f}", row.must, verdict
        )
    return made


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"


def _title(function: Bench) -> str:
    return (function.__doc__ or "").strip().splitlines()[0].rstrip(".")
