"""The tree agrees with RFC 6962's own words, with the golden vectors of others, and refuses every proof that was bent."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.domain import ledger
from comity.domain.ledger import Place, verify_consistency, verify_inclusion

VECTORS = Path(__file__).parent / "vectors" / "merkle_rfc6962.jsonl.gz"
"""All 196 of transparency-dev/merkle's testdata at 417fb0c3 (Apache-2.0), committed so that this is never skipped."""
STRICTER = {"consistency/additional/sizes-are-equal-one-and-proof-is-empty.json"}
"""Taken by others although its equal “roots” are 11 letters: here a root is a hash, everywhere."""
MOST = 130


def vectors() -> list[dict[str, Any]]:
    with gzip.open(VECTORS, "rt") as lines:
        return [json.loads(line) for line in lines]


def proof_of(vector: dict[str, Any]) -> list[bytes]:
    return [b64decode(one) for one in vector["proof"] or ()]


class Tree:
    """Grown leaf by leaf as a node grows it: what is stored, and nothing else."""

    def __init__(self, leaves: int = 0) -> None:
        self.stored: dict[Place, bytes] = {}
        self.leaves: list[bytes] = []
        for number in range(leaves):
            self.add(ledger.leaf_hash(b"%d" % number))

    def add(self, leaf: bytes) -> None:
        size = len(self.leaves)
        read = {place: self.stored[place] for place in ledger.left_of(size)}
        made = ledger.appended(size, leaf, read)
        assert not self.stored.keys() & {place for place, _ in made}, "a hash is never written twice"
        self.stored.update(made)
        self.leaves.append(leaf)

    def root(self, size: int) -> bytes:
        return ledger.hash_of((0, size), self.stored)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        return ledger.proof(ledger.inclusion_ranges(index, size), self.stored)

    def consistency(self, first: int, second: int) -> list[bytes]:
        return ledger.proof(ledger.consistency_ranges(first, second), self.stored)


WHOLE = Tree(MOST)


def as_the_rfc_says(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162 §2.1.1, word by word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + as_the_rfc_says(leaves[:k]) + as_the_rfc_says(leaves[k:])).digest()


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: str(vector["path"]))
def test_the_golden_vectors(vector: dict[str, Any]) -> None:
    if "leafIdx" in vector:
        holds = verify_inclusion(
            index=vector["leafIdx"],
            size=vector["treeSize"],
            leaf=b64decode(vector["leafHash"]),
            proof=proof_of(vector),
            root=b64decode(vector["root"]),
        )
    else:
        holds = verify_consistency(
            first=vector["size1"],
            second=vector["size2"],
            proof=proof_of(vector),
            first_root=b64decode(vector["root1"]),
            second_root=b64decode(vector["root2"]),
        )
    assert holds is not (vector["wantErr"] or vector["path"] in STRICTER), vector["desc"]


def test_the_golden_vectors_are_all_there() -> None:
    read = vectors()
    assert (len(read), sum(not one["wantErr"] for one in read)) == (196, 12)
    shared = Path(os.environ.get("COMITY_SHARED", "../shared")) / "data" / "crypto" / VECTORS.name
    if shared.exists():
        assert shared.read_bytes() == VECTORS.read_bytes()


def test_the_corners_are_decided_and_not_left_to_chance() -> None:
    empty, full, other = ledger.EMPTY, WHOLE.root(8), WHOLE.root(9)
    assert verify_consistency(first=0, second=0, proof=[], first_root=empty, second_root=empty)
    assert not verify_consistency(first=0, second=0, proof=[], first_root=full, second_root=full)
    assert not verify_consistency(first=0, second=8, proof=[], first_root=empty, second_root=full)
    assert not verify_consistency(first=0, second=8, proof=[full], first_root=empty, second_root=full)
    assert not verify_consistency(first=8, second=8, proof=[], first_root=full, second_root=other)
    assert not verify_consistency(first=9, second=8, proof=[full], first_root=other, second_root=full)
    assert not verify_inclusion(index=0, size=1, leaf=b"", proof=[], root=b"")
    assert not verify_inclusion(index=0, size=0, leaf=empty, proof=[], root=empty)
    assert not verify_inclusion(index=-1, size=1, leaf=full, proof=[], root=full)
    for impossible in ((0, 3), (4, 3), (-1, 3)):
        with pytest.raises(ValueError, match="no proof leads"):
            ledger.consistency_ranges(*impossible)
    for impossible in ((3, 3), (-1, 3), (0, 0)):
        with pytest.raises(ValueError, match="is not in a tree"):
            ledger.inclusion_ranges(*impossible)


@pytest.mark.parametrize("size", range(MOST + 1))
def test_every_root_is_what_the_rfc_says(size: int) -> None:
    assert Tree(size).root(size) == WHOLE.root(size) == as_the_rfc_says(WHOLE.leaves[:size])


@pytest.mark.parametrize("size", range(1, MOST))
def test_every_proof_of_every_tree_holds_and_none_holds_for_its_neighbour(size: int) -> None:
    root = WHOLE.root(size)
    for index in range(size):
        proof = WHOLE.inclusion(index, size)
        leaf = WHOLE.leaves[index]
        assert verify_inclusion(index=index, size=size, leaf=leaf, proof=proof, root=root)
        assert not verify_inclusion(index=index + 1, size=size, leaf=leaf, proof=proof, root=root)
        assert not verify_inclusion(
            index=index, size=size, leaf=WHOLE.leaves[index + 1], proof=proof, root=root
        )
    for first in range(1, size + 1):
        proof = WHOLE.consistency(first, size)
        for before, holds in ((WHOLE.root(first), True), (WHOLE.root(first + 1), False)):
            found = verify_consistency(
                first=first, second=size, proof=proof, first_root=before, second_root=root
            )
            assert found is holds


def bent(data: st.DataObject, proof: list[bytes]) -> list[list[bytes]]:
    """The proof with one bit turned, one part missing, one too many at either end."""
    place = data.draw(st.integers(0, len(proof) - 1), label="place")
    bit = data.draw(st.integers(0, 255), label="bit")
    turned = bytearray(proof[place])
    turned[bit // 8] ^= 1 << bit % 8
    changed = [*proof[:place], bytes(turned), *proof[place + 1 :]]
    return [
        changed,
        [*proof[:place], *proof[place + 1 :]],
        [*proof, ledger.EMPTY],
        [ledger.EMPTY, *proof],
    ]


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_proof_that_was_bent_anywhere_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, MOST), label="size")
    first = data.draw(st.integers(1, size - 1), label="first")
    index = data.draw(st.integers(0, size - 1), label="index")
    leaf, root = WHOLE.leaves[index], WHOLE.root(size)
    for proof in bent(data, WHOLE.inclusion(index, size)):
        assert not verify_inclusion(index=index, size=size, leaf=leaf, proof=proof, root=root)
    for proof in bent(data, WHOLE.consistency(first, size)):
        assert not verify_consistency(
            first=first, second=size, proof=proof, first_root=WHOLE.root(first), second_root=root
        )


@given(st.integers(1, 2**50), st.data())
@settings(max_examples=200, deadline=None)
def test_no_question_needs_more_than_a_few_stored_hashes(size: int, data: st.DataObject) -> None:
    deep = size.bit_length()
    index = data.draw(st.integers(0, size - 1))
    first = data.draw(st.integers(1, size))
    for ranges in (
        [(0, size)],
        ledger.inclusion_ranges(index, size),
        ledger.consistency_ranges(first, size),
    ):
        places = ledger.needed(ranges)
        assert len(places) <= 2 * deep
        assert all((number + 1) << level <= size for level, number in places), "only what is complete"
    assert len(ledger.left_of(size)) <= deep


def test_a_leaf_is_no_node() -> None:
    left, right = WHOLE.leaves[:2]
    assert ledger.leaf_hash(left + right) != ledger.node_hash(left, right)
