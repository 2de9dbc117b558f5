"""Who opened which record, when and why (H-08). Readers see their own; originators see counts by organization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.reading import OpeningRow

_opening = table_of(OpeningRow)

_LAST: Final = (
    sa.select(_opening)
    .where(_opening.c.record_id == sa.bindparam("record"), _opening.c.account_id == sa.bindparam("account"))
    .order_by(_opening.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True)
class Opening:
    """One person opened one version at one time, with a purpose where the marking asks for one."""

    record_id: int
    revision_id: int
    account_id: str
    organization: str
    sector: str
    purpose: str
    at: datetime


def add(db: Session, opening: Opening) -> None:
    """Write it down."""
    db.execute(sa.insert(_opening).values(**opening.__dict__))


def last(db: Session, record_id: int, account_id: str) -> Opening | None:
    """The newest opening of a record by an account."""
    row = db.execute(_LAST, {"record": record_id, "account": account_id}).one_or_none()
    if row is None:
        return None
    return Opening(
        row.record_id, row.revision_id, row.account_id, row.organization, row.sector, row.purpose, row.at
    )


def by_organization(db: Session, record_id: int) -> Mapping[str, int]:
    """People who opened a record, counted by organization, for its originator."""
    people = sa.func.count(sa.distinct(_opening.c.account_id))
    rows = db.execute(
        sa.select(_opening.c.organization, people)
        .where(_opening.c.record_id == record_id)
        .group_by(_opening.c.organization)
    )
    return {str(organization): int(count) for organization, count in rows}


def people(db: Session, record_id: int) -> frozenset[str]:
    """Account ids of all who opened a record: they hear when it is corrected or withdrawn (4.5.2)."""
    return frozenset(
        db.scalars(sa.select(_opening.c.account_id).where(_opening.c.record_id == record_id).distinct())
    )


def of_record(db: Session, record_id: int, *, limit: int = 500) -> Sequence[Opening]:
    """Every opening of one record, newest first: for the auditor's one question, who read it."""
    chosen = (
        sa.select(_opening)
        .where(_opening.c.record_id == record_id)
        .order_by(_opening.c.id.desc())
        .limit(limit)
    )
    return [
        Opening(
            row.record_id, row.revision_id, row.account_id, row.organization, row.sector, row.purpose, row.at
        )
        for row in db.execute(chosen)
    ]
