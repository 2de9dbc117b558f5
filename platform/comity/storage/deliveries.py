"""What became of each version of our objects at each allied node: fetched, and then what the node said, with its signed words.

Written by the read side of the exchange (who fetched what) and by the answers that come back. A row never goes back to `fetched`:
what was said weighs more than what was seen. Children of a record; whoever asks has read it under the viewer's rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.federation import DeliveryRow

_delivery = table_of(DeliveryRow)

_AT_ONCE: Final = 500
FETCHED: Final = "fetched"
DONE: Final = "done"
RECALLED: Final = "recalled"


@dataclass(frozen=True)
class Fetched:
    """One version of one object that a node took with it. `version` is the object's `modified` as it is written."""

    stix_id: str
    version: str
    record_id: int | None


@dataclass(frozen=True)
class Delivery:
    """`state` is fetched, applied, refused, recalled, partly or done. `answer` is the id of the signed notice that said so."""

    node_id: str
    stix_id: str
    version: str
    record_id: int | None
    state: str
    at: datetime
    reason: str = ""
    detail: str = ""
    answer: str = ""


def _from_row(row: sa.Row[Any]) -> Delivery:
    return Delivery(
        node_id=row.node_id,
        stix_id=row.stix_id,
        version=row.version,
        record_id=row.record_id,
        state=row.state,
        at=row.at,
        reason=row.reason,
        detail=row.detail,
        answer=row.answer,
    )


def note(db: Session, node_id: str, fetched: Sequence[Fetched], *, at: datetime) -> frozenset[int]:
    """Write down what a node took, in one statement. Returns the ids of records of which it took a version for the first time."""
    known = _known(db, node_id, fetched)
    fetched = [one for one in fetched if (one.stix_id, one.version) not in known]
    if not fetched:
        return frozenset()
    rows = [
        {
            "node_id": node_id,
            "stix_id": one.stix_id,
            "version": one.version,
            "record_id": one.record_id,
            "state": FETCHED,
            "reason": "",
            "detail": "",
            "at": at,
            "answer": "",
        }
        for one in fetched
    ]
    made = _inserting(db).on_conflict_do_nothing(index_elements=["node_id", "stix_id", "version"])
    db.execute(made, rows)  # without asking for what came of it, the driver takes the whole page at once
    return frozenset(one.record_id for one in fetched if one.record_id is not None)


def _known(db: Session, node_id: str, fetched: Sequence[Fetched]) -> frozenset[tuple[str, str]]:
    """What the node took before: an ally that reads its last page again costs one question."""
    ids = sorted({one.stix_id for one in fetched})
    found: set[tuple[str, str]] = set()
    for start in range(0, len(ids), _AT_ONCE):
        chosen = sa.select(_delivery.c.stix_id, _delivery.c.version).where(
            _delivery.c.node_id == node_id, _delivery.c.stix_id.in_(ids[start : start + _AT_ONCE])
        )
        found |= {(row.stix_id, row.version) for row in db.execute(chosen)}
    return frozenset(found)


def _inserting(db: Session) -> Any:
    dialect = db.get_bind().dialect.name
    return postgresql.insert(_delivery) if dialect == "postgresql" else sqlite.insert(_delivery)


def answered(
    db: Session,
    node_id: str,
    stix_id: str,
    version: str = "",
    *,
    state: str,
    at: datetime,
    reason: str = "",
    detail: str = "",
    answer: str = "",
    unless: Sequence[str] = (),
) -> int:
    """What the node said became of a version it took (empty: of every version). Returns how many rows it was about.

    A row in a state of `unless` is left as it is: what was said of a recall is newer than what is said of the version.
    """
    chosen = sa.update(_delivery).where(_delivery.c.node_id == node_id, _delivery.c.stix_id == stix_id)
    if version:
        chosen = chosen.where(_delivery.c.version == version)
    if unless:
        chosen = chosen.where(_delivery.c.state.not_in(list(unless)))
    done = chosen.values(state=state, at=at, reason=reason[:60], detail=detail[:300], answer=answer)
    return len(db.execute(done.returning(_delivery.c.id)).all())


def move(
    db: Session,
    record_id: int,
    node_id: str,
    stix_ids: Sequence[str],
    *,
    state: str,
    at: datetime,
    before: datetime | None = None,
) -> None:
    """Every version of these objects at one node gets a state: they were recalled, or the node is done with them.

    `before` leaves out what the node took after that moment.
    """
    chosen = sa.update(_delivery).where(
        _delivery.c.record_id == record_id,
        _delivery.c.node_id == node_id,
        _delivery.c.stix_id.in_(list(stix_ids)),
    )
    if before is not None:
        chosen = chosen.where(sa.or_(_delivery.c.at <= before, _delivery.c.state == RECALLED))
    db.execute(chosen.values(state=state, at=at))


def of_record(db: Session, record_id: int) -> Sequence[Delivery]:
    """All that is known of a record and of the notices about it, by node, oldest first."""
    chosen = sa.select(_delivery).where(_delivery.c.record_id == record_id)
    return [_from_row(row) for row in db.execute(chosen.order_by(_delivery.c.node_id, _delivery.c.id))]


def of_records(db: Session, record_ids: Sequence[int]) -> dict[int, list[Delivery]]:
    """The same for several records at once, for lists."""
    found: dict[int, list[Delivery]] = {}
    chosen = sa.select(_delivery).where(_delivery.c.record_id.in_(list(record_ids)))
    for row in db.execute(chosen.order_by(_delivery.c.id)):
        found.setdefault(row.record_id, []).append(_from_row(row))
    return found


def get(db: Session, node_id: str, stix_id: str) -> Sequence[Delivery]:
    """The versions of one object that a node took, oldest first."""
    chosen = sa.select(_delivery).where(_delivery.c.node_id == node_id, _delivery.c.stix_id == stix_id)
    return [_from_row(row) for row in db.execute(chosen.order_by(_delivery.c.id))]


def recent(db: Session, *, node: str = "", limit: int) -> list[int]:
    """Ids of the records of which something happened at a node (empty: at any), the newest first."""
    last = sa.func.max(_delivery.c.at)
    chosen = sa.select(_delivery.c.record_id).where(_delivery.c.record_id.is_not(None))
    if node:
        chosen = chosen.where(_delivery.c.node_id == node)
    grouped = chosen.group_by(_delivery.c.record_id).order_by(last.desc(), _delivery.c.record_id)
    return [int(one) for one in db.scalars(grouped.limit(limit))]
