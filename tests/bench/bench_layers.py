"""What the scan's Lambda carries and how long it takes to wake."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.harness import ROOT, Row, bench, medians
from tests.template.test_functions import build_layer

LIMIT = 150  # MB; Lambda's own is 250
MEBIBYTE = 1024 * 1024
SHOWN = 12
REPEATS = 15
FUNCTION = "detect"  # the one that scans
OURS = ROOT / "layers" / "wugan" / "python"


@bench("layers")
def layers() -> Iterator[Row]:
    """Unzipped size of the layers of the scan's Lambda, and its import time."""
    with TemporaryDirectory() as folder:
        yield from _sizes(build_layer(_made(folder, "lambda"), WUGAN_DEPS_PYTHON=""))
        yield from _imports(build_layer(_made(folder, "local"), WUGAN_DEPS_PYTHON=sys.executable))


def _made(folder: str, name: str) -> Path:
    path = Path(folder) / name
    path.mkdir()
    return path


def _sizes(layer: Path) -> Iterator[Row]:
    sizes = Counter({"wugan": _size(OURS)})
    for entry in layer.iterdir():
        sizes[entry.name.split("-")[0].removesuffix(".py").lower()] += _size(entry)
    total = sum(sizes.values()) / MEBIBYTE
    yield Row("both layers unzipped, arm64", total, "MiB", f"{LIMIT} MiB", total / LIMIT, f"< {LIMIT}", total < LIMIT)
    for name, size in sizes.most_common(SHOWN):
        yield Row(f"  {name}", size / MEBIBYTE, "MiB", "both layers", size / MEBIBYTE / total)


def _size(path: Path) -> int:
    """Bytes, as they are deployed: without what importing leaves behind."""
    if path.is_file():
        return path.stat().st_size
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts)


def _imports(layer: Path) -> Iterator[Row]:
    """With compiled modules, as after `make build` elsewhere, and without, as Lambda gets the layers: it cannot keep what it compiles."""
    ours, function, bare = (layer.parent / name for name in ("ours", "function", "bare"))
    shutil.copytree(OURS, ours)
    shutil.copytree(ROOT / "functions" / FUNCTION, function)
    for folder in (layer, ours, function):
        shutil.copytree(folder, bare / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(ours), str(function)], check=True)
    scripts = {"import duckdb": "import duckdb", "import sqlglot": "import sqlglot", f"functions/{FUNCTION}": "import handler"}
    known = {
        name: script for name, script in scripts.items() if script == "import handler" or (layer / name.removeprefix("import ")).exists()
    }
    measures = {"bare Python": _starter([], "pass")}
    measures |= {name: _starter([layer, ours, function], script) for name, script in known.items()}
    measures |= {f"{name}, not compiled": _starter(sorted(bare.iterdir()), script) for name, script in known.items()}
    found = medians(measures, REPEATS)
    start = found.pop("bare Python")
    yield Row("bare Python starts", start * 1000, "ms")
    for name, seconds in found.items():
        base = found["import duckdb" + (", not compiled" if name.endswith(", not compiled") else "")] - start
        yield Row(f"{name}, over bare", (seconds - start) * 1000, "ms", "import duckdb", (seconds - start) / base)


def _starter(paths: Iterable[Path], script: str) -> Callable[[], float]:
    """Seconds from starting an interpreter to its end. -S: nothing from site-packages; -B: nothing is left behind."""
    command = [sys.executable, "-S", "-I", "-B", "-c", f"import sys; sys.path[:0] = {[str(p) for p in paths]!r}; {script}"]

    def start() -> float:
        began = time.perf_counter()
        subprocess.run(command, check=True, env={"AWS_REGION": "cn-north-1"})
        return time.perf_counter() - began

    return start
