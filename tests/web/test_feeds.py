"""Feeds: well formed, under the reader's own rule, by session or by a token of the right scope, and never in an address."""

from __future__ import annotations

import json
from base64 import b64encode
from xml.etree import ElementTree as ET

import pytest
from starlette.testclient import TestClient

from comity.domain.handling import AudienceChoice, Handling
from comity.domain.scopes import Scope
from comity.domain.tlp import TLP
from comity.services import tokens
from tests.story import Story
from tests.web.conftest import Browser, Portal
from tests.web.hostile import poison
from tests.web.test_search_page import HIDDEN

A = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def story(portal: Portal) -> Story:
    return Story(portal.engine, portal.world)


@pytest.fixture
def published(story: Story) -> Story:
    """One record of each marking that anybody may follow, and one that nobody may."""
    story.published(tlp=TLP.CLEAR, title="Open conference note", summary="A summary that anyone may read.")
    story.published(
        tlp=TLP.GREEN, title=f"Green {HIDDEN}", summary="A summary for members only, not in feeds."
    )
    chosen = AudienceChoice(organizations=("uni-north",))
    story.published(handling=Handling(tlp=TLP.AMBER, audience=chosen), title="Amber conference note")
    return story


def token(story: Story, who: str, *scopes: Scope) -> str:
    with story.unit(who) as unit:
        return tokens.issue(unit, name="feed reader", scopes=scopes).secret


def basic(secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"anybody:{secret}".encode()).decode()}


def atom_titles(client: TestClient, path: str = "/feeds/latest.atom", **headers: str) -> list[str]:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert answer.headers["cache-control"].startswith("private")
    return [str(title.text) for title in ET.fromstring(answer.content).findall(f"{A}entry/{A}title")]


def test_each_gets_what_they_may_read_and_nothing_above_green(published: Story, browser: Browser) -> None:
    assert atom_titles(browser()) == ["[TLP:CLEAR] Open conference note"]
    member = atom_titles(browser("researcher"))
    assert sorted(member) == ["[TLP:CLEAR] Open conference note", f"[TLP:GREEN] Green {HIDDEN}"]
    for who in ("", "researcher", "liaison"):
        for path in (
            "/feeds/latest.atom",
            "/feeds/latest.json",
            "/feeds/latest.atom?tlp=AMBER",
            "/feeds/latest.json?q=amber",
        ):
            text = browser(who).get(path).text
            assert "Amber conference" not in text, (who, path)
            assert "for members only" not in text, (who, path)
    assert HIDDEN not in browser().get("/feeds/latest.json").text


def test_atom_has_what_rfc_4287_asks_for(published: Story, browser: Browser) -> None:
    root = ET.fromstring(browser("researcher").get("/feeds/latest.atom?q=conference").content)
    for holder in (root, *root.findall(f"{A}entry")):
        assert [len(holder.findall(A + tag)) for tag in ("id", "title", "updated")] == [1, 1, 1]
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{A}link")}
    assert links["self"] == "http://127.0.0.1:8400/feeds/latest.atom?q=conference"
    ids = [entry.findtext(f"{A}id") for entry in root.findall(f"{A}entry")]
    assert ids
    assert len(set(ids)) == len(ids)
    assert all(one and one.startswith("urn:uuid:") for one in ids)


def test_json_feed_1_1(published: Story, browser: Browser) -> None:
    made = json.loads(browser().get("/feeds/latest.json").content)
    assert made["version"] == "https://jsonfeed.org/version/1.1"
    (item,) = made["items"]
    assert item["content_text"] == "A summary that anyone may read."
    assert item["tags"] == ["advisory", "TLP:CLEAR"]


def test_filters_of_search_narrow_a_feed(published: Story, browser: Browser) -> None:
    client = browser("researcher")
    assert atom_titles(client, "/feeds/latest.atom?q=" + HIDDEN) == [f"[TLP:GREEN] Green {HIDDEN}"]
    assert atom_titles(client, "/feeds/latest.atom?kind=best_practice") == []
    assert len(atom_titles(client, "/feeds/latest.atom?owner=<script>&sort=x&page=9")) == 2


def test_a_feed_token_works_as_password_and_as_bearer(published: Story, browser: Browser) -> None:
    secret = token(published, "researcher", Scope.READ_FEED)
    assert len(atom_titles(browser(), authorization=basic(secret)["authorization"])) == 2
    assert len(atom_titles(browser(), authorization=f"Bearer {secret}")) == 2


def test_other_tokens_and_wrong_ones_get_nothing(published: Story, browser: Browser) -> None:
    secret = token(published, "researcher", Scope.READ_RECORDS)
    wrong = ["cmt_wrong", "", secret, "cmt_" + "a" * 43]
    for header in [
        *(basic(one)["authorization"] for one in wrong),
        f"Bearer {secret}",
        "Basic %%%",
        "Digest x",
        "Basic /w==",
    ]:
        answer = browser().get("/feeds/latest.atom", headers={"authorization": header})
        assert answer.status_code == 401, header
        assert answer.headers["www-authenticate"].startswith("Basic ")
        assert "Open conference" not in answer.text
    session = browser("researcher").get("/feeds/latest.atom", headers=basic("cmt_wrong"))
    assert session.status_code == 401, "a token that does not work is not made good by a session"


def test_a_token_in_the_address_is_refused_even_when_it_works(published: Story, browser: Browser) -> None:
    secret = token(published, "researcher", Scope.READ_FEED)
    answer = browser().get(f"/feeds/latest.atom?token={secret}", headers={"accept": "*/*"})
    assert answer.status_code == 422
    assert HIDDEN not in answer.text
    assert secret not in answer.text


def test_a_feed_token_opens_no_page_and_ends_when_revoked(published: Story, browser: Browser) -> None:
    secret = token(published, "researcher", Scope.READ_FEED)
    for path in ("/account", "/work"):
        assert browser().get(path, headers=basic(secret)).status_code == 303, path
    assert "Nothing you can read matches" in browser().get(f"/search?q={HIDDEN}", headers=basic(secret)).text
    with published.unit("researcher") as unit:
        (only,) = tokens.listed(unit)
        tokens.revoke(unit, token_id=only.id)
    assert browser().get("/feeds/latest.atom", headers=basic(secret)).status_code == 401


@pytest.mark.parametrize(
    "attack",
    [
        "]]><script>alert(1)</script>",
        "<!ENTITY x SYSTEM 'file:///etc/passwd'>",
        "&x; \x0b\ufffe",
        "</title><entry>",
    ],
)
def test_hostile_text_cannot_break_out_of_a_feed(story: Story, browser: Browser, attack: str) -> None:
    record = story.published(tlp=TLP.CLEAR)
    poison(story, record, title=f"Conference {attack}", summary=f"Words {attack} and words.")
    answer = browser().get("/feeds/latest.atom", params={"q": "conference"})
    root = ET.fromstring(answer.content)
    assert len(root.findall(f"{A}entry")) == 1
    assert "<script" not in answer.text
    assert json.loads(browser().get("/feeds/latest.json", params={"q": attack}).content)["version"]
    assert ET.fromstring(browser().get("/feeds/latest.atom", params={"q": attack}).content).tag == f"{A}feed"


def test_a_feed_that_has_not_changed_is_not_sent_again(published: Story, browser: Browser) -> None:
    client = browser()
    first = client.get("/feeds/latest.atom")
    again = client.get("/feeds/latest.atom", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    member = browser("researcher").get("/feeds/latest.atom", headers={"if-none-match": first.headers["etag"]})
    assert member.status_code == 200
