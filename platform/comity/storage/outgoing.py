"""Signed notices on their way to the inbox of one allied node: kept until they were taken."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.federation import OutgoingRow

_outgoing = table_of(OutgoingRow)


def add(db: Session, *, node_id: str, notice_id: str, body: str, at: datetime) -> None:
    """Queue one, due at once."""
    db.execute(
        sa.insert(_outgoing).values(
            node_id=node_id, notice_id=notice_id, body=body, tries=0, next_try=at, error="", at=at
        )
    )
