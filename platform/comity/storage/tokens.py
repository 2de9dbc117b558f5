"""API and feed tokens. They are found by the hash of a random secret (`storage.callers`); an id names a token and never proves one
(S11).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.scopes import Scope
from comity.storage.tables.base import table_of
from comity.storage.tables.people import TokenRow

_token = table_of(TokenRow)
_COLUMNS: Final = tuple(column for column in _token.c if column.name != "hash")
_NAMES: Final = tuple(column.name for column in _COLUMNS)


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


def columns() -> tuple[sa.Column[Any], ...]:
    """The columns that `from_row` reads: all but the hash."""
    return _COLUMNS


def from_row(row: sa.Row[Any]) -> Token:
    """The token in a row that has its columns."""
    values = {name: getattr(row, name) for name in _NAMES}
    scopes = tuple(Scope(scope) for scope in values["scopes"])
    return Token(**{**values, "scopes": scopes, "addresses": tuple(values["addresses"])})


def add(db: Session, token: Token, token_hash: str) -> None:
    """Keep a new token."""
    values = {column.name: getattr(token, column.name) for column in _COLUMNS}
    values |= {"scopes": [scope.value for scope in token.scopes], "addresses": list(token.addresses)}
    db.execute(sa.insert(_token).values(**values, hash=token_hash))


def of(db: Session, account_id: str) -> list[Token]:
    """All tokens of one account, newest first, ended ones too."""
    query = (
        sa.select(*_COLUMNS)
        .where(_token.c.account_id == account_id)
        .order_by(_token.c.created_at.desc(), _token.c.id)
    )
    return [from_row(row) for row in db.execute(query)]


def used(db: Session, token_id: str, *, day: datetime) -> None:
    """It was used on this day. No finer: a token's clock is nobody's business."""
    db.execute(sa.update(_token).where(_token.c.id == token_id).values(last_used_on=day))


def revoke(db: Session, account_id: str, *, now: datetime, token_id: str = "") -> int:
    """End one live token of an account, or all of them. Returns how many."""
    live = sa.update(_token).where(_token.c.account_id == account_id, _token.c.revoked_at.is_(None))
    if token_id:
        live = live.where(_token.c.id == token_id)
    return len(db.scalars(live.values(revoked_at=now).returning(_token.c.id)).all())
