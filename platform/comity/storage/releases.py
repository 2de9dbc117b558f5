"""Release decisions: which version of which restricted record goes to whom at which node, and how far that has come (F-02).

Children of a record, which the caller has read under the viewer's rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.federation import ReleaseDecisionRow

_decision = table_of(ReleaseDecisionRow)

ASKED, AGREED, EXECUTED, REFUSED = "asked", "agreed", "executed", "refused"
"""The states of a decision."""


@dataclass(frozen=True)
class ReleaseDecision:
    """`state` is asked, agreed, executed or refused; `reasons` say why it was refused."""

    record_id: int
    revision_id: int
    node_id: str
    organizations: tuple[str, ...]
    purpose: str
    conditions: str
    state: str
    asked_by: str
    asked_at: datetime
    agreed_by: str = ""
    agreed_at: datetime | None = None
    executed_by: str = ""
    executed_at: datetime | None = None
    reasons: tuple[str, ...] = ()
    id: int = 0


_FIELDS = tuple(one.name for one in fields(ReleaseDecision))


def _from_row(row: sa.Row[Any]) -> ReleaseDecision:
    values = {name: getattr(row, name) for name in _FIELDS}
    return ReleaseDecision(
        **{**values, "organizations": tuple(row.organizations), "reasons": tuple(row.reasons)}
    )


def _to_row(decision: ReleaseDecision) -> dict[str, Any]:
    values = {name: getattr(decision, name) for name in _FIELDS if name != "id"}
    return {**values, "organizations": list(decision.organizations), "reasons": list(decision.reasons)}


def add(db: Session, decision: ReleaseDecision) -> ReleaseDecision:
    """Store a new one; its `id` is given by the database."""
    chosen = sa.insert(_decision).values(**_to_row(decision)).returning(_decision.c.id)
    return replace(decision, id=int(db.execute(chosen).scalar_one()))


def store(db: Session, decision: ReleaseDecision) -> ReleaseDecision:
    """Write one back. The caller holds its record."""
    db.execute(sa.update(_decision).where(_decision.c.id == decision.id).values(**_to_row(decision)))
    return decision


def get(db: Session, decision_id: int) -> ReleaseDecision | None:
    """One by its number."""
    row = db.execute(sa.select(_decision).where(_decision.c.id == decision_id)).one_or_none()
    return None if row is None else _from_row(row)


def of_record(db: Session, record_id: int) -> Sequence[ReleaseDecision]:
    """All about one record, newest first."""
    chosen = sa.select(_decision).where(_decision.c.record_id == record_id).order_by(_decision.c.id.desc())
    return [_from_row(row) for row in db.execute(chosen)]


def in_state(db: Session, *states: str, limit: int = 500) -> Sequence[ReleaseDecision]:
    """All in these states, oldest first. Callers check each record."""
    chosen = sa.select(_decision).where(_decision.c.state.in_(states)).order_by(_decision.c.id)
    return [_from_row(row) for row in db.execute(chosen.limit(limit))]


def sent_to(db: Session, record_id: int, node_id: str) -> Sequence[ReleaseDecision]:
    """What was carried out for one node: the versions of a record that it was given."""
    mine = (
        _decision.c.record_id == record_id,
        _decision.c.node_id == node_id,
        _decision.c.state == "executed",
    )
    return [_from_row(row) for row in db.execute(sa.select(_decision).where(*mine).order_by(_decision.c.id))]


def between(db: Session, since: datetime, until: datetime) -> Sequence[ReleaseDecision]:
    """What was asked for in a time, for the transparency report. `until` is not included."""
    inside = (_decision.c.asked_at >= since, _decision.c.asked_at < until)
    return [_from_row(row) for row in db.execute(sa.select(_decision).where(*inside))]
