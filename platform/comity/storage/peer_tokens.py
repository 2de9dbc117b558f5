"""Access tokens of allied nodes, by the hash of a random secret, and the assertions that were used up to get them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.tables.base import table_of
from comity.storage.tables.federation import AssertionRow, PeerTokenRow

_token = table_of(PeerTokenRow)
_assertion = table_of(AssertionRow)


@dataclass(frozen=True)
class PeerToken:
    """Whose it is, until when, and for which epoch of the node's rights. The secret is nowhere."""

    node_id: str
    expires_at: datetime
    epoch: int = 0


def add(db: Session, token: PeerToken, token_hash: str) -> None:
    """Keep a new token."""
    values = {"node_id": token.node_id, "expires_at": token.expires_at, "epoch": token.epoch}
    db.execute(sa.insert(_token).values(hash=token_hash, **values))


def by_hash(db: Session, token_hash: str) -> PeerToken | None:
    """The token whose secret has this hash, whether or not it still works."""
    chosen = sa.select(_token.c.node_id, _token.c.expires_at, _token.c.epoch).where(
        _token.c.hash == token_hash
    )
    row = db.execute(chosen).one_or_none()
    return None if row is None else PeerToken(row.node_id, row.expires_at, row.epoch)


def revoke(db: Session, node_id: str) -> None:
    """Every token of one node is gone."""
    db.execute(sa.delete(_token).where(_token.c.node_id == node_id))


def use_assertion(db: Session, node_id: str, jti: str, expires_at: datetime) -> bool:
    """Use an assertion up. False when it was used before: the database decides, so two requests at once cannot both win."""
    try:
        with db.begin_nested():
            db.execute(sa.insert(_assertion).values(node_id=node_id, jti=jti, expires_at=expires_at))
    except sa.exc.IntegrityError:
        return False
    return True


def forget(db: Session, now: datetime) -> None:
    """Drop what is over: an assertion is refused by its own time before its use is forgotten."""
    db.execute(sa.delete(_token).where(_token.c.expires_at < now))
    db.execute(sa.delete(_assertion).where(_assertion.c.expires_at < now))
