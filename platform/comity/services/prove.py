"""Give proofs about the log: that a leaf is in it, that it only grew, and, for a record, what was written down about it.

Paths of hashes are for anybody, since they tell nothing. What a leaf says, with the salt that opens it, is there only for those who
may read the record and the leaf.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from comity.domain import ledger as tree
from comity.domain.errors import NotFound
from comity.domain.proof import Proof, in_base64
from comity.domain.record import Record
from comity.services.sign_head import served
from comity.services.unit import Unit
from comity.storage import ledger
from comity.storage.ledger import Checkpoint, Cosignature, Leaf


@dataclass(frozen=True)
class Path:
    """A proof about trees: the hashes from a leaf to the root of `size`, or from the tree of `first` to that of `size`."""

    size: int
    first: int
    hashes: Sequence[bytes]


@dataclass(frozen=True)
class Written:
    """A leaf as its reader has it. `proof` is None until a signed head covers it, which takes seconds."""

    leaf: Leaf
    proof: Proof | None


def newest(unit: Unit) -> Checkpoint:
    """The newest signed head, or `NotFound` on a node whose log is empty."""
    head = newest_or_none(unit)
    if head is None:
        raise NotFound
    return head


def newest_or_none(unit: Unit) -> Checkpoint | None:
    """The newest signed head, for a page that is there without one."""
    return ledger.newest_checkpoint(unit.db)


def witnesses_of(unit: Unit, head: Checkpoint) -> Sequence[Cosignature]:
    """Who cosigned a head."""
    return ledger.cosignatures(unit.db, head.size)


def inclusion(
    unit: Unit, *, size: int, index: int | None = None, leaf: bytes | None = None
) -> tuple[int, Path]:
    """That a leaf, by its number or its hash, is in the tree of `size`. `NotFound` for what is not, or under no signed head yet."""
    if index is None:
        index = ledger.index_of(unit.db, leaf or b"")
    if index is None or not 0 <= index < size <= newest(unit).size:
        raise NotFound
    return index, _path(unit, size, index, tree.inclusion_ranges(index, size))


def consistency(unit: Unit, *, first: int, second: int) -> Path:
    """That the tree of `second` begins with that of `first`. `NotFound` for sizes that no signed head reaches."""
    if not 0 < first <= second <= newest(unit).size:
        raise NotFound
    return _path(unit, second, first, tree.consistency_ranges(first, second))


def _path(unit: Unit, size: int, first: int, ranges: Sequence[tree.Range]) -> Path:
    return Path(size, first, tree.proof(ranges, ledger.hashes(unit.db, tree.needed(ranges))))


def about_record(unit: Unit, record: Record) -> list[Written]:
    """What the log says of a record that was found under this very viewer, as far as they may know of it."""
    return [written(unit, leaf) for leaf in ledger.leaves_of(unit.db, unit.viewer, record.uid)]


def about_node(unit: Unit) -> list[Written]:
    """What the log says of the node itself: its keys, and for those who audit also membership."""
    return [written(unit, leaf) for leaf in ledger.about_node(unit.db, unit.viewer)]


def one(unit: Unit, index: int, *, of: Record | None = None) -> Written:
    """One leaf: about the node itself, or about the record `of`, which was found under this viewer. `NotFound` for any other."""
    leaf = ledger.leaf_of(unit.db, unit.viewer, index) if index >= 0 else None
    if leaf is None or leaf.record_uid != (of.uid if of else ""):
        raise NotFound
    return written(unit, leaf)


def written(unit: Unit, leaf: Leaf) -> Written:
    """The leaf with its proof under the newest head."""
    head = ledger.newest_checkpoint(unit.db)
    if head is None or head.size <= leaf.index:
        return Written(leaf, None)
    _, path = inclusion(unit, size=head.size, index=leaf.index)
    return Written(
        leaf,
        Proof(
            entry=dict(leaf.entry),
            salt=leaf.salt,
            index=leaf.index,
            inclusion=in_base64(path.hashes),
            checkpoint=served(unit, head),
        ),
    )
