"""Saved searches and followed records of one person each. Nobody reads another's: what somebody looks for is theirs (4.12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.reading import SubscriptionRow

_subscription = table_of(SubscriptionRow)


@dataclass(frozen=True)
class Subscription:
    """What somebody wants to hear of. With `record_id` it is one record; otherwise words and filters (facet -> values)."""

    account_id: str
    name: str
    period: str
    created_at: datetime
    text: str = ""
    filters: Mapping[str, Sequence[str]] | None = None
    by_mail: bool = True
    record_id: int | None = None
    id: int = 0


def _from_row(row: sa.Row[Any]) -> Subscription:
    return Subscription(**{name: getattr(row, name) for name in Subscription.__dataclass_fields__})


def add(db: Session, subscription: Subscription) -> Subscription:
    """Store a new one; its `id` is given by the database."""
    values = {name: getattr(subscription, name) for name in Subscription.__dataclass_fields__ if name != "id"}
    values["filters"] = {name: list(found) for name, found in (subscription.filters or {}).items()}
    new_id = db.execute(sa.insert(_subscription).values(**values).returning(_subscription.c.id)).scalar_one()
    return replace(subscription, id=int(new_id))


def of_account(db: Session, account_id: str) -> list[Subscription]:
    """Everything one person follows, newest first."""
    chosen = sa.select(_subscription).where(_subscription.c.account_id == account_id)
    return [_from_row(row) for row in db.execute(chosen.order_by(_subscription.c.id.desc()))]


_FOLLOWS: Final = sa.select(_subscription.c.id).where(
    _subscription.c.account_id == sa.bindparam("account"), _subscription.c.record_id == sa.bindparam("record")
)


def follows(db: Session, account_id: str, record_id: int) -> bool:
    """Does this person follow this record?"""
    return db.execute(_FOLLOWS, {"account": account_id, "record": record_id}).first() is not None


def get(db: Session, account_id: str, subscription_id: int) -> Subscription | None:
    """One of a person's own."""
    own = (_subscription.c.account_id == account_id, _subscription.c.id == subscription_id)
    row = db.execute(sa.select(_subscription).where(*own)).one_or_none()
    return None if row is None else _from_row(row)


def change(db: Session, subscription: Subscription) -> None:
    """Write back its name, period and whether it is sent by mail."""
    values = {"name": subscription.name, "period": subscription.period, "by_mail": subscription.by_mail}
    db.execute(sa.update(_subscription).where(_subscription.c.id == subscription.id).values(**values))


def remove(db: Session, account_id: str, subscription_id: int) -> bool:
    """Forget one of a person's own. False when they have no such one."""
    own = (_subscription.c.account_id == account_id, _subscription.c.id == subscription_id)
    gone = sa.delete(_subscription).where(*own).returning(_subscription.c.id)
    return db.scalar(gone) is not None


def searches(db: Session) -> list[Subscription]:
    """Every saved search of the node: for the follower that makes alerts."""
    chosen = sa.select(_subscription).where(_subscription.c.record_id.is_(None))
    return [_from_row(row) for row in db.execute(chosen.order_by(_subscription.c.id))]


def of_record(db: Session, record_id: int) -> list[Subscription]:
    """Those who follow one record."""
    chosen = sa.select(_subscription).where(_subscription.c.record_id == record_id)
    return [_from_row(row) for row in db.execute(chosen.order_by(_subscription.c.id))]
