"""A whole service on a small world, and browsers for its people. Requests go through every layer, without a socket.

`browser("editor")` is signed in as the editor with a second factor; `browser()` is nobody. Each keeps its own cookies and sends
what a browser sends with a form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.testclient import TestClient

from comity.app import create_app
from comity.config import Settings
from comity.services.mint import digest, mint
from comity.services.runtime import Runtime
from comity.storage import sessions
from comity.storage.engine import open_session
from tests.factories import NOW, World, make_world, person_id

ORIGIN = "http://127.0.0.1:8400"
BROWSER = {"accept": "text/html,*/*", "origin": ORIGIN, "sec-fetch-site": "same-origin"}


@dataclass
class Portal:
    """The service under test. `moment` is its clock and may be moved."""

    app: FastAPI
    engine: sa.Engine
    world: World
    runtime: Runtime
    moment: datetime = NOW

    def sign_in(self, who: str, *, second_factor: bool = True) -> str:
        """A session without the form: the secret for the cookie."""
        secret = mint()
        until = self.moment + timedelta(hours=12)
        with open_session(self.engine, writes=True) as db, db.begin():
            sessions.add(
                db,
                sessions.SignIn(
                    digest(secret), person_id(who), second_factor, self.moment, self.moment, until
                ),
            )
        return secret


Browser = Callable[..., TestClient]


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    """A service on its own SQLite file."""
    engine, world = make_world(tmp_path / "portal.db")
    settings = Settings(data_dir=tmp_path, threads=4)
    found: list[Portal] = []
    runtime = Runtime(settings, engine=engine, clock=lambda: found[0].moment)
    found.append(Portal(create_app(settings, runtime=runtime, propagate=True), engine, world, runtime))
    yield found[0]
    engine.dispose()


@pytest.fixture
def browser(portal: Portal) -> Iterator[Browser]:
    """`browser(who)`, signed in unless `who` is left out."""
    with ExitStack() as stack:

        def open_one(who: str = "", *, second_factor: bool = True) -> TestClient:
            client = TestClient(portal.app, base_url=ORIGIN, headers=BROWSER, follow_redirects=False)
            stack.enter_context(client)
            if who:
                client.cookies.set("comity", portal.sign_in(who, second_factor=second_factor))
            return client

        yield open_one
