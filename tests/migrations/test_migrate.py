"""The schema goes up and down on both databases, with data; and what the code expects is what the migrations make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from comity.config import Settings
from comity.services import find, migrate
from comity.services.runtime import Runtime
from comity.storage import collections
from comity.storage.engine import open_engine, open_session
from tests.factories import World
from tests.story import Story


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'node.db'}"
    create: Callable[[str], str] = request.getfixturevalue("postgres_database")
    return create("migrate")


def tables(url: str) -> set[str]:
    engine = open_engine(url)
    names = set(sa.inspect(engine).get_table_names())
    engine.dispose()
    return names


def test_models_equal_migrations(url: str) -> None:
    migrate.migrate(url)
    assert migrate.drift(url) == []


def test_a_difference_between_models_and_database_is_told(url: str) -> None:
    migrate.migrate(url)
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE throttle ADD COLUMN surprise INTEGER"))
    engine.dispose()
    assert "surprise" in str(migrate.drift(url))


def test_up_down_and_up_again(url: str) -> None:
    migrate.migrate(url)
    full = tables(url)
    assert {"record", "audit_entry", "search_entry"} <= full
    migrate.roll_back(url, to="base")
    assert tables(url) <= {"alembic_version"}
    migrate.migrate(url)
    assert tables(url) == full


def test_a_node_lives_on_a_migrated_database_and_migrating_again_changes_nothing(url: str) -> None:
    migrate.migrate(url)
    engine = open_engine(url, pool_size=2)
    story = Story(engine, World().put(engine))
    record = story.published()
    migrate.migrate(url)
    with story.unit("researcher", writes=False) as unit:
        query = find.asked(text="conference", filters={}, sort="relevance", page=1, include_ended=False)
        assert record.ref in [one.record.ref for one in find.find(unit, query).items]
    engine.dispose()


def test_a_node_that_is_older_than_its_collections_gets_them(url: str) -> None:
    migrate.migrate(url)
    engine = open_engine(url, pool_size=2)
    World().put(engine)
    engine.dispose()
    migrate.roll_back(url, to="0002")
    migrate.migrate(url)
    migrate.migrate(url)
    engine = open_engine(url, pool_size=2)
    with open_session(engine, writes=False) as db:
        assert [one.alias for one in collections.listed(db)] == ["records", "inbox"]
    engine.dispose()


def test_the_service_sees_an_older_schema(url: str, tmp_path: Path) -> None:
    runtime = Runtime(Settings(database_url=url, data_dir=tmp_path))
    assert not runtime.schema().up_to_date
    migrate.migrate(url)
    assert runtime.schema().up_to_date
    runtime.close()
