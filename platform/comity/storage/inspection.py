"""Facts about the database itself that an operator should know: who else may read it, and which file holds it."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

_OPEN = sa.text(
    """SELECT DISTINCT table_name FROM information_schema.role_table_grants
       WHERE grantee = 'PUBLIC' AND table_schema = current_schema() ORDER BY table_name"""
)
_SUPER = sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")


def open_to_everyone(db: Session) -> list[str]:
    """Tables that every role of a PostgreSQL server may use; none on SQLite, which has no roles."""
    if db.connection().dialect.name != "postgresql":
        return []
    return [str(row.table_name) for row in db.execute(_OPEN)]


def is_superuser(db: Session) -> bool:
    """Does the node sign in to PostgreSQL with all powers?"""
    if db.connection().dialect.name != "postgresql":
        return False
    return bool(db.scalar(_SUPER))


def file_of(db: Session) -> Path | None:
    """The file of an SQLite database; None for one in memory or on a server."""
    url = db.connection().engine.url
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
