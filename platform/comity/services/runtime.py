"""What every entrance stands on: the open database of one node, and the units of work on it.

The only door from floor 3 to storage. It decides that a unit commits when its block ends well and rolls back otherwise, and that a
database without a free place answers `Busy` instead of waiting. It refuses to know HTTP, cookies, and what a unit does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Final

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from comity.config import MIGRATIONS, Settings
from comity.domain.errors import Busy
from comity.domain.node import Node
from comity.domain.viewer import Viewer
from comity.services.unit import Unit
from comity.storage.engine import open_engine, open_session

Clock = Callable[[], datetime]
NO_REQUEST: Final[Mapping[str, str]] = MappingProxyType({})
UNNAMED: Final = "unnamed"
"""Node id of a viewer before the node is known. No rule gives anything to it."""
NOBODY: Final = Viewer.public(UNNAMED)


def utc_now() -> datetime:
    """The moment a unit begins: aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Schema:
    """Where the database is in the chain of migrations. `current` is None for an empty database."""

    current: str | None
    head: str | None

    @property
    def up_to_date(self) -> bool:
        """The service may run on it."""
        return self.current == self.head


@cache
def _head() -> str | None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config).get_current_head() if MIGRATIONS.is_dir() else None


class Runtime:
    """One node's database for the life of a process. Thread-safe; `close()` at the end."""

    def __init__(
        self, settings: Settings, *, engine: sa.Engine | None = None, clock: Clock = utc_now
    ) -> None:
        self.settings = settings
        self.clock = clock
        self._engine = engine or open_engine(settings.database_url, pool_size=settings.threads)

    @property
    def reads_best_alone(self) -> bool:
        """SQLite works inside this process: threads that read at the same time take turns at every step, and lose more by it than
        they win. Where many small reads come at once, one after the other is the faster way.
        """
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def unit(
        self, viewer: Viewer = NOBODY, *, writes: bool, request: Mapping[str, str] = NO_REQUEST
    ) -> Iterator[Unit]:
        """One transaction. Commits when the block ends well, else rolls back. Nothing is read before the block asks.

        `NOBODY` has no power at all; `services.recognize` says who it really is.
        Raises `Busy` when no connection is free or another writer keeps SQLite's lock for too long.
        """
        session = open_session(self._engine, writes=writes)
        try:
            unit = Unit(db=session, viewer=viewer, now=self.clock(), request=request, settings=self.settings)
            yield unit
            session.commit()
        except sa.exc.TimeoutError as full:
            raise Busy from full
        except sa.exc.OperationalError as error:
            if "database is locked" in str(error.orig):
                raise Busy from error
            raise
        finally:
            session.close()  # rolls back whatever was not committed

    @contextmanager
    def system_unit(self, reason: str, *, writes: bool = True) -> Iterator[Unit]:
        """A unit of the node itself: it sees everything, and `reason` is in every audit entry it leaves."""
        with self.unit(Viewer.system(UNNAMED, reason), writes=writes) as unit:
            node = self._node(unit)
            if node is not None:
                unit.viewer = Viewer.system(node.node_id, reason)
            yield unit

    def node(self) -> Node | None:
        """The node's own settings, or None before it was set up. Opens a unit of its own: for start-up, not for requests."""
        with self.unit(writes=False) as unit:
            return self._node(unit)

    @staticmethod
    def undo(unit: Unit) -> None:
        """Forget what the unit changed so far: an answer that says "this did not work" leaves nothing behind."""
        unit.db.rollback()

    @staticmethod
    def keep(unit: Unit) -> None:
        """Commit now, whatever happens later: a failed sign-in must still be counted."""
        unit.db.commit()

    def ping(self) -> None:
        """One round trip to the database; raises what the driver raises."""
        with self._engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))

    def schema(self) -> Schema:
        """Compare the database with the migrations in the source tree."""
        with self._engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        return Schema(current=current, head=_head())

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    @staticmethod
    def _node(unit: Unit) -> Node | None:
        try:
            return unit.node
        except LookupError:
            return None
