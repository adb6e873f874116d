"""Writing the feeds as the bureaus deliver them: Parquet by most, CSV in GB18030 by some."""

from __future__ import annotations

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from infra.world.entities import Row


def write(path: Path, columns: tuple[str, ...], rows: list[Row]) -> None:
    """Write rows to a `.parquet` file, or a `.csv` file in GB18030."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        _write_csv(path, columns, rows, "gb18030")
    else:
        _write_parquet(path, columns, rows)


def _write_csv(path: Path, columns: tuple[str, ...], rows: list[Row], encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([row[c] or "" for c in columns] for row in rows)


def _write_parquet(path: Path, columns: tuple[str, ...], rows: list[Row]) -> None:
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        source = Path(folder) / "rows.csv"
        _write_csv(source, columns, rows, "utf-8")
        types = ", ".join(f"'{c}': 'VARCHAR'" for c in columns)
        read = f"read_csv('{source}', header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', columns = {{{types}}})"
        target = str(path).replace("'", "''")
        connection.execute(f"COPY (SELECT * FROM {read}) TO '{target}' (FORMAT PARQUET)")
