"""The tree of RFC 6962: published vectors, and every proof of small trees against the definition itself."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wugan.ledger import merkle
from wugan.ledger.merkle import Edge, Hash
from wugan.ledger.problem import NotProved

# Inputs, roots and proofs of certificate-transparency's C++ tests (merkle_tree_test.cc), which transparency-dev/merkle uses as well.
INPUTS = [bytes.fromhex(h) for h in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
]
CONSISTENCY = [
    (1, 1, []),
    (1, 8, INCLUSION[1][2]),
    (
        6,
        8,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 5, [INCLUSION[1][2][1], INCLUSION[2][2][0]]),
]


def by_definition(leaves: list[bytes]) -> Hash:
    """MTH exactly as RFC 6962 writes it."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + by_definition(leaves[:k]) + by_definition(leaves[k:])).digest()


def leaves_of(count: int) -> list[bytes]:
    return [f"leaf {i}".encode() for i in range(count)]


def reader(leaves: list[bytes]) -> merkle.Reader:
    return lambda level, index: by_definition(leaves[index << level : (index + 1) << level])


@pytest.mark.parametrize("size", range(1, 9))
def test_published_roots(size: int) -> None:
    assert merkle.root_of(INPUTS[:size]).hex() == ROOTS[size - 1]


def test_the_empty_tree() -> None:
    assert merkle.root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(("index", "size", "path"), INCLUSION)
def test_published_inclusion_proofs(index: int, size: int, path: list[str]) -> None:
    proof = merkle.inclusion_proof(reader(INPUTS), index, size)
    assert [h.hex() for h in proof] == path
    merkle.verify_inclusion(merkle.leaf_hash(INPUTS[index]), index, size, proof, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize(("old", "new", "path"), CONSISTENCY)
def test_published_consistency_proofs(old: int, new: int, path: list[str]) -> None:
    proof = merkle.consistency_proof(reader(INPUTS), old, new)
    assert [h.hex() for h in proof] == path
    merkle.verify_consistency(old, new, proof, bytes.fromhex(ROOTS[old - 1]), bytes.fromhex(ROOTS[new - 1]))


@given(st.lists(st.integers(0, 70), max_size=6))
def test_growing_in_any_steps_gives_the_defined_root(steps: list[int]) -> None:
    edge, leaves = Edge(), leaves_of(sum(steps))
    for step in steps:
        edge = edge.extend(map(merkle.leaf_hash, leaves[edge.size : edge.size + step]))
        assert edge.root() == by_definition(leaves[: edge.size])
    assert edge == merkle.edge_at(reader(leaves), len(leaves))


def test_every_proof_of_every_small_tree_holds_and_only_for_its_own_leaf() -> None:
    for size in range(1, 34):
        leaves = leaves_of(size)
        root = by_definition(leaves)
        for index in range(size):
            proof = merkle.inclusion_proof(reader(leaves), index, size)
            merkle.verify_inclusion(merkle.leaf_hash(leaves[index]), index, size, proof, root)
            with pytest.raises(NotProved):
                merkle.verify_inclusion(merkle.leaf_hash(b"another"), index, size, proof, root)
            with pytest.raises(NotProved):
                merkle.verify_inclusion(merkle.leaf_hash(leaves[index]), index, size, [*proof, root], root)
            if proof:
                with pytest.raises(NotProved):
                    merkle.verify_inclusion(merkle.leaf_hash(leaves[index]), index, size, proof[:-1], root)


def test_consistency_between_all_small_trees() -> None:
    leaves = leaves_of(33)
    roots = [by_definition(leaves[:n]) for n in range(34)]
    for new in range(34):
        for old in range(new + 1):
            proof = merkle.consistency_proof(reader(leaves), old, new)
            merkle.verify_consistency(old, new, proof, roots[old], roots[new])
            for wrong in ([*proof, roots[0]], proof[:-1] if proof else [roots[0]]):
                with pytest.raises(NotProved):
                    merkle.verify_consistency(old, new, wrong, roots[old], roots[new])


@given(st.integers(2, 60), st.data())
def test_a_tree_with_another_past_is_never_consistent(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    changed = data.draw(st.integers(0, old - 1))
    leaves = leaves_of(new)
    forged = [*leaves[:changed], b"forged", *leaves[changed + 1 :]]
    proof = merkle.consistency_proof(reader(forged), old, new)
    with pytest.raises(NotProved):
        merkle.verify_consistency(old, new, proof, by_definition(leaves[:old]), by_definition(forged))


@given(st.integers(1, 200), st.integers(0, 200), st.lists(st.binary(min_size=32, max_size=32), max_size=9))
def test_nonsense_is_refused_and_never_crashes(size: int, index: int, proof: list[bytes]) -> None:
    with pytest.raises(NotProved):
        merkle.verify_inclusion(b"x" * 32, index, size, proof, b"y" * 32)
    with pytest.raises(NotProved):
        merkle.verify_consistency(index, size, proof, b"x" * 32, b"y" * 32)


def test_impossible_questions() -> None:
    with pytest.raises(ValueError, match="no leaf 3"):
        merkle.inclusion_proof(reader(INPUTS), 3, 3)
    with pytest.raises(ValueError, match="no consistency"):
        merkle.consistency_proof(reader(INPUTS), 4, 3)
    with pytest.raises(ValueError, match="complete subtrees"):
        Edge(3, (b"x" * 32,))
