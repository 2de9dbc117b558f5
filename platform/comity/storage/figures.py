"""What the transparency report counts, for one stretch of time: labels and times, no titles, no names, no references.

Reads across every marking; what may be shown of it is decided in `domain.transparency` (small cells) and `services.transparency`
(when). A record whose tombstone is forbidden is in no row here: it is counted once, in one total (G-08).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.audit_chain import stamp
from comity.storage.tables.base import table_of
from comity.storage.tables.editorial import DecisionRow, DisputeRow, HoldRow, ReplyRow
from comity.storage.tables.exchange import AuditRow
from comity.storage.tables.records import RecordRow

_record = table_of(RecordRow)
_audit = table_of(AuditRow)
_decision = table_of(DecisionRow)
_hold = table_of(HoldRow)
_reply = table_of(ReplyRow)
_dispute = table_of(DisputeRow)


@dataclass(frozen=True)
class Envelope:
    """A record as a counter sees it."""

    kind: str
    sector: str


@dataclass(frozen=True)
class Moved:
    """A step of the editorial life: of which record (by a number that is used for pairing alone), which, to which state, when."""

    record: int
    step: str
    state: str
    at: datetime


@dataclass(frozen=True)
class Given:
    """A decision with its reason: what, why (a code), by which sector, and the details that count."""

    what: str
    reason: str
    sector: str
    details: dict[str, Any]


def forbidden(db: Session, *, until: datetime) -> frozenset[int]:
    """Records put out of sight before `until` by an order that forbids even a tombstone, also if it was lifted since.

    Told from the reasons, which are never changed, so that the report of a quarter stays what it was.
    """
    rows = db.execute(
        sa.select(_decision.c.record_id, _decision.c.details).where(
            _decision.c.what == "restrict", _decision.c.at < until
        )
    )
    return frozenset(row.record_id for row in rows if row.details.get("forbidden"))


def envelopes(db: Session, *, until: datetime) -> dict[int, Envelope]:
    """Every record that may be counted."""
    hidden = forbidden(db, until=until)
    rows = db.execute(sa.select(_record.c.id, _record.c.kind, _record.c.sector))
    return {row.id: Envelope(row.kind, row.sector) for row in rows if row.id not in hidden}


def steps(db: Session, *, until: datetime) -> Sequence[Moved]:
    """Steps before `until`, in their order, from the audit chain."""
    hidden = forbidden(db, until=until)
    joined = _audit.join(_record, _record.c.ref == _audit.c.object)
    chosen = (
        sa.select(_record.c.id, _audit.c.action, _audit.c.details, _audit.c.at)
        .select_from(joined)
        .where(_audit.c.action.startswith("record."), _audit.c.at < stamp(until))
    )
    return [
        Moved(row.id, row.action.removeprefix("record."), str(row.details.get("state", "")), _time(row.at))
        for row in db.execute(chosen.order_by(_audit.c.seq))
        if row.id not in hidden and "state" in row.details
    ]


def _time(at: str) -> datetime:
    return datetime.strptime(at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def decisions(db: Session, *, since: datetime, until: datetime) -> Sequence[Given]:
    """Reasons given in the time. They carry no label of a record."""
    rows = db.execute(sa.select(_decision).where(_decision.c.at >= since, _decision.c.at < until))
    return [Given(row.what, row.reason_code, row.by_sector, dict(row.details)) for row in rows]


def holds(db: Session, *, since: datetime, until: datetime) -> Sequence[tuple[str, bool]]:
    """(sector that asked, was it granted before `until`) of holds asked for in the time, told from steps that never change."""
    began: dict[int, list[datetime]] = {}
    for one in steps(db, until=until):
        if one.step == "hold":
            began.setdefault(one.record, []).append(one.at)
    rows = db.execute(sa.select(_hold).where(_hold.c.requested_at >= since, _hold.c.requested_at < until))
    return [(row.sector, any(at >= row.requested_at for at in began.get(row.record_id, ()))) for row in rows]


def replies(db: Session, *, since: datetime, until: datetime) -> Sequence[bool]:
    """Had each organization that was invited in the time replied before `until`? Only what is dated is told: a later answer, also a
    refusal to answer, does not change a report that was published.
    """
    rows = db.execute(
        sa.select(_reply.c.received_at).where(_reply.c.invited_at >= since, _reply.c.invited_at < until)
    )
    return [row.received_at is not None and row.received_at < until for row in rows]


def disputes(
    db: Session, *, since: datetime, until: datetime
) -> Sequence[tuple[str, datetime, datetime | None]]:
    """(outcome, raised, decided) of appeals raised in the time, as they stood at its end: what was decided later is not told."""
    rows = db.execute(sa.select(_dispute).where(_dispute.c.raised_at >= since, _dispute.c.raised_at < until))
    return [
        (row.outcome, row.raised_at, row.decided_at)
        if row.decided_at is not None and row.decided_at < until
        else ("", row.raised_at, None)
        for row in rows
    ]


def exceptions(db: Session, *, since: datetime, until: datetime) -> int:
    """Versions for which the second of two officers lifted the personal-data block in the time: one exception, not two voices."""
    chosen = sa.select(_decision).where(_decision.c.what == "personal_data_lifted", _decision.c.at < until)
    agreed: dict[tuple[int, int | None], set[str]] = {}
    complete = 0
    for row in db.execute(chosen.order_by(_decision.c.at, _decision.c.id)):
        roles = agreed.setdefault((row.record_id, row.revision_id), set())
        was_one = len(roles) == 1
        roles.add(str(row.details.get("role")))
        complete += was_one and len(roles) == 2 and row.at >= since
    return complete


def first_day(db: Session) -> datetime | None:
    """When the log begins; None before anything happened."""
    at = db.scalar(sa.select(_audit.c.at).order_by(_audit.c.seq).limit(1))
    return None if at is None else _time(at)
