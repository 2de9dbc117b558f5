"""Heads of allied nodes' logs as this node saw them: consistent with all before, or evidence of a log that is not one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.ledger import SeenCheckpointRow

_seen = table_of(SeenCheckpointRow)

CONSISTENT: Final = "consistent"
EQUIVOCATION: Final = "equivocation"
EXPLAINED: Final = "explained"
"""People looked into it and took the log up anew. The evidence stays."""


@dataclass(frozen=True)
class Seen:
    """One head. `root` is hex, `note` the signed text, so that anybody can be shown what the node signed."""

    node_id: str
    size: int
    root: str
    note: str
    state: str
    at: datetime


_COLUMNS: Final = tuple(_seen.c[name] for name in Seen.__dataclass_fields__)


def newest(db: Session, node: str) -> Seen | None:
    """The largest head that was consistent with all before it."""
    chosen = sa.select(*_COLUMNS).where(_seen.c.node_id == node, _seen.c.state == CONSISTENT)
    row = db.execute(chosen.order_by(_seen.c.size.desc()).limit(1)).one_or_none()
    return None if row is None else Seen(*row)


def of_size(db: Session, node: str, size: int) -> list[Seen]:
    """Every head of just this size: more than one is an equivocation."""
    chosen = sa.select(*_COLUMNS).where(_seen.c.node_id == node, _seen.c.size == size)
    return [Seen(*row) for row in db.execute(chosen.order_by(_seen.c.id))]


def equivocations(db: Session, node: str) -> list[Seen]:
    """The heads that cannot belong to the log of before, the oldest first."""
    chosen = sa.select(*_COLUMNS).where(_seen.c.node_id == node, _seen.c.state == EQUIVOCATION)
    return [Seen(*row) for row in db.execute(chosen.order_by(_seen.c.id))]


def explain(db: Session, node: str) -> int:
    """Take the log of a node up anew: what was seen of it is kept, and nothing is held against it. Returns how many heads."""
    change = sa.update(_seen).where(_seen.c.node_id == node, _seen.c.state != EXPLAINED)
    return len(db.execute(change.values(state=EXPLAINED).returning(_seen.c.id)).all())


def add(db: Session, seen: Seen) -> bool:
    """Keep a head. False when it was seen before: what was once found out about it stays."""
    known = any(one.root == seen.root for one in of_size(db, seen.node_id, seen.size))
    if not known:
        db.execute(sa.insert(_seen).values(**{one.name: getattr(seen, one.name) for one in _COLUMNS}))
    return not known
