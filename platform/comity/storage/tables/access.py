"""Audiences: the small table on which the policy runs. Rows are immutable and never deleted, so ids may be cached."""

from __future__ import annotations

from sqlmodel import Field

from comity.storage.tables.base import Row


class AudienceRow(Row, table=True):
    """One distinct tuple of access facts."""

    __tablename__ = "audience"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(unique=True, max_length=64)
    stage: str = Field(max_length=12)
    tlp: str = Field(max_length=12)
    restriction: int
    owner: str = Field(max_length=140)


class AudienceTokenRow(Row, table=True):
    """One value of one set-valued fact."""

    __tablename__ = "audience_token"

    audience_id: int = Field(foreign_key="audience.id", primary_key=True)
    field: str = Field(primary_key=True, max_length=20)
    value: str = Field(primary_key=True, max_length=140, index=True)
