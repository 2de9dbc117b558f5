"""How far each allied node's feed was read here, when it is looked at again, and which worker is at it.

A lease lets one worker at a time read one feed; it ends by itself, so that a worker that was killed blocks nobody for long. Decides
nothing about when to look.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.federation import PullRow
from comity.storage.tables.taxii import CollectionRow, ObjectRow

_pull = table_of(PullRow)
_object = table_of(ObjectRow)
_collection = table_of(CollectionRow)
FEED: Final = "records"


@dataclass(frozen=True)
class Pull:
    """Where the reading of one feed stands. Counts are over all time: received = applied + unchanged + ignored + quarantined."""

    node_id: str
    cursor: str
    feed: str
    due_at: datetime
    failures: int
    error: str
    lease_by: str
    lease_until: datetime | None
    worked_at: datetime | None
    received: int
    applied: int
    unchanged: int
    ignored: int
    quarantined: int
    poked_seq: int


@dataclass(frozen=True)
class Counts:
    """What became of the objects of one page."""

    received: int = 0
    applied: int = 0
    unchanged: int = 0
    ignored: int = 0
    quarantined: int = 0

    def __add__(self, other: Counts) -> Counts:
        names = Counts.__dataclass_fields__
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def reconciled(self) -> bool:
        """Is every object accounted for (S24)?"""
        return self.received == self.applied + self.unchanged + self.ignored + self.quarantined


def _from_row(row: sa.Row[tuple[object, ...]]) -> Pull:
    return Pull(**{name: getattr(row, name) for name in Pull.__dataclass_fields__})


def ensure(db: Session, node_id: str, *, now: datetime) -> None:
    """A row for a node whose feed was never read, due at once."""
    if db.scalar(sa.select(_pull.c.node_id).where(_pull.c.node_id == node_id)) is not None:
        return
    try:
        with db.begin_nested():
            empty = dict.fromkeys(("cursor", "feed", "error", "lease_by"), "")
            zero = dict.fromkeys(
                ("failures", "received", "applied", "unchanged", "ignored", "quarantined", "poked_seq"), 0
            )
            db.execute(sa.insert(_pull).values(node_id=node_id, due_at=now, **empty, **zero))
    except sa.exc.IntegrityError:  # another worker was first
        return


def get(db: Session, node_id: str) -> Pull | None:
    """One reading."""
    row = db.execute(sa.select(_pull).where(_pull.c.node_id == node_id)).one_or_none()
    return None if row is None else _from_row(row)


def listed(db: Session) -> list[Pull]:
    """All, by node."""
    return [_from_row(row) for row in db.execute(sa.select(_pull).order_by(_pull.c.node_id))]


def due(db: Session, *, now: datetime) -> list[str]:
    """Nodes whose feed is due and free of another worker's lease, the longest waiting first."""
    free = sa.or_(_pull.c.lease_until.is_(None), _pull.c.lease_until < now)
    chosen = sa.select(_pull.c.node_id).where(_pull.c.due_at <= now, free).order_by(_pull.c.due_at)
    return list(db.scalars(chosen))


def claim(db: Session, node_id: str, *, worker: str, now: datetime, until: datetime) -> Pull | None:
    """The reading, when `worker` may go on with it now; None while another one has it.

    Until it is finished it counts as due at `until`, so that whoever wakes it meanwhile is noticed, and a killed worker too.
    """
    free = sa.or_(_pull.c.lease_until.is_(None), _pull.c.lease_until < now, _pull.c.lease_by == worker)
    taking = sa.update(_pull).where(_pull.c.node_id == node_id, free)
    row = db.execute(
        taking.values(lease_by=worker, lease_until=until, due_at=until).returning(*_pull.c)
    ).one_or_none()
    return None if row is None else _from_row(row)


def advance(
    db: Session, node_id: str, *, worker: str, cursor: str, feed: str, counts: Counts, now: datetime, until: datetime
) -> bool:  # fmt: skip
    """The page up to `cursor` is dealt with. False when the lease was lost meanwhile: then nothing of it may stand."""
    moved = sa.update(_pull).where(_pull.c.node_id == node_id, _pull.c.lease_by == worker)
    values = {
        "cursor": cursor,
        "feed": feed,
        "worked_at": now,
        "lease_until": until,
        **{name: _pull.c[name] + getattr(counts, name) for name in Counts.__dataclass_fields__},
    }
    return db.scalar(moved.values(**values).returning(_pull.c.node_id)) is not None


def finish(
    db: Session, node_id: str, *, worker: str, claimed: datetime, due_at: datetime, failures: int, error: str
) -> None:
    """The reading is over for now. One that was asked for anew since it was `claimed` stays due when it was asked for."""
    mine = (_pull.c.node_id == node_id, _pull.c.lease_by == worker)
    planned = sa.literal(due_at, _pull.c.due_at.type)
    next_time = sa.case((_pull.c.due_at < claimed, _pull.c.due_at), else_=planned)
    values = {
        "due_at": next_time,
        "failures": failures,
        "error": error[:60],
        "lease_by": "",
        "lease_until": None,
    }
    db.execute(sa.update(_pull).where(*mine).values(**values))


def wake(db: Session, node_id: str, *, at: datetime) -> None:
    """The feed has something new: read it at `at`, unless that was planned for earlier."""
    sooner = sa.update(_pull).where(_pull.c.node_id == node_id, _pull.c.due_at > at)
    db.execute(sooner.values(due_at=at))


def restart(db: Session, node_id: str) -> None:
    """Forget how far the feed was read: the next reading begins at its first object."""
    db.execute(sa.update(_pull).where(_pull.c.node_id == node_id).values(cursor=""))


def poked(db: Session, node_id: str, seq: int) -> bool:
    """The node is told of our feed up to `seq`, by whoever asks first: False for all others."""
    behind = sa.update(_pull).where(_pull.c.node_id == node_id, _pull.c.poked_seq < seq)
    return db.scalar(behind.values(poked_seq=seq).returning(_pull.c.node_id)) is not None


def feed_id(db: Session) -> str:
    """The collection that is our feed; empty before there is one."""
    return db.scalar(sa.select(_collection.c.id).where(_collection.c.alias == FEED)) or ""


def feed_head(db: Session) -> int:
    """The number of the newest object in our feed; 0 for an empty one."""
    newest = sa.select(_object.c.seq).where(_object.c.collection_id == feed_id(db))
    return db.scalar(newest.order_by(_object.c.added_us.desc()).limit(1)) or 0


def totals(db: Session, node_id: str) -> Counts:
    """The counts of one node over all time."""
    found = get(db, node_id)
    if found is None:
        return Counts()
    return Counts(**{name: getattr(found, name) for name in Counts.__dataclass_fields__})
