"""A log as files in the tlog-tiles layout, for anybody's tools: `checkpoint`, `log.vkey`, `tile/…`, `tile/entries/…`."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from wugan.errors import NotFound
from wugan.ledger.checkpoint import Checkpoint, open_checkpoint
from wugan.ledger.note import Verifier
from wugan.ledger.port import LedgerObjects
from wugan.ledger.tiles import ReadObject, bundles_at, tiles_at

CHECKPOINT = "checkpoint"
KEY = "log.vkey"
TYPES = {CHECKPOINT: "text/plain; charset=utf-8", KEY: "text/plain; charset=utf-8"}
TILE_TYPE = "application/octet-stream"


def export(objects: LedgerObjects, log: Verifier, directory: Path) -> Checkpoint:
    """Write the published log into `directory`, the checkpoint last. Raises NotFound while nothing is published."""
    published = objects.checkpoint()
    if published is None:
        raise NotFound("the log has no checkpoint yet", field=CHECKPOINT)
    found, _ = open_checkpoint(published.signed, log)
    for tile in chain(tiles_at(found.size), bundles_at(found.size)):
        _write(directory / tile.path, objects.read(tile.path))
    _write(directory / KEY, f"{log.vkey}\n".encode())
    _write(directory / CHECKPOINT, published.signed)
    return found


def reader(directory: Path) -> ReadObject:
    """Reads the files of an exported log. Raises NotFound."""

    def read(path: str) -> bytes:
        try:
            return (directory / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound("this file of the log is missing", field=path) from None

    return read


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
