"""The collections of the node (TAXII 2.1 §5): which there are, and the secret that protects their cursors.

Decides nothing about who reads or writes; `readers` and `writers` are words of the audience grammar that services compare.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import uuid4
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.domain.collection import Collection, Kind
from comity.domain.tokens import ANY
from comity.storage import sequences
from comity.storage.tables.base import table_of
from comity.storage.tables.taxii import CollectionRow, ObjectRow

_collection = table_of(CollectionRow)
_object = table_of(ObjectRow)
_ONE: Final = sa.select(_collection).where(_collection.c.id == sa.bindparam("id"))
_CURSORS: Final = "taxii-cursor"
_secrets: Final = WeakKeyDictionary[sa.Pool, bytes]()


def _from_row(row: sa.Row[Any]) -> Collection:
    values = {column.name: getattr(row, column.name) for column in _collection.c}
    values |= {"kind": Kind(row.kind), "readers": tuple(row.readers), "writers": tuple(row.writers)}
    return Collection(**values)


def _values(collection: Collection) -> dict[str, Any]:
    lists = {"readers": list(collection.readers), "writers": list(collection.writers)}
    return asdict(collection) | {"kind": collection.kind.value, **lists}


def ensure(db: Session, node_id: str, now: datetime) -> None:
    """Make the feed and the inbox, and the secret of the cursors, where they are missing. Ids are random (UUID version 4)."""
    if not sequences.current(db, _CURSORS)[1]:
        sequences.advance(db, _CURSORS)
        sequences.keep_head(db, _CURSORS, secrets.token_hex(32))
    for collection in (
        _new(Kind.RECORDS, "Records", f"Signed records and notices of {node_id}.", (ANY,), now),
        _new(Kind.INBOX, "Inbox", f"Where allied nodes send {node_id} signed notices.", (), now),
    ):
        if by_alias(db, collection.alias) is None:
            add(db, collection)


def _new(kind: Kind, title: str, description: str, readers: tuple[str, ...], now: datetime) -> Collection:
    return Collection(str(uuid4()), kind.value, title, description, kind, "", readers, (), now)


def cursor_secret(db: Session) -> bytes:
    """What signs cursors. It never changes, so it is read once a pool. Raises `LookupError` where no collection was ever made."""
    pool = db.connection().engine.pool
    if pool not in _secrets:
        head = sequences.current(db, _CURSORS)[1]
        if not head:
            raise LookupError("no collections")
        _secrets[pool] = bytes.fromhex(head)
    return _secrets[pool]


def add(db: Session, collection: Collection) -> None:
    """A new collection. Raises `IntegrityError` for a taken id or alias."""
    db.execute(sa.insert(_collection).values(**_values(collection)))


def save(db: Session, collection: Collection) -> None:
    """Write a collection back."""
    values = _values(collection)
    db.execute(sa.update(_collection).where(_collection.c.id == values.pop("id")).values(**values))


def get(db: Session, collection_id: str) -> Collection | None:
    """One collection by its id."""
    row = db.execute(_ONE, {"id": collection_id}).one_or_none()
    return None if row is None else _from_row(row)


def by_alias(db: Session, alias: str) -> Collection | None:
    """One collection by its alias, such as `records`."""
    row = db.execute(sa.select(_collection).where(_collection.c.alias == alias)).one_or_none()
    return None if row is None else _from_row(row)


def listed(db: Session) -> list[Collection]:
    """All, in the order in which they were made."""
    rows = db.execute(sa.select(_collection).order_by(_collection.c.created_at, _collection.c.alias.desc()))
    return [_from_row(row) for row in rows]


def remove(db: Session, collection_id: str) -> int:
    """Take a collection away with everything in it. Returns how many objects went with it."""
    gone = db.execute(
        sa.delete(_object).where(_object.c.collection_id == collection_id).returning(_object.c.seq)
    )
    count = len(gone.all())
    db.execute(sa.delete(_collection).where(_collection.c.id == collection_id))
    return count
