"""Opens the database and its transactions. SQLite runs in WAL mode; a writing transaction takes the write lock at its start.

A deferred SQLite transaction that reads first and writes later fails when another wrote in between, so a unit of work says in
advance whether it will write. PostgreSQL needs no such word: rows that order commits are locked by `storage.sequences`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

_PRAGMAS = (
    "PRAGMA page_size=8192",  # of a new file: three objects of 2 kB fit where one did, and a third of the file is saved
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA busy_timeout=15000",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-2000",  # for each of many connections; the system keeps the file in memory besides, once for all
)


def open_engine(url: str, *, pool_size: int = 16) -> sa.Engine:
    """An engine for `url`. `pool_size` equals the thread count, so a thread never waits for a connection that a thread holds."""
    address = sa.engine.make_url(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        address, pool_size=pool_size, max_overflow=4, pool_timeout=3, pool_pre_ping=not _is_sqlite(address)
    )
    if _is_sqlite(address):
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def open_session(engine: sa.Engine, *, writes: bool) -> Session:
    """A session whose transaction begins at its first statement; `writes` takes SQLite's write lock then."""
    return Session(engine.execution_options(comity_writes=writes), expire_on_commit=False)


def _is_sqlite(address: sa.URL) -> bool:
    return address.get_backend_name() == "sqlite"


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("comity_writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
