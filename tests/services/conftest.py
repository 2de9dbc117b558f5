"""A fresh world for each test of a service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from comity.services import verify_password
from tests.factories import make_world
from tests.place import Place
from tests.story import Story, seat_council


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def story(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Story]:
    """One node on a new database of each kind: the whole editorial life runs on both."""
    where: Path | str = tmp_path / "node.db"
    if request.param == "postgres":
        create: Callable[[str], str] = request.getfixturevalue("postgres_database")
        where = create("story")
    engine, world = make_world(where)
    yield Story(engine, world)
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """The world on each kind of database."""
    where: Path | str = tmp_path / "node.db"
    if request.param == "postgres":
        create: Callable[[str], str] = request.getfixturevalue("postgres_database")
        where = create("people")
    engine, world = make_world(where)
    yield Place(engine, world)
    engine.dispose()


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> PasswordHash:
    """The same code with parameters that take no time; `test_verify_password` is about the real ones."""
    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    monkeypatch.setattr(verify_password, "_hasher", quick)
    monkeypatch.setattr(verify_password, "NOBODYS", quick.hash("nobody"))
    return quick


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Iterator[Place]:
    """The world on SQLite alone, where the kind of database cannot matter."""
    engine, world = make_world(tmp_path / "node.db")
    yield Place(engine, world)
    engine.dispose()


@pytest.fixture
def full(story: Story) -> Story:
    """Council with two members of each sector outside government."""
    return seat_council(story)
