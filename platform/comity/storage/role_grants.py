"""Which roles an account holds, held, and by whose hand. A grant is never edited or deleted: revoking sets its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.account import RoleGrant
from comity.domain.roles import Role
from comity.storage.tables.base import table_of
from comity.storage.tables.people import RoleGrantRow

_grant = table_of(RoleGrantRow)
_LIVE = _grant.c.revoked_at.is_(None)
_HELD: Final = sa.select(_grant.c.role).where(_grant.c.account_id == sa.bindparam("account"), _LIVE)


def roles_of(db: Session, account_id: str) -> frozenset[Role]:
    """Roles held now."""
    return frozenset(Role(role) for role in db.scalars(_HELD, {"account": account_id}))


def held_by(account_id: sa.ColumnElement[str]) -> sa.ScalarSelect[str | None]:
    """The roles held now, for a statement that reads the account as well; `from_held` reads them."""
    joined = sa.func.aggregate_strings(_grant.c.role, " ")
    return sa.select(joined).where(_grant.c.account_id == account_id, _LIVE).scalar_subquery()


def from_held(names: str | None) -> frozenset[Role]:
    """What `held_by` found."""
    return frozenset(Role(name) for name in (names or "").split())


def roles_of_all(db: Session, account_ids: Sequence[str]) -> Mapping[str, frozenset[Role]]:
    """Roles held now by several accounts; an account without any has an empty set."""
    held: dict[str, set[Role]] = {account_id: set() for account_id in account_ids}
    query = sa.select(_grant.c.account_id, _grant.c.role).where(_grant.c.account_id.in_(account_ids), _LIVE)
    for account_id, role in db.execute(query):
        held[account_id].add(Role(role))
    return {account_id: frozenset(roles) for account_id, roles in held.items()}


def holders(db: Session, role: Role) -> frozenset[str]:
    """Account ids that hold `role` now, whatever the state of the account."""
    return frozenset(db.scalars(sa.select(_grant.c.account_id).where(_grant.c.role == role.value, _LIVE)))


def history(db: Session, account_id: str) -> list[RoleGrant]:
    """Every grant an account ever had, oldest first."""
    query = sa.select(_grant).where(_grant.c.account_id == account_id).order_by(_grant.c.id)
    return [
        RoleGrant(
            row.account_id, Role(row.role), row.granted_by, row.granted_at, row.revoked_by, row.revoked_at
        )
        for row in db.execute(query)
    ]


def add(db: Session, account_id: str, role: Role, *, by: str, now: datetime) -> None:
    """Begin a grant."""
    db.execute(
        sa.insert(_grant).values(account_id=account_id, role=role.value, granted_by=by, granted_at=now)
    )


def end(db: Session, account_id: str, role: Role, *, by: str, now: datetime) -> bool:
    """End the live grant of `role`. False when there is none."""
    live = sa.update(_grant).where(_grant.c.account_id == account_id, _grant.c.role == role.value, _LIVE)
    return db.scalar(live.values(revoked_by=by, revoked_at=now).returning(_grant.c.id)) is not None
