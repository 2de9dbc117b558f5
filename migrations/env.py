"""Runs migrations on the node's database: in batches on SQLite, in one transaction on both."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

from comity.config import get_settings
from comity.storage.engine import open_engine
from comity.storage.tables import metadata


def _ours(_thing: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:
    """Search tables are made by the search room's own DDL, so autogenerate leaves them alone."""
    return not (kind == "table" and name is not None and name.startswith("search_"))


def _run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, include_object=_ours
    )
    with context.begin_transaction():
        context.run_migrations()


def _run_online() -> None:
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _run(connection)
        return
    engine = open_engine(get_settings().database_url)
    with engine.connect() as opened:
        _run(opened)
        opened.commit()
    engine.dispose()


_run_online()
