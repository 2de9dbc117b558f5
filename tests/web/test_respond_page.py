"""The page for appeals and replies without an account, and the ombudsperson's page behind it."""

from __future__ import annotations

import re

import pytest

from comity.domain.tlp import TLP
from tests.story import Story, noted
from tests.web.conftest import Browser, Portal
from tests.web.hostile import XSS, live

SENT = {
    "kind": "appeal",
    "words": "The second statement is wrong.",
    "contact": "desk@example.org",
    "code": "",
}


@pytest.fixture
def story(portal: Portal) -> Story:
    story = Story(portal.engine, portal.world)
    portal.moment = story.now
    return story


def told(text: str) -> str:
    """Without what differs between any two requests."""
    return re.sub(r'nonce="[^"]*"|/sign-in\?next=[^"]*', "", text)


def test_a_visitor_gets_one_answer_whatever_they_name(story: Story, browser: Browser) -> None:
    """H-04: a public record, one that is not public, and none at all."""
    clear, green = story.published(tlp=TLP.CLEAR), story.published(tlp=TLP.GREEN)
    answers = set()
    for about in (clear.ref, green.ref, "RSI-nordmark-ADV-2026-000000"):
        visitor = browser()
        assert visitor.get(f"/respond?about={about}").status_code == 200
        answer = visitor.post("/respond", data={**SENT, "about": about})
        shown = visitor.get("/respond")
        answers.add((answer.status_code, answer.headers["location"], told(shown.text)))
    assert len(answers) == 1
    assert "the ombudsperson has your message" in next(iter(answers))[2]


def test_a_slip_loses_nothing_that_was_typed(browser: Browser) -> None:
    answer = browser().post("/respond", data={**SENT, "about": "", "words": XSS})
    assert answer.status_code == 422
    assert "Enter the reference of the record" in answer.text
    assert not live(answer.text)


def test_the_public_page_of_a_record_leads_there(story: Story, browser: Browser) -> None:
    record = story.published(tlp=TLP.CLEAR)
    assert f'href="/respond?about={record.ref}"' in browser().get(f"/records/{record.ref}").text


def test_from_the_code_to_the_reply(story: Story, browser: Browser) -> None:
    record = noted(story)
    desk = browser("ombudsperson")
    page = desk.get(f"/records/{record.ref}/contact")
    entity = re.search(r'value="([^"]+)"', page.text[page.text.index('name="entity"') :])
    assert entity is not None
    made = desk.post(f"/records/{record.ref}/contact/code", data={"entity": entity.group(1)})
    assert made.headers["cache-control"] == "no-store"
    code = re.search(r"<code>([\w-]{43})</code>", made.text)
    assert code is not None
    sent = {**SENT, "kind": "reply", "about": record.ref, "code": code.group(1), "words": f"We left. {XSS}"}
    assert browser().post("/respond", data=sent).status_code == 303
    shown = desk.get(f"/records/{record.ref}/contact").text
    assert "We left." in shown
    assert not live(shown)
    where = re.search(r'action="(/records/[^"]+/contact/\d+/enter)"', shown)
    assert where is not None
    changed = desk.post(where.group(1), data={"words": "They left."})
    assert changed.status_code == 422
    assert "The words were changed" in changed.text
    entered = desk.post(where.group(1), data={"words": f"We left. {XSS}"})
    assert entered.status_code == 303
    assert desk.post(where.group(1), data={"words": f"We left. {XSS}"}).status_code == 409


def test_the_desk_is_the_ombudspersons_alone(story: Story, browser: Browser) -> None:
    record = story.published(tlp=TLP.CLEAR)
    for who in ("editor", "liaison", "auditor"):
        assert browser(who).get(f"/records/{record.ref}/contact").status_code == 404
        assert (
            browser(who).post(f"/records/{record.ref}/contact/code", data={"entity": "x"}).status_code == 404
        )
