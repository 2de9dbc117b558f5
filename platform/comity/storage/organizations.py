"""Member organizations and the steps of their membership. Who is a member is public, so these lists need no viewer.

Decides nothing: who may take a step, and when a membership stands, is for the services and `domain.membership`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.membership import Step, What
from comity.domain.node import Organization
from comity.domain.roles import Sector
from comity.storage.tables.base import table_of
from comity.storage.tables.membership import MembershipStepRow
from comity.storage.tables.people import OrganizationRow

_organization = table_of(OrganizationRow)
_step = table_of(MembershipStepRow)
_NAMES: Final = tuple(field.name for field in fields(Organization))
_LISTS: Final = ("other_names", "client_of", "competitors", "funders")


def columns() -> tuple[sa.Column[Any], ...]:
    """The columns that `from_row` reads."""
    return tuple(_organization.c[name] for name in _NAMES)


def from_row(row: sa.Row[Any], *, prefix: str = "") -> Organization:
    """The organization of a row that has at least its own columns, each under `prefix` and its name."""
    values = {name: getattr(row, prefix + name) for name in _NAMES}
    lists = {name: tuple(values[name]) for name in _LISTS}
    return Organization(
        **{**values, **lists, "sector": Sector(values["sector"]) if values["sector"] else None}
    )


def _to_row(organization: Organization) -> dict[str, Any]:
    values = asdict(organization)
    values["sector"] = organization.sector.value if organization.sector else ""
    return values | {name: list(values[name]) for name in _LISTS}


_ONE: Final = sa.select(*columns()).where(_organization.c.id == sa.bindparam("organization"))


def get(db: Session, organization_id: str) -> Organization | None:
    """One organization."""
    row = db.execute(_ONE, {"organization": organization_id}).one_or_none()
    return None if row is None else from_row(row)


def lock(db: Session, organization_id: str) -> Organization | None:
    """As `get`, holding the row until the transaction ends, so that two decisions about it are taken one after the other."""
    query = sa.select(*columns()).where(_organization.c.id == organization_id).with_for_update()
    row = db.execute(query).one_or_none()
    return None if row is None else from_row(row)


def listed(db: Session, *, states: Sequence[str] = ("verified",), kind: str = "") -> list[Organization]:
    """Organizations in one of `states` (none: in any), by name; only of one kind when `kind` is given."""
    query = sa.select(*columns()).order_by(_organization.c.name, _organization.c.id)
    if states:
        query = query.where(_organization.c.state.in_(states))
    if kind:
        query = query.where(_organization.c.kind == kind)
    return [from_row(row) for row in db.execute(query)]


def add(db: Session, organization: Organization, *, now: datetime) -> None:
    """A new organization. Raises `IntegrityError` for a taken id."""
    db.execute(sa.insert(_organization).values(**_to_row(organization), created_at=now))


def save(db: Session, organization: Organization) -> None:
    """Write every field of an organization that exists. Raises `LookupError` otherwise."""
    values = _to_row(organization)
    change = sa.update(_organization).where(_organization.c.id == values.pop("id")).values(**values)
    if db.scalar(change.returning(_organization.c.id)) is None:
        raise LookupError(organization.id)


def mark_verified(db: Session, organization_id: str, *, by: str, now: datetime) -> None:
    """Remember beside the organization who verified it and when."""
    query = sa.update(_organization).where(_organization.c.id == organization_id)
    db.execute(query.values(state="verified", verified_by=by, verified_at=now))


def add_step(db: Session, organization_id: str, step: Step) -> None:
    """Append one step of the membership."""
    db.execute(sa.insert(_step).values(organization=organization_id, **asdict(step)))


def steps(db: Session, organization_id: str) -> list[Step]:
    """The steps of one membership, oldest first."""
    query = sa.select(_step).where(_step.c.organization == organization_id).order_by(_step.c.id)
    return [
        Step(What(row.what), row.by, row.by_organization, row.by_sector, row.text, row.at)
        for row in db.execute(query)
    ]


def names(db: Session, ids: Collection[str]) -> dict[str, str]:
    """Names by id, for lists."""
    rows = db.execute(
        sa.select(_organization.c.id, _organization.c.name).where(_organization.c.id.in_(sorted(ids)))
    )
    return {row.id: row.name for row in rows}
