"""Every page that needs no record: it opens for those it is for, is whole, and is not there for others (peers S12)."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from comity.storage import organizations
from comity.storage.engine import open_session
from tests.factories import person_id
from tests.web.conftest import Browser, Portal

PUBLIC = (
    "/about", "/accessibility", "/organizations", "/organizations/uni-north", "/policies", "/policies/handling",
    "/policies/governance/quorum", "/privacy", "/help", "/sign-in", "/tlp",
)  # fmt: skip
OWN = ("/account", "/account/password", "/account/second-factor", "/account/tokens")


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_open_for_all(browser: Browser, path: str) -> None:
    answer = browser().get(path)
    assert answer.status_code == 200
    assert answer.text.rstrip().endswith("</html>")
    assert answer.text.count("<h1") == 1


@pytest.mark.parametrize("path", [*OWN, "/members", "/admission"])
def test_pages_of_people_lead_others_to_the_sign_in(browser: Browser, path: str) -> None:
    answer = browser().get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")
    by_htmx = browser().get(path, headers={"hx-request": "true"})
    assert by_htmx.status_code == 401
    assert by_htmx.headers["hx-redirect"].startswith("/sign-in")


@pytest.mark.parametrize("path", OWN)
def test_everybody_has_their_own_account(browser: Browser, path: str) -> None:
    answer = browser("node_admin").get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/policies/../pyproject",
        "/policies/%2e%2e%2fpyproject",
        "/policies//etc/passwd",
        "/policies/handling.yaml",
    ],
)
def test_no_address_reaches_a_file_that_is_no_policy(browser: Browser, path: str) -> None:
    assert browser().get(path).status_code == 404


def test_an_application_is_not_there_for_the_public(portal: Portal, browser: Browser) -> None:
    waiting = replace(
        portal.world.organization("uni-north"), id="waiting-lab", name="Waiting Laboratory", state="proposed"
    )
    with open_session(portal.engine, writes=True) as db, db.begin():
        organizations.add(db, waiting, now=portal.moment)
    client = browser()
    assert "Waiting Laboratory" not in client.get("/organizations").text
    hidden = client.get("/organizations/waiting-lab")
    absent = client.get("/organizations/no-such-one")
    assert (hidden.status_code, absent.status_code) == (404, 404)
    clean = re.compile(r'nonce="[^"]*"')
    assert clean.sub("", hidden.text) == clean.sub("", absent.text)
    assert "Waiting Laboratory" in browser("editor").get("/admission").text


def test_an_administrator_manages_the_own_members_only(browser: Browser) -> None:
    client = browser("organization_admin")
    page = client.get("/members")
    assert "researcher@uni-north.example.org" in page.text
    assert "uni-south" not in page.text
    assert client.get("/members/of/uni-south").status_code == 404
    stranger = person_id("researcher_south")
    assert client.get(f"/members/{stranger}").status_code == 404
    for verb in ("grant", "revoke", "suspend", "renew"):
        sent = {"role": "reader", "reason": "a reason long enough"}
        assert client.post(f"/members/{stranger}/{verb}", data=sent).status_code == 404
    assert browser("researcher").get("/members").status_code == 404


def test_an_invitation_from_the_form_to_the_first_sign_in(portal: Portal, browser: Browser) -> None:
    admin, guest = browser("organization_admin"), browser()
    bad = admin.post(
        "/members/of/uni-north", data={"email": "nonsense", "name": "Nora Nilsen", "roles": "reader"}
    )
    assert bad.status_code == 422
    assert 'value="Nora Nilsen"' in bad.text
    too_much = admin.post(
        "/members/of/uni-north", data={"email": "n@uni.example.org", "name": "N", "roles": "editor"}
    )
    assert too_much.status_code in {403, 422}
    sneaky = admin.post(
        "/members/of/uni-north", data={"email": "n@uni.example.org", "name": "N", "state": "active"}
    )
    assert sneaky.status_code == 422
    made = admin.post(
        "/members/of/uni-north", data={"email": "n@uni.example.org", "name": "Nora", "roles": "reader"}
    )
    (link,) = re.findall(r"<code>http://127\.0\.0\.1:8400(/invitation\?secret=[^<]+)</code>", made.text)
    assert "Nora" in guest.get(link).text
    secret = link.partition("=")[2]
    weak = guest.post("/invitation", data={"secret": secret, "password": "short"})
    assert weak.status_code == 422
    fine = {"secret": secret, "password": "four herons in line"}
    assert guest.post("/invitation", data=fine).headers["location"] == "/sign-in"
    assert guest.post("/invitation", data=fine).status_code == 404, "an invitation works once"
    assert guest.get(link).status_code == 404
    signed = guest.post("/sign-in", data={"email": "n@uni.example.org", "password": fine["password"]})
    assert signed.status_code == 303
    assert "University of the North" in guest.get("/account").text


def test_roles_are_given_and_taken_where_the_policy_lets(browser: Browser) -> None:
    editor = browser("editor")
    who = f"/members/{person_id('researcher')}"
    assert "Roles over time" in editor.get(who).text
    given = editor.post(f"{who}/grant", data={"role": "reviewer"})
    assert given.status_code in {303, 422}
    assert editor.post(f"{who}/grant", data={"role": "council_member"}).status_code == 403
    assert editor.post(f"/members/{person_id('editor')}/grant", data={"role": "reader"}).status_code == 403
    assert editor.post(f"{who}/suspend", data={"reason": "short"}).status_code == 422
    assert editor.post(f"{who}/no-such-verb").status_code == 404


def test_an_application_from_proposal_to_check(browser: Browser) -> None:
    proposer, editor = browser("council_uni"), browser("editor")
    sent = {
        "id": "uni-east",
        "name": "University of the East",
        "why": "Known to two members for years.",
        "sector": "government",
    }
    assert proposer.post("/admission", data=sent).status_code == 422, "S13: nobody proposes their own sector"
    del sent["sector"]
    bad = proposer.post("/admission", data=sent | {"id": "Uni East", "why": "x"})
    assert bad.status_code == 422
    assert "University of the East" in bad.text
    assert proposer.post("/admission", data=sent).status_code == 303
    unknown = editor.post(
        "/admission/uni-east/check", data={"sector": "crown", "note": "Looked up in two registers."}
    )
    assert unknown.status_code == 422
    assert "Looked up in two registers." in unknown.text, "what was typed is kept"
    found = {"sector": "academia", "note": "Looked up in two registers."}
    assert proposer.post("/admission/uni-east/check", data=found).status_code == 403
    assert editor.post("/admission/uni-east/check", data=found).status_code == 303
    assert proposer.post("/admission/uni-east/approve", data={"text": ""}).status_code == 303
    assert editor.post("/admission/uni-east/admit").status_code == 409


def test_a_token_is_shown_once_and_opens_the_api_only(portal: Portal, browser: Browser) -> None:
    client = browser("researcher")
    bad = client.post("/account/tokens", data={"name": "script", "days": "9999", "scopes": "read:records"})
    assert bad.status_code == 422
    assert 'value="script"' in bad.text
    made = client.post("/account/tokens", data={"name": "script", "days": "30", "scopes": "read:records"})
    (secret,) = re.findall(r">(cmt_[^<]+)<", made.text)
    assert made.headers["cache-control"] == "no-store"
    assert secret not in client.get("/account/tokens").text
    program = browser()
    assert program.get("/account", headers={"authorization": f"Bearer {secret}"}).status_code == 303
    (token_id,) = re.findall(r'name="id" value="([^"]+)"', client.get("/account/tokens").text)
    assert browser("editor").post("/account/tokens/revoke", data={"id": token_id}).status_code == 404
    assert client.post("/account/tokens/revoke", data={"id": token_id}).status_code == 303


def test_a_token_counts_in_the_api_a_cookie_does_not(portal: Portal, browser: Browser) -> None:
    client = browser("researcher")
    made = client.post("/account/tokens", data={"name": "script", "days": "30", "scopes": "read:records"})
    (secret,) = re.findall(r">(cmt_[^<]+)<", made.text)
    assert client.get("/api/v1/me").status_code == 401, "the cookie"
    good = client.get("/api/v1/me", headers={"authorization": f"Bearer {secret}"})
    assert good.json()["account"] == person_id("researcher")
    for wrong in ("Bearer cmt_wrong", "Bearer", f"Basic {secret}", "Bearer " + secret[:-1]):
        answer = client.get("/api/v1/me", headers={"authorization": wrong})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_name_is_changed_by_its_person_and_nothing_else_is(browser: Browser) -> None:
    me = browser("researcher")
    assert "/account/profile" in me.get("/account").text
    form = me.get("/account/profile").text
    assert 'name="name"' in form
    assert 'name="language"' not in form, "no choice of what does not exist"
    for wrong in ("", "x" * 121):
        refused = me.post("/account/profile", data={"name": wrong})
        assert refused.status_code == 422
        assert wrong in refused.text
    for extra in ("email", "organization", "language", "id"):
        assert me.post("/account/profile", data={"name": "A", extra: "x"}).status_code == 422
    assert me.post("/account/profile", data={"name": "Ada <b>Example</b>"}).headers["location"] == "/account"
    assert "Ada &lt;b&gt;Example&lt;/b&gt;" in me.get("/account").text
    assert "Ada" not in browser("researcher_south").get("/account").text
    assert browser().post("/account/profile", data={"name": "Nobody"}).status_code == 401
