"""Trust groups: for each the newest list of its members, whole, with the signed notice it came in. Callers check who may see it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.trust_group import TrustGroup
from comity.storage.tables.base import table_of
from comity.storage.tables.federation import TrustGroupRow

_group = table_of(TrustGroupRow)


def _from_row(row: sa.Row[Any]) -> TrustGroup:
    values = {name: getattr(row, name) for name in TrustGroup.__dataclass_fields__}
    return TrustGroup(**{**values, "members": tuple(values["members"])})


def get(db: Session, group_id: str, *, lock: bool = False) -> TrustGroup | None:
    """One group; `lock` holds it until the transaction ends, so that versions are taken one after the other."""
    query = sa.select(_group).where(_group.c.id == group_id)
    row = db.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _from_row(row)


def listed(db: Session) -> list[TrustGroup]:
    """All that this node knows of, by id."""
    return [_from_row(row) for row in db.execute(sa.select(_group).order_by(_group.c.id))]


def shared(db: Session, *, here: str) -> list[TrustGroup]:
    """Those in which this node is."""
    return [group for group in listed(db) if group.holds(here)]


def put(db: Session, group: TrustGroup) -> None:
    """Replace the list of a group as a whole, or begin one. Raises `ValueError` unless the version rises and the owner stays."""
    values = asdict(group) | {"members": list(group.members)}
    older = sa.update(_group).where(
        _group.c.id == group.id, _group.c.owner == group.owner, _group.c.version < group.version
    )
    if db.scalar(older.values(**values).returning(_group.c.id)) is not None:
        return
    if get(db, group.id) is not None:
        raise ValueError("the version of a group's list only rises, and its owner stays")
    db.execute(sa.insert(_group).values(**values))
