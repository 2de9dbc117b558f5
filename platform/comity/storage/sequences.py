"""Counters locked by the transaction that uses them: gap-free and in commit order on every database (exchange rule 1)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.exchange import SequenceRow

_sequence = table_of(SequenceRow)


def advance(db: Session, name: str) -> tuple[int, str]:
    """The next number of `name` and the head kept beside it. The row stays locked until the transaction ends."""
    step = sa.update(_sequence).where(_sequence.c.name == name).values(value=_sequence.c.value + 1)
    row = db.execute(step.returning(_sequence.c.value, _sequence.c.head)).one_or_none()
    if row is None:
        _begin(db, name)
        return advance(db, name)
    return int(row.value), str(row.head)


def take(db: Session, name: str, count: int) -> tuple[int, str]:
    """The next `count` numbers of `name`: the first of them, and the head kept beside it."""
    first, head = advance(db, name)
    if count > 1:
        more = _sequence.c.value + (count - 1)
        db.execute(sa.update(_sequence).where(_sequence.c.name == name).values(value=more))
    return first, head


def hold(db: Session, name: str) -> None:
    """Lock `name` without advancing it, as the first of several: who locks in one order never waits for each other."""
    if db.scalar(sa.select(_sequence.c.value).where(_sequence.c.name == name).with_for_update()) is None:
        _begin(db, name)
        db.scalar(sa.select(_sequence.c.value).where(_sequence.c.name == name).with_for_update())


def _begin(db: Session, name: str) -> None:
    """Two transactions may be the first at once: the one that comes second goes on with the row of the other."""
    try:
        with db.begin_nested():
            db.execute(sa.insert(_sequence).values(name=name, value=0, head=""))
    except sa.exc.IntegrityError:
        return


def keep_head(db: Session, name: str, head: str) -> None:
    """Keep a word beside the counter, such as the newest hash of a chain."""
    db.execute(sa.update(_sequence).where(_sequence.c.name == name).values(head=head))


def current(db: Session, name: str) -> tuple[int, str]:
    """The last number given and the head; `(0, "")` when none was."""
    row = db.execute(
        sa.select(_sequence.c.value, _sequence.c.head).where(_sequence.c.name == name)
    ).one_or_none()
    return (0, "") if row is None else (int(row.value), str(row.head))
