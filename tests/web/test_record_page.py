"""The page of a record and everything under its address: who gets in, what is on it, what never is."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from comity.domain.handling import AudienceChoice, Caveat, Handling
from comity.domain.record import Record
from comity.domain.tlp import TLP
from comity.services import correct, hold, read, withdraw
from comity.storage import openings
from comity.web import record as record_routes
from comity.web import versions as version_routes
from tests.factories import person_id
from tests.story import THREE_SECTORS, Story, example, ticked
from tests.web.conftest import Browser, Portal
from tests.web.hostile import XSS, live, poison
from tests.web.test_search_page import HIDDEN

AMBER = Handling(
    tlp=TLP.AMBER,
    audience=AudienceChoice(organizations=("uni-north", "gov-security-office")),
    caveats=(Caveat.NOENF, Caveat.NOTIFY),
)


@pytest.fixture
def story(portal: Portal) -> Story:
    return Story(portal.engine, portal.world)


def plain(text: str) -> str:
    """Without what differs between any two requests."""
    return re.sub(r'nonce="[^"]*"|/sign-in\?next=[^"]*', "", text)


def children(ref: str) -> list[tuple[str, str]]:
    """Every route of these two files, with queries that would reach deeper."""
    routes = [*record_routes.router.routes, *version_routes.router.routes]
    found = [
        (method, route.path.replace("{ref}", ref))  # type: ignore[attr-defined]
        for route in routes
        for method in route.methods  # type: ignore[attr-defined]
    ]
    more = ["?version=1.0", "?as_of=2030-01-01", "/compare?old=1.0&new=1.0", "?since=1.0"]
    return found + [("GET", f"/records/{ref}{query}") for query in more]


def test_a_non_reader_gets_the_same_answer_as_for_what_does_not_exist(story: Story, browser: Browser) -> None:
    """S4, S36: on every child route, for records of every kind of hiding."""
    absent = "RSI-nordmark-ADV-2026-000000"
    hidden = {
        "green": (story.published(tlp=TLP.GREEN, title=f"{HIDDEN} green"), ("", "node_admin")),
        "amber": (
            story.published(handling=AMBER, title=f"{HIDDEN} amber"),
            ("", "researcher_south", "node_admin"),
        ),
        "draft": (story.drafted(title=f"{HIDDEN} draft"), ("", "researcher", "editor", "auditor")),
    }
    for name, (record, strangers) in hidden.items():
        for who in strangers:
            client = browser(who)
            for (method, path), (_, other) in zip(children(record.ref), children(absent), strict=True):
                real = client.request(
                    method, path, data={"purpose": "oversight"} if method == "POST" else None
                )
                none = client.request(
                    method, other, data={"purpose": "oversight"} if method == "POST" else None
                )
                assert real.status_code == none.status_code, (name, who, method, path)
                assert real.status_code == (401 if not who and method == "POST" else 404), (name, who, path)
                assert plain(real.text) == plain(none.text), (name, who, path)
                assert HIDDEN not in real.text
            assert client.get(f"/records/{record.uid}").status_code == 404


def test_a_record_says_what_it_is_and_what_may_be_done_with_it(story: Story, browser: Browser) -> None:
    """H-06, 4.4: marking with its plain meaning, caveats, reasons, dates, grades, votes by sector and never by name."""
    record = story.published()
    text = browser("researcher").get(f"/records/{record.ref}").text
    for words in (
        "For the research-security community",
        "NOENF",
        "Not to be used as the basis of an enforcement",
        "You can read this because",
        "verified member of the community",
        "Office for Protective Security",
        "Review due",
        "Expires",
        "Grade C2",
        "Harrowgate Analytics",
        "(former)",
        "Academia: 1",
        "Who agreed",
        "a small institution can do this",
    ):
        assert words in text, words
    for person in ("Reviewer Uni", "reviewer-uni", "person-", "Liaison"):
        assert person not in text, person
    assert "Use it for decisions inside" not in text


def test_amber_opens_with_a_purpose_that_is_logged(story: Story, browser: Browser) -> None:
    """H-08, J-06: before that no title, no text, no version, no export; and a purpose not on the list is refused."""
    record = story.published(handling=AMBER, title=f"{HIDDEN} amber", summary=f"{HIDDEN} in a summary here.")
    client = browser("researcher")
    asked = client.get(f"/records/{record.ref}")
    assert "Why do you open it?" in asked.text
    assert HIDDEN not in asked.text
    for path in ("/versions", "/compare", ".json", "/stix"):
        answer = client.get(f"/records/{record.ref}{path}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/records/{record.ref}"), path
    wrong = client.post(f"/records/{record.ref}/open", data={"purpose": "curiosity"})
    assert wrong.status_code == 422
    assert "Choose why you open this record." in wrong.text
    with story.unit("system") as unit:
        assert openings.last(unit.db, record.id, person_id("researcher")) is None
    done = client.post(f"/records/{record.ref}/open", data={"purpose": "protect_own_institution"})
    assert done.headers["location"] == f"/records/{record.ref}"
    shown = client.get(f"/records/{record.ref}").text
    assert HIDDEN in shown
    assert "Use it for decisions inside your organization only." in shown
    assert "NOTIFY" in shown
    assert client.get(f"/records/{record.ref}.json").status_code == 200
    with story.unit("system") as unit:
        found = openings.last(unit.db, record.id, person_id("researcher"))
        assert found is not None
        assert found.purpose == "protect_own_institution"


def test_the_marking_is_in_head_and_foot_of_every_sheet(story: Story, browser: Browser) -> None:
    """H-07."""
    record = story.published()
    text = browser("researcher").get(f"/records/{record.ref}").text
    head, foot = text.split('id="sheet-head"')[1], text.split('id="sheet-foot"')[1]
    assert "TLP:GREEN" in head.split("</div>")[0]
    assert "TLP:GREEN" in foot.split("</div>")[0]


def _published_note(story: Story, claims: list[dict[str, Any]]) -> Record:
    """A note about an organization: three sectors, a devil's advocate where it is asked for, and the time to reply."""
    record = story.drafted(kind_name="due_diligence_note", claims=claims)
    record = story.in_review(story.submitted(record), THREE_SECTORS)
    for who in THREE_SECTORS:
        words: dict[str, Any] = {"devils_advocate": True, "innocent_explanation": "A shared building."}
        record = story.voted(record, who, **(words if who == "reviewer_ngo" else {}))
    ticked(story, days=20)
    return record


def test_a_claim_that_is_stricter_is_seen_by_its_readers_alone(story: Story, browser: Browser) -> None:
    """Portion marks: the page, the JSON, the STIX, the comparison and the search of those who may not see it hold nothing of it."""
    content = example("due_diligence_note")
    claim = {**content["claims"][0], "indicator": None, "weight": "context"}
    second = {**claim, "claim_id": "c2", "text": f"The laboratory {HIDDEN} has a contract.", "tlp": "AMBER"}
    record = _published_note(story, [claim, second])
    for who in ("researcher", "researcher_south"):
        client = browser(who)
        for path in ("", ".json", "/stix", "/versions", "/compare?old=1.0&new=1.0"):
            answer = client.get(f"/records/{record.ref}{path}")
            assert answer.status_code == 200, path
            assert HIDDEN not in answer.text, path
    assert (
        HIDDEN
        not in browser("researcher")
        .get(f"/search?q={HIDDEN}")
        .text.split('id="found"')[1]
        .split('role="status"')[0]
    )
    mine = browser("liaison").get(f"/records/{record.ref}").text
    assert HIDDEN in mine
    assert "TLP:AMBER" in mine.split('id="sheet-head"')[1].split("</div>")[0], "H-01: the strictest portion"
    assert HIDDEN not in browser("liaison").get(f"/records/{record.ref}/stix").text, "portions do not travel"


def test_claims_that_are_over_are_visibly_not_in_force(
    story: Story, portal: Portal, browser: Browser
) -> None:
    over = dict(example("due_diligence_note")["claims"][0], status="refuted")
    live_one = story.drafted("contributor", kind_name="due_diligence_note")
    refuted = story.drafted("contributor", kind_name="due_diligence_note", claims=[over])
    client = browser("contributor")
    assert "Not in force" not in client.get(f"/records/{live_one.ref}").text
    assert "Not in force" in client.get(f"/records/{refuted.ref}").text
    portal.moment += timedelta(days=3 * 365)
    assert "Not in force" in browser("contributor").get(f"/records/{live_one.ref}").text


def test_versions_compare_and_the_state_of_a_day(story: Story, portal: Portal, browser: Browser) -> None:
    record = story.published(summary="First harbour of it")
    story.now += timedelta(days=3)
    portal.moment = story.now
    _mend(story, record, summary="Second harbour of it")
    client = browser("researcher")
    now = client.get(f"/records/{record.ref}").text
    assert "Second harbour of it" in now
    assert "This is version 1.1. A slip was mended." in now
    assert "Academia: 1" in now, "a minor correction rests on the same votes"
    day = (story.now - timedelta(days=1)).date().isoformat()
    earlier = client.get(f"/records/{record.ref}?as_of={day}").text
    assert "First harbour of it" in earlier
    assert "Second harbour of it" not in earlier
    assert "Version 1.1 is in force" in earlier
    diff = client.get(f"/records/{record.ref}/compare?old=1.0&new=1.1").text
    assert re.search(r"<del>.*?First", diff)
    assert re.search(r"<ins>.*?Second", diff)
    assert client.get(f"/records/{record.ref}/compare").status_code == 200
    assert client.get(f"/records/{record.ref}/compare?old=0.1&new=1.1").status_code == 404, (
        "a draft is not theirs"
    )
    assert client.get(f"/records/{record.ref}?version=9.9").status_code == 404
    assert client.get(f"/records/{record.ref}?as_of=yesterday").status_code == 422
    assert "(not published)" not in client.get(f"/records/{record.ref}/versions").text


def test_who_opened_an_older_version_is_shown_what_changed(
    story: Story, portal: Portal, browser: Browser
) -> None:
    record = story.published(handling=AMBER, summary="An amber note")
    client = browser("researcher")
    client.post(f"/records/{record.ref}/open", data={"purpose": "oversight"})
    story.now += timedelta(days=1)
    portal.moment = story.now
    with story.unit("liaison") as unit:
        read.open_with_purpose(unit, ref=record.ref, purpose="review_or_edit")
    _mend(story, record, summary="An amber note, mended")
    client = browser("researcher")
    opened = client.post(f"/records/{record.ref}/open", data={"purpose": "oversight"})
    assert opened.headers["location"] == f"/records/{record.ref}?since=1.0"
    shown = client.get(opened.headers["location"]).text
    assert "Changed since you last opened it" in shown
    assert f"/records/{record.ref}/compare?old=1.0&amp;new=1.1" in shown
    assert "Changed since" not in client.get(f"/records/{record.ref}?since=7.7").text


def _mend(story: Story, record: Record, **changes: str) -> None:
    with story.unit("liaison") as unit:
        content = dict(read.read(unit, ref=record.ref).content) | changes
        correct.minor(unit, ref=record.ref, content=content, note="A slip was mended.")


@pytest.mark.parametrize(("reason", "kept"), [("overtaken", True), ("harm", False)])
def test_a_withdrawn_record_is_a_tombstone(story: Story, browser: Browser, reason: str, kept: bool) -> None:
    """4.5.2: withdrawn for harm, the body is sealed on every child route too."""
    record = story.published(title=f"{HIDDEN} title", summary="A sentence that did harm to somebody.")
    with story.unit("liaison") as unit:
        withdraw.ask(unit, ref=record.ref, reason_code=reason, text="Because of what happened.")
    with story.unit("editor") as unit:
        withdraw.acknowledge(unit, ref=record.ref)
    client = browser("researcher")
    stone = client.get(f"/records/{record.ref}")
    assert stone.status_code == 200
    assert "This record was taken down. Do not use it." in stone.text
    assert "Because of what happened." in stone.text
    assert "did harm to somebody" not in stone.text
    assert (HIDDEN in stone.text) is kept
    old = client.get(f"/records/{record.ref}?version=1.0")
    assert old.status_code == (200 if kept else 404)
    assert ("did harm to somebody" in old.text) is kept
    assert "Do not use it" in old.text if kept else True
    for path in (".json", "/stix"):
        answer = client.get(f"/records/{record.ref}{path}")
        assert answer.status_code in (403, 404)
        assert "did harm" not in answer.text
    assert (
        "did harm to somebody"
        not in client.get(f"/search?ended=1&q={HIDDEN}").text.split('id="found"')[1].split("card-facts")[0]
    )


def test_exports_carry_the_marking_and_keep_names_of_readers(
    story: Story, portal: Portal, browser: Browser
) -> None:
    """H-07, 4.10.6; and an ORCON record is refused with its reason."""
    record = story.published()
    client = browser("researcher")
    answer = client.get(f"/records/{record.ref}.json")
    made = answer.json()
    assert [next(iter(made)), list(made)[-1]] == ["marking", "marking_repeated"]
    assert made["marking"] == made["marking_repeated"]
    assert made["marking"]["tlp"] == "TLP:GREEN"
    assert answer.headers["x-tlp"] == "GREEN"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-disposition"].startswith("attachment")
    stix = client.get(f"/records/{record.ref}/stix").json()
    assert stix["type"] == "bundle"
    assert stix["objects"][-1]["object_marking_refs"] == [TLP.GREEN.stix_marking_id]
    for text in (answer.text, client.get(f"/records/{record.ref}/stix").text):
        assert "person-" not in text
        assert "audience" not in text.replace("affected_audience", "")
    with story.unit("system") as unit:
        assert openings.last(unit.db, record.id, person_id("researcher")) is not None, (
            "a correction will reach who took a copy"
        )
    held = story.published(handling=Handling(tlp=TLP.GREEN, orcon=True), title="Kept by its originator")
    assert "Its originator keeps control" in client.get(f"/records/{held.ref}").text
    for path in (".json", "/stix"):
        refused = client.get(f"/records/{held.ref}{path}")
        assert refused.status_code == 403
        assert "ask the originator" in refused.text
    draft = story.drafted("contributor")
    assert browser("contributor").get(f"/records/{draft.ref}.json").status_code == 409


def test_who_opened_it_is_for_the_originator_and_the_auditor(story: Story, browser: Browser) -> None:
    record = story.published()
    browser("researcher").get(f"/records/{record.ref}.json")
    assert "Who opened it" in browser("liaison").get(f"/records/{record.ref}").text
    assert "uni-north: 1 person" in browser("auditor").get(f"/records/{record.ref}").text
    for who in ("researcher", "reader", "editor"):
        assert "Who opened it" not in browser(who).get(f"/records/{record.ref}").text, who


def test_steps_are_offered_to_those_whose_steps_they_are(story: Story, browser: Browser) -> None:
    record = story.published()
    ref = record.ref
    assert f"/records/{ref}/correct" in browser("liaison").get(f"/records/{ref}").text
    for who in ("researcher", "auditor"):
        text = browser(who).get(f"/records/{ref}").text
        assert f"/records/{ref}/correct" not in text, who
        assert f"/records/{ref}/withdraw" not in text, who
    clear = story.published(tlp=TLP.CLEAR)
    assert "What you can do" not in browser().get(f"/records/{clear.ref}").text


def test_a_hold_that_is_only_asked_for_shows_nothing_to_readers(story: Story, browser: Browser) -> None:
    record = story.published()
    with story.unit("researcher") as unit:
        hold.ask(
            unit,
            ref=record.ref,
            reason_code="factual_doubt",
            text=f"{HIDDEN} reason",
            ends_at=story.now + timedelta(days=5),
        )
    text = browser("researcher_south").get(f"/records/{record.ref}").text
    assert HIDDEN not in text
    assert "On hold" not in text


@pytest.mark.parametrize("attack", XSS)
def test_hostile_content_is_text_on_every_page_of_the_record(
    story: Story, browser: Browser, attack: str
) -> None:
    """S17: title, prose, lists, names, notes, links and dates."""
    source = {"title": attack, "publisher": attack, "type": "press", "url": "javascript:alert(1)//https://"}
    entity = {
        "name": attack,
        "role": "mentioned",
        "other_names": [{"value": attack, "form": "alias"}],
        "identifiers": {"website": "javascript:alert(1)"},
    }
    record = story.published()
    poison(
        story,
        record,
        title=f"T {attack}",
        summary=attack,
        body=f"# {attack}\n\n[x](javascript:alert(1)) {attack}",
        known=attack,
        cautions=[attack],
        entities=[entity],
        sources=[source],
        related=[{"ref": f"RSI-{attack}"}],
        valid_from=attack,
        language=f'en" onclick="{attack}',
    )
    client = browser("researcher")
    for path in ("", "/versions", "/compare"):
        answer = client.get(f"/records/{record.ref}{path}")
        assert answer.status_code == 200
        assert live(answer.text) == [], path


def test_the_page_says_whom_a_reader_may_name_and_tell_and_until_when(
    story: Story, portal: Portal, browser: Browser
) -> None:
    """H-06: beside the marking, so that it is on paper too."""
    portal.moment = story.now
    handling = Handling(
        tlp=TLP.GREEN,
        attribution="must",
        affected_party_notice="must_not",
        handling_ends=story.now + timedelta(days=5),
    )
    record = story.published(handling=handling)
    text = browser("researcher").get(f"/records/{record.ref}").text
    box = text[text.index('<section class="marking"') :].partition("</section>")[0]
    for words in (
        "name the originator",
        "Do not tell the organization concerned",
        "looks at these conditions again on",
    ):
        assert words in box, words
    ticked(story, days=6)
    portal.moment = story.now
    assert (
        "They hold until its originator changes them"
        in browser("researcher").get(f"/records/{record.ref}").text
    )
    author = browser("liaison")
    assert "Markings to look at again" in author.get("/work").text
    sent = author.post(f"/records/{record.ref}/handling", data={"handling.text": "The tender still runs."})
    assert sent.status_code == 303
    assert "Markings to look at again" not in author.get("/work").text
    assert browser("researcher").get(f"/records/{record.ref}/handling").status_code == 404
