"""Registry files in a local folder, laid out as in the bucket."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wugan.errors import NotFound, VendorUnavailable
from wugan.registry.buckets import MANIFEST
from wugan.registry.lookup import Fetch


@dataclass(frozen=True)
class FolderRegistryFiles:
    """Drops, clean files and papers of scans under one folder."""

    root: Path

    def fetch_drops(self, into: Path) -> None:
        shutil.copytree(self._drops, into, dirs_exist_ok=True)

    def deliver(self, folder: Path) -> None:
        shutil.rmtree(self._drops, ignore_errors=True)
        for path in (p for p in folder.glob("*/*") if p.is_file()):
            target = self._drops / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)  # delivered now, whenever it was written

    def publish_clean(self, run: str, folder: Path) -> None:
        shutil.copytree(folder, self._clean / run, dirs_exist_ok=True)

    def make_current(self, run: str) -> None:
        self._current.parent.mkdir(parents=True, exist_ok=True)
        self._current.write_text(run, encoding="utf-8")

    def published(self) -> str | None:
        return self._current.read_text(encoding="utf-8") if self._current.exists() else None

    def clean(self, run: str) -> Fetch:
        return lambda name: self._clean / run / name

    def kept(self) -> list[str]:
        found = self._clean.glob(f"*/{MANIFEST}")
        return [path.parent.name for path in sorted(found, key=lambda path: (path.stat().st_mtime, path))]

    def current_run(self) -> str:
        run = self.published()
        if run is None:
            raise VendorUnavailable("the registries cannot be read now")
        return run

    def put(self, run: str, name: str, value: Any) -> None:
        path = self._run(run) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")

    def get(self, run: str, name: str) -> Any:
        try:
            return json.loads((self._run(run) / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise NotFound("this run wrote nothing under this name", field=name) from None

    def names(self, run: str, prefix: str) -> Iterator[str]:
        written = (p.relative_to(self._run(run)).as_posix() for p in self._run(run).rglob("*") if p.is_file())
        return iter(sorted(name for name in written if name.startswith(prefix)))

    @property
    def _drops(self) -> Path:
        return self.root / "registry"

    @property
    def _clean(self) -> Path:
        return self.root / "clean"

    @property
    def _current(self) -> Path:
        return self._clean / "CURRENT"

    def _run(self, run: str) -> Path:
        return self.root / "runs" / run
