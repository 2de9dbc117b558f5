"""What became of each POST (TAXII 2.1 §4.3): kept for a day, for the one who posted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.taxii import StatusRow

_status = table_of(StatusRow)
KEPT: Final = timedelta(days=1)


def put(db: Session, status_id: str, *, owner: str, body: str, at: datetime) -> None:
    """Keep one, and forget those that are older than a day."""
    db.execute(sa.delete(_status).where(_status.c.at < at - KEPT))
    db.execute(sa.insert(_status).values(id=status_id, owner=owner, body=body, at=at))


def get(db: Session, status_id: str, *, owner: str) -> str | None:
    """The text of one, for its owner alone."""
    chosen = sa.select(_status.c.body).where(_status.c.id == status_id, _status.c.owner == owner)
    return db.scalar(chosen)
