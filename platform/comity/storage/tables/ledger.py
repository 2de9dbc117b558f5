"""The transparency log: leaves that commit to what was done, the hashes of the tree over them, and who has seen which head."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from comity.storage.tables.base import Row, UTCDateTime


class LeafRow(Row, table=True):
    """Leaf `index` commits to `entry` with `salt`, so that nobody can guess what a withheld entry says. Gap-free from 0."""

    __tablename__ = "ledger_leaf"

    index: int = Field(primary_key=True, sa_type=sa.BigInteger, sa_column_kwargs={"autoincrement": False})
    what: str = Field(max_length=24, index=True)
    record_uid: str = Field(default="", max_length=36, index=True)
    entry: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    salt: str = Field(max_length=64)
    commitment: str = Field(max_length=64)
    audience_id: int | None = Field(default=None, foreign_key="audience.id")
    at: datetime = Field(sa_type=UTCDateTime)


class TreeNodeRow(Row, table=True):
    """The hash of one complete subtree: level 0 are leaves; `index` counts subtrees of that size from the left."""

    __tablename__ = "ledger_node"

    level: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    index: int = Field(primary_key=True, sa_type=sa.BigInteger, sa_column_kwargs={"autoincrement": False})
    hash: str = Field(max_length=64, index=True)


class CheckpointRow(Row, table=True):
    """A signed head of this node's log (C2SP tlog-checkpoint). Its cosignatures stand beside it."""

    __tablename__ = "ledger_checkpoint"

    size: int = Field(primary_key=True, sa_type=sa.BigInteger, sa_column_kwargs={"autoincrement": False})
    root: str = Field(max_length=64)
    note: str
    at: datetime = Field(sa_type=UTCDateTime)


class CosignatureRow(Row, table=True):
    """A peer's signature under one of our heads (C2SP tlog-cosignature)."""

    __tablename__ = "ledger_cosignature"

    size: int = Field(primary_key=True, sa_type=sa.BigInteger, sa_column_kwargs={"autoincrement": False})
    witness: str = Field(primary_key=True, max_length=60)
    line: str
    at: datetime = Field(sa_type=UTCDateTime)


class SeenCheckpointRow(Row, table=True):
    """A head of a peer's log as we saw it. `state`: consistent with all before, or equivocation."""

    __tablename__ = "seen_checkpoint"
    __table_args__ = (sa.UniqueConstraint("node_id", "size", "root"),)

    id: int | None = Field(default=None, primary_key=True)
    node_id: str = Field(max_length=60, index=True)
    size: int = Field(sa_type=sa.BigInteger)
    root: str = Field(max_length=64)
    note: str
    state: str = Field(max_length=14)
    at: datetime = Field(sa_type=UTCDateTime)
