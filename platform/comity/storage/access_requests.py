"""Requests for access: who asked, in what words, and the record they meant where there is one. Callers check who may see which."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.reading import AccessRequestRow

_request = table_of(AccessRequestRow)


@dataclass(frozen=True)
class AccessRequest:
    """One request. `record_id` is None when nothing here has that reference."""

    account_id: str
    about: str
    reason: str
    created_at: datetime
    record_id: int | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    id: int = 0


def _from_row(row: sa.Row[Any]) -> AccessRequest:
    return AccessRequest(**{name: getattr(row, name) for name in AccessRequest.__dataclass_fields__})


def add(db: Session, request: AccessRequest) -> None:
    """Store a new one."""
    values = {name: getattr(request, name) for name in AccessRequest.__dataclass_fields__ if name != "id"}
    db.execute(sa.insert(_request).values(**values))


def since(db: Session, account_id: str, moment: datetime) -> int:
    """How many requests a person has made since then."""
    mine = (_request.c.account_id == account_id, _request.c.created_at > moment)
    return int(db.execute(sa.select(sa.func.count()).select_from(_request).where(*mine)).scalar_one())


def waiting(db: Session) -> list[AccessRequest]:
    """All that nobody has closed, oldest first."""
    chosen = sa.select(_request).where(_request.c.closed_at.is_(None)).order_by(_request.c.id)
    return [_from_row(row) for row in db.execute(chosen)]


def close(db: Session, ids: Collection[int], *, by: str, now: datetime) -> None:
    """Somebody has dealt with these."""
    chosen = sa.update(_request).where(_request.c.id.in_(sorted(ids)))
    db.execute(chosen.values(closed_at=now, closed_by=by))
