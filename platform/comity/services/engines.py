"""Which embedded search engine serves which database. Both live in the business transaction."""

from __future__ import annotations

import sqlalchemy as sa

from comity.search.port import SearchIndex
from comity.search.postgres_fts import PostgresSearch
from comity.search.sqlite_fts import SqliteSearch


def index_for(connection: sa.Connection) -> SearchIndex:
    """The engine inside the transaction of `connection`."""
    if connection.dialect.name == "postgresql":
        return PostgresSearch(connection)
    return SqliteSearch(connection)
