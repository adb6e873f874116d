"""A log as files in the tlog-tiles layout, for anybody's tools: `checkpoint`, `log.vkey`, `tile/…`, `tile/entries/…`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from stat import S_ISREG

from wugan.errors import InvalidInput, NotFound
from wugan.ledger.checkpoint import Checkpoint, open_checkpoint
from wugan.ledger.merkle import edge_at
from wugan.ledger.note import Verifier
from wugan.ledger.port import LedgerObjects
from wugan.ledger.problem import Forked
from wugan.ledger.tiles import MOST_ENTRY, WIDTH, ReadObject, TileReader, bundles_at, tiles_at

CHECKPOINT = "checkpoint"
KEY = "log.vkey"
TYPES = {CHECKPOINT: "text/plain; charset=utf-8", KEY: "text/plain; charset=utf-8"}
TILE_TYPE = "application/octet-stream"
MOST_FILE = WIDTH * (2 + MOST_ENTRY)  # bytes of the largest bundle

Tell = Callable[[int, int], None]
"""Files that are there, of how many."""


def export(objects: LedgerObjects, log: Verifier, directory: Path, tell: Tell = lambda *_: None) -> Checkpoint:
    """Write the published log into `directory`, the checkpoint last. Files that are there already are not fetched again.

    Raises NotFound while nothing is published, Forked when the log is not the one that was exported there before.
    """
    published = objects.checkpoint()
    if published is None:
        raise NotFound("the log has no checkpoint yet", field=CHECKPOINT)
    found, _ = open_checkpoint(published.signed, log)
    files = [*tiles_at(found.size), *bundles_at(found.size)]
    for done, tile in enumerate(files, start=1):
        if not (directory / tile.path).exists():
            _write(directory, tile.path, objects.read(tile.path))
        tell(done, len(files))
    if (directory / CHECKPOINT).exists():
        _continues(open_checkpoint((directory / CHECKPOINT).read_bytes(), log)[0], found, reader(directory))
    _write(directory, KEY, f"{log.vkey}\n".encode())
    _write(directory, CHECKPOINT, published.signed)
    return found


def _continues(old: Checkpoint, new: Checkpoint, read: ReadObject) -> None:
    if old.size > new.size:
        raise Forked(f"the log was rolled back from {old.size} to {new.size} entries", field=CHECKPOINT)
    tree = TileReader(read, new.size)
    if edge_at(tree, old.size).root() != old.root or edge_at(tree, new.size).root() != new.root:
        raise Forked(f"the log has another history than the checkpoint of {old.size} entries that was exported here", field=CHECKPOINT)


def reader(directory: Path) -> ReadObject:
    """Reads the files of an exported log. Raises NotFound, InvalidInput."""

    def read(path: str) -> bytes:
        try:
            return read_file(directory / path, MOST_FILE, path)
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound("this file of the log is missing", field=path) from None

    return read


def read_file(path: Path, most: int, field: str) -> bytes:
    """A file that somebody handed over: a real one, and no larger than such files are. Raises InvalidInput."""
    found = path.stat()
    if not S_ISREG(found.st_mode):
        raise InvalidInput("this is no file", field=field)
    if found.st_size > most:
        raise InvalidInput(f"a file with more than {most} bytes", field=field)
    return path.read_bytes()


def _write(directory: Path, name: str, data: bytes) -> None:
    """Whole or not at all."""
    path, part = directory / name, directory / ".part"
    path.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(data)
    part.replace(path)
