"""The first page: what members reviewed comes first, public documents that were taken over have a list of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.domain.tlp import TLP
from comity.web.wording import day_of, text_of
from tests.place import Place
from tests.services.test_import_records import sample, samples, take
from tests.story import Story, example
from tests.web.conftest import Browser, Portal


@pytest.fixture
def story(portal: Portal) -> Story:
    return Story(portal.engine, portal.world)


def test_public_documents_never_push_aside_what_members_reviewed(
    portal: Portal, story: Story, browser: Browser, tmp_path: Path
) -> None:
    reviewed = story.published(tlp=TLP.CLEAR)
    later = [sample(number) for number in range(1, 12)]
    take(Place(portal.engine, portal.world), samples(tmp_path, later), now=story.now)
    page = browser().get("/").text
    members, _, public = page.partition('id="taken-over"')
    assert f"/records/{reviewed.ref}" in members
    assert f"/records/{reviewed.ref}" not in public
    assert public.count('<li><a href="/records/') == 5
    assert members.count("/records/RSI-") == 1


def test_a_page_without_public_documents_has_no_list_of_them(story: Story, browser: Browser) -> None:
    story.published(tlp=TLP.CLEAR)
    assert "taken-over" not in browser().get("/").text


def test_how_a_record_came_here_can_be_searched_by(
    portal: Portal, story: Story, browser: Browser, tmp_path: Path
) -> None:
    reviewed = story.published(tlp=TLP.CLEAR)
    take(Place(portal.engine, portal.world), samples(tmp_path, [sample(1)]), now=story.now)
    found = browser().get("/search?provenance=reviewed").text
    assert reviewed.ref in found
    assert found.count('class="card-title"') == 1
    assert "Taken over from a public source" in browser().get("/search").text


def test_days_and_languages_are_words_at_every_depth() -> None:
    content = example("due_diligence_note")
    content["claims"][0]["sources"][0] |= {"language": "zh-Hant", "retrieved": "2026-09-13"}
    texts = str(text_of("due_diligence_note", content))
    assert "13 September 2026" in texts
    assert "Chinese (Traditional" in texts
    assert day_of("one day") == "one day"
    content["language"] = "qq"
    assert "'qq'" in str(text_of("due_diligence_note", content))
