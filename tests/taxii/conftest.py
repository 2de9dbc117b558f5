"""A service on a story's database, and programs that speak TAXII to it with tokens of its people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from comity.app import create_app
from comity.config import Settings
from comity.domain.tlp import TLP
from comity.services import keep_shelves, tokens
from comity.services.runtime import Runtime
from comity.storage import collections
from tests.factories import make_world
from tests.story import Story

MEDIA = "application/taxii+json;version=2.1"
READ = ("read:records",)
WRITE = ("write:objects",)
BOTH = READ + WRITE
V1, V2, V3 = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"


def stix_id(number: int, type_: str = "indicator") -> str:
    return f"{type_}--00000000-0000-4000-8000-{number:012}"


def an_object(number: int = 1, version: str = V1, type_: str = "indicator", **more: Any) -> dict[str, Any]:
    made = {
        "type": type_,
        "spec_version": "2.1",
        "id": stix_id(number, type_),
        "created": V1,
        "modified": version,
    }
    return made | {"name": f"Object {number}", "marks": [1, 1.5, True, None, "岸"], **more}


@dataclass
class Program:
    """Something that speaks TAXII. Paths are below the collection `at`."""

    client: TestClient
    at: str

    def get(self, path: str = "objects/", at: str = "", **params: Any) -> Response:
        return self.client.get(f"/taxii2/exchange/collections/{at or self.at}/{path}", params=_named(params))

    def objects(self, path: str = "objects/", at: str = "", **params: Any) -> list[Any]:
        answer = self.get(path, at, **params)
        assert answer.status_code == 200, answer.text
        found: list[Any] = answer.json().get("objects", [])
        return found

    def post(self, *objects: Any, at: str = "") -> dict[str, Any]:
        answer = self.send({"objects": objects}, at=at)
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def send(self, body: Any, at: str = "", **more: Any) -> Response:
        given = {"content": body} if isinstance(body, bytes) else {"json": body}
        headers = {"content-type": MEDIA, **more}
        return self.client.post(
            f"/taxii2/exchange/collections/{at or self.at}/objects/", headers=headers, **given
        )

    def delete(self, stix_id: str, at: str = "", **params: Any) -> Response:
        path = f"/taxii2/exchange/collections/{at or self.at}/objects/{stix_id}/"
        return self.client.delete(path, params=_named(params))


def _named(params: dict[str, Any]) -> dict[str, Any]:
    """`match_id` is `match[id]`."""
    return {
        f"match[{name.removeprefix('match_')}]" if name.startswith("match_") else name: value
        for name, value in params.items()
    }


@dataclass
class Server:
    """The application, and a shelf that members of uni-north write and all members read."""

    app: FastAPI
    story: Story
    stack: ExitStack = field(repr=False)
    shelf: str = ""

    def open_shelf(
        self, alias: str, readers: tuple[str, ...], writers: tuple[str, ...] = (), tlp: TLP = TLP.GREEN
    ) -> str:
        with self.story.unit("federation_officer") as unit:
            return keep_shelves.open_shelf(
                unit, alias=alias, title=alias, tlp=tlp, readers=readers, writers=writers
            ).id

    def collection(self, alias: str) -> str:
        with self.story.unit("system", writes=False) as unit:
            found = collections.by_alias(unit.db, alias)
        assert found is not None
        return found.id

    def token(self, who: str, *scopes: str) -> str:
        with self.story.unit(who) as unit:
            return tokens.issue(unit, name="machine", scopes=scopes or BOTH).secret

    def program(self, who: str = "", *scopes: str, **headers: str) -> Program:
        """Without `who` it has no token."""
        given = {"authorization": f"Bearer {self.token(who, *scopes)}"} if who else {}
        client = TestClient(
            self.app, base_url="http://127.0.0.1:8400", headers={"accept": MEDIA, **given, **headers}
        )
        return Program(self.stack.enter_context(client), self.shelf)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    engine, world = make_world(tmp_path / "node.db")
    story = Story(engine, world)
    settings = Settings(data_dir=tmp_path, threads=4, max_body_bytes=50_000)
    runtime = Runtime(settings, engine=engine, clock=lambda: story.now)
    with ExitStack() as stack:
        made = Server(create_app(settings, runtime=runtime), story, stack)
        made.shelf = made.open_shelf("shelf", ("node:nordmark",), ("org:uni-north",))
        yield made
    engine.dispose()
