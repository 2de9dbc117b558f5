"""Peers S18: another site cannot make a signed-in browser change anything."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from comity.http.cross_site import came_from_here, origins_of
from tests.web.conftest import ORIGIN, Browser

EVIL = "https://evil.example"
HERE = frozenset({"https://node.example"})


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({}, False),
        ({"origin": "https://node.example"}, True),
        ({"origin": "https://node.example", "sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"origin": EVIL}, False),
        ({"origin": "null"}, False),
        ({"origin": EVIL, "sec-fetch-site": "same-origin"}, False),
        ({"origin": "https://node.example", "sec-fetch-site": "cross-site"}, False),
        ({"origin": "https://sub.node.example", "sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"origin": "http://node.example"}, False),
        ({"origin": "https://node.example:444"}, False),
        ({"origin": "https://node.example.evil.example"}, False),
    ],
)
def test_the_matrix_of_headers(headers: dict[str, str], passes: bool) -> None:
    assert came_from_here(Headers(headers), HERE) is passes


def test_a_node_on_loopback_has_every_name_of_loopback_and_no_other() -> None:
    assert origins_of("http://127.0.0.1:8400/") == {
        "http://127.0.0.1:8400",
        "http://localhost:8400",
        "http://[::1]:8400",
    }
    assert origins_of("https://node.example/portal") == HERE


@pytest.mark.parametrize(
    "headers",
    [{"origin": EVIL, "sec-fetch-site": "cross-site"}, {"origin": "null", "sec-fetch-site": "same-origin"}],
)
def test_a_forged_form_does_not_sign_anybody_out(browser: Browser, headers: dict[str, str]) -> None:
    client = browser("editor")
    refused = client.post("/sign-out", headers=headers)
    assert refused.status_code == 403
    assert "another site" in refused.text
    assert client.get("/account").status_code == 200, "the session must still be open"
    assert client.post("/sign-out").status_code == 303
    assert client.get("/account").status_code == 303


@pytest.mark.parametrize("path", ["/sign-out", "/account/sessions/end-all", "/account/second-factor/begin"])
def test_nothing_changes_by_get(browser: Browser, path: str) -> None:
    assert browser("editor").get(path).status_code == 405


def test_a_cookie_is_nothing_to_the_api_so_its_exemption_is_no_hole(browser: Browser) -> None:
    client = browser("editor")
    answer = client.post("/api/v1/openapi.json", headers={"origin": EVIL})
    assert answer.status_code == 405, "the guard passes the API on, where only tokens count"
    assert origins_of(ORIGIN)
