"""The outbox: what happened, in commit order, in the transaction in which it happened. Followers resume where they stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage import sequences
from comity.storage.tables.base import table_of
from comity.storage.tables.exchange import FollowerRow, OutboxRow

_outbox = table_of(OutboxRow)
_follower = table_of(FollowerRow)


@dataclass(frozen=True)
class Event:
    """One thing that happened to one record (or to none)."""

    seq: int
    what: str
    record_id: int | None
    payload: Mapping[str, Any]
    at: datetime


def append(db: Session, *, what: str, record_id: int | None, payload: Mapping[str, Any], at: datetime) -> int:
    """Write an event; returns its sequence number."""
    seq, _ = sequences.advance(db, "outbox")
    db.execute(
        sa.insert(_outbox).values(seq=seq, what=what, record_id=record_id, payload=dict(payload), at=at)
    )
    return seq


def after(db: Session, seq: int, *, limit: int = 200) -> Sequence[Event]:
    """Events after `seq`, oldest first."""
    rows = db.execute(sa.select(_outbox).where(_outbox.c.seq > seq).order_by(_outbox.c.seq).limit(limit))
    return [Event(row.seq, row.what, row.record_id, row.payload, row.at) for row in rows]


def claim(db: Session, follower: str, *, worker: str, now: datetime, lease: timedelta) -> int | None:
    """Where `follower` stopped, when `worker` may go on from there; None while another worker holds the lease."""
    if db.scalar(sa.select(_follower.c.name).where(_follower.c.name == follower)) is None:
        db.execute(sa.insert(_follower).values(name=follower, seq=0, lease_by=""))
    free = sa.or_(
        _follower.c.lease_until.is_(None), _follower.c.lease_until < now, _follower.c.lease_by == worker
    )
    taking = (
        sa.update(_follower)
        .where(_follower.c.name == follower, free)
        .values(lease_by=worker, lease_until=now + lease)
    )
    seq = db.scalar(taking.returning(_follower.c.seq))
    return None if seq is None else int(seq)


def advance(db: Session, follower: str, seq: int) -> None:
    """`follower` has dealt with everything up to `seq`."""
    db.execute(sa.update(_follower).where(_follower.c.name == follower).values(seq=seq))


def lag(db: Session) -> Mapping[str, int]:
    """How many events each follower is behind."""
    newest, _ = sequences.current(db, "outbox")
    return {row.name: newest - row.seq for row in db.execute(sa.select(_follower.c.name, _follower.c.seq))}


def lease_ends(db: Session) -> Mapping[str, datetime | None]:
    """When the newest lease of each follower ends or ended; None for one that nobody ever took up."""
    rows = db.execute(sa.select(_follower.c.name, _follower.c.lease_until))
    return {row.name: row.lease_until for row in rows}
