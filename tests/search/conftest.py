"""One empty index of each engine; what a test does is rolled back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, Engine, create_engine

from comity.search import embedded, schema
from comity.search.port import SearchIndex


@pytest.fixture(scope="session")
def sqlite_engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        schema.create(connection)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_engine(postgres_database: Callable[[str], str]) -> Iterator[Engine]:
    engine = create_engine(postgres_database("search"))
    with engine.begin() as connection:
        schema.create(connection)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite_engine", "postgres_engine"])
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    engine: Engine = request.getfixturevalue(request.param)
    with engine.connect() as open_connection:
        yield open_connection
        open_connection.rollback()


@pytest.fixture
def index(connection: Connection) -> SearchIndex:
    return embedded(connection)
