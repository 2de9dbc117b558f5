"""What people do on the pages, step by step, as they would: fill a form in, press its button."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from playwright.sync_api import Locator, Page

from tests.browser.conftest import Live

SECRET_WORD: Final = "zanderbrook"
"""A word that stands in no other record."""


def day(offset: int) -> str:
    """A date as a date box takes it."""
    return (datetime.now(UTC) + timedelta(days=offset)).date().isoformat()


NOTE: Final = {
    "title": f"Invitations to the {SECRET_WORD} seminar ask for unpublished test results",
    "summary": "Groups were invited to a paid seminar and asked for test results beforehand. Agree first what may be shown.",
    "known": "Three groups forwarded the same invitation within one week.",
    "assessed": "It is likely that the fee is meant to draw out results before publication.",
    "not_known": "Who pays for the seminar.",
    "sources.0.title": "Invitations forwarded by members",
    "sources.0.publisher": "Office for Protective Security",
    "benefits": "Seminars stay open and useful when groups know beforehand what they may show.",
    "recommended_actions.0.do": "Agree in the group what may be shown before accepting an invitation.",
    "recommended_actions.0.who": "researcher",
    "recommended_actions.0.by_when": "before the seminar",
    "recommended_actions.0.proportionality": "Ten minutes; nothing is forbidden.",
}


def press(page: Page, button: Locator) -> None:
    """Press a button and wait for the page that follows."""
    with page.expect_navigation():
        button.click()


def fill(page: Page, values: dict[str, str]) -> None:
    """Put text into the named boxes."""
    for name, value in values.items():
        page.fill(f"main [name='{name}']", value)


def follow(page: Page, name: str) -> None:
    """Save the search that is shown."""
    page.locator("main details:has(form[action='/searches']) > summary").first.click()
    page.fill("main form[action='/searches'] input[name=name]", name)
    press(page, page.locator("main form[action='/searches'] button[type=submit]"))


def drafted(live: Live, page: Page, *, tlp: str = "GREEN", **changes: str) -> str:
    """A complete draft through the form; returns its reference."""
    page.goto("/drafts/new")
    page.click("main button[name=kind][value=advisory]")
    page.wait_for_url("**/edit")
    ref = page.url.split("/records/")[1].split("/")[0]
    page.check("main input[name=subtype][value=threat_note]")
    page.check("main input[name=severity][value=moderate]")
    fill(page, {**NOTE, **{name.replace("__", "."): value for name, value in changes.items()}})
    page.select_option("main [name='sources.0.type']", "member_knowledge")
    page.check("main [name='recommended_actions.0.small_institution']")
    fill(page, {"valid_from": day(0), "review_due": day(60), "expires_at": day(90)})
    page.check(f"main input[name='handling.tlp'][value='{tlp}']")
    save(page)
    return ref


def save(page: Page) -> None:
    """Press the visible save button of the editor."""
    press(page, page.locator("main button[name=_do][value=save]:not(.visually-hidden)").first)


def submitted(page: Page, ref: str) -> None:
    """Hand in what the confirmation page shows."""
    page.goto(f"/records/{ref}/submit")
    page.check("main input[name=confirmed]")
    press(page, page.locator("main form[action$='/submit'] button[type=submit]").last)
    assert page.url.endswith("/work"), page.locator("main").inner_text()


def in_review(page: Page, ref: str, reviewers: tuple[str, ...]) -> None:
    """The editor grades the sources, asks reviewers, and opens the review."""
    page.goto(f"/records/{ref}/triage")
    if page.locator("main input[name=purpose]").count():
        page.check("main input[name=purpose][value=review_or_edit]")
        press(page, page.locator("main form button[type=submit]"))
        page.goto(f"/records/{ref}/triage")
    for choice in page.locator("main select[name^='credibility.']").all():
        choice.select_option("2")
    press(page, page.locator("main form[action$='/triage/grades'] button[type=submit]"))
    for who in reviewers:
        page.check(f"main input[name=reviewers][value='demo-{who.replace('_', '-')}']")
    press(page, page.locator("main form[action$='/triage/reviewers'] button[type=submit]"))
    press(page, page.locator("form[action$='/triage/begin'] button[type=submit]"))


def voted(page: Page, ref: str, *, decision: str = "approve", dissent: str = "") -> None:
    """One vote through the form."""
    page.goto(f"/records/{ref}/review")
    page.check(f"main input[name=decision][value={decision}]")
    if decision != "approve":
        reason = page.locator("main [name=reason_code] option", has_text="A source is missing").first
        page.select_option("main [name=reason_code]", reason.get_attribute("value"))
        page.fill("main [name=comment]", "The second statement needs a source.")
    if dissent:
        page.fill("main [name=dissent]", dissent)
    press(page, page.locator("main form[action$='/review'] button[type=submit]").last)
