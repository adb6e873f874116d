"""The two ends of the scale for a full scan: what merely reading costs, and what a plain loop costs."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from tests.bench import reference
from tests.bench.city import City, ensure
from tests.bench.harness import GROUND, ROOT, Measured, Row, bench, in_child, interleaved
from wugan.items.catalogue import load_folder

REPEATS = 3


def city(**size: Any) -> str:
    """The clean folder of a city; a million enterprises and a million licences if nothing else is said."""
    return str(ensure(City(**size), GROUND))


@bench("floor")
def floor() -> Iterator[Row]:
    """DuckDB only reads the columns that the rules need, 1 million × 1 million, one core."""
    folder = city()
    found = interleaved({"floor": lambda: in_child(read_columns, folder)}, REPEATS)["floor"]
    yield Row("read the needed columns", found.seconds, "s")
    yield Row("processor time", found.cpu, "s")
    yield Row("rows read", found.result, "rows")
    yield Row("peak memory", found.peak, "MB")


@bench("reference")
def loop() -> Iterator[Row]:
    """A plain Python loop over dicts finds all hits, 1 million × 1 million, one core."""
    folder = city()
    runs = {"floor": lambda: in_child(read_columns, folder), "reference": lambda: in_child(scan, folder)}
    found = interleaved(runs, REPEATS)
    yield from reference_rows(found["reference"], found["floor"])
    for code, count in found["reference"].result["by_item"].items():
        yield Row(f"hits: {code}", count, "hits", must="some", met=count > 0)


def reference_rows(found: Measured, floor: Measured) -> Iterator[Row]:
    """The loop's figures beside the floor's."""
    parts = found.result
    yield Row("floor: read the needed columns", floor.seconds, "s")
    yield Row("loop, reading into dicts included", found.seconds, "s", "floor", found.seconds / floor.seconds)
    yield Row("loop, processor time", found.cpu, "s", "floor, processor time", found.cpu / floor.cpu)
    yield Row("reading into dicts alone", parts["reading"], "s", "floor", parts["reading"] / floor.seconds)
    yield Row("loop alone", parts["looping"], "s", "floor", parts["looping"] / floor.seconds)
    yield Row("hits", parts["hits"], "hits")
    yield Row("peak memory", found.peak, "MB", "floor", found.peak / floor.peak)


def read_columns(folder: str) -> int:
    """Read and decode every column that `reference.COLUMNS` names, and do no more with it; returns the number of rows.

    `first` looks at each vector without touching its values. The rows' number is asked along with it; DuckDB 2.0 answers
    neither that way from the files' metadata (its profile shows all rows scanned), and `count`, `strlen` and `max` in its
    place take as long or longer.
    """
    rows = 0
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        for feed, columns in reference.COLUMNS.items():
            firsts = ", ".join(f"first({c})" for c in columns)
            found = connection.execute(f"SELECT count(*), {firsts} FROM read_parquet(?)", [f"{folder}/{feed}/*.parquet"]).fetchone()
            rows += int(found[0]) if found else 0
    return rows


def scan(folder: str) -> dict[str, Any]:
    """The loop over a folder: how many hits, of which items, and their digest to compare with other engines'."""
    items = load_folder(ROOT / "items").items
    found = reference.scan(Path(folder), items)
    counts = Counter(code for code, _, _ in found.hits)
    by_item = {i.code: counts[i.code] for i in sorted(items, key=lambda i: i.number)}
    parts = {"reading": found.reading, "looping": found.looping}
    return {"hits": len(found.hits), "digest": digest(found.hits), "by_item": by_item, **parts}


def digest(hits: Iterable[reference.Hit]) -> str:
    """The same for the same set of hits, whoever found them."""
    return hashlib.sha256(json.dumps(sorted(hits)).encode()).hexdigest()
