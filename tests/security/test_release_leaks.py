"""J-10.2 over HTTP: what was released to one organization changes no byte of any answer that another one at the node gets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from comity.app import create_app
from comity.config import Settings
from comity.domain.record import Record
from comity.services.runtime import Runtime
from tests.security.test_nothing_leaks import QUESTIONS, _plain
from tests.services.test_requests_between_nodes import released
from tests.two_nodes import Two, two_nodes
from tests.web.conftest import BROWSER, ORIGIN, Portal

CHILDREN = (
    "", ".json", "/stix", "/versions", "/compare?old=1.0&new=1.0", "/onward", "/proposal", "/release", "/tear-line", "/work",
)  # fmt: skip


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    with two_nodes(tmp_path) as both:
        yield both


@pytest.fixture
def window(two: Two, tmp_path: Path) -> Iterator[dict[str, TestClient]]:
    """Browsers of people abroad, made when they are asked for."""
    story, settings = two.abroad, Settings(data_dir=tmp_path, threads=2)
    runtime = Runtime(settings, engine=story.engine, clock=lambda: story.now + timedelta(minutes=10))
    app = create_app(settings, runtime=runtime, propagate=True)
    portal = Portal(app, story.engine, story.world, runtime, story.now)
    with ExitStack() as stack:

        class Windows(dict[str, TestClient]):
            def __missing__(self, who: str) -> TestClient:
                client = TestClient(app, base_url=ORIGIN, headers=BROWSER, follow_redirects=False)
                self[who] = stack.enter_context(client)
                if who:
                    client.cookies.set("comity", portal.sign_in(who))
                return self[who]

        yield Windows()


def everything(client: TestClient) -> dict[str, object]:
    paths = (*QUESTIONS, "/search?q=moonlight&node=nordmark", "/requests", "/api/v1/records?q=moonlight")
    return {path: _plain(client, path) for path in paths}


@pytest.mark.parametrize("who", ["", "researcher_south", "reader", "editor", "auditor"])
def test_a_second_organization_cannot_find_count_or_sense_it(
    two: Two, window: dict[str, TestClient], who: str
) -> None:
    before = everything(window[who])
    record = released(two, "uni-north")
    after = everything(window[who])
    told = {"/audit"} if who == "auditor" else set()  # that something came from an ally, never what
    assert {path for path in after if after[path] != before[path]} <= told
    assert "moonlight" not in str([after[path] for path in after if "moonlight" not in path]).lower()
    absent = record.ref[:-6] + "000001"
    for child in CHILDREN:
        held, nothing = (window[who].get(f"/records/{ref}{child}") for ref in (record.ref, absent))
        assert held.status_code == nothing.status_code, child
        assert held.text.count("Moonlight") == 0


def test_the_named_organization_finds_it(two: Two, window: dict[str, TestClient]) -> None:
    """The differential above can fail."""
    before = everything(window["researcher"])
    record: Record = released(two, "uni-north", conditions="Do not quote it.")
    after = everything(window["researcher"])
    changed = {path for path in after if after[path] != before[path]}
    assert {"/search?q=moonlight", "/search?q=moonlight&node=nordmark", "/"} <= changed
    reader = window["researcher"]
    closed = reader.get(f"/records/{record.ref}")
    assert "Moonlight" not in closed.text.split("<h1")[1], "first the purpose"
    opened = reader.post(f"/records/{record.ref}/open", data={"purpose": "protect_own_institution"})
    assert opened.status_code == 303
    shown = reader.get(f"/records/{record.ref}").text
    assert "Do not quote it." in shown
    assert "Passing it on, whole or in part, needs the originator’s yes." in shown
    assert f'href="/records/{record.ref}/onward"' in shown
