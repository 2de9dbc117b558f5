"""Signed notices on their way to the inbox of one allied node: kept until they were taken, with what went wrong meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.federation import OutgoingRow

_outgoing = table_of(OutgoingRow)


@dataclass(frozen=True)
class Letter:
    """One notice. `next_try` is None when it was taken, or when it is tried no more: a dead letter, which has an `error`."""

    id: int
    node_id: str
    notice_id: str
    body: str
    tries: int
    next_try: datetime | None
    error: str
    at: datetime
    sent_at: datetime | None


def _from_row(row: sa.Row[Any]) -> Letter:
    return Letter(**{name: getattr(row, name) for name in Letter.__dataclass_fields__})


def add(db: Session, *, node_id: str, notice_id: str, body: str, at: datetime) -> None:
    """Queue one, due at once."""
    db.execute(
        sa.insert(_outgoing).values(
            node_id=node_id, notice_id=notice_id, body=body, tries=0, next_try=at, error="", at=at
        )
    )


def due_nodes(db: Session, *, now: datetime) -> list[str]:
    """Nodes for which something is due."""
    chosen = sa.select(_outgoing.c.node_id).where(_outgoing.c.next_try <= now).distinct()
    return sorted(db.scalars(chosen))


def take(db: Session, node_id: str, *, now: datetime, until: datetime, limit: int) -> Sequence[Letter]:
    """The next letters for a node, the oldest first. Nobody else is given them before `until`."""
    chosen = (
        sa.select(_outgoing.c.id)
        .where(_outgoing.c.node_id == node_id, _outgoing.c.next_try <= now)
        .order_by(_outgoing.c.id)
        .limit(limit)
    )
    ids = list(db.scalars(chosen))
    if not ids:
        return []
    free = sa.update(_outgoing).where(_outgoing.c.id.in_(ids), _outgoing.c.next_try <= now)
    rows = db.execute(free.values(next_try=until).returning(*_outgoing.c))
    return sorted((_from_row(row) for row in rows), key=lambda letter: letter.id)


def put_back(db: Session, ids: Sequence[int], *, at: datetime) -> None:
    """They did not fit: due again at once."""
    if ids:
        db.execute(sa.update(_outgoing).where(_outgoing.c.id.in_(list(ids))).values(next_try=at))


def sent(db: Session, ids: Sequence[int], *, at: datetime) -> None:
    """They were taken. What they said is with the node that has them; here the fact stays."""
    if ids:
        change = sa.update(_outgoing).where(_outgoing.c.id.in_(list(ids)))
        db.execute(change.values(sent_at=at, next_try=None, error="", body=""))


def failed(db: Session, ids: Sequence[int], *, error: str, next_try: datetime | None) -> None:
    """They were not taken: tried again at `next_try`, or never when it is None."""
    if ids:
        change = sa.update(_outgoing).where(_outgoing.c.id.in_(list(ids)))
        db.execute(change.values(tries=_outgoing.c.tries + 1, error=error[:60], next_try=next_try))


def dead(db: Session, *, limit: int = 200) -> Sequence[Letter]:
    """Letters that are tried no more, newest first: somebody should look."""
    lost = (_outgoing.c.sent_at.is_(None), _outgoing.c.next_try.is_(None))
    return [
        _from_row(row)
        for row in db.execute(sa.select(_outgoing).where(*lost).order_by(_outgoing.c.id.desc()).limit(limit))
    ]


def unsent(db: Session, node_id: str) -> Sequence[Letter]:
    """Every letter for a node that it is not known to have, the oldest first: for who carries them by hand."""
    chosen = sa.select(_outgoing).where(_outgoing.c.node_id == node_id, _outgoing.c.sent_at.is_(None))
    return [_from_row(row) for row in db.execute(chosen.order_by(_outgoing.c.id))]


def waiting(db: Session) -> dict[str, int]:
    """How many letters wait, by node."""
    rows = db.execute(
        sa.select(_outgoing.c.node_id, sa.func.count())
        .where(_outgoing.c.sent_at.is_(None), _outgoing.c.next_try.is_not(None))
        .group_by(_outgoing.c.node_id)
    )
    return {str(node): int(count) for node, count in rows}


def revive(db: Session, letter_id: int, *, now: datetime) -> bool:
    """Try a dead letter again. False when it is none."""
    lost = (_outgoing.c.id == letter_id, _outgoing.c.sent_at.is_(None), _outgoing.c.next_try.is_(None))
    change = sa.update(_outgoing).where(*lost).values(next_try=now, tries=0)
    return db.scalar(change.returning(_outgoing.c.id)) is not None
