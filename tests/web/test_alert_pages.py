"""The pages of alerts and saved searches: one's own alone, and never more than one may know."""

from __future__ import annotations

import pytest

from comity.domain.tlp import TLP
from comity.services import alerts
from tests.story import Story
from tests.web.conftest import Browser, Portal


@pytest.fixture
def story(portal: Portal) -> Story:
    return Story(portal.engine, portal.world, portal.moment)


def follow(story: Story) -> None:
    with story.unit("system") as unit:
        while alerts.follow(unit, worker="one"):
            pass


def test_from_a_search_to_an_alert(browser: Browser, story: Story) -> None:
    """J-01.6, row 27: no query language, a preview of matches, an alert when something is published."""
    me = browser("researcher")
    story.published(title="An earlier note on conferences")
    preview = me.get("/searches?q=conferences")
    assert "An earlier note on" in preview.text
    saved = me.post("/searches", data={"q": "conferences", "name": "Travel <b>", "period": "at_once"})
    assert saved.status_code == 303
    listed = me.get("/searches").text
    assert "Travel &lt;b&gt;" in listed
    assert 'href="/search?q=conferences"' in listed
    record = story.published(title="Questions at conferences & <fairs")
    follow(story)
    shown = me.get("/alerts").text
    assert "Questions at conferences &amp; &lt;fairs" in shown
    assert f"/records/{record.ref}" in shown
    assert f"/records/{record.ref}" in me.get("/").text
    me.post("/alerts/read", data={})
    assert "Mark as read" not in me.get("/alerts").text


def test_a_topic_is_followed_by_one_click(browser: Browser, story: Story) -> None:
    me = browser("researcher")
    assert me.post("/searches", data={"kind": "advisory"}).status_code == 303
    story.published(title="Questions at conferences")
    follow(story)
    assert "Questions at conferences" in me.get("/alerts").text


def test_a_search_for_everything_is_refused_with_what_was_typed(browser: Browser) -> None:
    answer = browser("researcher").post("/searches", data={"q": " ", "name": "All"})
    assert answer.status_code == 422
    wrong = browser("researcher").post("/searches", data={"q": "tower", "name": "x" * 121, "period": "daily"})
    assert wrong.status_code == 422
    assert "x" * 121 in wrong.text


def test_nobody_changes_or_sees_what_others_follow(browser: Browser, story: Story) -> None:
    browser("researcher").post("/searches", data={"q": "confidential interest", "period": "daily"})
    other = browser("reader")
    assert "confidential interest" not in other.get("/searches").text
    for path, data in (
        ("/searches/delete", {"id": "1"}),
        ("/searches/change", {"id": "1", "period": "weekly"}),
    ):
        assert other.post(path, data=data).status_code == 404
        assert other.post(path, data={**data, "id": "x"}).status_code == 404
    assert "confidential interest" in browser("researcher").get("/searches").text
    assert (
        browser("reader").post("/searches", data={"q": "x", "account_id": "person-editor"}).status_code == 422
    )


def test_one_changes_and_deletes_ones_own(browser: Browser) -> None:
    me = browser("researcher")
    me.post("/searches", data={"q": "tower", "period": "daily"})
    assert me.post("/searches/change", data={"id": "1", "period": "weekly"}).status_code == 303
    assert '<option value="weekly" selected>' in me.get("/searches").text
    assert me.post("/searches/change", data={"id": "1", "period": "hourly"}).status_code == 422
    assert me.post("/searches/delete", data={"id": "1"}).status_code == 303
    assert "tower" not in me.get("/searches").text


def test_mail_can_be_switched_off(browser: Browser) -> None:
    me = browser("researcher")
    assert 'name="wanted" value="on" checked' in me.get("/searches").text
    me.post("/searches/mail", data={})
    assert 'name="wanted" value="on" checked' not in me.get("/searches").text


def test_a_record_is_followed_only_by_those_who_may_know_it(browser: Browser, story: Story) -> None:
    record = story.published(title="Questions at conferences")
    hidden = story.published(tlp=TLP.AMBER, title="Hidden laboratory")
    me = browser("researcher")
    assert "Follow this record" in me.get(f"/records/{record.ref}").text
    assert "Follow this record" not in browser().get(f"/records/{record.ref}").text
    assert me.post(f"/records/{record.ref}/follow", data={}).status_code == 303
    assert "Stop following" in me.get(f"/records/{record.ref}").text
    refused = me.post(f"/records/{hidden.ref}/follow", data={})
    absent = me.post("/records/RSI-nordmark-ADV-2026-000000/follow", data={})
    assert (refused.status_code, absent.status_code) == (404, 404)
    assert record.ref in me.get("/searches").text
    assert me.post(f"/records/{record.ref}/follow", data={"stop": "on"}).status_code == 303
    assert record.ref not in me.get("/searches").text


@pytest.mark.parametrize("path", ["/alerts", "/searches"])
def test_both_pages_are_for_those_who_signed_in(browser: Browser, path: str) -> None:
    assert browser().get(path).status_code == 303
    assert browser("node_admin").get(path).status_code == 200
