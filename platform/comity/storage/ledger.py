"""The transparency log as rows: leaves, the hashes of complete subtrees, this node's heads, and who cosigned them.

A leaf is added in the transaction that did what it says, and nothing is ever changed. Hashes are public; what a leaf says is there
only for those who may know of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain import ledger
from comity.domain.access import visible_to
from comity.domain.ledger import Place
from comity.domain.viewer import Viewer
from comity.storage import sequences
from comity.storage.audiences import satisfies
from comity.storage.tables.base import table_of
from comity.storage.tables.ledger import CheckpointRow, CosignatureRow, LeafRow, TreeNodeRow

_leaf = table_of(LeafRow)
_node = table_of(TreeNodeRow)
_checkpoint = table_of(CheckpointRow)
_cosignature = table_of(CosignatureRow)

KEY: Final = "key"
"""What a leaf about a signing key is called."""

_COUNTER: Final = "ledger"
_AT_ONCE: Final = 100
"""Places asked for in one statement, well below the depth of expressions and the number of values that databases take."""


@dataclass(frozen=True)
class Leaf:
    """Leaf `index` commits, with `salt`, to `entry`. `commitment` and `salt` are hex."""

    index: int
    what: str
    record_uid: str
    entry: Mapping[str, Any]
    salt: str
    commitment: str
    audience_id: int | None
    at: datetime


@dataclass(frozen=True)
class Checkpoint:
    """A signed head. `root` is hex; `note` is its text with this node's signature alone."""

    size: int
    root: str
    note: str
    at: datetime


@dataclass(frozen=True)
class Cosignature:
    """The line that a witness puts under a head."""

    size: int
    witness: str
    line: str
    at: datetime


_LEAF: Final = tuple(_leaf.c[name] for name in Leaf.__dataclass_fields__)
_HEAD: Final = tuple(_checkpoint.c[name] for name in Checkpoint.__dataclass_fields__)
_WITNESSED: Final = tuple(_cosignature.c[name] for name in Cosignature.__dataclass_fields__)


def size(db: Session) -> int:
    """How many leaves there are."""
    return sequences.current(db, _COUNTER)[0]


def next_index(db: Session) -> int:
    """The number of the next leaf. The log stays locked until the transaction ends, so there is never a gap and never a fork.

    Every unit that adds a leaf also writes to the audit chain, before or after: both take the chain's lock first, so neither waits
    for the other.
    """
    sequences.hold(db, "audit")
    return sequences.advance(db, _COUNTER)[0] - 1


def append(db: Session, leaf: Leaf) -> None:
    """Add the leaf whose number `next_index` gave in this transaction, and the subtrees that it completes."""
    values = {column.name: getattr(leaf, column.name) for column in _LEAF}
    db.execute(sa.insert(_leaf).values(**{**values, "entry": dict(leaf.entry)}))
    own = ledger.leaf_hash(bytes.fromhex(leaf.commitment))
    made = ledger.appended(leaf.index, own, hashes(db, ledger.left_of(leaf.index)))
    rows = [{"level": level, "index": number, "hash": value.hex()} for (level, number), value in made]
    db.execute(sa.insert(_node), rows)


def hashes(db: Session, places: Collection[Place]) -> dict[Place, bytes]:
    """The stored hashes of these subtrees: one statement for a question about a tree, one look into the index for each place."""
    wanted = sorted(set(places))
    found: dict[Place, bytes] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        # Not `(level, index) IN (…)`: SQLite reads the whole table for that.
        some = (
            sa.and_(_node.c.level == level, _node.c.index == number)
            for level, number in wanted[start : start + _AT_ONCE]
        )
        chosen = sa.select(_node.c.level, _node.c.index, _node.c.hash).where(sa.or_(sa.false(), *some))
        for level, number, value in db.execute(chosen):
            found[level, number] = bytes.fromhex(value)
    return found


def index_of(db: Session, leaf_hash: bytes) -> int | None:
    """The number of the leaf with this hash."""
    found = sa.select(_node.c.index).where(_node.c.level == 0, _node.c.hash == leaf_hash.hex())
    return db.scalar(found.order_by(_node.c.index).limit(1))


def leaves_of(db: Session, viewer: Viewer, record_uid: str) -> list[Leaf]:
    """What was written about one record and `viewer` may know. Whoever asks must have found the record under the same viewer."""
    chosen = sa.select(*_LEAF).where(_leaf.c.record_uid == record_uid, _leaf.c.record_uid != "")
    return [Leaf(*row) for row in db.execute(chosen.where(_known(viewer)).order_by(_leaf.c.index))]


def leaf_of(db: Session, viewer: Viewer, index: int) -> Leaf | None:
    """One leaf, when the viewer may know of it."""
    row = db.execute(sa.select(*_LEAF).where(_leaf.c.index == index, _known(viewer))).one_or_none()
    return None if row is None else Leaf(*row)


def about_node(db: Session, viewer: Viewer, *, limit: int = 200) -> list[Leaf]:
    """What the node wrote about itself and no record, newest first."""
    chosen = sa.select(*_LEAF).where(_leaf.c.record_uid == "", _known(viewer))
    return [Leaf(*row) for row in db.execute(chosen.order_by(_leaf.c.index.desc()).limit(limit))]


def walk(db: Session, *, batch: int = 500) -> Iterator[Leaf]:
    """Every leaf in order, in batches, for verification by the node itself."""
    after = -1
    while True:
        some = sa.select(*_LEAF).where(_leaf.c.index > after).order_by(_leaf.c.index).limit(batch)
        leaves = [Leaf(*row) for row in db.execute(some)]
        if not leaves:
            return
        yield from leaves
        after = leaves[-1].index


def _known(viewer: Viewer) -> sa.ColumnElement[bool]:
    """By the audience it was written with. Without one it is about the node: keys are anyone's to know, the rest the auditor's."""
    if viewer.is_system:
        return sa.true()
    of_the_node = sa.and_(_leaf.c.audience_id.is_(None), _leaf.c.record_uid == "")
    if not viewer.may("read_audit_log", "yes"):
        of_the_node = sa.and_(of_the_node, _leaf.c.what == KEY)
    return sa.or_(of_the_node, satisfies(visible_to(viewer), _leaf.c.audience_id))


def add_checkpoint(db: Session, head: Checkpoint) -> None:
    """Keep a signed head."""
    db.execute(sa.insert(_checkpoint).values(**{one.name: getattr(head, one.name) for one in _HEAD}))


def newest_checkpoint(db: Session) -> Checkpoint | None:
    """The head with the most leaves."""
    row = db.execute(sa.select(*_HEAD).order_by(_checkpoint.c.size.desc()).limit(1)).one_or_none()
    return None if row is None else Checkpoint(*row)


def checkpoint_of(db: Session, size: int) -> Checkpoint | None:
    """The head of just this size."""
    row = db.execute(sa.select(*_HEAD).where(_checkpoint.c.size == size)).one_or_none()
    return None if row is None else Checkpoint(*row)


def checkpoints(db: Session) -> list[Checkpoint]:
    """Every signed head, the oldest first."""
    return [Checkpoint(*row) for row in db.execute(sa.select(*_HEAD).order_by(_checkpoint.c.size))]


def put_cosignature(db: Session, given: Cosignature) -> None:
    """Keep the line of a witness; a newer one of the same witness takes its place."""
    here = (_cosignature.c.size == given.size, _cosignature.c.witness == given.witness)
    db.execute(sa.delete(_cosignature).where(*here))
    db.execute(sa.insert(_cosignature).values(**{one.name: getattr(given, one.name) for one in _WITNESSED}))


def cosignatures(db: Session, size: int) -> Sequence[Cosignature]:
    """Who cosigned the head of this size."""
    chosen = sa.select(*_WITNESSED).where(_cosignature.c.size == size).order_by(_cosignature.c.witness)
    return [Cosignature(*row) for row in db.execute(chosen)]


def last_cosigned(db: Session) -> Mapping[str, int]:
    """The largest head that each witness cosigned."""
    rows = db.execute(
        sa.select(_cosignature.c.witness, sa.func.max(_cosignature.c.size)).group_by(_cosignature.c.witness)
    )
    return {str(witness): int(most) for witness, most in rows}
