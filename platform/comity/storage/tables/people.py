"""The node, its member organizations, accounts, roles, sessions and tokens. A person has a name and an e-mail (SG-01)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from comity.storage.tables.base import Row, UTCDateTime


class NodeRow(Row, table=True):
    """This node's own settings: one row. Any country starts its own."""

    __tablename__ = "node"

    id: int = Field(default=1, primary_key=True)
    node_id: str = Field(max_length=60)
    name: str = Field(max_length=200)
    country: str = Field(max_length=2)
    languages: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    trust_group: str = Field(max_length=60)
    legal_profile: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    funding: list[dict[str, Any]] = Field(default_factory=list, sa_type=sa.JSON)
    contact: str = Field(default="", max_length=200)
    demo: bool = False
    created_at: datetime = Field(sa_type=UTCDateTime)


class OrganizationRow(Row, table=True):
    """A member organization. `sector` is empty for the secretariat and the operator, which never count toward a quorum."""

    __tablename__ = "organization"

    id: str = Field(primary_key=True, max_length=100)
    name: str = Field(max_length=300)
    other_names: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    kind: str = Field(default="member", max_length=20)
    sector: str = Field(default="", max_length=20)
    country: str = Field(default="", max_length=2)
    website: str = Field(default="", max_length=300)
    ror: str = Field(default="", max_length=40)
    state_owned: bool = False
    majority_government_funded: bool = False
    state: str = Field(default="pending", max_length=20)
    verified_by: str = Field(default="", max_length=36)
    verified_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    check_note: str = ""
    parent: str = Field(default="", max_length=100)
    client_of: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    competitors: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    funders: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    created_at: datetime = Field(sa_type=UTCDateTime)


class AccountRow(Row, table=True):
    """A person who signs in."""

    __tablename__ = "account"

    id: str = Field(primary_key=True, max_length=36)
    email: str = Field(unique=True, max_length=254)
    name: str = Field(max_length=120)
    organization: str = Field(foreign_key="organization.id", max_length=100, index=True)
    state: str = Field(default="invited", max_length=20)
    password_hash: str = Field(default="", max_length=300)
    totp_secret: str = Field(default="", max_length=80)
    totp_last: int = 0
    invitation_hash: str = Field(default="", max_length=64)
    invitation_ends: datetime | None = Field(default=None, sa_type=UTCDateTime)
    skills: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    preferences: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    created_at: datetime = Field(sa_type=UTCDateTime)


class RoleGrantRow(Row, table=True):
    """A role held from a time to a time. Never edited: revoking sets the end."""

    __tablename__ = "role_grant"

    id: int | None = Field(default=None, primary_key=True)
    account_id: str = Field(foreign_key="account.id", max_length=36, index=True)
    role: str = Field(max_length=40)
    granted_by: str = Field(max_length=36)
    granted_at: datetime = Field(sa_type=UTCDateTime)
    revoked_by: str = Field(default="", max_length=36)
    revoked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class SessionRow(Row, table=True):
    """A sign-in. Only the hash of the random id is kept."""

    __tablename__ = "session"

    hash: str = Field(primary_key=True, max_length=64)
    account_id: str = Field(foreign_key="account.id", max_length=36, index=True)
    second_factor: bool = False
    created_at: datetime = Field(sa_type=UTCDateTime)
    seen_at: datetime = Field(sa_type=UTCDateTime)
    ends_at: datetime = Field(sa_type=UTCDateTime)
    openings: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)


class TokenRow(Row, table=True):
    """An API or feed token: hashed, scoped, expiring, and if wanted bound to addresses."""

    __tablename__ = "token"

    id: str = Field(primary_key=True, max_length=36)
    hash: str = Field(unique=True, max_length=64)
    account_id: str = Field(foreign_key="account.id", max_length=36, index=True)
    name: str = Field(max_length=100)
    scopes: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    addresses: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    created_at: datetime = Field(sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime)
    last_used_on: datetime | None = Field(default=None, sa_type=UTCDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ThrottleRow(Row, table=True):
    """Failed attempts under one key (a hash, never an address or e-mail)."""

    __tablename__ = "throttle"

    key: str = Field(primary_key=True, max_length=64)
    failures: int = 0
    until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    since: datetime = Field(sa_type=UTCDateTime)
