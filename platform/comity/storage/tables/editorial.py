"""What people decide about a record: votes, holds, replies, disputes, waived checks. Append-only where it is a decision."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from comity.storage.tables.base import Row, UTCDateTime


class VoteRow(Row, table=True):
    """A reviewer's vote on one revision. A later vote of the same person on the same revision replaces the earlier in the tally."""

    __tablename__ = "vote"

    id: int | None = Field(default=None, primary_key=True)
    record_id: int = Field(foreign_key="record.id", index=True)
    revision_id: int = Field(foreign_key="revision.id", index=True)
    reviewer: str = Field(max_length=36)
    organization: str = Field(max_length=100)
    sector: str = Field(max_length=20)
    majority_government_funded: bool = False
    decision: str = Field(max_length=20)
    devils_advocate: bool = False
    innocent_explanation: str = ""
    interests: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    conflicts: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    reason_code: str = Field(default="", max_length=60)
    comment: str = ""
    dissent: str = ""
    at: datetime = Field(sa_type=UTCDateTime)


class HoldRow(Row, table=True):
    """A request to pause, the votes on it, and its end (G-06)."""

    __tablename__ = "hold"

    id: int | None = Field(default=None, primary_key=True)
    record_id: int = Field(foreign_key="record.id", index=True)
    state: str = Field(max_length=20)
    requested_by: str = Field(max_length=36)
    sector: str = Field(max_length=20)
    reason_code: str = Field(max_length=60)
    text: str = ""
    requested_at: datetime = Field(sa_type=UTCDateTime)
    ends_at: datetime = Field(sa_type=UTCDateTime)
    votes: list[dict[str, Any]] = Field(default_factory=list, sa_type=sa.JSON)
    renewals: int = 0


class ReplyRow(Row, table=True):
    """The named organization's slot: invited, received, declined or waived, with its own words (G-30 to G-34)."""

    __tablename__ = "reply"

    id: int | None = Field(default=None, primary_key=True)
    record_id: int = Field(foreign_key="record.id", index=True)
    entity_id: str = Field(max_length=120)
    entity_name: str = Field(max_length=300)
    state: str = Field(max_length=20)
    invited_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    received_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    waiver_reason: str = Field(default="", max_length=60)
    text: str = ""
    edited_note: str = ""


class DisputeRow(Row, table=True):
    """An appeal that passed a first look puts the record under dispute until it is decided (G-35 to G-37)."""

    __tablename__ = "dispute"

    id: int | None = Field(default=None, primary_key=True)
    record_id: int = Field(foreign_key="record.id", index=True)
    state: str = Field(max_length=20)
    raised_by: str = Field(max_length=200)
    grounds: str = ""
    claim_ids: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    raised_at: datetime = Field(sa_type=UTCDateTime)
    due_at: datetime = Field(sa_type=UTCDateTime)
    outcome: str = Field(default="", max_length=40)
    outcome_text: str = ""
    decided_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class DecisionRow(Row, table=True):
    """A reason that somebody gave for something: return, rejection, override, waiver, withdrawal (G-09). The author reads it."""

    __tablename__ = "decision"

    id: int | None = Field(default=None, primary_key=True)
    record_id: int = Field(foreign_key="record.id", index=True)
    revision_id: int | None = None
    what: str = Field(max_length=40)
    by: str = Field(max_length=36)
    by_sector: str = Field(default="", max_length=20)
    reason_code: str = Field(default="", max_length=60)
    text: str = ""
    details: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    at: datetime = Field(sa_type=UTCDateTime)
