"""Peers S22, S36: what is absent, what is hidden and what was never an address read the same. Errors tell no more than that."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from comity.app import create_app
from comity.config import Settings
from comity.domain.errors import Busy, Invalid, NotFound, Problem, TooMany
from comity.http.capability import capability
from comity.http.context import Ctx
from comity.http.route import new_router
from comity.services.runtime import Runtime
from tests.factories import make_world
from tests.web.conftest import BROWSER, ORIGIN

SECRET = "sealed-content-8842"
_FLEETING = re.compile(r'nonce="[^"]*"|[0-9a-f]{32}')


@pytest.fixture
def odd(tmp_path: Path) -> TestClient:
    """The service with some routes that fail in every way."""
    settings = Settings(data_dir=tmp_path, threads=2)
    engine, _ = make_world(tmp_path / "odd.db")
    app = create_app(settings, runtime=Runtime(settings, engine=engine))
    _add_failing_routes(app)
    return TestClient(app, base_url=ORIGIN, headers=BROWSER, raise_server_exceptions=False)


def _add_failing_routes(app: FastAPI) -> None:
    router = new_router()
    errors = {
        "hidden": NotFound(),
        "busy": Busy(),
        "many": TooMany(7),
        "crash": RuntimeError(SECRET),
        "invalid": Invalid([Problem("title", "missing", "Say what it is about.")]),
    }

    @router.get("/odd/number/{number}")
    @capability("public")
    def number(ctx: Ctx, number: int) -> dict[str, int]:
        raise NotFound

    @router.get("/odd/{name}")
    @router.get("/api/odd/{name}")
    @capability("public")
    def fail(ctx: Ctx, name: str) -> None:
        raise errors[name]

    app.include_router(router)


def body(client: TestClient, path: str) -> tuple[int, str]:
    answer = client.get(path)
    return answer.status_code, _FLEETING.sub("", answer.text)


def test_absent_hidden_and_unknown_read_the_same(odd: TestClient) -> None:
    unknown = body(odd, "/no/such/address")
    assert unknown[0] == 404
    assert body(odd, "/odd/hidden") == unknown
    assert body(odd, "/odd/number/12") == unknown, "absent"
    assert body(odd, "/odd/number/twelve") == unknown, "an address that does not parse"
    assert body(odd, "/static/none.css") == unknown


def test_and_so_in_the_api(odd: TestClient) -> None:
    unknown = odd.get("/api/v1/none")
    assert unknown.headers["content-type"] == "application/problem+json"
    assert odd.get("/api/odd/hidden").content == unknown.content


def test_an_unforeseen_error_tells_its_reference_and_nothing_else(
    odd: TestClient, capfd: pytest.CaptureFixture[str]
) -> None:
    for path in ("/odd/crash", "/api/odd/crash"):
        answer = odd.get(path)
        assert answer.status_code == 500
        assert answer.headers["x-request-id"] in answer.text
        assert SECRET not in answer.text
        assert "Traceback" not in answer.text
    log = capfd.readouterr().err
    assert "RuntimeError" in log
    assert SECRET not in log


def test_named_fields_waiting_and_busy(odd: TestClient) -> None:
    invalid = odd.get("/api/odd/invalid")
    assert invalid.status_code == 422
    assert invalid.json()["errors"] == [
        {"field": "title", "code": "missing", "message": "Say what it is about."}
    ]
    assert odd.get("/odd/many").headers["retry-after"] == "7"
    assert odd.get("/odd/busy").status_code == 503


def test_the_log_has_no_query_and_no_address(odd: TestClient, capfd: pytest.CaptureFixture[str]) -> None:
    odd.get("/odd/number/445566?q=" + SECRET)
    log = capfd.readouterr().err
    assert "/odd/number/{number}" in log
    assert SECRET not in log
    assert "445566" not in log


def test_a_body_over_the_limit_is_a_page_with_or_without_a_length(odd: TestClient) -> None:
    def pieces() -> list[bytes]:
        return [b"a" * 1_000_000] * 3

    for content in (b"a" * 3_000_000, iter(pieces())):
        answer = odd.post(
            "/sign-in", content=content, headers={"content-type": "application/x-www-form-urlencoded"}
        )
        assert answer.status_code == 413
        assert answer.headers["content-type"].startswith("text/html")
        assert "too large" in answer.text


def test_before_the_node_is_set_up_pages_still_answer(tmp_path: Path) -> None:
    from tests.factories import make_database

    settings = Settings(data_dir=tmp_path, threads=2)
    runtime = Runtime(settings, engine=make_database(tmp_path / "empty.db"))
    with TestClient(
        create_app(settings, runtime=runtime, propagate=True), base_url=ORIGIN, headers=BROWSER
    ) as client:
        assert client.get("/tlp").status_code == 200
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").text == "ok"
