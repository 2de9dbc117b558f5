"""The main path without a line of JavaScript: draft, add a row, save, hand in, grade, vote, search with a facet."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser import desk
from tests.browser.conftest import Live


def test_the_main_path_works_without_scripts(live: Live) -> None:
    author = live.page("contributor", scripts=False)
    ref = desk.drafted(live, author)
    author.goto(f"/records/{ref}/edit")
    rows = author.locator("main [name^='sources.'][name$='.title']").count()
    desk.press(author, author.locator("main button[name=_add][value=sources]").first)
    assert author.locator("main [name^='sources.'][name$='.title']").count() == rows + 1
    assert author.input_value("main [name=title]") == desk.NOTE["title"]
    author.goto(f"/records/{ref}/edit")
    desk.submitted(author, ref)
    desk.in_review(live.page("editor", scripts=False), ref, ("reviewer_uni", "reviewer_ngo"))
    for who in ("reviewer_uni", "reviewer_ngo"):
        desk.voted(live.page(who, scripts=False), ref)
    reader = live.page("researcher", scripts=False)
    reader.goto(f"/search?q={desk.SECRET_WORD}&kind=advisory")
    expect(reader.locator("main")).to_contain_text("unpublished test results")


def test_a_print_has_its_marking_at_head_and_foot(live: Live) -> None:
    """H-07."""
    page = live.page("researcher")
    page.goto("/search?q=conference+elicitation+consultancy")
    page.locator("main a[href^='/records/RSI-']").first.click()
    page.wait_for_load_state()
    page.emulate_media(media="print")
    marks = page.locator("text=/TLP:(GREEN|CLEAR)/").all()
    visible = [mark.bounding_box() for mark in marks if mark.is_visible()]
    assert len([box for box in visible if box]) >= 2
