"""Signing keys: this node's own with their history, and those of allied nodes as this node knows them.

A private key leaves through `active` alone, as it is stored. Refuses to know passphrases and what is signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.signing import PublicKey
from comity.storage import sequences
from comity.storage.tables.base import table_of
from comity.storage.tables.federation import NodeKeyRow, PeerKeyRow

_own = table_of(NodeKeyRow)
_theirs = table_of(PeerKeyRow)

ACTIVE: Final = "active"
RETIRED: Final = "retired"
REVOKED: Final = "revoked"
State = Literal["active", "retired", "revoked"]


@dataclass(frozen=True)
class NodeKey:
    """One key of this node. `statement` is the signed word of the key before it; empty for the first one."""

    kid: str
    jwk: Mapping[str, Any]
    state: str
    created_at: datetime
    ended_at: datetime | None = None
    reason: str = ""
    statement: str = ""

    def public(self, node: str) -> PublicKey:
        """As a verifier takes it: what was retired counts for what was made before, what was revoked counts for nothing."""
        return PublicKey(
            node=node,
            kid=self.kid,
            jwk=self.jwk,
            valid_from=self.created_at,
            valid_until=self.ended_at if self.state == RETIRED else None,
            revoked_at=self.ended_at if self.state == REVOKED else None,
        )


_COLUMNS: Final = tuple(_own.c[name] for name in NodeKey.__dataclass_fields__)


def active(db: Session) -> tuple[NodeKey, str] | None:
    """The key that signs now, and its private half as it is stored (PEM); None before the first key."""
    row = db.execute(sa.select(*_COLUMNS, _own.c.private_pem).where(_own.c.state == ACTIVE)).one_or_none()
    return None if row is None else (NodeKey(*row[:-1]), row[-1])


def hold(db: Session) -> None:
    """No other unit makes or ends a key until this one is over."""
    sequences.hold(db, "audit")


def history(db: Session) -> list[NodeKey]:
    """Every key of this node, the oldest first."""
    return [NodeKey(*row) for row in db.execute(sa.select(*_COLUMNS).order_by(_own.c.created_at, _own.c.kid))]


def one(db: Session, kid: str) -> NodeKey | None:
    """One key of this node."""
    row = db.execute(sa.select(*_COLUMNS).where(_own.c.kid == kid)).one_or_none()
    return None if row is None else NodeKey(*row)


def add(db: Session, key: NodeKey, *, private_pem: str) -> None:
    """Keep a key. The one before it must have ended: one signs at a time."""
    values = {column.name: getattr(key, column.name) for column in _COLUMNS}
    db.execute(sa.insert(_own).values(**{**values, "jwk": dict(key.jwk)}, private_pem=private_pem))


def rewrap(db: Session, kid: str, private_pem: str) -> None:
    """Keep the same private half in another wrapping."""
    db.execute(
        sa.update(_own).where(_own.c.kid == kid, _own.c.state == ACTIVE).values(private_pem=private_pem)
    )


def end(db: Session, kid: str, *, state: State, at: datetime, reason: str) -> None:
    """The key signs nothing more, and its private half is destroyed."""
    change = sa.update(_own).where(_own.c.kid == kid)
    db.execute(change.values(state=state, ended_at=at, reason=reason, private_pem=""))


def of_peer(db: Session, node: str) -> list[PublicKey]:
    """Every key of one allied node that this node knows."""
    rows = db.execute(
        sa.select(_theirs).where(_theirs.c.node_id == node).order_by(_theirs.c.valid_from, _theirs.c.kid)
    )
    return [
        PublicKey(node, row.kid, row.jwk, row.valid_from, row.valid_until, row.revoked_at) for row in rows
    ]
