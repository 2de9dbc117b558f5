"""Every answer carries the headers, whatever made it: a page, an error, a file, a refusal, the API."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from comity.app import create_app
from comity.config import Settings
from tests.web.conftest import Browser

EVERYWHERE = (
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "content-security-policy",
    "cache-control",
    "x-request-id",
)
PATHS = (
    "/tlp",
    "/no-such-page",
    "/healthz",
    "/static/css/base.css",
    "/static/none.css",
    "/api/v1/openapi.json",
)


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_them(browser: Browser, path: str) -> None:
    headers = browser().get(path).headers
    assert [name for name in EVERYWHERE if name not in headers] == []
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_refusals_before_routing_have_them_too(browser: Browser) -> None:
    client = browser()
    for answer in (
        client.post("/sign-in", headers={"origin": "null"}),
        client.post("/sign-in", content=b"x" * 2_100_000, headers={"content-type": "text/plain"}),
        client.post("/tlp"),
    ):
        assert answer.status_code in {403, 405, 413}
        assert [name for name in EVERYWHERE if name not in answer.headers] == []


def test_a_page_runs_only_scripts_with_its_own_nonce(browser: Browser) -> None:
    client = browser()
    pages = [client.get("/tlp") for _ in range(2)]
    nonces = []
    for page in pages:
        policy = page.headers["content-security-policy"]
        (nonce,) = re.findall(r"script-src 'nonce-([^']+)';", policy)
        nonces.append(nonce)
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        assert "require-trusted-types-for 'script'; trusted-types htmx" in policy
        assert set(re.findall(r'<script[^>]* nonce="([^"]*)"', page.text)) == {nonce}
        assert page.text.count("<script") == page.text.count(f'<script nonce="{nonce}"')
    assert nonces[0] != nonces[1]


def test_what_is_no_page_may_load_nothing(browser: Browser) -> None:
    policy = browser().get("/api/v1/openapi.json").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy


def test_pages_of_a_signed_in_reader_are_not_kept(browser: Browser) -> None:
    assert browser("editor").get("/tlp").headers["cache-control"] == "no-store"
    assert browser().get("/tlp").headers["cache-control"] == "private, no-cache"


def test_over_tls_the_cookie_is_bound_to_the_host_and_the_browser_stays_on_tls(tmp_path: Path) -> None:
    settings = Settings(
        public_url="https://node.example", data_dir=tmp_path, database_url=f"sqlite:///{tmp_path / 'x.db'}"
    )
    with TestClient(create_app(settings), base_url="https://node.example") as client:
        assert client.get("/healthz").headers["strict-transport-security"].startswith("max-age=31536000")


def test_a_file_asked_for_by_its_hash_is_kept_for_a_year(browser: Browser) -> None:
    from comity.web.assets import asset

    client = browser()
    address = asset("css/base.css")
    assert "immutable" in client.get(address).headers["cache-control"]
    assert "immutable" not in client.get("/static/css/base.css").headers["cache-control"]
    assert client.get("/static/../../pyproject.toml").status_code == 404
    assert client.get("/static/%2e%2e/%2e%2e/pyproject.toml").status_code == 404


@pytest.mark.parametrize("path", [*PATHS, "/", "/search?q=tower", "/transparency", "/feeds/latest.atom"])
def test_head_is_get_without_the_body(browser: Browser, path: str) -> None:
    client = browser("researcher")
    got, asked = client.get(path), client.head(path)
    assert got.content
    assert asked.content == b""
    assert asked.status_code == got.status_code
    own = {"x-request-id", "content-security-policy", "date", "set-cookie"}
    assert {k: v for k, v in asked.headers.items() if k not in own} == {
        k: v for k, v in got.headers.items() if k not in own
    }


def test_head_of_an_address_that_only_takes_a_form_is_refused(browser: Browser) -> None:
    assert (
        browser("researcher").head("/alerts/read").status_code
        == browser("researcher").get("/alerts/read").status_code
    )
