"""Votes, holds, replies, disputes and reasons: children of a record, which the caller has read under the viewer's rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.editorial import DecisionRow, DisputeRow, HoldRow, ReplyRow, VoteRow


@dataclass(frozen=True)
class StoredVote:
    """A reviewer's vote as it was cast. `conflicts` are those that the system found; they are never counted (G-21, G-22)."""

    record_id: int
    revision_id: int
    reviewer: str
    organization: str
    sector: str
    decision: str
    at: datetime
    majority_government_funded: bool = False
    devils_advocate: bool = False
    innocent_explanation: str = ""
    interests: Sequence[str] = ()
    conflicts: Sequence[str] = ()
    reason_code: str = ""
    comment: str = ""
    dissent: str = ""
    id: int = 0


@dataclass(frozen=True)
class StoredHold:
    """A request to pause; `state` is asked, in_force, refused or ended."""

    record_id: int
    state: str
    requested_by: str
    sector: str
    reason_code: str
    text: str
    requested_at: datetime
    ends_at: datetime
    votes: Sequence[Mapping[str, Any]] = ()
    renewals: int = 0
    id: int = 0


@dataclass(frozen=True)
class StoredReply:
    """The slot of one named organization."""

    record_id: int
    entity_id: str
    entity_name: str
    state: str
    invited_at: datetime | None = None
    due_at: datetime | None = None
    received_at: datetime | None = None
    waiver_reason: str = ""
    text: str = ""
    edited_note: str = ""
    id: int = 0


@dataclass(frozen=True)
class StoredDispute:
    """An appeal; `state` is received, open, decided or dismissed."""

    record_id: int
    state: str
    raised_by: str
    grounds: str
    raised_at: datetime
    due_at: datetime
    claim_ids: Sequence[str] = ()
    outcome: str = ""
    outcome_text: str = ""
    decided_at: datetime | None = None
    id: int = 0


@dataclass(frozen=True)
class Decision:
    """A reason somebody gave for something (G-09)."""

    record_id: int
    what: str
    by: str
    at: datetime
    revision_id: int | None = None
    by_sector: str = ""
    reason_code: str = ""
    text: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0


Child = TypeVar("Child", StoredVote, StoredHold, StoredReply, StoredDispute, Decision)

_TABLES: Mapping[type[Any], sa.Table] = {
    StoredVote: table_of(VoteRow),
    StoredHold: table_of(HoldRow),
    StoredReply: table_of(ReplyRow),
    StoredDispute: table_of(DisputeRow),
    Decision: table_of(DecisionRow),
}


_OF_RECORD: Mapping[type[Any], sa.Select[Any]] = {
    kind: sa.select(table).where(table.c.record_id == sa.bindparam("record")).order_by(table.c.id)
    for kind, table in _TABLES.items()
}
_PRESENT: Final = sa.select(
    *(
        sa.exists().where(table.c.record_id == sa.bindparam("record")).label(f"has_{table.name}")
        for table in _TABLES.values()
    )
)


def _values(child: Any) -> dict[str, Any]:
    return {name: _plain(value) for name, value in asdict(child).items() if name != "id"}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def add(db: Session, child: Child) -> Child:
    """Store a new child; its `id` is given by the database."""
    table = _TABLES[type(child)]
    new_id = db.execute(sa.insert(table).values(**_values(child)).returning(table.c.id)).scalar_one()
    return replace(child, id=int(new_id))


def store(db: Session, child: Child) -> Child:
    """Write a child back."""
    table = _TABLES[type(child)]
    db.execute(sa.update(table).where(table.c.id == child.id).values(**_values(child)))
    return child


def of_record(db: Session, kind: type[Child], record_id: int) -> list[Child]:
    """All children of one kind, oldest first."""
    return [_child(kind, row) for row in db.execute(_OF_RECORD[kind], {"record": record_id})]


def present(db: Session, record_id: int) -> frozenset[type[Any]]:
    """Which kinds of children a record has at all: one question, so that a page asks on only for what is there."""
    row = db.execute(_PRESENT, {"record": record_id}).one()
    return frozenset(kind for kind, there in zip(_TABLES, row, strict=True) if there)


def of_records(db: Session, kind: type[Child], record_ids: Sequence[int]) -> dict[int, list[Child]]:
    """The same for several records at once, for lists."""
    table = _TABLES[kind]
    found: dict[int, list[Child]] = {}
    for row in db.execute(sa.select(table).where(table.c.record_id.in_(record_ids)).order_by(table.c.id)):
        found.setdefault(row.record_id, []).append(_child(kind, row))
    return found


def in_state(db: Session, kind: type[Child], *states: str) -> list[Child]:
    """Holds, replies or disputes in these states, for the node's clock and the queues. Callers check each record."""
    table = _TABLES[kind]
    return [
        _child(kind, row)
        for row in db.execute(sa.select(table).where(table.c.state.in_(states)).order_by(table.c.id))
    ]


def given(db: Session, *what: str) -> list[Decision]:
    """Every reason given for one of these, oldest first, for the node's clock. Callers check each record."""
    table = _TABLES[Decision]
    rows = db.execute(sa.select(table).where(table.c.what.in_(what)).order_by(table.c.id))
    return [_child(Decision, row) for row in rows]


def _child(kind: type[Child], row: sa.Row[Any]) -> Child:
    return kind(**{item.name: getattr(row, item.name) for item in fields(kind)})
