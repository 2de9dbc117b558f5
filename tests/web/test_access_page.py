"""The page on which one asks for access: one answer, byte for byte, whatever was named."""

from __future__ import annotations

import re

import pytest

from comity.domain.handling import AudienceChoice, Handling
from comity.domain.tlp import TLP
from tests.story import Story
from tests.web.conftest import Browser, Portal

ABSENT = "RSI-nordmark-ADV-2026-000001"
WHY = "We are asked to <b>host</b> a visit."


@pytest.fixture
def story(portal: Portal) -> Story:
    return Story(portal.engine, portal.world, portal.moment)


def without_nonce(html: str) -> str:
    return re.sub(r'nonce="[^"]*"', "", html)


def test_every_request_is_answered_alike(browser: Browser, story: Story) -> None:
    handling = Handling(tlp=TLP.AMBER, audience=AudienceChoice(organizations=("uni-north",)))
    record = story.published(handling=handling, title="The instrument at the northern site")
    me = browser("contributor_ngo")
    told = []
    for about in (record.ref, record.uid, ABSENT, "Visits to laboratories"):
        answer = me.post("/ask", data={"about": about, "reason": WHY})
        after = me.get(answer.headers["location"])
        headers = {
            k: v
            for k, v in answer.headers.items()
            if k not in ("x-request-id", "content-security-policy", "date")
        }
        told.append((answer.status_code, headers, without_nonce(after.text)))
    assert told[0][0] == 303
    assert "those who are responsible for it have your request" in told[0][2]
    assert all(one == told[0] for one in told)
    shown = browser("liaison").get("/ask/received").text
    assert shown.count(f'href="/records/{record.ref}"') == 2
    assert "We are asked to &lt;b&gt;host&lt;/b&gt; a visit." in shown
    assert ABSENT not in shown
    assert "Requests for access" in browser("liaison").get("/work").text
    desk = browser("editor").get("/ask/received").text
    assert ABSENT in desk
    assert record.ref not in desk


def test_what_was_typed_stays_and_strangers_get_in_nowhere(browser: Browser, story: Story) -> None:
    wrong = browser("researcher").post("/ask", data={"about": "", "reason": WHY})
    assert wrong.status_code == 422
    assert "host&lt;/b&gt; a visit" in wrong.text
    assert browser().get("/ask").status_code == 303
    assert browser("node_admin").post("/ask", data={"about": "x", "reason": "y"}).status_code == 403
    browser("researcher").post("/ask", data={"about": ABSENT, "reason": WHY})
    assert ABSENT not in browser("researcher_south").get("/ask/received").text
    for chosen in ("1", "x", "999999999999"):
        assert browser("researcher_south").post("/ask/received/close", data={"id": chosen}).status_code == 404
    editor = browser("editor")
    listed = re.findall(r'name="id" value="(\d+)"', editor.get("/ask/received").text)
    assert len(listed) == 1
    assert editor.post("/ask/received/close", data={"id": listed[0]}).status_code == 303
    assert ABSENT not in editor.get("/ask/received").text
    assert 'href="/ask"' in browser("researcher").get(f"/records/{ABSENT}").text
