"""Onward requests: those that members here make of other originators, and those that others make of ours (4.10.3).

Callers check who may see which: the record's rule on one side, who asked on the other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.federation import OnwardRequestRow

_request = table_of(OnwardRequestRow)


@dataclass(frozen=True)
class OnwardRequest:
    """`outward` means that another node is to answer. Within one node `node_id` is its own and both sides read the same row."""

    id: str
    outward: bool
    record_uid: str
    version: str
    node_id: str
    recipient: str
    purpose: str
    passage: str
    state: str
    asked_at: datetime
    due_at: datetime
    text: str = ""
    asked_by: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None


_FIELDS = tuple(one.name for one in fields(OnwardRequest))


def _from_row(row: sa.Row[Any]) -> OnwardRequest:
    return OnwardRequest(**{name: getattr(row, name) for name in _FIELDS})


def _all(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(_request).where(*conditions).order_by(_request.c.asked_at, _request.c.id)


def add(db: Session, request: OnwardRequest) -> OnwardRequest:
    """Store a new one."""
    db.execute(sa.insert(_request).values(**{name: getattr(request, name) for name in _FIELDS}))
    return request


def store(db: Session, request: OnwardRequest) -> OnwardRequest:
    """Write one back, held by `lock`."""
    values = {name: getattr(request, name) for name in _FIELDS if name != "id"}
    db.execute(sa.update(_request).where(_request.c.id == request.id).values(**values))
    return request


def get(db: Session, request_id: str) -> OnwardRequest | None:
    """One by its id."""
    row = db.execute(_all(_request.c.id == request_id)).one_or_none()
    return None if row is None else _from_row(row)


def lock(db: Session, request_id: str) -> OnwardRequest | None:
    """As `get`, and nobody else changes it until this transaction ends."""
    row = db.execute(_all(_request.c.id == request_id).with_for_update()).one_or_none()
    return None if row is None else _from_row(row)


def of_record(db: Session, record_uid: str) -> Sequence[OnwardRequest]:
    """All about one record, oldest first."""
    return [_from_row(row) for row in db.execute(_all(_request.c.record_uid == record_uid))]


def of_records(db: Session, uids: Collection[str]) -> Sequence[OnwardRequest]:
    """All about these records, oldest first."""
    return [_from_row(row) for row in db.execute(_all(_request.c.record_uid.in_(sorted(uids))))]


def asked_by(db: Session, accounts: Collection[str]) -> Sequence[OnwardRequest]:
    """What these accounts asked, oldest first."""
    return [_from_row(row) for row in db.execute(_all(_request.c.asked_by.in_(sorted(accounts))))]


def to_answer(db: Session, limit: int = 500) -> Sequence[OnwardRequest]:
    """Open requests about records of this node, oldest first. Callers check each record."""
    waiting = (_request.c.state == "open", _request.c.outward.is_(False))
    return [_from_row(row) for row in db.execute(_all(*waiting).limit(limit))]


def overdue(db: Session, now: datetime, limit: int = 200) -> Sequence[OnwardRequest]:
    """Open requests whose time is over, on either side."""
    late = (_request.c.state == "open", _request.c.due_at <= now)
    return [_from_row(row) for row in db.execute(_all(*late).limit(limit))]


def since(db: Session, account_id: str, moment: datetime) -> int:
    """How many requests a person has made since then."""
    mine = (_request.c.asked_by == account_id, _request.c.asked_at > moment)
    return int(db.execute(sa.select(sa.func.count()).select_from(_request).where(*mine)).scalar_one())


def between(db: Session, since: datetime, until: datetime) -> Sequence[OnwardRequest]:
    """What was asked in a time, for the transparency report. `until` is not included."""
    return [
        _from_row(row) for row in db.execute(_all(_request.c.asked_at >= since, _request.c.asked_at < until))
    ]
