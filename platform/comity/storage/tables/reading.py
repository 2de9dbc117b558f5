"""What a reader keeps: openings of restricted records, saved searches and alerts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from comity.storage.tables.base import Row, UTCDateTime


class OpeningRow(Row, table=True):
    """A record was opened by a person: always for AMBER and stricter, with the purpose (H-08)."""

    __tablename__ = "opening"
    __table_args__ = (sa.Index("ix_opening_record_account", "record_id", "account_id"),)

    id: int | None = Field(default=None, primary_key=True)
    record_id: int = Field(foreign_key="record.id")
    revision_id: int
    account_id: str = Field(max_length=36)
    organization: str = Field(max_length=100)
    sector: str = Field(default="", max_length=20)
    purpose: str = Field(default="", max_length=60)
    at: datetime = Field(sa_type=UTCDateTime)


class SubscriptionRow(Row, table=True):
    """A saved search, or one record that is followed. `period` is at_once, daily or weekly."""

    __tablename__ = "subscription"

    id: int | None = Field(default=None, primary_key=True)
    account_id: str = Field(foreign_key="account.id", max_length=36, index=True)
    name: str = Field(max_length=120)
    text: str = Field(default="", max_length=400)
    filters: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    period: str = Field(default="daily", max_length=10)
    by_mail: bool = True
    record_id: int | None = Field(default=None, foreign_key="record.id", index=True)
    created_at: datetime = Field(sa_type=UTCDateTime)


class AlertRow(Row, table=True):
    """One line for one person about one record. Its words are made when it is shown, under the rule of that moment."""

    __tablename__ = "alert"
    __table_args__ = (sa.UniqueConstraint("account_id", "event_id"),)

    id: int | None = Field(default=None, primary_key=True)
    account_id: str = Field(foreign_key="account.id", max_length=36, index=True)
    record_id: int = Field(foreign_key="record.id")
    event_id: int
    what: str = Field(max_length=40)
    why: str = Field(max_length=20)
    subscription_id: int | None = None
    period: str = Field(max_length=10)
    by_mail: bool = True
    tries: int = 0
    try_after: datetime | None = Field(default=None, sa_type=UTCDateTime)
    created_at: datetime = Field(sa_type=UTCDateTime)
    mailed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class AccessRequestRow(Row, table=True):
    """Somebody asked to read what they were told of. `record_id` is there when it exists, which the asker never learns."""

    __tablename__ = "access_request"

    id: int | None = Field(default=None, primary_key=True)
    account_id: str = Field(foreign_key="account.id", max_length=36, index=True)
    about: str = Field(max_length=200)
    reason: str = Field(max_length=2000)
    record_id: int | None = Field(default=None, foreign_key="record.id", index=True)
    created_at: datetime = Field(sa_type=UTCDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    closed_by: str = Field(default="", max_length=36)
