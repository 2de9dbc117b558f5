"""Attempts counted under a key, and how long the next one has to wait. Keys are hashes: no e-mail and no address is kept.

An attempt is counted before it is judged, so that a hundred guesses at the same moment are a hundred guesses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.people import ThrottleRow

_throttle = table_of(ThrottleRow)
LONGEST: Final = timedelta(minutes=15)
FORGOTTEN_AFTER: Final = timedelta(hours=1)


@dataclass(frozen=True)
class _Counted:
    since: datetime
    failures: int
    until: datetime | None


def take(db: Session, key: str, *, free: int, now: datetime) -> timedelta:
    """Count one attempt under `key`. Zero when it may go on, otherwise how long to wait (and then it was not counted).

    After `free` attempts each further one doubles the wait, from one second up to `LONGEST`.
    """
    counted = _locked(db, key, now)
    if counted.until is not None and counted.until > now:
        return max(counted.until - now, timedelta(seconds=1))
    failures = 1 if now - counted.since > FORGOTTEN_AFTER else counted.failures + 1
    over = min(failures - free, 20)
    until = now + min(timedelta(seconds=2 ** (over - 1)), LONGEST) if over > 0 else None
    change = sa.update(_throttle).where(_throttle.c.key == key)
    db.execute(change.values(failures=failures, until=until, since=now))
    return timedelta()


def _locked(db: Session, key: str, now: datetime) -> _Counted:
    query = sa.select(_throttle.c.since, _throttle.c.failures, _throttle.c.until).where(
        _throttle.c.key == key
    )
    row = db.execute(query.with_for_update()).one_or_none()
    if row is None:
        try:
            with db.begin_nested():
                db.execute(sa.insert(_throttle).values(key=key, failures=0, since=now))
        except IntegrityError:
            pass  # Another attempt made the row first; its lock is waited for below.
        row = db.execute(query.with_for_update()).one()
    return _Counted(row.since, row.failures, row.until)


def give_back(db: Session, key: str) -> None:
    """The attempt that was just counted was a right one. Earlier wrong ones under the key stay counted."""
    counted = sa.update(_throttle).where(_throttle.c.key == key, _throttle.c.failures > 0)
    db.execute(counted.values(failures=_throttle.c.failures - 1, until=None))


def clear(db: Session, key: str) -> None:
    """Somebody proved who they are: forget the attempts under `key`."""
    db.execute(sa.delete(_throttle).where(_throttle.c.key == key))


def prune(db: Session, *, now: datetime) -> None:
    """Forget keys that nobody tried for long."""
    db.execute(sa.delete(_throttle).where(_throttle.c.since < now - FORGOTTEN_AFTER))
