"""A Merkle tree over leaves that are only ever added, and the proofs about it (RFC 9162 §2.1; hashes as in RFC 6962).

What is stored are the hashes of complete subtrees, `(level, index)` counted from the left; every root and proof is made of O(log n)
of them. So each question says first which hashes it needs and is answered from them: nothing in here reads anything.
Decides whether a leaf is in a tree, and whether one tree only adds to another. Refuses to know what a leaf says, who signed a head,
and where hashes are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

Place = tuple[int, int]
"""Level (0 are leaves) and number from the left of one complete subtree."""

Range = tuple[int, int]
"""Leaves from the first (inclusive) to the last (exclusive)."""

Hashes = Mapping[Place, bytes]
"""The stored hashes that a question asked for. `KeyError` when one is missing."""

SIZE: Final = 32
EMPTY: Final = hashlib.sha256(b"").digest()
"""Root of the tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf; the first byte keeps a leaf from being taken for a node."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def cover(leaves: Range) -> list[Place]:
    """The complete subtrees, from the left, that a subtree over `leaves` is made of. It begins where such a subtree may begin."""
    start, end = leaves
    found: list[Place] = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def hash_of(leaves: Range, hashes: Hashes) -> bytes:
    """The hash over `leaves`, from those of `cover(leaves)`."""
    parts = [hashes[place] for place in cover(leaves)]
    if not parts:
        return EMPTY
    found = parts.pop()
    while parts:
        found = node_hash(parts.pop(), found)
    return found


def needed(ranges: Iterable[Range]) -> list[Place]:
    """All the stored hashes that these ranges take."""
    return [place for one in ranges for place in cover(one)]


def left_of(size: int) -> list[Place]:
    """The stored hashes that the leaf number `size` is joined with when it is added."""
    return [(level, (size >> level) - 1) for level in range(_ones(size))]


def appended(size: int, leaf: bytes, hashes: Hashes) -> list[tuple[Place, bytes]]:
    """The subtrees that become complete when `leaf` is added to a tree of `size`, with their hashes."""
    made = [((0, size), leaf)]
    for level in range(_ones(size)):
        leaf = node_hash(hashes[level, (size >> level) - 1], leaf)
        made.append(((level + 1, size >> (level + 1)), leaf))
    return made


def _ones(size: int) -> int:
    """How many bits at the low end are set: so many subtrees end with the next leaf."""
    return (~size & (size + 1)).bit_length() - 1


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """What the proof that leaf `index` is in the tree of `size` is made of, the nearest first. `ValueError` when it is not."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    found: list[Range] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        beside = (middle, end) if index < middle else (start, middle)
        found.append(beside)
        start, end = (start, middle) if index < middle else (middle, end)
    return found[::-1]


def consistency_ranges(first: int, second: int) -> list[Range]:
    """What the proof that the tree of `second` begins with that of `first` is made of. `ValueError` unless 0 < first <= second."""
    if not 0 < first <= second:
        raise ValueError(f"no proof leads from {first} to {second}")
    found: list[Range] = []
    start, end, whole = 0, second, True
    while first < end:
        middle = start + _split(end - start)
        if first <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start, whole = middle, False
    return (found if whole else [*found, (start, end)])[::-1]


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def proof(ranges: Sequence[Range], hashes: Hashes) -> list[bytes]:
    """The proof itself."""
    return [hash_of(one, hashes) for one in ranges]


def verify_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Is `leaf` the leaf number `index` of the tree of `size` with this `root`? RFC 9162 §2.1.3.2. `leaf` is a leaf hash."""
    if not 0 <= index < size or not _are_hashes(leaf, root, *proof):
        return False
    place, last, found = index, size - 1, leaf
    for beside in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(beside, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, beside)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(
    *, first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes
) -> bool:
    """Does the tree of `second` begin with the very leaves of the tree of `first`? RFC 9162 §2.1.4.2.

    No proof leads from an empty tree, since it would prove nothing; the empty tree is consistent with itself alone.
    """
    if not 0 <= first <= second or not _are_hashes(first_root, second_root, *proof):
        return False
    if first == second:
        return not proof and first_root == second_root and (first > 0 or first_root == EMPTY)
    return first > 0 and _leads(first, second, list(proof), first_root, second_root)


def _leads(first: int, second: int, proof: list[bytes], first_root: bytes, second_root: bytes) -> bool:
    if not proof:
        return False
    if first & (first - 1) == 0:
        proof = [first_root, *proof]
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = proof[0]
    for beside in proof[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(beside, old), node_hash(beside, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, beside)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _are_hashes(*values: bytes) -> bool:
    """A hash has 32 bytes: an empty leaf and an empty root would otherwise be proved by nothing."""
    return all(len(one) == SIZE for one in values)


class Grown:
    """A tree that was grown leaf by leaf in memory, of which only what the next leaf needs is kept: for walking a whole log."""

    def __init__(self) -> None:
        self.size = 0
        self._right: list[bytes] = []
        """The complete subtrees of the tree from the left, as `cover` gives their places."""

    def add(self, leaf: bytes) -> None:
        """One leaf hash more."""
        for _ in range(_ones(self.size)):
            leaf = node_hash(self._right.pop(), leaf)
        self._right.append(leaf)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root of the tree so far."""
        places = cover((0, self.size))
        return hash_of((0, self.size), dict(zip(places, self._right, strict=True)))
