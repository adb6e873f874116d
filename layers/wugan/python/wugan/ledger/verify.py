"""Checks a whole log that was exported as files: every entry, every tile, the checkpoint, and older checkpoints if there are any."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from wugan.ledger.checkpoint import Checkpoint, Cosigned, cosigned, open_checkpoint
from wugan.ledger.export import CHECKPOINT, KEY, reader
from wugan.ledger.merkle import Edge, Hash, leaf_hashes
from wugan.ledger.note import Verifier, verifier_of
from wugan.ledger.problem import Forked, NotProved
from wugan.ledger.text import utf8
from wugan.ledger.tiles import ENTRIES, HEIGHT, WIDTH, ReadObject, bundle, bundles_at, parse_path, tiles_at, unbundle


@dataclass(frozen=True)
class VerifiedLog:
    """What was found true."""

    checkpoint: Checkpoint
    entries: tuple[bytes, ...]
    key_given: bool  # False: checked with the key that lies beside the log, which a forger would have replaced as well
    cosigned: tuple[Cosigned, ...] = ()


def verify_directory(
    directory: Path, log: Verifier | None = None, older: Sequence[bytes] = (), witnesses: Sequence[Verifier] = (), quorum: int = 0
) -> VerifiedLog:
    """Check an exported log. `log` is the key as known from elsewhere, `older` are signed checkpoints as seen before, at
    least `quorum` of the witnesses cosigned.

    A log that was rolled back or forked and signed again with the real key is only found with an older checkpoint (or a witness).
    Raises NotProved, Forked, InvalidInput, NotFound; `field` names the file.
    """
    read = reader(directory)
    key = log or verifier_of(utf8(read(KEY), KEY).removesuffix("\n"))
    found, opened = open_checkpoint(read(CHECKPOINT), key, witnesses, quorum)
    entries, levels = verify_entries(read, found)
    verify_files((p.relative_to(directory).as_posix() for p in (directory / "tile").rglob("*") if p.is_file()), read, entries, levels)
    for signed in older:
        verify_growth(open_checkpoint(signed, key)[0], found, levels[0] if levels else [])
    return VerifiedLog(found, tuple(entries), log is not None, cosigned(opened, witnesses))


def verify_entries(read: ReadObject, found: Checkpoint) -> tuple[list[bytes], list[list[Hash]]]:
    """All entries of the log, which lead to the checkpoint's root, and the hashes of each level of tiles."""
    entries: list[bytes] = []
    for tile in bundles_at(found.size):
        part = unbundle(read(tile.path))
        if len(part) != tile.width:
            raise NotProved(f"there are {len(part)} entries instead of {tile.width}", field=tile.path)
        entries += part
    edge, levels = Edge().grow(leaf_hashes(entries))
    if edge.root() != found.root:
        raise NotProved("the entries do not lead to the checkpoint's root", field=CHECKPOINT)
    return entries, levels[::HEIGHT]


def verify_files(paths: Iterable[str], read: ReadObject, entries: Sequence[bytes], levels: Sequence[Sequence[Hash]]) -> None:
    """Every tile and bundle is there and right; others than the newest partial ones may be there if they are right too."""
    needed = {tile.path for tile in (*tiles_at(len(entries)), *bundles_at(len(entries)))}
    for path in sorted(needed.union(paths)):
        tile = parse_path(path)
        if tile.level != ENTRIES and tile.level >= len(levels):
            raise NotProved("a log of this size has no such file", field=path)
        truth = entries if tile.level == ENTRIES else levels[tile.level]
        part = truth[tile.index * WIDTH : tile.end]
        if len(part) != tile.width:
            raise NotProved("a log of this size has no such file", field=path)
        if read(path) != (bundle(part) if tile.level == ENTRIES else b"".join(part)):
            raise NotProved("this file does not agree with the entries", field=path)


def verify_growth(old: Checkpoint, new: Checkpoint, leaf_hashes: Sequence[Hash]) -> None:
    """Raise Forked unless the log of `new`, with these leaf hashes, still holds all that `old` stood for."""
    if old.size > new.size:
        raise Forked(f"the log was rolled back from {old.size} to {new.size} entries", field=CHECKPOINT)
    if Edge().extend(leaf_hashes[: old.size]).root() != old.root:
        raise Forked(f"the log has another history than the checkpoint of {old.size} entries", field=CHECKPOINT)
