"""A delivery taken in once and kept: the same files on the same day give the same clean folder, made by whoever asks first."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

from wugan.errors import NotFound
from wugan.registry import files, intake


def taken_in(drops: Path, kept: Path, as_of: date, progress: intake.Progress | None = None) -> Path:
    """The clean folder of the feeds in `drops/<feed>/<file>`, under `kept`, which nobody else may read: it holds personal data.

    Raises NotFound when nothing was delivered at all.
    """
    delivered = sorted(p for p in drops.glob("*/*") if p.is_file() and not p.name.startswith("."))
    if not delivered:
        raise NotFound(f"no registry files under {drops}: put them in <feed>/<file>, see docs/registries.md", field="registry")
    clean = kept / _digest(drops, delivered, as_of)
    if not clean.exists():
        _make(drops, clean, as_of, progress)
    return clean


def _make(drops: Path, clean: Path, as_of: date, progress: intake.Progress | None) -> None:
    """Beside its place first and then moved there whole, so that nobody reads a half of it."""
    clean.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=clean.parent, ignore_cleanup_errors=True) as beside:
        made = Path(beside) / "clean"
        intake.take_in(drops, made, as_of, progress=progress)
        try:
            made.rename(clean)
        except OSError:
            if not clean.exists():  # somebody else was first: theirs is the same
                raise


def _digest(drops: Path, delivered: Iterable[Path], as_of: date) -> str:
    facts = [[p.relative_to(drops).as_posix(), files.sha256(p)] for p in delivered]
    return hashlib.sha256(json.dumps([_code(), as_of.isoformat(), facts]).encode()).hexdigest()[:32]


@cache
def _code() -> str:
    """What takes the files in: another version of it may make something else of them."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(p.read_bytes() for p in sources)).hexdigest()
