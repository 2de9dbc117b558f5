"""Every step by which an organization became a member, or stopped being one. Append-only; the standing follows from it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from comity.storage.tables.base import Row, UTCDateTime


class MembershipStepRow(Row, table=True):
    """Proposed, checked, approved, objected, verified, refused, suspended or reinstated: by whom, of which sector, and why."""

    __tablename__ = "membership_step"
    __table_args__ = (sa.Index("ix_membership_step_organization", "organization", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    organization: str = Field(foreign_key="organization.id", max_length=100)
    what: str = Field(max_length=20)
    by: str = Field(max_length=36)
    by_organization: str = Field(default="", max_length=100)
    by_sector: str = Field(default="", max_length=20)
    text: str = ""
    at: datetime = Field(sa_type=UTCDateTime)
