"""Sign-ins that have not ended. A session is found by the hash of a random secret; the secret itself is nowhere in here (S30)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.people import SessionRow

_session = table_of(SessionRow)
_COLUMNS = (
    _session.c.hash,
    _session.c.account_id,
    _session.c.second_factor,
    _session.c.created_at,
    _session.c.seen_at,
    _session.c.ends_at,
)

_BY_HASH: Final = sa.select(*_COLUMNS).where(_session.c.hash == sa.bindparam("hash"))


@dataclass(frozen=True)
class SignIn:
    """One sign-in. `second_factor` says whether a code was given in it; `ends_at` is the end in any case."""

    hash: str
    account_id: str
    second_factor: bool
    created_at: datetime
    seen_at: datetime
    ends_at: datetime


def add(db: Session, sign_in: SignIn) -> None:
    """Begin a session."""
    values = {column.name: getattr(sign_in, column.name) for column in _COLUMNS}
    db.execute(sa.insert(_session).values(**values, openings={}))


def get(db: Session, session_hash: str) -> SignIn | None:
    """The session with this hash, whether or not its time is over."""
    row = db.execute(_BY_HASH, {"hash": session_hash}).one_or_none()
    return None if row is None else SignIn(*row)


def of(db: Session, account_id: str) -> list[SignIn]:
    """All sessions of one account, newest first."""
    query = (
        sa.select(*_COLUMNS).where(_session.c.account_id == account_id).order_by(_session.c.created_at.desc())
    )
    return [SignIn(*row) for row in db.execute(query)]


def touch(db: Session, session_hash: str, *, now: datetime) -> None:
    """It was used at `now`."""
    db.execute(sa.update(_session).where(_session.c.hash == session_hash).values(seen_at=now))


def rotate(db: Session, old: str, new: str, *, second_factor: bool, now: datetime, ends_at: datetime) -> None:
    """Give the session another secret: the old one is void from now on."""
    change = sa.update(_session).where(_session.c.hash == old)
    db.execute(change.values(hash=new, second_factor=second_factor, seen_at=now, ends_at=ends_at))


def end(db: Session, session_hash: str) -> bool:
    """End one session. False when it was not there."""
    gone = sa.delete(_session).where(_session.c.hash == session_hash)
    return db.scalar(gone.returning(_session.c.account_id)) is not None


def end_all(db: Session, account_id: str, *, but: str = "") -> int:
    """End every session of an account, but for the one with hash `but`. Returns how many."""
    gone = sa.delete(_session).where(_session.c.account_id == account_id, _session.c.hash != but)
    return len(db.scalars(gone.returning(_session.c.hash)).all())


def prune(db: Session, *, now: datetime, idle_since: datetime) -> int:
    """Forget sessions whose time is over. Returns how many."""
    over = sa.or_(_session.c.ends_at <= now, _session.c.seen_at <= idle_since)
    return len(db.scalars(sa.delete(_session).where(over).returning(_session.c.hash)).all())
