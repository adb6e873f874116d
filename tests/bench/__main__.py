"""python -m tests.bench [NAME …]: all benches, or the named ones. Exit code 1 when something promised is not met."""

from __future__ import annotations

import importlib
import pkgutil
import sys

from tests import bench
from tests.bench import harness


def main(names: list[str]) -> int:
    """Run them in the order of their modules' names."""
    for module in sorted(m.name for m in pkgutil.iter_modules(bench.__path__) if m.name.startswith("bench_")):
        importlib.import_module(f"{bench.__name__}.{module}")
    unknown = [n for n in names if n not in harness.BENCHES]
    if unknown:
        print(f"no such bench: {', '.join(unknown)}; there are: {', '.join(harness.BENCHES)}", file=sys.stderr)
        return 2
    return 0 if harness.run(names or harness.BENCHES) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
