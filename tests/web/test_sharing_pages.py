"""The pages of sharing, walked as people walk them: release, onward use, proposals, tear-lines, inputs in doubt, and the list."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from comity.domain.handling import AudienceChoice, Handling
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import read, withdraw
from tests.feed import open_exchange
from tests.story import NOW, Story
from tests.web.conftest import Browser, Portal

ALLY = "lorvania"
AMBER = Handling(
    tlp=TLP.AMBER,
    audience=AudienceChoice(organizations=("ngo-rights",)),
    releasable_to=(f"node:{ALLY}",),
)
NGO_REVIEWERS = ("reviewer_gov", "reviewer_uni", "reviewer_firm")


@pytest.fixture
def story(portal: Portal) -> Story:
    portal.moment = NOW
    story = Story(portal.engine, portal.world, NOW)
    open_exchange(story, ALLY)
    return story


def amber(story: Story) -> Record:
    """By the only person of its organization who can give the originator's yes."""
    return story.published(
        "contributor",
        ("reviewer_gov", "reviewer_uni", "reviewer_ngo"),
        handling=AMBER,
        title="Moonlight questions after talks",
    )


def opened(story: Story, record: Record, who: str) -> None:
    with story.unit(who) as unit:
        read.open_with_purpose(unit, ref=record.ref, purpose="review_or_edit")


def options(page: str, name: str) -> list[str]:
    """The values that a form offers for one field, as select, radio or boxes."""
    select = re.search(rf'<select[^>]*name="{re.escape(name)}".*?</select>', page, re.DOTALL)
    if select:
        return [value for value in re.findall(r'<option value="([^"]*)"', select.group()) if value]
    return re.findall(rf'name="{re.escape(name)}"[^>]*value="([^"]*)"', page) + re.findall(
        rf'value="([^"]*)"[^>]*name="{re.escape(name)}"', page
    )


def sent(client: TestClient, path: str, **fields: Any) -> Any:
    return client.post(path, data={name.replace("__", "."): value for name, value in fields.items()})


def test_a_release_is_asked_agreed_and_carried_out(story: Story, browser: Browser) -> None:
    record = amber(story)
    opened(story, record, "contributor")
    path, asking = f"/records/{record.ref}/release", browser("contributor")
    page = asking.get(path).text
    assert "Faraway University (Lorvania Exchange)" in page
    (chosen,) = set(options(page, "release.organizations"))
    fields = {"release__organizations": [chosen], "release__purpose": "protect_organization"}
    assert sent(asking, path, release__purpose="protect_organization").status_code == 422
    assert sent(asking, path, **fields, release__conditions="Do not quote it.").status_code == 303
    agreeing = asking.get(f"{path}/agree").text
    (decision,) = set(options(agreeing, "release-agree.decision"))
    assert browser("federation_officer").get(f"{path}/execute").status_code == 404
    assert sent(asking, f"{path}/agree", **{"release-agree__decision": decision}).status_code == 303
    officer = browser("federation_officer")
    assert record.ref in officer.get("/requests").text
    assert "Requests and releases" in officer.get("/work").text
    opened(story, record, "federation_officer")
    page = officer.get(f"{path}/execute").text
    assert "The release check has no objection now." in page
    assert "Do not quote it." in page
    unseen = sent(officer, f"{path}/execute", **{"release-execute__decision": decision})
    assert unseen.status_code == 422
    done = sent(
        officer, f"{path}/execute", **{"release-execute__decision": decision, "release-execute__seen": "on"}
    )
    assert done.status_code == 303
    shown = asking.get(f"/records/{record.ref}").text
    assert "Version 1.0 to Faraway University (Lorvania Exchange)" in shown
    assert "released" in shown
    assert "Lorvania Exchange" not in browser("reader").get(f"/records/{record.ref}").text


def test_a_refusal_stands_on_the_page_with_its_reasons(story: Story, browser: Browser) -> None:
    record = story.published(
        "contributor",
        ("reviewer_gov", "reviewer_uni", "reviewer_ngo"),
        handling=AMBER.model_copy(update={"releasable_to": ()}),
        title="Moonlight",
    )
    opened(story, record, "contributor")
    path, asking = f"/records/{record.ref}/release", browser("contributor")
    (chosen,) = set(options(asking.get(path).text, "release.organizations"))
    sent(asking, path, release__organizations=[chosen], release__purpose="protect_organization")
    (decision,) = set(options(asking.get(f"{path}/agree").text, "release-agree.decision"))
    sent(asking, f"{path}/agree", **{"release-agree__decision": decision})
    opened(story, record, "federation_officer")
    officer = browser("federation_officer")
    why = "Neither this node nor an organization at it is among those to whom it may be released."
    assert why in officer.get(f"{path}/execute").text
    sent(officer, f"{path}/execute", **{"release-execute__decision": decision, "release-execute__seen": "on"})
    assert why in asking.get(f"/records/{record.ref}").text
    assert "refused" in asking.get("/requests").text


def test_who_must_ask_is_led_to_the_page_and_the_originator_answers(story: Story, browser: Browser) -> None:
    """J-06.3, from the page on which one hands in."""
    record = amber(story)
    related = [{"ref": record.ref, "relation": "builds_on"}]
    derived = story.drafted("contributor_ngo", related=related)
    mine = browser("contributor_ngo")
    page = mine.get(f"/records/{derived.ref}/submit").text
    assert f'href="/records/{record.ref}/onward"' in page
    assert "ask the originator first" in page
    opened(story, record, "contributor_ngo")
    path = f"/records/{record.ref}/onward"
    page = mine.get(path).text
    assert {"group:fjord", "any", "node:lorvania", "org:uni-north"} <= set(options(page, "onward.recipient"))
    asked = sent(mine, path, onward__recipient="group:fjord", onward__purpose="cite", onward__passage="")
    assert asked.status_code == 303
    assert "waits for the originator until" in mine.get("/requests").text
    originator = browser("contributor")
    assert f'href="/records/{record.ref}/onward/answer"' in originator.get("/requests").text
    opened(story, record, "contributor")
    page = originator.get(f"{path}/answer").text
    assert "Open Science Rights Watch asks to pass the whole record on to the community of fjord" in page
    (request,) = set(options(page, "onward-answer.request"))
    no = {"onward-answer__request": request, "onward-answer__answer": "no", "onward-answer__text": ""}
    assert sent(originator, f"{path}/answer", **no).status_code == 422
    yes = {**no, "onward-answer__answer": "yes"}
    assert sent(originator, f"{path}/answer", **yes).status_code == 303
    assert originator.get(f"{path}/answer").status_code == 404, "nothing waits any more"
    assert f"/records/{record.ref}/onward" not in mine.get(f"/records/{derived.ref}/submit").text


def test_a_correction_is_proposed_and_taken_up(story: Story, browser: Browser) -> None:
    record = story.published()
    path, mine = f"/records/{record.ref}/proposal", browser("researcher")
    page = mine.get(path).text
    assert "press" in options(page, "proposal.type")
    lacking = sent(mine, path, proposal__text="It was in June.", proposal__claim="The visit was in June.")
    assert lacking.status_code == 422
    assert "The visit was in June." in lacking.text, "what was typed stays"
    fields = {
        "proposal__text": "It was in June.",
        "proposal__claim": "The visit was in June.",
        "proposal__level": "laboratory",
        "proposal__unit": "Optics",
        "proposal__title": "Annual report",
        "proposal__publisher": "The university",
        "proposal__type": "institution_website",
        "proposal__weight": "context",
        "proposal__confidence": "moderate",
    }
    assert sent(mine, path, **fields).status_code == 303
    assert "proposes a correction of version 1.0" in mine.get(f"/records/{record.ref}").text
    assert "proposes a correction" not in browser("reader").get(f"/records/{record.ref}").text
    author = browser("liaison")
    page = author.get(f"{path}/accept").text
    assert "The visit was in June." in page
    (proposal,) = set(options(page, "proposal-accept.proposal"))
    done = sent(
        author, f"{path}/accept", **{"proposal-accept__proposal": proposal, "proposal-accept__text": ""}
    )
    assert done.headers["location"].startswith(f"/records/{record.ref}/edit")
    assert "The visit was in June." in author.get(f"/records/{record.ref}/edit").text
    assert "taken up" in mine.get("/requests").text


def test_a_tear_line_begins_with_what_was_chosen(story: Story, browser: Browser) -> None:
    record = amber(story)
    opened(story, record, "contributor")
    path, author = f"/records/{record.ref}/tear-line", browser("contributor")
    page = author.get(path).text
    assert options(page, "tear-line.tlp") == ["CLEAR", "GREEN"]
    assert "assessed" in options(page, "tear-line.passages")
    made = sent(author, path, **{"tear-line__tlp": "CLEAR", "tear-line__passages": ["assessed"]})
    assert made.status_code == 303
    draft = author.get(made.headers["location"].partition("?")[0]).text
    assert record.ref not in draft
    assert "Moonlight" not in draft
    ref = made.headers["location"].split("/")[2]
    assert f'href="/records/{ref}"' in author.get(f"/records/{record.ref}").text
    opened(story, record, "reader")
    assert ref not in browser("reader").get(f"/records/{record.ref}").text


def test_what_lost_its_ground_says_so_and_waits_for_its_author(story: Story, browser: Browser) -> None:
    source = story.published(title="The seminar asks for raw data")
    related = [{"ref": source.ref, "relation": "builds_on"}]
    derived = story.published("contributor_ngo", NGO_REVIEWERS, related=related, title="What members can do")
    with story.unit("liaison") as unit:
        withdraw.ask(unit, ref=source.ref, reason_code="error", text="It was wrong.")
    with story.unit("editor") as unit:
        withdraw.acknowledge(unit, ref=source.ref)
    shown = browser("researcher").get(f"/records/{derived.ref}").text
    assert "In doubt" in shown
    assert f"Read {source.ref}" in shown
    author = browser("contributor_ngo")
    assert 'id="doubts"' in author.get("/work").text
    path = f"/records/{derived.ref}/inputs"
    assert browser("researcher").get(path).status_code == 404
    assert sent(author, path, inputs__text="").status_code == 422
    assert sent(author, path, inputs__text="Its own sources carry it.").status_code == 303
    assert "In doubt" not in browser("researcher").get(f"/records/{derived.ref}").text
    assert 'id="doubts"' not in author.get("/work").text


def test_the_list_is_for_people_who_sign_in(story: Story, browser: Browser) -> None:
    assert browser().get("/requests").status_code == 303
    assert "Nothing waits for your answer." in browser("reader").get("/requests").text
