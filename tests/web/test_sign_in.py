"""Signing in and the account page, as a browser does it."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pyotp
import pytest
from starlette.testclient import TestClient

from comity.services import verify_password
from comity.storage import people
from comity.storage.engine import open_session
from tests.factories import person_id
from tests.web.conftest import Browser, Portal

EMAIL = "researcher@uni-north.example.org"
PASSWORD = "rowing past quiet islands"
WRONG = "This e-mail and password do not go together"


@pytest.fixture(scope="module")
def password_hash() -> str:
    return verify_password.hashed(PASSWORD)


@pytest.fixture
def known(portal: Portal, password_hash: str) -> Portal:
    """The researcher has a password."""
    with open_session(portal.engine, writes=True) as db, db.begin():
        people.set_password(db, person_id("researcher"), password_hash)
    return portal


def send(client: TestClient, password: str, email: str = EMAIL, to: str = "/") -> tuple[int, str, str]:
    answer = client.post("/sign-in", data={"email": email, "password": password, "next": to})
    return answer.status_code, answer.headers.get("location", ""), answer.text


def test_sign_in_goes_on_to_where_it_was_asked_for(known: Portal, browser: Browser) -> None:
    client = browser()
    asked = client.get("/account/password")
    assert asked.status_code == 303
    assert asked.headers["location"] == "/sign-in?next=%2Faccount%2Fpassword"
    assert 'value="/account/password"' in client.get(asked.headers["location"]).text
    assert send(client, PASSWORD, to="/account/password")[:2] == (303, "/account/password")
    page = client.get("/account")
    assert "University of the North" in page.text
    assert "TLP:AMBER and above need it" in page.text


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(known: Portal, browser: Browser) -> None:
    answer = browser().post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert "domain" not in cookie
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("email", "password"),
    [(EMAIL, "wrong words here"), ("nobody@uni-north.example.org", PASSWORD), (EMAIL, ""), ("", PASSWORD)],
)
def test_every_refusal_reads_the_same_and_repeats_no_password(
    known: Portal, browser: Browser, email: str, password: str
) -> None:
    client = browser()
    status, _, text = send(client, password, email)
    assert status == 422
    assert WRONG in text
    assert "wrong words here" not in text
    assert PASSWORD not in text
    assert f'value="{email}"' in text
    assert client.get("/account").status_code == 303


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\tx",
        "\\\\evil",
        "",
    ],
)
def test_sign_in_never_leads_to_another_host(known: Portal, browser: Browser, to: str) -> None:
    assert send(browser(), PASSWORD, to=to)[:2] == (303, "/")


def test_after_six_guesses_even_the_right_password_waits(known: Portal, browser: Browser) -> None:
    client = browser()
    for _ in range(6):
        assert send(client, "wrong words here")[0] == 422
    status, _, text = send(client, PASSWORD)
    assert status == 429
    assert "Too many attempts" in text


def test_second_factor_from_set_up_to_the_next_sign_in(known: Portal, browser: Browser) -> None:
    client = browser()
    send(client, PASSWORD)
    offered = client.post("/account/second-factor/begin")
    assert offered.headers["cache-control"] == "no-store"
    assert 'src="data:image/svg+xml;base64,' in offered.text
    (secret,) = re.findall(r"<code>([A-Z2-7]{32})</code>", offered.text)
    wrong = client.post("/account/second-factor/enable", data={"code": "000000"})
    assert wrong.status_code == 422
    before = client.cookies["comity"]
    at = known.moment.timestamp()
    done = client.post("/account/second-factor/enable", data={"code": pyotp.TOTP(secret).at(int(at))})
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    assert client.cookies["comity"] != before, "the session is renewed with its power"
    again = browser()
    status, location, _ = send(again, PASSWORD, to="/account")
    assert (status, location) == (303, "/second-factor?next=%2Faccount")
    assert again.get("/account").status_code == 303, "half a sign-in opens nothing"
    assert EMAIL not in again.get("/second-factor").text
    used = again.post("/second-factor", data={"code": pyotp.TOTP(secret).at(int(at)), "next": "/account"})
    assert used.status_code == 422, "a code works once"
    code = pyotp.TOTP(secret).at(int(at) + 30)
    passed = again.post("/second-factor", data={"code": code, "next": "/account"})
    assert (passed.status_code, passed.headers["location"]) == (303, "/account")
    assert again.get("/account").status_code == 200


def test_change_of_password_names_the_field_and_ends_other_sign_ins(known: Portal, browser: Browser) -> None:
    client, other = browser(), browser()
    send(client, PASSWORD)
    send(other, PASSWORD)
    short = client.post("/account/password", data={"old": PASSWORD, "password": "short"})
    assert short.status_code == 422
    assert 'href="#f-password"' in short.text, "the summary leads to the field"
    assert PASSWORD not in short.text
    strange = client.post(
        "/account/password", data={"old": PASSWORD, "password": PASSWORD + " x", "state": "active"}
    )
    assert strange.status_code == 422, "S13: no field that the form does not offer"
    done = client.post("/account/password", data={"old": PASSWORD, "password": "nine herons over the marsh"})
    assert done.status_code == 303
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 303
    assert send(browser(), PASSWORD)[0] == 422


def test_sessions_of_others_cannot_be_ended(portal: Portal, browser: Browser) -> None:
    mine, theirs = browser("editor"), browser("researcher")
    listed = theirs.get("/account")
    assert listed.status_code == 200
    second = browser("researcher")
    (name,) = re.findall(r'name="name" value="([^"]+)"', second.get("/account").text)
    assert mine.post("/account/sessions/end", data={"name": name}).status_code == 404
    assert theirs.get("/account").status_code == 200
    assert second.post("/account/sessions/end", data={"name": name}).status_code == 303
    assert theirs.get("/account").status_code == 303


def test_a_notice_is_shown_once_and_escaped(portal: Portal, browser: Browser) -> None:
    client = browser("editor")
    out = client.post("/sign-out")
    assert "You are signed out" in unquote(out.headers["set-cookie"])
    assert "You are signed out." in client.get("/tlp").text
    assert "You are signed out." not in client.get("/tlp").text
    client.cookies.set("comity-notice", "good%3A%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert "<script>alert(1)" not in client.get("/tlp").text


def test_reading_keeps_a_session_alive_and_leaving_it_ends_it(portal: Portal, browser: Browser) -> None:
    from datetime import timedelta

    client = browser("editor")
    for _ in range(3):
        portal.moment += timedelta(minutes=50)
        assert client.get("/account").status_code == 200
    portal.moment += timedelta(minutes=61)
    assert client.get("/account").status_code == 303
