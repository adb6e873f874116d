"""The Merkle tree of RFC 6962, section 2.1, over SHA-256: roots, inclusion proofs, consistency proofs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from wugan.ledger.problem import NotProved

Hash = bytes  # 32 bytes

Reader = Callable[[int, int], Hash]
"""(level, index) → root of the complete subtree over leaves [index·2^level, (index+1)·2^level)."""

EMPTY_ROOT: Hash = sha256(b"").digest()


def leaf_hash(leaf: bytes) -> Hash:
    """The hash of an entry."""
    return sha256(b"\x00" + leaf).digest()


def leaf_hashes(leaves: Iterable[bytes]) -> list[Hash]:
    """The hashes of entries: `leaf_hash` written out, since calls cost a log's check a tenth of its time."""
    return [sha256(b"\x00" + leaf).digest() for leaf in leaves]


def node_hash(left: Hash, right: Hash) -> Hash:
    """The hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def node_hashes(nodes: Sequence[Hash]) -> list[Hash]:
    """The hashes over neighbours, two by two, as `node_hash`; one that is left over is left out."""
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(nodes[::2], nodes[1::2], strict=False)]


@dataclass(frozen=True)
class Edge:
    """The right edge of a tree: the roots of its complete subtrees, largest first, one per set bit of `size`.

    All that is needed to grow the tree and to know its root.
    """

    size: int = 0
    hashes: tuple[Hash, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError(f"a tree of {self.size} leaves has {self.size.bit_count()} complete subtrees, not {len(self.hashes)}")

    def extend(self, leaf_hashes: Iterable[Hash]) -> Edge:
        """The edge after these leaves were appended."""
        return self.grow(leaf_hashes)[0]

    def grow(self, leaf_hashes: Iterable[Hash]) -> tuple[Edge, list[list[Hash]]]:
        """The edge after these leaves were appended, and for each level from the leaves up the complete subtrees that are new."""
        fresh, rest, kept = list(leaf_hashes), list(self.hashes), []
        size, levels = self.size + len(fresh), []
        for level in range(size.bit_length()):
            levels.append(fresh)
            nodes = [rest.pop(), *fresh] if self.size >> level & 1 else fresh
            if size >> level & 1:
                kept.append(nodes[-1])
            fresh = node_hashes(nodes)
        return Edge(size, tuple(reversed(kept))), levels

    def root(self) -> Hash:
        """The root of the tree."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root


def root_of(leaves: Iterable[bytes]) -> Hash:
    """The root over these entries."""
    return Edge().extend(leaf_hashes(leaves)).root()


def edge_at(read: Reader, size: int) -> Edge:
    """The edge of the tree's first `size` leaves."""
    hashes, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            hashes.append(read(level, start >> level))
            start += 1 << level
    return Edge(size, tuple(hashes))


def inclusion_proof(read: Reader, index: int, size: int) -> list[Hash]:
    """PATH(index, D[size]): the siblings from the leaf to the root."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    proof: list[Hash] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            proof.append(_root_between(read, middle, high))
            high = middle
        else:
            proof.append(_root_between(read, low, middle))
            low = middle
    return proof[::-1]


def consistency_proof(read: Reader, old: int, new: int) -> list[Hash]:
    """PROOF(old, D[new]); empty when old is 0 or equal to new."""
    if not 0 <= old <= new:
        raise ValueError(f"no consistency from {old} to {new}")
    if old in (0, new):
        return []
    proof: list[Hash] = []
    low, high, whole = 0, new, True
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            proof.append(_root_between(read, middle, high))
            high = middle
        else:
            proof.append(_root_between(read, low, middle))
            low, whole = middle, False
    if not whole:
        proof.append(_root_between(read, low, high))
    return proof[::-1]


def root_from_inclusion(leaf: Hash, index: int, size: int, proof: Sequence[Hash]) -> Hash:
    """The root that an inclusion proof leads to (RFC 9162, 2.1.3.2). Raises NotProved when its length is wrong."""
    if not 0 <= index < size:
        raise NotProved(f"there is no leaf {index} in a tree of {size}", field="index")
    node, last, root = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise NotProved("the inclusion proof is too long", field="proof")
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise NotProved("the inclusion proof is too short", field="proof")
    return root


def verify_inclusion(leaf: Hash, index: int, size: int, proof: Sequence[Hash], root: Hash) -> None:
    """Raise NotProved unless the leaf is number `index` of the tree with this size and root."""
    if root_from_inclusion(leaf, index, size, proof) != root:
        raise NotProved("the inclusion proof leads to another root", field="proof")


def verify_consistency(old: int, new: int, proof: Sequence[Hash], old_root: Hash, new_root: Hash) -> None:
    """Raise NotProved unless the tree (new, new_root) only adds leaves to (old, old_root) (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        raise NotProved(f"a tree of {new} leaves cannot follow one of {old}", field="size")
    if old in (0, new):
        _verify_trivial(old, new, proof, old_root, new_root)
        return
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        raise NotProved("the consistency proof is too short", field="proof")
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    from_old = from_new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise NotProved("the consistency proof is too long", field="proof")
        if node & 1 or node == last:
            from_old, from_new = node_hash(sibling, from_old), node_hash(sibling, from_new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            from_new = node_hash(from_new, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise NotProved("the consistency proof is too short", field="proof")
    if from_old != old_root:
        raise NotProved("the consistency proof does not lead to the old root", field="proof")
    if from_new != new_root:
        raise NotProved("the consistency proof does not lead to the new root", field="proof")


def _verify_trivial(old: int, new: int, proof: Sequence[Hash], old_root: Hash, new_root: Hash) -> None:
    if proof:
        raise NotProved("the consistency proof must be empty", field="proof")
    if old == new and old_root != new_root:
        raise NotProved("two roots for one size", field="root")
    if old == 0 and old_root != EMPTY_ROOT:
        raise NotProved("the empty tree has another root", field="root")


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def _root_between(read: Reader, low: int, high: int) -> Hash:
    """MTH(D[low:high]) for a range that the splits of RFC 6962 lead to."""
    size = high - low
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return read(level, low >> level)
    middle = low + _split(size)
    return node_hash(_root_between(read, low, middle), _root_between(read, middle, high))
