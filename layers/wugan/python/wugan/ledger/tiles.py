"""Tiles and entry bundles (C2SP tlog-tiles): where each hash and entry of the log is kept, as immutable files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from wugan.errors import InvalidInput
from wugan.ledger.merkle import Hash, node_hashes

HEIGHT = 8
WIDTH = 256  # hashes in a full tile, entries in a full bundle
HASH_SIZE = 32
MOST_ENTRY = 0xFFFF  # bytes
ENTRIES = -1  # the level of entry bundles

ReadObject = Callable[[str], bytes]

_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True)
class Tile:
    """One tile (level 0 to 63), or with level ENTRIES one entry bundle."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """`tile/<L>/<N>[.p/<W>]`, `tile/entries/<N>[.p/<W>]`."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        digits = f"{self.index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        number = "/".join([*(f"x{g}" for g in groups[:-1]), groups[-1]])
        return f"tile/{level}/{number}" + ("" if self.width == WIDTH else f".p/{self.width}")

    @property
    def end(self) -> int:
        """The number of the last hash or entry it holds, plus one, within its level."""
        return self.index * WIDTH + self.width


def parse_path(path: str) -> Tile:
    """The tile of a path, exactly as written by `Tile.path`. Raises InvalidInput."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise InvalidInput("no path of a tile or an entry bundle", field="path")
    level, number, width = match.groups()
    tile = Tile(ENTRIES if level == "entries" else int(level), int(re.sub("[x/]", "", number)), int(width or WIDTH))
    if tile.path != path or tile.level > 63 or (width and tile.width >= WIDTH):
        raise InvalidInput("no path of a tile or an entry bundle", field="path")
    return tile


def tiles_at(size: int) -> Iterator[Tile]:
    """Every tile of a tree: per level the full ones, then the partial one."""
    return grown(0, size)


def bundles_at(size: int) -> Iterator[Tile]:
    """Every entry bundle of a tree."""
    return bundles_grown(0, size)


def grown(old: int, new: int) -> Iterator[Tile]:
    """The tiles that a tree of `new` leaves has and one of `old` leaves has not."""
    level = 0
    while new >> HEIGHT * level:
        yield from _grown(level, old >> HEIGHT * level, new >> HEIGHT * level)
        level += 1


def bundles_grown(old: int, new: int) -> Iterator[Tile]:
    """The entry bundles that a log of `new` entries has and one of `old` entries has not."""
    return _grown(ENTRIES, old, new)


def _grown(level: int, old: int, new: int) -> Iterator[Tile]:
    for index in range(old // WIDTH, new // WIDTH):
        yield Tile(level, index)
    if new % WIDTH and new > old:
        yield Tile(level, new // WIDTH, new % WIDTH)


def bundle(entries: Sequence[bytes]) -> bytes:
    """An entry bundle: each entry after its length, uint16 big-endian."""
    if any(len(entry) > MOST_ENTRY for entry in entries):
        raise InvalidInput(f"an entry has at most {MOST_ENTRY} bytes", field="entry")
    return b"".join(len(entry).to_bytes(2) + entry for entry in entries)


def unbundle(data: bytes) -> list[bytes]:
    """The entries of a bundle. Raises InvalidInput when it is cut short."""
    entries, at, size = [], 0, len(data)
    while at < size:
        end = at + 2 + (data[at] << 8 | data[at + 1]) if at + 2 <= size else size + 1
        if end > size:
            raise InvalidInput("the entry bundle is cut short", field="bundle")
        entries.append(data[at + 2 : end])
        at = end
    return entries


def hashes_of(data: bytes) -> list[Hash]:
    """The hashes in a tile. Raises InvalidInput when it is cut short."""
    if len(data) % HASH_SIZE:
        raise InvalidInput("the tile is cut short", field="tile")
    return [data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)]


def subtree_root(hashes: Sequence[Hash]) -> Hash:
    """The root over a power of two of hashes."""
    level = hashes
    while len(level) > 1:
        level = node_hashes(level)
    return level[0]


@dataclass
class TileReader:
    """Reads the hashes and entries of a tree of `size` leaves out of its objects, each fetched once.

    It checks lengths only: what is made with it is to be verified against a checkpoint.
    """

    read: ReadObject
    size: int
    _tiles: dict[Tile, list[Hash]] = field(default_factory=dict)

    def __call__(self, level: int, index: int) -> Hash:
        """The root of the complete subtree over [index·2^level, (index+1)·2^level)."""
        above, span = divmod(level, HEIGHT)
        first = index << span
        hashes = self._hashes(Tile(above, first // WIDTH, self._width(above, first // WIDTH)))
        at = first % WIDTH
        if at + (1 << span) > len(hashes):
            raise InvalidInput(f"a tree of {self.size} leaves has no such subtree", field="index")
        return subtree_root(hashes[at : at + (1 << span)])

    def entry(self, index: int) -> bytes:
        """Entry number `index` of the log."""
        if not 0 <= index < self.size:
            raise InvalidInput(f"a log of {self.size} entries has no such entry", field="index")
        return self.entries(Tile(ENTRIES, index // WIDTH, self._width(0, index // WIDTH)))[index % WIDTH]

    def entries(self, tile: Tile) -> list[bytes]:
        """The entries of a bundle."""
        entries = unbundle(self.read(tile.path))
        if len(entries) != tile.width:
            raise InvalidInput(f"{tile.path} holds {len(entries)} entries", field="bundle")
        return entries

    def partial(self, level: int) -> list[Hash]:
        """The hashes in the partial tile of a level; none when there is no partial tile."""
        count = self.size >> HEIGHT * level
        return list(self._hashes(Tile(level, count // WIDTH, count % WIDTH))) if count % WIDTH else []

    def partial_entries(self) -> list[bytes]:
        """The entries in the partial bundle; none when there is no partial bundle."""
        return self.entries(Tile(ENTRIES, self.size // WIDTH, self.size % WIDTH)) if self.size % WIDTH else []

    def _width(self, level: int, index: int) -> int:
        return min(WIDTH, (self.size >> HEIGHT * level) - index * WIDTH)

    def _hashes(self, tile: Tile) -> list[Hash]:
        if tile not in self._tiles:
            if tile.width < 1:
                raise InvalidInput(f"a tree of {self.size} leaves has no such subtree", field="index")
            hashes = hashes_of(self.read(tile.path))
            if len(hashes) != tile.width:
                raise InvalidInput(f"{tile.path} holds {len(hashes)} hashes", field="tile")
            self._tiles[tile] = hashes
        return self._tiles[tile]


def growth(old: TileReader, entries: Sequence[bytes], levels: Sequence[Sequence[Hash]]) -> dict[str, bytes]:
    """Path → content of every tile and bundle that appending these entries to the tree of `old` makes; `levels` are of `Edge.grow`."""
    new = old.size + len(entries)
    written: dict[str, bytes] = {}
    all_entries = [*old.partial_entries(), *entries]
    for tile, part in _cut(bundles_grown(old.size, new), all_entries, old.size):
        written[tile.path] = bundle(part)
    for level, fresh in enumerate(levels[::HEIGHT]):
        count = old.size >> HEIGHT * level
        hashes = [*old.partial(level), *fresh]
        for tile, nodes in _cut(_grown(level, count, new >> HEIGHT * level), hashes, count):
            written[tile.path] = b"".join(nodes)
    return written


def _cut(tiles: Iterator[Tile], items: Sequence[bytes], old: int) -> Iterator[tuple[Tile, Sequence[bytes]]]:
    """Each tile with its share of `items`, which begin where the partial tile of `old` begins."""
    first = old // WIDTH * WIDTH
    for tile in tiles:
        at = tile.index * WIDTH - first
        yield tile, items[at : at + tile.width]
