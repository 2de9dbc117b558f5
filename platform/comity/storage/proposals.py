"""Proposed corrections: those that members here make to other nodes or to each other, and those that came from abroad (J-12).

Callers check who may see which: the record's rule on one side, who proposed on the other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.federation import ProposalRow

_proposal = table_of(ProposalRow)


@dataclass(frozen=True)
class Proposal:
    """`outward` means that another node decides. Within one node `node_id` is its own and both sides read the same row."""

    id: str
    outward: bool
    record_uid: str
    version: str
    node_id: str
    sector: str
    text: str
    claim: Mapping[str, Any]
    state: str
    made_at: datetime
    reason: str = ""
    made_by: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None


_FIELDS = tuple(one.name for one in fields(Proposal))


def _from_row(row: sa.Row[Any]) -> Proposal:
    return Proposal(**{name: getattr(row, name) for name in _FIELDS})


def _to_row(proposal: Proposal) -> dict[str, Any]:
    return {name: getattr(proposal, name) for name in _FIELDS} | {"claim": dict(proposal.claim)}


def _all(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(_proposal).where(*conditions).order_by(_proposal.c.made_at, _proposal.c.id)


def add(db: Session, proposal: Proposal) -> Proposal:
    """Store a new one."""
    db.execute(sa.insert(_proposal).values(**_to_row(proposal)))
    return proposal


def store(db: Session, proposal: Proposal) -> Proposal:
    """Write one back, held by `lock`."""
    values = {name: value for name, value in _to_row(proposal).items() if name != "id"}
    db.execute(sa.update(_proposal).where(_proposal.c.id == proposal.id).values(**values))
    return proposal


def get(db: Session, proposal_id: str) -> Proposal | None:
    """One by its id."""
    row = db.execute(_all(_proposal.c.id == proposal_id)).one_or_none()
    return None if row is None else _from_row(row)


def lock(db: Session, proposal_id: str) -> Proposal | None:
    """As `get`, and nobody else changes it until this transaction ends."""
    row = db.execute(_all(_proposal.c.id == proposal_id).with_for_update()).one_or_none()
    return None if row is None else _from_row(row)


def of_record(db: Session, record_uid: str) -> Sequence[Proposal]:
    """All about one record, oldest first."""
    return [_from_row(row) for row in db.execute(_all(_proposal.c.record_uid == record_uid))]


def made_by(db: Session, accounts: Collection[str]) -> Sequence[Proposal]:
    """What these accounts proposed, oldest first."""
    return [_from_row(row) for row in db.execute(_all(_proposal.c.made_by.in_(sorted(accounts))))]


def to_decide(db: Session, limit: int = 500) -> Sequence[Proposal]:
    """Open proposals about records of this node, oldest first. Callers check each record."""
    waiting = (_proposal.c.state == "open", _proposal.c.outward.is_(False))
    return [_from_row(row) for row in db.execute(_all(*waiting).limit(limit))]


def since(db: Session, account_id: str, moment: datetime) -> int:
    """How many a person has made since then."""
    mine = (_proposal.c.made_by == account_id, _proposal.c.made_at > moment)
    return int(db.execute(sa.select(sa.func.count()).select_from(_proposal).where(*mine)).scalar_one())


def between(db: Session, since: datetime, until: datetime) -> Sequence[Proposal]:
    """What was proposed in a time, for the transparency report. `until` is not included."""
    return [
        _from_row(row) for row in db.execute(_all(_proposal.c.made_at >= since, _proposal.c.made_at < until))
    ]
