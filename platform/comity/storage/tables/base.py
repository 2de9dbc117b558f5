"""What all rows share: naming of constraints, and UTC times on every database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlmodel import SQLModel

metadata = SQLModel.metadata


def table_of(row: type[SQLModel]) -> sa.Table:
    """The table behind a row class, for statements that need columns rather than objects."""
    return cast("sa.Table", sa.inspect(row).local_table)


metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UTCDateTime(sa.TypeDecorator[datetime]):
    """Aware UTC in Python, naive UTC in the database, so that SQLite and PostgreSQL compare alike. Refuses naive times."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Aware to naive UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Naive UTC to aware."""
        return None if value is None else value.replace(tzinfo=UTC)


ROW_NUMBER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A 64-bit key. SQLite finds a row without an index, and keeps rows in the order of the key, when its type is INTEGER."""


class Row(SQLModel):
    """Base of every table: makes sure that the naming of constraints is set before the first of them is made."""
