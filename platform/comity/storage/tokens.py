"""API and feed tokens. They are found by the hash of a random secret; an id names a token and never proves one (S11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.scopes import Scope
from comity.storage.tables.base import table_of
from comity.storage.tables.people import TokenRow

_token = table_of(TokenRow)
_COLUMNS = tuple(column for column in _token.c if column.name != "hash")
_tokens = sa.select(*_COLUMNS)
_BY_HASH: Final = _tokens.where(_token.c.hash == sa.bindparam("hash"))


@dataclass(frozen=True)
class Token:
    """One token without its secret. `addresses` are networks (CIDR) it may be used from; none means from anywhere."""

    id: str
    account_id: str
    name: str
    scopes: tuple[Scope, ...]
    addresses: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_on: datetime | None = None
    revoked_at: datetime | None = None


def _from_row(row: sa.RowMapping) -> Token:
    values = {column.name: row[column.name] for column in _COLUMNS}
    scopes = tuple(Scope(scope) for scope in values["scopes"])
    return Token(**{**values, "scopes": scopes, "addresses": tuple(values["addresses"])})


def add(db: Session, token: Token, token_hash: str) -> None:
    """Keep a new token."""
    values = {column.name: getattr(token, column.name) for column in _COLUMNS}
    values |= {"scopes": [scope.value for scope in token.scopes], "addresses": list(token.addresses)}
    db.execute(sa.insert(_token).values(**values, hash=token_hash))


def by_hash(db: Session, token_hash: str) -> Token | None:
    """The token whose secret has this hash, whether or not it still works."""
    row = db.execute(_BY_HASH, {"hash": token_hash}).mappings().one_or_none()
    return None if row is None else _from_row(row)


def of(db: Session, account_id: str) -> list[Token]:
    """All tokens of one account, newest first, ended ones too."""
    query = (
        sa.select(*_COLUMNS)
        .where(_token.c.account_id == account_id)
        .order_by(_token.c.created_at.desc(), _token.c.id)
    )
    return [_from_row(row) for row in db.execute(query).mappings()]


def used(db: Session, token_id: str, *, day: datetime) -> None:
    """It was used on this day. No finer: a token's clock is nobody's business."""
    db.execute(sa.update(_token).where(_token.c.id == token_id).values(last_used_on=day))


def revoke(db: Session, account_id: str, *, now: datetime, token_id: str = "") -> int:
    """End one live token of an account, or all of them. Returns how many."""
    live = sa.update(_token).where(_token.c.account_id == account_id, _token.c.revoked_at.is_(None))
    if token_id:
        live = live.where(_token.c.id == token_id)
    return len(db.scalars(live.values(revoked_at=now).returning(_token.c.id)).all())
