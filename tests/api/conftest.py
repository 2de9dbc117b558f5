"""A whole service, a story in its database, and programs that call it with tokens of its people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from comity.app import create_app
from comity.config import Settings
from comity.services import tokens
from comity.services.runtime import Runtime
from tests.factories import make_world
from tests.story import NOW, Story

READ = ("read:records",)
AMBER = ("read:records", "read:amber")
WRITE = ("read:records", "read:amber", "write:drafts")


@dataclass
class Service:
    """The application on the story's database. `token(who, scopes)` mints one as that person."""

    app: FastAPI
    story: Story
    stack: ExitStack = field(repr=False)

    def token(self, who: str, *scopes: str, **more: object) -> str:
        with self.story.unit(who) as unit:
            return tokens.issue(unit, name="test", scopes=scopes, **more).secret  # type: ignore[arg-type]

    def caller(self, who: str = "", *scopes: str, token: str = "") -> TestClient:
        """A program; without `who` it has no token."""
        secret = token or (self.token(who, *(scopes or WRITE)) if who else "")
        headers = {"authorization": f"Bearer {secret}"} if secret else {}
        client = TestClient(self.app, base_url="http://127.0.0.1:8400/api/v1", headers=headers)
        return self.stack.enter_context(client)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """On its own SQLite file; the clock is the story's."""
    engine, world = make_world(tmp_path / "node.db")
    story = Story(engine, world)
    settings = Settings(data_dir=tmp_path, threads=4)
    runtime = Runtime(settings, engine=engine, clock=lambda: story.now)
    with ExitStack() as stack:
        yield Service(create_app(settings, runtime=runtime, propagate=True), story, stack)
    engine.dispose()


Call = Callable[..., TestClient]

__all__ = ["AMBER", "NOW", "READ", "WRITE"]
