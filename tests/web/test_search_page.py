"""Search and home as pages: what each reader finds, with words that would show at once if they leaked (H-04, J-01, S17)."""

from __future__ import annotations

import re

import pytest

from comity.domain.handling import AttributionMode, AudienceChoice, Handling
from comity.domain.tlp import TLP
from tests.story import Story, noted, ticked
from tests.web.conftest import Browser, Portal
from tests.web.hostile import XSS, live, poison

HIDDEN = "Zirkonfalke"
"""A word that stands in records this reader must not learn of, and nowhere else."""


@pytest.fixture
def story(portal: Portal) -> Story:
    return Story(portal.engine, portal.world)


@pytest.fixture
def published(story: Story) -> Story:
    """One CLEAR and one GREEN record about conferences."""
    story.published(tlp=TLP.CLEAR, title="Conference elicitation in the open")
    story.published(tlp=TLP.GREEN, title=f"Conference elicitation {HIDDEN}")
    return story


def titles(text: str) -> list[str]:
    found = re.findall(r'class="card-title"><a href="[^"]+">\s*(.*?)</a>', text, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", one).strip() for one in found]


def shape(text: str) -> str:
    """A page without what changes with every request."""
    return re.sub(r"nonce=\"[^\"]*\"|RSI-[\w-]+", "", text)


def test_signed_out_finds_clear_and_a_member_also_green(published: Story, browser: Browser) -> None:
    """J-01.1."""
    assert titles(browser().get("/search?q=conference+elicitation").text) == [
        "Conference elicitation in the open"
    ]
    member = browser("researcher").get("/search?q=conference+elicitation").text
    assert sorted(titles(member)) == [
        "Conference elicitation Zirkonfalke",
        "Conference elicitation in the open",
    ]


def test_a_filter_is_offered_for_what_a_note_says_of_its_subject(story: Story, browser: Browser) -> None:
    """4.12: type, application, type of organization and tie level are filters in words, and they filter."""
    noted(story)
    ticked(story, days=20)
    story.published(title="Conference elicitation in the open")
    offered = browser("researcher").get("/search").text
    for words in ("Entity note", "Type of organization", "University", "P2: substantial ties", "Application"):
        assert words in offered, words
    for query in (
        "tie_level=P2",
        "entity_type=university",
        "subtype=entity_note",
        "application_family=AF-ISR",
    ):
        (only,) = titles(browser("researcher").get(f"/search?{query}").text)
        assert "remote sensing" in only
    assert titles(browser("researcher").get("/search?tie_level=P3").text) == []


def test_nothing_on_the_page_differs_by_a_hidden_record(story: Story, browser: Browser) -> None:
    """J-01.2: counts, totals, facets, suggestions, notices, feeds. The page before and after is the same to the letter."""
    story.published(tlp=TLP.CLEAR, title="Conference elicitation in the open")
    paths = (
        "/",
        "/search",
        "/search?q=conference",
        f"/search?q={HIDDEN}",
        f"/search?q={HIDDEN[:-1]}x",
        "/search?ended=1&sort=newest",
        "/search?tlp=GREEN",
        "/search/suggest?q=Conf",
        f"/search/suggest?q={HIDDEN[:4]}",
        "/feeds/latest.atom",
        "/feeds/latest.json?q=conference",
    )
    client = browser()
    before = [shape(client.get(path).text) for path in paths]
    story.published(tlp=TLP.GREEN, title=f"Conference {HIDDEN}", summary=f"About {HIDDEN} and more besides.")
    story.drafted(title=f"Draft {HIDDEN}")
    assert [shape(client.get(path).text) for path in paths] == before
    assert HIDDEN.lower() in browser("researcher").get(f"/search?q={HIDDEN}").text.lower()


def test_a_restricted_record_stands_in_a_list_by_title_alone(story: Story, browser: Browser) -> None:
    """H-08: its text is read after a purpose was given, and search must not be a way around that."""
    chosen = AudienceChoice(organizations=("uni-north",))
    handling = Handling(tlp=TLP.AMBER, audience=chosen)
    story.published(handling=handling, title="Amber title", summary=f"The summary says {HIDDEN} and no more.")
    client = browser("researcher")
    for path in (f"/search?q={HIDDEN}", "/"):
        text = client.get(path).text
        assert "Amber title" in text
        assert "The summary says" not in text
        assert "First step" not in text
        assert 'class="sheet-head' in text
    assert titles(browser("researcher_south").get(f"/search?q={HIDDEN}").text) == []


def test_each_result_says_what_a_reader_needs(published: Story, browser: Browser) -> None:
    """J-01.3, 4.12: marking, age, expiry, sector and node of origin, and a first step for a researcher."""
    text = browser().get("/search?q=conference").text
    for words in (
        "TLP:CLEAR",
        "Published 2",
        "(today)",
        "Expires",
        "Government",
        "Nordmark Research",
        "First step:",
    ):
        assert words in re.sub(r"<time[^>]*>|</time>", "", text), words


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("sector_only", "a member, by sector"),
        ("anonymous_via_secretariat", "anonymously through the secretariat"),
    ],
)
def test_an_organization_that_does_not_give_its_name_is_not_named(
    story: Story, browser: Browser, mode: AttributionMode, told: str
) -> None:
    """4.4.1: on cards, page, copies and feeds, for a visitor; its own people and the secretariat see whose it is."""
    handling = Handling(tlp=TLP.CLEAR, attribution_mode=mode)
    record = story.published(handling=handling, title="Conference by somebody")
    assert told in browser().get(f"/records/{record.ref}").text
    assert "which readers are not told" in browser("liaison").get(f"/records/{record.ref}").text
    assert ("A member, anonymously" in browser().get("/search?q=conference").text) is (
        told.startswith("anon")
    )
    for path in (
        "/search?q=conference",
        "/",
        f"/records/{record.ref}",
        f"/records/{record.ref}.json",
        "/feeds/latest.atom",
    ):
        text = browser().get(path).text
        assert "Office for Protective Security" not in text, path
        assert "gov-security-office" not in text, path


def test_names_are_found_in_their_own_script_and_by_former_names(story: Story, browser: Browser) -> None:
    """J-01.4."""
    names = [
        {"value": "子午线理工学院", "form": "original_script", "language": "zh"},
        {"value": "Meridian School of Mines", "form": "former", "language": "en"},
    ]
    entity = {
        "name": "Meridian Institute of Technology",
        "entity_type": "university",
        "role": "mentioned",
        "other_names": names,
    }
    story.published(tlp=TLP.GREEN, title="Joint work", entities=[entity])
    client = browser("researcher")
    for words in ("子午线理工学院", "School of Mines", "Meridian Institute", "Meridain Institute"):
        assert titles(client.get("/search", params={"q": words}).text) == ["Joint work"], words


@pytest.mark.parametrize("attack", XSS)
def test_what_is_typed_comes_back_as_text(published: Story, browser: Browser, attack: str) -> None:
    """S17: through the box, the chips, the saved-search form and the links of the pager and the feed."""
    client = browser("researcher")
    for params in (
        {"q": attack},
        {"q": "conference", "kind": attack},
        {"q": "conference", "sort": attack, "page": attack},
    ):
        for headers in ({}, {"hx-request": "true"}):
            answer = client.get("/search", params=params, headers=headers)
            assert answer.status_code == 200
            assert live(answer.text) == []
    assert live(client.get("/search/suggest", params={"q": attack}).text) == []


@pytest.mark.parametrize("attack", XSS)
def test_a_hostile_title_is_text_in_results_and_suggestions(
    story: Story, browser: Browser, attack: str
) -> None:
    record = story.published(tlp=TLP.CLEAR)
    poison(story, record, title=f"Conference {attack}", summary=f"Conference summary {attack}")
    client = browser()
    for path in ("/", "/search?q=conference", "/search?q=alert", "/search/suggest?q=confer"):
        assert live(client.get(path).text) == [], path


def test_htmx_gets_the_parts_that_change_and_history_gets_the_page(
    published: Story, browser: Browser
) -> None:
    client = browser("researcher")
    part = client.get("/search?q=conf&kind=advisory&page=1", headers={"hx-request": "true"})
    assert part.text.lstrip().startswith('<section id="found"')
    assert 'id="narrow" hx-swap-oob="true"' in part.text
    assert 'id="sheet-head"' in part.text, "the marking of a printed page follows what is shown"
    assert "TLP:GREEN" in part.text.split('id="sheet-head"')[1]
    assert part.headers["hx-replace-url"] == "/search?q=conf&kind=advisory"
    assert titles(part.text), "the last word counts as unfinished while one types"
    headers = {"hx-request": "true", "hx-history-restore-request": "true"}
    assert client.get("/search?q=conference", headers=headers).text.startswith("<!doctype html>")


def test_filters_are_links_and_boxes_and_unknown_ones_are_dropped(published: Story, browser: Browser) -> None:
    client = browser("researcher")
    text = client.get("/search?q=conference&tlp=GREEN&owner=gov-security-office&sort=author").text
    assert titles(text) == [f"Conference elicitation {HIDDEN}"]
    assert 'href="/search?q=conference"' in text, "a chip takes its filter off"
    assert re.search(r'name="tlp" value="GREEN" checked', text)
    assert "owner" not in text
    assert client.get("/search?page=99999999999999999999").status_code == 200
    assert titles(client.get("/search?q=conference&page=40").text), "a page that is not there shows the first"


def test_ended_records_are_there_on_request_and_marked(published: Story, browser: Browser) -> None:
    from datetime import timedelta

    from comity.services import clock

    published.now += timedelta(days=100)
    with published.unit("system") as unit:
        clock.tick(unit)
    client = browser()
    assert titles(client.get("/search?q=conference").text) == []
    ended = client.get("/search?q=conference&ended=1").text
    assert titles(ended) == ["Conference elicitation in the open"]
    assert "Expired: do not use" in ended


def test_home_says_what_waits_for_whom(story: Story, browser: Browser) -> None:
    story.submitted(story.drafted(title=f"Waiting {HIDDEN}"))
    assert "To triage" in browser("editor").get("/").text
    mine = browser("liaison").get("/").text
    assert "Yours, not finished" in mine
    for who in ("researcher", "auditor", "node_admin", "reviewer_uni", ""):
        text = browser(who).get("/").text
        assert HIDDEN not in text, who
        assert "Waiting for you" not in text, who
