"""Walk the node's own log from its first leaf and say whether it is whole: leaves, tree, signed heads.

Also checks a proof that somebody brought, with the keys this node knows.
"""

from __future__ import annotations

from dataclasses import dataclass

from comity.domain import ledger as tree
from comity.domain.checkpoint import read_head
from comity.domain.commitment import commitment
from comity.domain.proof import Checked, Proof, check
from comity.domain.signing import Refused
from comity.services.sign import keys_of
from comity.services.unit import Unit
from comity.storage import ledger
from comity.storage.ledger import Checkpoint, Leaf


@dataclass(frozen=True)
class Whole:
    """Every leaf is what was written, and every signed head covers just these. `root` is hex."""

    size: int
    root: str
    heads: int


@dataclass(frozen=True)
class Damaged:
    """The first leaf that does not hold (or the number of leaves, for a head), and why."""

    at: int
    why: str


def verify_log(unit: Unit) -> Whole | Damaged:
    """The verdict. It finds what was altered, taken out or put in; only witnesses find a log that was written anew as a whole."""
    heads = {head.size: head for head in ledger.checkpoints(unit.db)}
    kept = ledger.size(unit.db)
    grown = tree.Grown()
    for leaf in ledger.walk(unit.db):
        if why := _fault(leaf, grown.size):
            return Damaged(grown.size, why)
        grown.add(tree.leaf_hash(bytes.fromhex(leaf.commitment)))
        head = heads.get(grown.size)
        if head is not None and (why := _head_fault(unit, head, grown)):
            return Damaged(grown.size, why)
    if grown.size != kept or max(heads, default=0) > kept:
        return Damaged(grown.size, f"{max(kept, *heads, 0)} leaves were written and {grown.size} are there")
    stored = ledger.hashes(unit.db, tree.cover((0, grown.size)))
    if len(stored) != len(tree.cover((0, grown.size))) or tree.hash_of((0, grown.size), stored) != grown.root:
        return Damaged(grown.size, "the stored hashes of the tree are not those of its leaves")
    return Whole(grown.size, grown.root.hex(), len(heads))


def _fault(leaf: Leaf, expected: int) -> str:
    if leaf.index != expected:
        return f"leaf {leaf.index} stands where {expected} belongs"
    try:
        made = commitment(leaf.entry, bytes.fromhex(leaf.salt)).hex()
    except ValueError:
        return "it is no readable leaf"
    if made != leaf.commitment:
        return "its entry is not what was committed to"
    told = (leaf.entry.get("index"), leaf.entry.get("what"), leaf.entry.get("record"))
    return (
        "" if told == (leaf.index, leaf.what, leaf.record_uid) else "its columns are not what its entry says"
    )


def _head_fault(unit: Unit, head: Checkpoint, grown: tree.Grown) -> str:
    """A head that a revoked key signed says nothing by its signature any more; its root must still be the root."""
    if head.root != grown.root.hex():
        return "the leaves are not those of the head that was signed"
    own = unit.node.node_id
    try:
        read = read_head(head.note, own, keys_of(unit, own), now=unit.now)
    except Refused as refused:
        return (
            "" if refused.reason == "unknown-key" and _by_a_revoked_key(unit) else f"a head: {refused.reason}"
        )
    return "" if (read.size, read.root) == (head.size, grown.root) else "the signed head says something else"


def _by_a_revoked_key(unit: Unit) -> bool:
    return any(key.revoked_at is not None for key in keys_of(unit, unit.node.node_id))


def verify_proof(unit: Unit, proof: Proof) -> Checked:
    """A proof of this node or of an allied one. Raises `Refused` with a named reason."""
    return check(proof, lambda node: keys_of(unit, node), now=unit.now)
