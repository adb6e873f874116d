"""Tiles: paths, which ones a tree has, their content, and reading hashes back out of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wugan.errors import InvalidInput
from wugan.ledger import merkle, tiles
from wugan.ledger.merkle import leaf_hash
from wugan.ledger.tiles import ENTRIES, Tile, TileReader


def entries_of(count: int) -> list[bytes]:
    return [i.to_bytes(3) for i in range(count)]


def built(*sizes: int) -> dict[str, bytes]:
    """All files of a log that grew through these sizes."""
    files: dict[str, bytes] = {}
    edge = merkle.Edge()
    for size in sizes:
        new = entries_of(size)[edge.size :]
        after, levels = edge.grow(map(leaf_hash, new))
        written = tiles.growth(TileReader(files.__getitem__, edge.size), new, levels)
        assert not written.keys() & files.keys()
        files |= written
        edge = after
    return files


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1234067), "tile/0/x001/x234/067"),  # the example of tlog-tiles
        (Tile(0, 0), "tile/0/000"),
        (Tile(ENTRIES, 999), "tile/entries/999"),
        (Tile(ENTRIES, 1000, 17), "tile/entries/x001/000.p/17"),
        (Tile(63, 5, 255), "tile/63/005.p/255"),
    ],
)
def test_paths_both_ways(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert tiles.parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0", "tile/00/000", "tile/64/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/x000/001",
        "tile/0/001/000",
        "tile/0/x001", "tile/-1/000", "/tile/0/000", "tile/0/000/", "tile/0/٠٠٠", "tile/data/000", "tile/0/../../checkpoint", "",
    ],
)  # fmt: skip
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(InvalidInput):
        tiles.parse_path(path)


def test_the_tree_of_70000_from_the_specification() -> None:
    found = list(tiles.tiles_at(70_000))
    assert sum(t.level == 0 and t.width == 256 for t in found) == 273
    partial = [t for t in found if t.width < 256]
    assert [(t.level, t.width) for t in partial] == [(0, 112), (1, 17), (2, 1)]
    assert sum(t.level == 1 and t.width == 256 for t in found) == 1
    assert [(t.level, t.width) for t in tiles.tiles_at(256)] == [(0, 256), (1, 1)]


@settings(max_examples=40)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=8))
def test_every_step_writes_what_a_tree_of_its_size_needs(steps: list[int]) -> None:
    sizes = [sum(steps[: i + 1]) for i in range(len(steps))]
    files = built(*sizes)
    for size in sizes:
        at_once = built(size)
        assert at_once.keys() == {t.path for t in (*tiles.tiles_at(size), *tiles.bundles_at(size))}
        assert all(files[path] == data for path, data in at_once.items())


def test_three_levels() -> None:
    size = 65_536 + 300
    files = built(65_000, size)
    read = TileReader(files.__getitem__, size)
    edge = merkle.Edge().extend(map(leaf_hash, entries_of(size)))
    assert merkle.edge_at(read, size) == edge
    assert len(files["tile/2/000.p/1"]) == 32
    for index in (0, 255, 256, 65_535, 65_536, size - 1):
        proof = merkle.inclusion_proof(read, index, size)
        merkle.verify_inclusion(leaf_hash(read.entry(index)), index, size, proof, edge.root())
    proof = merkle.consistency_proof(read, 1000, size)
    merkle.verify_consistency(1000, size, proof, merkle.root_of(entries_of(1000)), edge.root())


@settings(max_examples=50)
@given(st.integers(1, 1500), st.data())
def test_proofs_from_tiles_hold(size: int, data: st.DataObject) -> None:
    read = TileReader(built(size).__getitem__, size)
    root = merkle.root_of(entries_of(size))
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    merkle.verify_inclusion(leaf_hash(entries_of(size)[index]), index, size, merkle.inclusion_proof(read, index, size), root)
    merkle.verify_consistency(old, size, merkle.consistency_proof(read, old, size), merkle.root_of(entries_of(old)), root)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_both_ways(entries: list[bytes]) -> None:
    assert tiles.unbundle(tiles.bundle(entries)) == entries


@pytest.mark.parametrize("data", [b"\0", b"\0\1", b"\0\2a", b"\0\1ab"])
def test_a_bundle_that_is_cut_short(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        tiles.unbundle(data)


def test_an_entry_that_is_too_long() -> None:
    assert len(tiles.bundle([b"x" * 65_535])) == 65_537
    with pytest.raises(InvalidInput):
        tiles.bundle([b"x" * 65_536])


def test_wrong_files_are_refused() -> None:
    files = built(300)
    files["tile/0/000"] = files["tile/0/000"][:-32]
    files["tile/0/001.p/44"] += b"x"
    files["tile/entries/000"] = b""
    read = TileReader(files.__getitem__, 300)
    for level, index in ((0, 0), (0, 256), (0, 300), (8, 1)):
        with pytest.raises(InvalidInput):
            read(level, index)
    for index in (0, 300):
        with pytest.raises(InvalidInput):
            read.entry(index)
