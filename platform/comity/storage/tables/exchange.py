"""The two logs that every change is written to in its own transaction: the audit chain and the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from comity.storage.tables.base import Row, UTCDateTime


class AuditRow(Row, table=True):
    """One entry of the hash chain. `audience_id` decides who may see the entry beside its actor and the auditors."""

    __tablename__ = "audit_entry"

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: str = Field(max_length=40)
    actor: str = Field(max_length=120, index=True)
    organization: str = Field(default="", max_length=100, index=True)
    action: str = Field(max_length=60, index=True)
    object: str = Field(default="", max_length=120, index=True)
    purpose: str = Field(default="", max_length=60)
    details: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    audience_id: int | None = Field(default=None, foreign_key="audience.id")
    previous: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class SequenceRow(Row, table=True):
    """A counter that is locked by the transaction that uses it, so that its numbers are gap-free and in commit order."""

    __tablename__ = "sequence"

    name: str = Field(primary_key=True, max_length=20)
    value: int = 0
    head: str = Field(default="", max_length=64)


class OutboxRow(Row, table=True):
    """Something happened to a record. Followers read in order and remember where they stopped."""

    __tablename__ = "outbox"

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    what: str = Field(max_length=40)
    record_id: int | None = Field(default=None, foreign_key="record.id", index=True)
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    at: datetime = Field(sa_type=UTCDateTime)


class FollowerRow(Row, table=True):
    """Where a follower of the outbox stopped."""

    __tablename__ = "follower"

    name: str = Field(primary_key=True, max_length=60)
    seq: int = 0
    lease_by: str = Field(default="", max_length=60)
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ImportRow(Row, table=True):
    """How far the import of one file has come, so that it resumes where it stopped."""

    __tablename__ = "import_run"

    digest: str = Field(primary_key=True, max_length=64)
    format: str = Field(max_length=20)
    name: str = Field(max_length=200)
    done: int = 0
    added: int = 0
    refused: int = 0
    finished: bool = False
    started_at: datetime = Field(sa_type=UTCDateTime)
    updated_at: datetime = Field(sa_type=UTCDateTime)
