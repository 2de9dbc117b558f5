"""Journey J-05: a government liaison publishes a threat note. Criterion by criterion, in a real browser on a live node."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser import desk
from tests.browser.conftest import Live


def test_a_note_is_published_by_three_sectors_and_found_by_those_it_is_for(live: Live) -> None:
    """J-05.1, .5, .6: who must agree; published by itself and not before; an alert; votes by sector and dissent."""
    researcher = live.page("researcher")
    researcher.goto(f"/search?q={desk.SECRET_WORD}")
    desk.follow(researcher, "Seminars")

    liaison = live.page("liaison")
    ref = desk.drafted(live, liaison)
    liaison.goto(f"/records/{ref}/submit")
    shown = liaison.locator("main")
    expect(shown).to_contain_text("University of the North")
    expect(shown).to_contain_text(re.compile("sector", re.IGNORECASE))
    assert live.page("researcher_south").goto(f"/records/{ref}").status == 404  # type: ignore[union-attr]
    desk.submitted(liaison, ref)

    desk.in_review(live.page("editor"), ref, ("reviewer_uni", "reviewer_firm", "reviewer_ngo"))
    firm = live.page("reviewer_firm")
    desk.voted(firm, ref, decision="request_changes", dissent="The burden on small firms is not weighed.")
    desk.voted(live.page("reviewer_uni"), ref)
    assert live.page("reader").goto(f"/records/{ref}").status == 404  # type: ignore[union-attr]
    desk.voted(live.page("reviewer_ngo"), ref)

    researcher.goto(f"/search?q={desk.SECRET_WORD}")
    expect(researcher.locator("main")).to_contain_text("unpublished test results")
    researcher.goto(f"/records/{ref}")
    page = researcher.locator("main")
    expect(page).to_contain_text("Civil society: 1")
    expect(page).to_contain_text("Academia: 1")
    expect(page).to_contain_text("The burden on small firms is not weighed.")
    for _ in range(30):
        researcher.goto("/alerts")
        if researcher.locator(f"main a[href*='{ref}']").count():
            break
        researcher.wait_for_timeout(1000)
    expect(researcher.locator(f"main a[href*='{ref}']").first).to_be_visible()

    stranger = live.page()
    assert stranger.goto(f"/records/{ref}").status == 404  # type: ignore[union-attr]
    stranger.goto(f"/search?q={desk.SECRET_WORD}")
    expect(stranger.locator("main")).not_to_contain_text("unpublished test results")
    administrator = live.page("node_admin")
    assert administrator.goto(f"/records/{ref}").status == 404  # type: ignore[union-attr]


def test_government_alone_leaves_a_note_unpublished(live: Live) -> None:
    """J-05.2."""
    author = live.page("contributor")
    ref = desk.drafted(live, author)
    desk.submitted(author, ref)
    desk.in_review(live.page("editor"), ref, ("reviewer_gov", "reviewer_uni"))
    desk.voted(live.page("reviewer_gov"), ref)
    assert live.page("researcher").goto(f"/records/{ref}").status == 404  # type: ignore[union-attr]


def test_what_is_missing_is_named_and_nothing_typed_is_lost(live: Live) -> None:
    """J-05.3."""
    page = live.page("liaison")
    ref = desk.drafted(live, page, not_known="", benefits="")
    page.goto(f"/records/{ref}/submit")
    if page.locator("main input[name=confirmed]").count():
        page.check("main input[name=confirmed]")
        desk.press(page, page.locator("main form[action$='/submit'] button[type=submit]").last)
    expect(page.locator("main")).to_contain_text("not known", ignore_case=True)
    expect(page.locator("main")).to_contain_text("what is gained", ignore_case=True)
    page.goto(f"/records/{ref}/edit")
    assert page.input_value("main [name=title]") == desk.NOTE["title"]


def test_words_about_people_by_origin_are_flagged_with_a_rewrite_and_need_a_reason(live: Live) -> None:
    """J-05.4: the override reason is there for reviewers."""
    page = live.page("liaison")
    ref = desk.drafted(live, page, assessed="Chinese students should be reported to the security office.")
    page.goto(f"/records/{ref}/edit")
    expect(page.locator("main")).to_contain_text("Chinese students")
    expect(page.locator("main button[name=_rewrite]").first).to_be_attached()
    page.goto(f"/records/{ref}/submit")
    why = page.locator("main textarea[name^='_why.']")
    assert why.count() >= 1
    for box in why.all():
        box.fill("Quoted from the invitation, in order to warn against it.")
    page.check("main input[name=confirmed]")
    desk.press(page, page.locator("main form[action$='/submit'] button[type=submit]").last)
    editor = live.page("editor")
    editor.goto(f"/records/{ref}/triage")
    expect(editor.locator("main")).to_contain_text("Quoted from the invitation")
