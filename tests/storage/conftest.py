"""The storage suite runs on each kind of database: one empty node for the module, and what a test writes is rolled back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from comity.storage.engine import open_session
from tests.factories import make_world

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="module", params=BOTH)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """The world of the factories, shared by the tests of a module."""
    where: Path | str = tmp_path_factory.mktemp("storage") / "node.db"
    if request.param == "postgres":
        create: Callable[[str], str] = request.getfixturevalue("postgres_database")
        where = create("storage")
    opened, _ = make_world(where)
    yield opened
    opened.dispose()


@pytest.fixture
def db(engine: sa.Engine) -> Iterator[Session]:
    """A writing transaction that is rolled back."""
    with open_session(engine, writes=True) as session:
        yield session
        session.rollback()


@pytest.fixture(params=BOTH)
def own_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A node of the test's own, for what commits."""
    where: Path | str = tmp_path / "node.db"
    if request.param == "postgres":
        create: Callable[[str], str] = request.getfixturevalue("postgres_database")
        where = create("own")
    opened, _ = make_world(where)
    yield opened
    opened.dispose()
