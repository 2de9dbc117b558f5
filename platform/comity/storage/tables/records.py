"""Records and what belongs to one version of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from comity.storage.tables.base import Row, UTCDateTime


class RecordRow(Row, table=True):
    """The envelope: facts are columns. The readable version is `published_revision_id`, the one worked on `working_revision_id`."""

    __tablename__ = "record"
    __table_args__ = (
        sa.Index("ix_record_audience_published", "audience_id", "published_at"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(unique=True, max_length=36)
    ref: str = Field(unique=True, max_length=80)
    kind: str = Field(max_length=40)
    subtype: str = Field(max_length=40)
    state: str = Field(max_length=24, index=True)
    held_from: str = Field(default="", max_length=24)
    under_dispute: bool = False
    audience_id: int = Field(foreign_key="audience.id")
    working_revision_id: int | None = None
    published_revision_id: int | None = None
    origin_node: str = Field(max_length=80)
    organization: str = Field(max_length=100, index=True)
    sector: str = Field(default="", max_length=20)
    attribution_mode: str = Field(default="organization", max_length=30)
    author: str = Field(max_length=36, index=True)
    assigned: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    urgent: bool = False
    created_at: datetime = Field(sa_type=UTCDateTime)
    updated_at: datetime = Field(sa_type=UTCDateTime)
    submitted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    state_since: datetime = Field(sa_type=UTCDateTime)
    published_at: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)
    review_due: datetime | None = Field(default=None, sa_type=UTCDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)
    supersedes: str | None = Field(default=None, max_length=36)
    superseded_by: str | None = Field(default=None, max_length=36)
    foreign_id: str | None = Field(default=None, unique=True, max_length=200)
    tombstone: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)


class RevisionRow(Row, table=True):
    """One version of the content. Immutable once it was submitted; a draft revision is the author's working copy."""

    __tablename__ = "revision"
    __table_args__ = (sa.UniqueConstraint("record_id", "major", "minor"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    record_id: int = Field(foreign_key="record.id", index=True)
    major: int
    minor: int
    frozen: bool = False
    audience_id: int = Field(foreign_key="audience.id")
    title: str = Field(default="", max_length=400)
    summary: str = ""
    content: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    handling: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    content_hash: str = Field(default="", max_length=64)
    note: str = Field(default="", max_length=600)
    created_by: str = Field(max_length=36)
    created_at: datetime = Field(sa_type=UTCDateTime)
    published_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ClaimRow(Row, table=True):
    """A claim of one revision; it may be marked more strictly than its record, so it has an audience of its own."""

    __tablename__ = "claim"

    id: int | None = Field(default=None, primary_key=True)
    revision_id: int = Field(foreign_key="revision.id", index=True)
    position: int
    audience_id: int = Field(foreign_key="audience.id")
    content: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)


class RecordLinkRow(Row, table=True):
    """One record names another by reference or uid (`key`), as its version in force says; or has it as its tear-line."""

    __tablename__ = "record_link"

    record_id: int = Field(primary_key=True, foreign_key="record.id")
    relation: str = Field(primary_key=True, max_length=20)
    key: str = Field(primary_key=True, max_length=80, index=True)


class AttachmentRow(Row, table=True):
    """A file of one record. The bytes are in `data_dir`, named by their hash; never served inline."""

    __tablename__ = "attachment"

    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(unique=True, max_length=36)
    record_id: int = Field(foreign_key="record.id", index=True)
    audience_id: int = Field(foreign_key="audience.id")
    name: str = Field(max_length=200)
    media_type: str = Field(max_length=120)
    size: int
    sha256: str = Field(max_length=64)
    malware_state: str = Field(max_length=20)
    tlp: str = Field(max_length=12)
    added_by: str = Field(max_length=36)
    added_at: datetime = Field(sa_type=UTCDateTime)
