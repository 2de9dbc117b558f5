"""How far the import of one file has come. Written in the transaction of the batch, so that it never says more than is stored."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.exchange import ImportRow

_run = table_of(ImportRow)


@dataclass(frozen=True)
class Run:
    """One import. `done` is the position of the last row that was dealt with; `digest` names file, format, source and owner."""

    digest: str
    format: str
    name: str
    done: int
    added: int
    refused: int
    finished: bool
    started_at: datetime
    updated_at: datetime


def get(db: Session, digest: str) -> Run | None:
    """The run with this digest."""
    row = db.execute(sa.select(_run).where(_run.c.digest == digest)).one_or_none()
    return None if row is None else Run(*row)


def save(db: Session, run: Run) -> None:
    """Write it, new or not."""
    values = asdict(run)
    written = db.execute(
        sa.update(_run).where(_run.c.digest == run.digest).values(**values).returning(_run.c.digest)
    )
    if written.one_or_none() is None:
        db.execute(sa.insert(_run).values(**values))
