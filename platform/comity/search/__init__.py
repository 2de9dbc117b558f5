"""Search engines behind one port. Policy comes in as integers; scores never come out."""

from __future__ import annotations

from sqlalchemy import Connection

from comity.search.port import SearchIndex
from comity.search.postgres_fts import PostgresSearch
from comity.search.sqlite_fts import SqliteSearch


def embedded(connection: Connection) -> SearchIndex:
    """The engine of the database at hand, working in the connection's transaction."""
    return PostgresSearch(connection) if connection.dialect.name == "postgresql" else SqliteSearch(connection)


__all__ = ["PostgresSearch", "SearchIndex", "SqliteSearch", "embedded"]
