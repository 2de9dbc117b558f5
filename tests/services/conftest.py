"""A fresh world for each test of a service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories import make_world
from tests.story import Story


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """One node on a new SQLite database."""
    engine, world = make_world(tmp_path / "node.db")
    yield Story(engine, world)
    engine.dispose()
